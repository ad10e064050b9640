"""Runs a hart by itself, on memory as it is, to its end or until it waits.

This is one of the possible executions. A hart that begins afterwards finds all of it done.
"""

from dataclasses import replace

from verify.errors import Unsupported
from verify.explore import Alone, Run, Stop
from verify.memory import STACK, Memory
from verify.traces import Hart


def _run(explorer: Alone) -> tuple[Run, Memory]:
    runs = list(explorer.runs())
    if len(runs) != 1:
        raise Unsupported("a hart that is alone does not come through")
    done = {where: value for where, (value, _) in runs[0].memory.items() if where[0] < STACK}
    return runs[0], {**explorer.before, **done}


def executed(hart: Hart, memory: Memory) -> tuple[Run, Memory]:
    """Returns what a hart does that runs by itself, and the memory after it."""
    run, after = _run(Alone(hart, memory, waits=True))
    if run.stuck is not None:
        raise Unsupported("a hart that is alone does not come through")
    return run, after


def alone(hart: Hart, memory: Memory) -> Memory:
    """The memory after a hart ran by itself."""
    return executed(hart, memory)[1]


def begun(hart: Hart, memory: Memory, stop: Stop | None = None) -> tuple[Hart, Memory]:
    """Run a hart by itself until it waits, or until it is about to touch what `stop` says. Returns
    the rest of the hart, which it has yet to do, and the memory."""
    run, after = _run(Alone(hart, memory, stop, waits=stop is None))
    if run.stuck is None or run.unknown:
        raise Unsupported("a hart that was to stop in the middle did not")
    stack = tuple((where, value) for where, (value, _) in run.memory.items() if where[0] >= STACK)
    return replace(hart, program=hart.program[run.item:], registers=dict(run.registers), pc=run.pc, stack=stack), after
