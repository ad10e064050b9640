"""What a test is, and the conditions under which an execution of it is bad."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from verify.memory import Layout, Location, Memory
from verify.traces import Hart, Trace


@dataclass(frozen=True)
class Condition:
    """What is looked at in the end, registers then words of memory, is one of `good`; or, of
    a combination with harts that are stuck: the words do not have the values `stuck` on."""

    registers: tuple[tuple[int, str], ...] = ()  # (hart, register)
    locations: tuple[Location, ...] = ()
    good: frozenset[tuple[int, ...]] = frozenset()
    seen: tuple[int, ...] = ()  # what the registers have, in one combination
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
        """As herd7 has it; "" when nothing more than the loads' values is asked."""
        if not self.locations:
            return ""
        wanted = [self.stuck] if self.stuck is not None else sorted(
            g[len(self.seen):] for g in self.good if g[:len(self.seen)] == self.seen)
        rows = [" /\\ ".join(f"{layout.word(where)}={v}" for where, v in zip(self.locations, values, strict=True))
                for values in wanted]
        either = " \\/ ".join(f"({row})" for row in rows)
        negate = bad == (self.stuck is None)
        return (f"not ({either})" if negate else f"({either})") if rows else ""


def at_rest(traces: Sequence[Trace]) -> bool:
    """Does some hart wait, and do those that wait for the same word all see the same there?"""
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
    turns: int = 0  # how often each backward branch of a waiting loop is taken
