"""Helpers of the board engine's tests: a plan, and a reader of a board's log."""

from support.run import TOP, run_bench, run_here
from tools import record_logs

IMAGE = TOP / "build/hartlock.elf"
ASKED = record_logs.BOARD  # the recorded log is of this plan


def print_plan(*args):
    """The plan for a board, and what is said beside it. `args` may begin with a command."""
    done = run_here(*args, "--engine", "board", "--print-plan")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def heard(folder, *args, **kw):
    """./run-bench.sh ARGS, whose trials are the board's and so not quick ones."""
    return run_bench(folder, *args, quick=False, **kw)
