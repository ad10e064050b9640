"""Tells what a turn of a loop does to the registers, and which of them are used behind it.

explore.py leaves out the turns in which a hart looks and waits. A register that such a turn changes tells how often the hart
has looked: what follows may depend on it.
"""

from collections.abc import Collection, Sequence

from verify.flow import CLOBBERED, Places
from verify.ops import SP, Op
from verify.traces import Step

RESULTS = ("x10", "x11")  # registers in which a function returns
AT_END = frozenset(f"x{n}" for n in range(1, 32)) - frozenset(CLOBBERED) | frozenset(RESULTS)  # registers that a caller may read


def live(ops: Sequence[Op], after: Places, at_end: Collection[str] = ()) -> list[set[str]]:
    """Returns, for each instruction, the registers that are read before they are written from there on. `after`: the instructions that
    may follow each; it may have one place more, the end. `at_end`: registers that are read behind a return."""
    found, changed = [set[str]() for _ in after], True
    while changed:
        changed = False
        for at in reversed(range(len(ops))):
            op = ops[at]
            later = set(at_end) if op.kind == "ret" else set[str]().union(*(found[then] for then in after[at]))
            now = (later - {op.rd}) | ({s for s in (*op.sources, op.base) if isinstance(s, str)} - {"", "x0"})
            changed |= now != found[at]
            found[at] = now
    return found


def _sources(turn: Sequence[Step]) -> dict[str, set[str]]:
    """For each register that a turn writes, the registers whose values before the turn its value is computed from; "memory" for
    what was loaded."""
    found: dict[str, set[str]] = {}
    for op in (s.op for s in turn if s.op.rd not in ("", "x0")):
        given = [s for s in op.sources if isinstance(s, str)] if op.kind == "alu" else ["memory"]
        found[op.rd] = set[str]().union(*(found.get(s, {s}) for s in given))
    return found


def _reached(sources: dict[str, set[str]], register: str) -> set[str]:
    reached, todo = set[str](), [*sources[register]]
    while todo:
        if (at := todo.pop()) not in reached:
            reached.add(at)
            todo += sources.get(at, ())
    return reached


def counted(turn: Sequence[Step]) -> set[str]:
    """The registers that may have a new value after each further turn: those whose value depends on the one that they had before,
    and those that depend on such a one."""
    sources = _sources(turn)
    reached = {register: _reached(sources, register) for register in sources}
    counts = {register for register, those in reached.items() if register in those} - {SP}
    return {register for register, those in reached.items() if those & counts and register != SP}


def marked(turn: Sequence[Step]) -> set[str]:
    """The registers that have the same value after every turn, such as a flag that says that the hart had to wait."""
    sources = _sources(turn)
    return {register for register in sources if "memory" not in _reached(sources, register)} - counted(turn) - {SP}
