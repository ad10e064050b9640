"""./run-bench.sh probe: its parser, and the request that its options make."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.cli import arguments, boards
from hartlock.engine import choose
from hartlock.engine.base import BOTH, Engine, Options
from hartlock.engine.model import Model, default_machine
from hartlock.plan import plan as plans
from hartlock.plan import profile as profiles

NAME = "probe"
WINDOW_US = 200  # the model's limits are told from it


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME,
                          "Measure what loads, stores, AMOs and hand-offs between harts cost, and write a machine "
                          "profile for the cost model from it (docs/ports/probe.md).")
    p.add_argument("--engine", choices=list(choose.ENGINES), default=BOTH,
                   help="model: the modelled machine (default). native: threads on this computer's processors. board: "
                        "the kernel on a board, heard by --serial or --from-log. tcg cannot be probed")
    p.add_argument("--smp", type=arguments.harts, metavar="N",
                   help="harts, 1 to 64 (default 8, or those of --machine, if it has fewer; board: 4; native: one for each "
                   "processor)")
    p.add_argument("--machine", metavar="NAME",
                   help="machine profile that the model runs on: a name in model/machines/, or a TOML file (default "
                   "generic-8, above 8 harts mesh-64)")
    p.add_argument("--base", metavar="NAME", help="machine profile that the new one takes from what cannot be probed "
                   "(default any-8, above 8 harts any-64: a range for each)")
    p.add_argument("--seed", type=arguments.seed, default=1, metavar="N", help="of what lies where (default 1)")
    p.add_argument("--time-limit", type=arguments.seconds, metavar="S",
                   help="give up when nothing is heard for S seconds (default: what the plan needs)")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the files into DIR, new or empty")
    boards.add_options(p)
    arguments.add_help(p)
    return p


def started(options: argparse.Namespace) -> tuple[plans.Plan, Engine]:
    """The plan that the options ask for, and the engine that will run it."""
    kind = choose.ENGINES.get(options.engine, Model)
    smp = options.smp or kind.default_smp(options.machine)
    kind.refuse_probe(smp)
    kind.check_programs()
    engine = kind.create(Options(smp, seed=options.seed, duration_ms=1, warmup_ms=0, machine=options.machine,
                                 model_duration_us=WINDOW_US, baud=options.baud, one_machine=True))
    return plans.probe(smp, options.seed), engine


def heard(options: argparse.Namespace, argv: Sequence[str]) -> tuple[plans.Plan, Engine, list[str]]:
    """The plan of the board that is heard, the engine that goes on hearing it, and remarks on what was heard."""
    plan, engine, line = boards.hear(options, argv[1:], f"{NAME} ", {"--base"})
    if not plan.probes or len(plan.order) > 1:
        line.close()
        raise UsageError("the board was not asked to probe its memory: ./run-bench.sh probe --engine board --print-plan prints "
                         "the plan that asks it" if not plan.probes else
                         "the board's plan has more than the probe in it, which is read only where it is alone")
    return plan, engine, line.remarks


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv[1:])
    remarks: list[str] = []
    if boards.where(options).is_given():
        plan, engine, remarks = heard(options, argv)
    else:
        plan, engine = started(options)
    if options.print_plan:
        return boards.print_plan(plan, engine)
    boards.refuse_silent([engine], f"{NAME} ", hears=boards.where(options).is_given())
    base = profiles.find(options.base or default_machine(plan.harts[0]))
    profiles.read(base)  # raises UsageError, before anything is measured
    from hartlock.probe.run import Request, probe

    return probe(Request(engine, plan, base, options.out, list(argv), options.time_limit, remarks))
