"""./run-bench.sh without a command: one run. Its parser, its refusals, and what it lists and prints."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.errors import EXIT_OK, UsageError
from hartlock.cli import arguments, help, measure
from hartlock.engine import hearing
from hartlock.engine.board import may_be_meant
from hartlock.plan import profile, scenarios, strategies
from hartlock.run.request import Request

# The options that mean something when a board is heard: its plan is its own.
OF_BOARDS = {"--engine", "--serial", "--baud", "--from-log", "--labgrid", "--out", "--time-limit"}


def parser() -> argparse.ArgumentParser:
    p = arguments.command("", help.DESCRIPTION,
                          "./run-bench.sh [--setup] [--smp N] [--lock NAMES] [options] [-- QEMU arguments]",
                          [arguments.measuring(arguments.RUN)])
    p.epilog, p.formatter_class = help.EPILOG, argparse.RawDescriptionHelpFormatter
    board = p.add_argument_group("a board (docs/ports/boards.md)")
    board.add_argument("--serial", metavar="DEVICE", help="the line to it, say /dev/ttyUSB0; its plan is its own")
    board.add_argument("--baud", type=arguments.integer(1, 10**8), default=measure.BAUD, metavar="N",
                       help="of that line (default 115200)")
    board.add_argument("--from-log", type=Path, metavar="FILE", help="what a terminal program took down of a run")
    board.add_argument("--labgrid", type=Path, metavar="FILE",
                       help="a labgrid environment, whose target main has a console")
    board.add_argument("--print-plan", action="store_true",
                       help="print the plan, for a board's bootargs or `make board PLAN=...`, and stop")
    seen = p.add_argument_group("a look inside (docs/trust/model.md)")
    seen.add_argument("--trace", type=Path, metavar="FILE",
                      help="the model writes a line for each access to memory: the line's state before and after, and the cost")
    more = p.add_argument_group("what there is")
    more.add_argument("--list-locks", action=arguments.Print, const=list_locks, help="list the strategies and stop")
    more.add_argument("--list-scenarios", action=arguments.Print, const=scenarios.listing,
                      help="list the scenarios, with reasons, and stop")
    more.add_argument("--list-machines", action=arguments.Print, const=profile.listing,
                      help="list the machine profiles and stop")
    arguments.add_help(p, lambda: help.BRIEF, p.format_help)
    return p


def list_locks() -> str:
    other = {name: also for also, name in strategies.aliases().items()}
    return "\n".join(f"{name:14} {strategy.summary()}" + (f" (also: {other[name]})" if name in other else "")
                     for name, strategy in strategies.known().items())


def refuse_plan(argv: Sequence[str]) -> None:
    """Refuse options about the plan: a board that is heard has its plan already."""
    given = [a.split("=")[0] for a in argv if a.startswith("--")]
    other = [a for a in given if a not in OF_BOARDS]
    if other:
        raise UsageError(f"{other[0]}: the board has its plan already, in its image or its boot loader's bootargs; "
                         "give this option to --engine board --print-plan, which prints a plan")


def heard(options: argparse.Namespace, argv: Sequence[str], where: hearing.Where) -> Request:
    """The run of the board that is heard there."""
    if not may_be_meant(options.engine):
        raise UsageError(f"--engine {options.engine}: --serial, --from-log and --labgrid are of the engine board")
    refuse_plan(argv)
    line, call = where.open()
    if call:
        print(call, flush=True)
    plan, engine = hearing.hear(line, where.baud, options.time_limit)
    return Request(plan=plan, engines=[engine], label=strategies.label(plan.locks), out=options.out,
                   silence_s=options.time_limit, argv=list(argv), remarks=line.remarks)


def print_plan(request: Request) -> int:
    engine = request.engines[0]
    print(request.plan.bootargs(engine.windows))
    if advice := engine.plan_advice(request.plan):
        print(f"hartlock: {advice}", file=sys.stderr)
    return EXIT_OK


def main(argv: Sequence[str]) -> int:
    ours, extra = arguments.split(argv)
    options = parser().parse_args(ours)
    where = hearing.Where(options.serial, options.from_log, options.labgrid, options.baud)
    request = heard(options, argv, where) if where.is_given() else measure.request(options, extra, argv)
    if options.print_plan:
        return print_plan(request)
    if not where.is_given():
        measure.refuse_board(request)
    # This module measures and prints. It is imported late, so that commands which do neither start fast.
    from hartlock.run.run import run

    return run(request)
