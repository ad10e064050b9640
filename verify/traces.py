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
    which harts may store it."""

    def __init__(self, initial: dict[Location, int]):
        self.initial = initial
        self.held: dict[Location, dict[int, Past]] = {where: {value: {}} for where, value in initial.items()}
        self.stored: dict[tuple[Location, int], set[int]] = {}

    def of(self, where: Location) -> dict[int, Past]:
        return self.held.setdefault(where, {0: {}})

    def readable(self, where: Location, hart: int, last: tuple[int, Past] | None) -> list[tuple[int, Past]]:
        """What a hart may read there that found or left `last` there before (None: it was not
        there yet, so what was there at first): the same, or what another hart stores."""
        first = last or (self.initial.get(where, 0), {})
        return [first, *((value, past) for value, past in self.of(where).items()
                         if value != first[0] and self.stored.get((where, value), set()) - {hart})]

    def add(self, hart: int, where: Location, value: int, past: Past) -> bool:
        """False when nothing new came of it."""
        known, by = self.of(where), self.stored.setdefault((where, value), set())
        new = hart not in by
        by.add(hart)
        if value not in known:
            known[value] = past
            return True
        nearest = {k: min(n, past.get(k, 0)) for k, n in known[value].items()}
        changed = nearest != known[value]
        known[value] = nearest
        return changed or new
