"""The engines there are, and the choice among them that a command line makes."""

from collections.abc import Sequence
from dataclasses import replace

from hartlock.base.errors import UsageError
from hartlock.engine.base import BOTH, Engine, Options
from hartlock.engine.board import Board
from hartlock.engine.model import Model
from hartlock.engine.native import Native
from hartlock.engine.tcg import Tcg

ENGINES: dict[str, type[Engine]] = {Tcg.name: Tcg, Model.name: Model, Native.name: Native, Board.name: Board}


def kind(name: str) -> type[Engine]:
    """The engine that --engine names; for `both`, the first."""
    return ENGINES.get(name, Tcg)


def choose(name: str, options: Options) -> list[Engine]:
    """The engines of --engine `name`. Options for QEMU concern the one of `both` that starts it."""
    if options.trace and not kind(name).can_trace and name != BOTH:
        raise UsageError(f"--trace {options.trace}: --engine {name} does not see what each access costs; --engine {Model.name} does")
    if name != BOTH:
        return [ENGINES[name].create(options)]
    modelled = Model.create(replace(options, cpu=None, extra=()))
    return [Tcg.create(options), replace(modelled, log="uart-model.log")]


def default_members(name: str, options: Options) -> int:
    """The number of machines that --engine `name` measures, if the command line does not say; 1: there is one machine."""
    return max(engine.default_members(options) for engine in (ENGINES.values() if name == BOTH else [ENGINES[name]]))


def unsupported_options(engine: Engine, wants: Sequence[str]) -> list[str]:
    """The options of `wants` (--interrupt, --irq off, --ipi, --churn) that the engine cannot do."""
    return engine.abilities.missing(wants)


def split_by_ability(engines: Sequence[Engine], wants: Sequence[str]) -> tuple[list[Engine], list[str]]:
    """The engines that can do what `wants` asks for, and a sentence about the others. Raises UsageError if none can."""
    can = [e for e in engines if not unsupported_options(e, wants)]
    options = ", ".join(option for option in wants if any(option in unsupported_options(e, wants) for e in engines))
    names = ", ".join(e.name for e in engines if e not in can)
    if not can:
        raise UsageError(f"{options}: the engine {names} cannot do that (docs/use/workloads.md says why); {Tcg.name} "
                         "can")
    said = f"{options}: the engine {names} cannot do that, so it was left out (docs/use/workloads.md says why)."
    return can, [said] if names else []
