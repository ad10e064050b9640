"""A test, and the conditions under which an execution of it is bad."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from verify.code import Function
from verify.memory import Layout, Location, Memory, written
from verify.traces import Hart, Trace


@dataclass(frozen=True)
class Condition:
    """The condition of a good end: the values observed in registers and then in words of memory are
    one of `good`. In a combination with stuck harts: the words do not have the values of `stuck`."""

    registers: tuple[tuple[int, str], ...] = ()  # (hart, register)
    locations: tuple[Location, ...] = ()
    good: frozenset[tuple[int, ...]] = frozenset()
    seen: tuple[int, ...] = ()  # the registers' values, in one combination
    stuck: tuple[int, ...] | None = None

    def of(self, traces: Sequence[Trace]) -> "Condition":
        """The condition of one combination of traces."""
        waits = {where: value for t in traces for where, value in t.stuck or ()}
        if any(t.stuck is not None for t in traces):
            return Condition(locations=tuple(waits), stuck=tuple(waits.values()))
        return replace(self, seen=tuple(traces[h].registers.get(r, 0) for h, r in self.registers))

    def is_bad(self, final: Mapping[Location, int]) -> bool:
        values = tuple(final[where] for where in self.locations)
        return values == self.stuck if self.stuck is not None else (*self.seen, *values) not in self.good

    def text(self, layout: Layout, bad: bool) -> str:
        """The condition as herd7 writes it; "" when only the loads' values are asked for."""
        if not self.locations:
            return ""
        wanted = [self.stuck] if self.stuck is not None else sorted(
            g[len(self.seen):] for g in self.good if g[:len(self.seen)] == self.seen)
        rows = [" /\\ ".join(f"{layout.word(where)}={written(v, where[1])}" for where, v in zip(self.locations, values, strict=True))
                for values in wanted]
        either = " \\/ ".join(f"({row})" for row in rows)
        negate = bad == (self.stuck is None)
        return (f"not ({either})" if negate else f"({either})") if rows else ""


def at_rest(traces: Sequence[Trace]) -> bool:
    """Does some hart wait, and do all harts that wait for one word see the same value there?"""
    waits = [w for t in traces for w in t.stuck or ()]
    return any(t.stuck is not None for t in traces) and len(dict(waits)) == len(set(waits))


@dataclass(frozen=True)
class Test:
    name: str
    about: str
    layout: Layout
    harts: list[Hart]
    memory: Memory
    condition: Condition
    waits: bool = False  # asks whether a hart can be stuck for ever
    turns: int = 0  # times that each backward branch of a waiting loop is taken
    middle: bool = False  # some harts have run alone before it

    @property
    def takes(self) -> tuple[int, ...]:
        """The number of times that each hart lets go of the lock, or allocates, the busiest first."""
        ends = ("subject_release", "subject_alloc")
        return tuple(sorted((sum(isinstance(p, Function) and p.name in ends for p in h.program) for h in self.harts), reverse=True))
