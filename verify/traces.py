"""What one hart does in a test, and what of it may happen: traces, with all values known."""

from dataclasses import dataclass, field

from verify.code import Function
from verify.memory import STACK, Location
from verify.ops import Op

# How many stores to each location lie in a value's past, at least.
Past = dict[Location, int]


def join(*pasts: Past) -> Past:
    """The past of what was computed from all of them."""
    return {k: max(p.get(k, 0) for p in pasts) for each in pasts for k in each}


@dataclass(frozen=True)
class Hart:
    """What one hart of a test does: instructions of the test's own, and calls."""

    program: tuple[Op | Function, ...]
    registers: dict[str, int]
    pc: int = 0  # where in its first function it begins: an index
    stack: tuple[tuple[Location, int], ...] = ()  # what it has there, if it begins in the middle


@dataclass(frozen=True)
class Step:
    """One instruction as it was executed."""

    op: Op
    call: str = ""  # the function it is of; "": the test's own
    inputs: tuple[int, ...] = ()  # of op.sources
    result: int | None = None  # what op.rd got
    location: Location | None = None
    read: int | None = None  # what memory had; None: it was not read
    wrote: int | None = None

    @property
    def shared(self) -> bool:
        return self.location is not None and self.location[0] < STACK


@dataclass(frozen=True)
class Trace:
    steps: tuple[Step, ...]
    stuck: tuple[tuple[Location, int], ...] | None = None  # what it waits to see change
    registers: dict[str, int] = field(default_factory=dict, compare=False)  # at its end

    def accesses(self) -> dict[Location, tuple[Step, ...]]:
        """Of each shared location, in program order."""
        found: dict[Location, list[Step]] = {}
        for step in self.steps:
            if step.location and step.shared:
                found.setdefault(step.location, []).append(step)
        return {where: tuple(steps) for where, steps in found.items()}


class Values:
    """What each location may hold in some execution, the past each value must have, and
    which harts may store it, over what."""

    def __init__(self, initial: dict[Location, int]):
        self.initial = initial
        self.held: dict[Location, dict[int, Past]] = {where: {value: {}} for where, value in initial.items()}
        self.moves: dict[tuple[Location, int | None], set[tuple[int, int]]] = {}  # over what: (hart, value); None: anything

    def of(self, where: Location) -> dict[int, Past]:
        return self.held.setdefault(where, {0: {}})

    def readable(self, where: Location, hart: int, last: tuple[int, Past] | None) -> list[tuple[int, Past]]:
        """What a hart may read there that found or left `last` there before (None: it was not
        there yet, so what was there at first): the same, or what others make of it."""
        first = last or (self.initial.get(where, 0), {})
        known, reached, todo = self.of(where), {first[0]}, [first[0]]
        for value in todo:
            more = self.moves.get((where, value), set()) | self.moves.get((where, None), set())
            todo += {new for by, new in more if by != hart and new not in reached}
            reached |= set(todo)
        return [first, *((value, known[value]) for value in known if value in reached and value != first[0])]

    def add(self, hart: int, where: Location, value: int, past: Past, over: int | None) -> bool:
        """False when nothing new came of it."""
        known, moves = self.of(where), self.moves.setdefault((where, over), set())
        new = (hart, value) not in moves
        moves.add((hart, value))
        if value not in known:
            known[value] = past
            return True
        nearest = {k: min(n, past.get(k, 0)) for k, n in known[value].items()}
        changed = nearest != known[value]
        known[value] = nearest
        return changed or new
