"""The program of one hart in a test, and its traces: executions with all values known."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from verify.code import Function
from verify.memory import STACK, Location
from verify.ops import Op

# The least number of stores to each location that lie in a value's past.
Past = dict[Location, int]


def join(*pasts: Past) -> Past:
    """The past of a value that was computed from values with these pasts."""
    some = [p for p in pasts if p]
    return some[0] if len(some) == 1 else {k: max(p.get(k, 0) for p in some) for each in some for k in each}


@dataclass(frozen=True)
class Hart:
    """The program of one hart of a test: instructions of the test's own, and calls."""

    program: tuple[Op | Function, ...]
    registers: dict[str, int]
    pc: int = 0  # index in its first function where it begins
    stack: tuple[tuple[Location, int], ...] = ()  # the stack's words, if it begins in the middle
    drawn: frozenset[Location] = frozenset()  # words from which harts draw random numbers


class Step(NamedTuple):
    """An instruction as it was executed."""

    op: Op
    call: str = ""  # the function it belongs to; "": the test itself
    inputs: tuple[int, ...] = ()  # the values of op.sources
    result: int | None = None  # the value that op.rd got
    location: Location | None = None
    read: int | None = None  # the value in memory; None: it was not read
    wrote: int | None = None

    @property
    def shared(self) -> bool:
        return self.location is not None and self.location[0] < STACK


@dataclass(frozen=True)
class Trace:
    steps: tuple[Step, ...]
    stuck: tuple[tuple[Location, int], ...] | None = None  # the words that the stuck hart waits to see change
    registers: dict[str, int] = field(default_factory=dict, compare=False)  # the registers at its end

    @cached_property
    def accesses(self) -> dict[Location, tuple[Step, ...]]:
        """The accesses to each shared location, in program order."""
        found: dict[Location, list[Step]] = {}
        for step in self.steps:
            if step.location and step.shared:
                found.setdefault(step.location, []).append(step)
        return {where: tuple(steps) for where, steps in found.items()}


class Values:
    """The values that each location may hold in some execution, the past that each value must have,
    and which harts may store it over which value."""

    def __init__(self, initial: dict[Location, int]):
        self.initial = initial
        self.held: dict[Location, dict[int, Past]] = {where: {value: {}} for where, value in initial.items()}
        self.moves: dict[tuple[Location, int | None], set[tuple[int, int]]] = {}  # value before -> (hart, value)

    def of(self, where: Location) -> dict[int, Past]:
        return self.held.setdefault(where, {0: {}})

    def readable(self, where: Location, hart: int, last: tuple[int, Past] | None) -> list[tuple[int, Past]]:
        """The values that a hart may read at a location where it last found or left `last` (None: it has
        not been there, so its first value counts): `last` itself, or what other harts make of it."""
        first = last or (self.initial.get(where, 0), {})
        known, reached, todo = self.of(where), {first[0]}, [first[0]]
        for value in todo:
            more = self.moves.get((where, value), set()) | self.moves.get((where, None), set())
            todo += {new for by, new in more if by != hart and new not in reached}
            reached |= set(todo)
        return [first, *((value, known[value]) for value in known if value in reached and value != first[0])]

    def add(self, hart: int, where: Location, value: int, past: Past, over: int | None) -> bool:
        """Add a value that may be stored. Returns False when it was known already."""
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
