"""Helpers of the board engine's tests: a plan, and a reader of a board's log."""

from support.run import TOP, run_bench, run_here

IMAGE = TOP / "build/hartlock.elf"
ASKED = ("--smp", "2", "--lock", "ticket,cas", "--trials", "2", "--duration", "15", "--warmup", "3")


def print_plan(*args):
    """The plan for a board, and what is said beside it."""
    done = run_here("--engine", "board", "--print-plan", *args)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip(), done.stderr


def heard(folder, *args, **kw):
    """./run-bench.sh ARGS, whose trials are the board's and so not quick ones."""
    return run_bench(folder, *args, quick=False, **kw)
