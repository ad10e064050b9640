"""The clock readings of a probe, and what one operation of each kind costs.

`cost()` takes the clock and the loop off a measurement (docs/ports/probe.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from hartlock.probe.kinds import kinds
from hartlock.records.histogram import Histogram, lowest

Pair = tuple[int, int]
Span = tuple[float, float]  # the least and the most that a number may be

MISSES = ("memory", "shared", "dirty", "dirty_store", "copy", "dirty_amo", "dirty_swap", "dirty_amo_on", "dirty_lr")  # operations that an L1 hit among them would spoil
OF_TWO = ("dirty_store", "dirty_amo", "dirty_swap", "dirty_amo_on", "dirty_lr", "dirty_two", "store_release", "store_pause", "store_amo",
          "copy_store", "upgrade_store", "lr_leaves", "visible", "copy_lost", "copy_kept", "stores", "stores_own", "stores_done", "regain",
          "load_window", "swap_window", "store_window", "stores_window", "sc_lost", "lr_window")  # harts 0 and 1
UNROLL = 16  # bench/probe_play.h: operations in a turn of a loop
NEAREST_SHARE = 0.01  # share of the tries that must be that fast: one may be a fluke


class Measure(NamedTuple):
    kind: str
    a: int
    b: int
    ops: int
    cycles: Histogram


class Contention(NamedTuple):
    harts: int
    hart: int
    attempts: int
    successes: int


class Found(NamedTuple):
    """A number of the profile and its origin. Two numbers are a range, [False, True] is open, and None is not probed."""

    value: float | bool | tuple[float, float] | tuple[bool, bool] | None
    how: str

    @property
    def number(self) -> float | None:
        """The value, or the middle of the range; None where there is none."""
        if self.value is None:
            return None
        return sum(self.value) / 2 if isinstance(self.value, tuple) else float(self.value)

    @property
    def span(self) -> Span | None:
        """The least and the most that it may be; None where there is none."""
        if self.value is None:
            return None
        return (float(self.value[0]), float(self.value[1])) if isinstance(self.value, tuple) else (float(self.value), float(self.value))

    @property
    def fact(self) -> bool | None:
        """True or False; None where it is open."""
        return None if self.value is None or isinstance(self.value, tuple) else bool(self.value)


def _is_of_fractions(h: Histogram) -> bool:
    """True if all tries took one time, of which the clock shows whole cycles: there were no banks to choose from."""
    return h.max - h.min <= 1


def _fastest(h: Histogram, above: float) -> float | None:
    """The least cycles that enough tries took, among those that took more than `above`."""
    seen = 0
    for bucket in sorted(h.buckets):
        if lowest(bucket + 1) - 1 <= above:
            continue
        seen += h.buckets[bucket]
        if seen >= NEAREST_SHARE * h.count:
            return float(max(lowest(bucket), h.min))
    return None


def _middle(h: Histogram, above: float) -> float | None:
    """The median of the tries that took more than `above`, if one in ten did."""
    those = {b: n for b, n in h.buckets.items() if lowest(b + 1) - 1 > above}
    seen, count = 0, sum(those.values())
    for bucket in sorted(those):
        seen += those[bucket]
        if 2 * seen >= count >= h.count / 10:
            return max(float(lowest(bucket) + lowest(bucket + 1) - 1) / 2, h.min)
    return None


@dataclass(eq=False)
class Probe:
    """All measurements of one boot."""

    harts: int
    riscv: bool = True
    real: bool = False  # a real computer: prefetchers, other programs, no banks to choose from
    timebase_hz: int = 0
    measures: dict[tuple[str, int, int], Measure] = field(default_factory=dict)
    contention: list[Contention] = field(default_factory=list)

    def add(self, m: Measure) -> None:
        self.measures[m.kind, m.a, m.b] = m

    def overhead(self, kind: str) -> float:
        """The cycles of a try that do not belong to the operation."""
        of = kinds()[kind].less
        if not of:
            return 0.0
        h = self.measures[of, 0, 0].cycles
        if of == "clock" and self.real:
            return _middle(h, -1) or 0.0
        return h.mean() if _is_of_fractions(h) else float(h.min)

    def cost(self, kind: str, a: int = 0, b: int = 0) -> float | None:
        """Cycles of one operation, the nearest bank's where banks differ. None: it was not measured, or nobody got one done."""
        m = self.measures.get((kind, a, b))
        if m is None or m.cycles.count == 0 or m.ops == 0:
            return None
        if self.real and kinds()[kind].less == "clock":
            middle = _middle(m.cycles, self._floor(kind, b))
            if middle is None and kind in MISSES:  # another hart's line comes nearly as fast as one of the shared cache
                middle = _middle(m.cycles, self.overhead(kind) + 2 * (self.cost("load") or 0))
            return None if middle is None else (middle - self.overhead(kind)) / m.ops
        if _is_of_fractions(m.cycles):
            return (m.cycles.mean() - self.overhead(kind)) / m.ops
        above = self.overhead(kind)
        if kind in MISSES:
            above += 2 * (self.cost("load") or 0)
        fastest = _fastest(m.cycles, above if kind in MISSES else -1)
        return None if fastest is None else (fastest - self.overhead(kind)) / m.ops

    def chain(self, kind: str, hidden: bool) -> float | None:
        """Cycles of one operation, each on the last one's result. `hidden`: the loop's own work is done while it waits for one."""
        m, cost = self.measures.get((kind, 0, 0)), self.cost(kind)
        if m is None or cost is None or not hidden:
            return cost
        loop, each = self.overhead(kind) * UNROLL / m.ops, m.cycles.min / m.ops
        return each if each >= loop else cost * UNROLL / (UNROLL - 1)

    def _floor(self, kind: str, sharers: int) -> float:
        """The cycles of a real computer's prefetched line: a try that took no more met a line that a
        prefetcher had brought already."""
        spoilt_by = "shared" if kind in MISSES and kind != "shared" else "amo_lines" if kind == "upgrade" and sharers else ""
        return self.overhead(kind) + 2 * (self.cost(spoilt_by) or 0) if spoilt_by else -1

    def typical(self, kind: str, a: int, b: int) -> float | None:
        """The mean cost of all tries, and so of all banks."""
        m = self.measures.get((kind, a, b))
        return None if m is None else (m.cycles.mean() - self.overhead(kind)) / m.ops

    def mean(self, kind: str, b: int) -> float | None:
        """The mean cycles of a try of harts 0 and `b`, or of the count `b`; nothing is taken off."""
        m = self.measures.get((kind, 0, b))
        return None if m is None or m.cycles.count == 0 else m.cycles.mean()

    def pairs(self) -> Iterator[tuple[Pair, float]]:
        """Dirty loads by (writer, reader)."""
        for kind, a, b in self.measures:
            cost = self.cost("dirty", a, b) if kind == "dirty" else None
            if cost is not None:
                yield (a, b), cost

    def missing(self) -> list[str]:
        """The measurements that did not arrive."""
        alone = [(name, 0, 0) for name, kind in kinds().items() if kind.alone and kind.must_come(self.riscv)]
        pairs = [(k, a, b) for k in ("dirty", "handoff") for a in range(self.harts) for b in range(self.harts) if a != b]
        many = [("upgrade", 0, n) for n in range(self.harts)]
        two = [(k, 0, 1) for k in OF_TWO] if self.harts > 1 else []
        wanted = [("ticks", 0, 0), *alone, *pairs, *many, *two]
        return [f"{k} {a} {b}" for k, a, b in wanted if (k, a, b) not in self.measures]
