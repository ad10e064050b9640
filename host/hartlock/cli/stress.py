"""./run-bench.sh stress: its parser, and the request that its options make."""

import argparse
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.base.option_types import OptionError
from hartlock.cli import arguments
from hartlock.engine import choose
from hartlock.engine.base import Engine, Options
from hartlock.engine.model import Model
from hartlock.engine.tcg import Tcg
from hartlock.plan import lock_forms, strategies
from hartlock.plan.plan import MAX_HARTS

NAME = "stress"
FOR_S, REPLAYS = 600, 3
ANY = "any"  # --relax and --unlock: a form for each round
UNITS = {"s": 1, "m": 60, "h": 3600}
LONGEST_S = 30 * 86400
ENGINES = [name for name, engine in choose.ENGINES.items() if engine.is_started_here]


def span(text: str) -> int:
    """Seconds, from 30s, 10m or 2h."""
    found = re.fullmatch(r"([0-9]+)([smh])", text)
    if not found or not 0 < (seconds := int(found[1]) * UNITS[found[2]]) <= LONGEST_S:
        raise OptionError(f"{text!r} is no time such as 30s, 10m or 2h (at most 720h)")
    return seconds


def parser() -> argparse.ArgumentParser:
    p = arguments.command(
        NAME, usage="./run-bench.sh stress [--for TIME] [options] [-- QEMU arguments]",
        description="Random workloads, drawn from a seed, on random strategies and numbers of harts: harts that are "
                    "stopped and started again, interrupts and IPIs that land on holders, heaps that end again and "
                    "again. Every trial is checked; the first that fails ends the run (docs/trust/stress.md).")
    p.add_argument("--for", dest="span_s", type=arguments.typed(span), metavar="TIME",
                   help="30s, 10m, 2h (default 10m; with --round: once)")
    p.add_argument("--smp", type=arguments.harts, metavar="N",
                   help="harts the machine has (default 8, and in one of five rounds 9 to 64, which the model executes; native: "
                        "threads, one for each processor)")
    p.add_argument("--lock", default="all", metavar="NAMES",
                   help="strategies, with commas between them, or all (default all)")
    p.add_argument("--seed", type=arguments.seed, metavar="N",
                   help="of all that is drawn (default: drawn, and printed)")
    p.add_argument("--round", type=arguments.integer(1, 10**9), metavar="N",
                   help="this round alone, as the run of that seed had it: a replay; with --for again and again")
    p.add_argument("--replays", type=arguments.integer(0, 100), default=REPLAYS, metavar="N",
                   help=f"how often a round that failed is run again, to say how often it fails (default {REPLAYS})")
    _where(p)
    arguments.add_help(p)
    return p


def _where(p: argparse.ArgumentParser) -> None:
    p.add_argument("--engine", choices=ENGINES, default=Tcg.name,
                   help="tcg: QEMU, a thread a hart (default). model: the modelled machine, where the same plan is "
                        "the same run. native: threads on this computer's processors")
    p.add_argument("--machine", metavar="NAME",
                   help="machine profile of the cost model (default generic-8, above 8 harts mesh-64)")
    p.add_argument("--cpu", metavar="MODEL", help="QEMU's -cpu (default rv64; with -- -machine the machine's own)")
    p.add_argument("--relax", choices=[*lock_forms.RELAX_FORMS, ANY], default=lock_forms.RELAX,
                   help="how waiters wait, as for a run; any: each round its own, but for wrs, which needs Zawrs "
                        "(default pause)")
    p.add_argument("--unlock", choices=[*lock_forms.UNLOCK_FORMS, ANY], default=lock_forms.UNLOCK,
                   help="how holders let go, as for a run; any: each round its own (default store)")
    p.add_argument("--time-limit", type=arguments.seconds, metavar="S",
                   help="give up when nothing is heard for S seconds in which it could work (default 15, and one for each hart)")
    p.add_argument("--out", type=Path, metavar="DIR",
                   help="put the run's files into DIR, new or empty (default: in results/)")


def forms(options: argparse.Namespace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The forms of waiting and of letting go, of which each round has one."""
    any_relax = tuple(form for form in lock_forms.RELAX_FORMS if form != "wrs")
    relax = any_relax if options.relax == ANY else (options.relax,)
    return relax, lock_forms.UNLOCK_FORMS if options.unlock == ANY else (options.unlock,)


def _has_many(options: argparse.Namespace) -> bool:
    """Whether some rounds have more harts than the others. The model has to execute what the engine does."""
    return options.smp is None and options.machine is None and choose.kind(options.engine).runs_image


def many(options: argparse.Namespace, seed: int) -> Engine | None:
    """The engine of the rounds with many harts: the model, where a hart more costs little. None: there are no such rounds."""
    if not _has_many(options):
        return None
    try:
        (engine,) = choose.choose(Model.name, Options(MAX_HARTS, seed=seed, one_machine=True))
    except UsageError as e:
        from hartlock.base.terminal import console

        console().print(f"hartlock: no round has more harts than the others: {e}", markup=False, highlight=False, soft_wrap=True)
        return None
    return engine


def again(options: argparse.Namespace, smp: int, seed: int) -> list[str]:
    """The command line of a replay, but for its round."""
    harts = ["--smp", str(smp)] if options.smp or not _has_many(options) else []
    words = ["./run-bench.sh", NAME, *harts, "--lock", options.lock, "--engine", options.engine, "--seed", str(seed)]
    for name, usual in (("machine", None), ("cpu", None), ("relax", lock_forms.RELAX), ("unlock", lock_forms.UNLOCK),
                        ("time_limit", None)):
        if (value := getattr(options, name)) != usual:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def main(argv: Sequence[str]) -> int:
    ours, extra = arguments.split(argv[1:])
    options = parser().parse_args(ours)
    smp = options.smp or choose.kind(options.engine).default_smp(options.machine)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    locks, patience_s = tuple(strategies.choose(options.lock, strategies.ANY)), options.time_limit or 15 + smp
    (engine,) = choose.choose(options.engine, Options(
        smp, seed=seed, time_limit_s=patience_s, machine=options.machine, cpu=options.cpu, extra=tuple(extra),
        relax=options.relax if options.relax != ANY else lock_forms.RELAX, one_machine=True))
    from hartlock.stress.draw import Asked
    from hartlock.stress.run import Request, stress

    asked = Asked(smp, locks, strategies.optional(options.lock, strategies.ANY), seed, engine, *forms(options), many=many(options, seed))
    return stress(Request(asked, options.round, options.span_s or (0 if options.round else FOR_S), options.replays,
                          patience_s,
                          extra, options.out, list(argv), again(options, smp, seed)))
