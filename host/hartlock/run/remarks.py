"""The remarks that a boot's records call for: on strategies that were not run, and on its figures."""

from collections.abc import Collection, Iterable, Sequence

from hartlock.engine.base import Engine
from hartlock.figures.rows import Group
from hartlock.plan.plan import Plan
from hartlock.plan.strategies import known
from hartlock.records.trials import Boot

Lacking = Iterable[tuple[str, str]]  # a strategy that was refused, and the extension that some hart lacks


def _is_its_own(strategy: str, extension: str) -> bool:
    """True if the strategy itself needs the extension; otherwise --relax does."""
    return known()[strategy].needs == extension


def _without(extension: str, engine: Engine) -> str:
    return f"{extension.capitalize()}, which not every hart has" if engine.is_riscv else \
        f"{extension.capitalize()} of RISC-V, which not every processor of this computer has"


def refusals(lacking: Lacking, plan: Plan, engine: Engine) -> list[str]:
    """The problems: strategies that were asked for by name, or by --relax, and were refused."""
    own = [(s, e) for s, e in lacking if _is_its_own(s, e)]
    said = [f"--lock {s} was refused: it needs {_without(e, engine)}" for s, e in own if s not in plan.optional]
    waiting = [(s, e) for s, e in lacking if (s, e) not in own]
    if waiting:
        said.append(f"{', '.join(s for s, _ in waiting)}: refused, for --relax {plan.relax} needs "
                    f"{_without(waiting[0][1], engine)}")
    return said


def left_out(lacking: Lacking, plan: Plan, engine: Engine) -> list[str]:
    """The line on the strategies of --lock all that could not run here."""
    skipped = [f"{s} needs {_without(e, engine)}" for s, e in lacking if s in plan.optional and _is_its_own(s, e)]
    return [f"left out of --lock all: {'; '.join(skipped)}."] if skipped else []


def pauses(boot: Boot, groups: Iterable[Group], engine: Engine) -> list[str]:
    """A warning if waiters pause on harts without Zihintpause: there the hint does nothing."""
    if "zihintpause" in boot.extensions or not any(g.forms.relax == "pause" for g in groups):
        return []
    return [f"relax=pause ({engine.name}): not every hart says that it has Zihintpause; where it is missing, pause "
            f"does nothing."]


def remarks(lacking: Lacking, plan: Plan, boot: Boot, groups: Collection[Group], engine: Engine,
            processors: int) -> list[str]:
    """The remarks that keep a reader from misreading the boot's rows."""
    harts: Sequence[int] = [group.key.harts for group in groups]
    return [*left_out(lacking, plan, engine), *engine.remarks(boot, harts, processors),
            *(pauses(boot, groups, engine) if engine.is_riscv else ())]
