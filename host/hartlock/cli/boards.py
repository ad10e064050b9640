"""The options that say where a board is heard, for the commands that listen to one."""

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from hartlock.base.errors import EXIT_OK, UsageError
from hartlock.cli import arguments
from hartlock.engine import hearing
from hartlock.engine.base import Engine
from hartlock.engine.board import Board, may_be_meant
from hartlock.engine.serial import Line
from hartlock.plan.plan import Plan

BAUD = 115200
# The options that mean something when a board is heard: its plan is its own.
_MEANT = {"--engine", "--serial", "--baud", "--from-log", "--labgrid", "--out", "--time-limit"}


def add_options(parser: argparse.ArgumentParser) -> None:
    board = parser.add_argument_group("a board (docs/ports/boards.md)")
    board.add_argument("--serial", metavar="DEVICE", help="the line to it, say /dev/ttyUSB0; its plan is its own")
    board.add_argument("--baud", type=arguments.integer(1, 10**8), default=BAUD, metavar="N",
                       help="of that line (default 115200)")
    board.add_argument("--from-log", type=Path, metavar="FILE", help="what a terminal program took down of a run")
    board.add_argument("--labgrid", type=Path, metavar="FILE",
                       help="a labgrid environment, whose target main has a console")
    board.add_argument("--print-plan", action="store_true",
                       help="print the plan, for a board's bootargs or `make board PLAN=...`, and stop")


def where(options: argparse.Namespace) -> hearing.Where:
    return hearing.Where(options.serial, options.from_log, options.labgrid, options.baud)


def _refuse_plan(argv: Sequence[str], command: str, meant: Collection[str]) -> None:
    """Refuse options about the plan: a board that is heard has its plan already."""
    given = [a.split("=")[0] for a in argv if a.startswith("--")]
    other = [a for a in given if a not in meant]
    if other:
        raise UsageError(f"{other[0]}: the board has its plan already, in its image or its boot loader's bootargs; "
                         f"give this option to {command}--engine board --print-plan, which prints a plan")


def hear(options: argparse.Namespace, argv: Sequence[str], command: str = "",
         also_meant: Collection[str] = ()) -> tuple[Plan, Board, Line]:
    """Listen until the board has said its plan. `command` is the command's name and a blank; `also_meant` are options of its own
    that do not concern the plan. Raises UsageError for options that the plan has already answered."""
    if not may_be_meant(options.engine):
        raise UsageError(f"--engine {options.engine}: --serial, --from-log and --labgrid are of the engine board")
    _refuse_plan(argv, command, {*_MEANT, *also_meant})
    there = where(options)
    line, call = there.open()
    if call:
        print(call, flush=True)
    plan, engine = hearing.hear(line, there.baud, options.time_limit)
    return plan, engine, line


def refuse_silent(engines: Sequence[Engine], command: str = "", *, hears: bool) -> None:
    """Refuse to start an engine that is only listened to. `hears`: the options say where."""
    for engine in engines:
        if not engine.is_started_here and not hears:
            raise UsageError(f"{command}--engine {engine.name}: --print-plan says what to ask of a board; then --serial DEVICE "
                             "listens to it, or --from-log FILE reads what it said (docs/ports/boards.md)")


def print_plan(plan: Plan, engine: Engine) -> int:
    """Print the plan for a board, and a hint on it to standard error. Returns the exit status."""
    print(plan.bootargs(engine.windows))
    if advice := engine.plan_advice(plan):
        print(f"hartlock: {advice}", file=sys.stderr)
    return EXIT_OK
