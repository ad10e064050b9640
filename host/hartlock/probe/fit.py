"""Makes the numbers of a machine profile from the probe's clock readings.

All subtractions are in this file, and docs/ports/probe.md explains them: `cost()` takes the
clock and the loop off a measurement; the functions of _FITS take a known cost off another
where the profile needs that.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hartlock.records.histogram import Histogram, lowest

Pair = tuple[int, int]
Matrix = npt.NDArray[Any]

# The cost of a loop without its operation.
OVERHEAD = {"load": "loop", "amo": "loop", "amo_load": "loop", "op": "loop", "mul": "loop", "div": "loop",
            "pause": "loop", "store": "gap"}
BY_CLOCK = ("memory", "shared", "dirty", "copy", "upgrade", "handoff", "visible", "amo_lines")  # less the clock read
MISSES = ("memory", "shared", "dirty", "copy")  # operations that an L1 hit among them would spoil
NEAREST_SHARE = 0.01  # share of the tries that must be that fast: one may be a fluke
ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE = 0.5, 0.01  # pairs that differ by less are in one


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
    """A number of the profile and its origin; None: the probe cannot tell."""

    value: float | bool | None
    how: str


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


@dataclass
class Probe:
    """All measurements of one boot."""

    harts: int
    real: bool = False  # a real computer: prefetchers, other programs, no banks to choose from
    timebase_hz: int = 0
    measures: dict[tuple[str, int, int], Measure] = field(default_factory=dict)
    contention: list[Contention] = field(default_factory=list)

    def add(self, m: Measure) -> None:
        self.measures[m.kind, m.a, m.b] = m

    def overhead(self, kind: str) -> float:
        """The cycles of a try that do not belong to the operation."""
        of = OVERHEAD.get(kind, "clock" if kind in BY_CLOCK else "")
        if of == "clock" and self.real:
            return _middle(self.measures[of, 0, 0].cycles, -1) or 0.0
        return float(self.measures[of, 0, 0].cycles.min) if of else 0.0

    def cost(self, kind: str, a: int = 0, b: int = 0) -> float | None:
        """Cycles of one operation, the nearest bank's where banks differ."""
        m = self.measures.get((kind, a, b))
        if m is None or m.cycles.count == 0:
            return None
        if self.real and kind in BY_CLOCK:
            middle = _middle(m.cycles, self._floor(kind, b))
            return None if middle is None else (middle - self.overhead(kind)) / m.ops
        above = self.overhead(kind)
        if kind in MISSES:
            above += 2 * (self.cost("load") or 0)
        fastest = _fastest(m.cycles, above if kind in MISSES else -1)
        return None if fastest is None else (fastest - self.overhead(kind)) / m.ops

    def _floor(self, kind: str, sharers: int) -> float:
        """The cycles of a real computer's prefetched line: a try that took no more met a line that a
        prefetcher had brought already."""
        spoilt_by = "shared" if kind in ("dirty", "copy", "memory") else "amo_lines" if kind == "upgrade" and sharers else ""
        return self.overhead(kind) + 2 * (self.cost(spoilt_by) or 0) if spoilt_by else -1

    def typical(self, kind: str, a: int, b: int) -> float | None:
        """The mean cost of all tries, and so of all banks."""
        m = self.measures.get((kind, a, b))
        return None if m is None else (m.cycles.mean() - self.overhead(kind)) / m.ops

    def pairs(self) -> Iterator[tuple[Pair, float]]:
        """Dirty loads by (writer, reader)."""
        for kind, a, b in self.measures:
            cost = self.cost("dirty", a, b) if kind == "dirty" else None
            if cost is not None:
                yield (a, b), cost

    def missing(self) -> list[str]:
        """The measurements that did not arrive."""
        many = [(k, a, b) for k in ("dirty", "handoff") for a in range(self.harts) for b in range(self.harts) if a != b]
        many += [("upgrade", 0, n) for n in range(self.harts)]
        alone = ("ticks", "clock", "loop", "gap", *(k for k in OVERHEAD), "memory", "shared")
        return [f"{k} {a} {b}" for k, a, b in [*((k, 0, 0) for k in alone), *many] if (k, a, b) not in self.measures]


class Topology(NamedTuple):
    """The harts' clusters, the clusters' mesh (model/topology.h), and the costs of both."""

    size: int  # harts of a cluster
    columns: int  # clusters of a row
    transfer: float  # within a cluster
    hop: float
    error: float  # root mean square, over the pairs

    def way(self, a: int, b: int) -> float:
        """Cycles to go from a's cluster to b's and back."""
        return self.hop * float(_there_and_back(np.array([[a, b]]), self.size, self.columns)[0])


def _there_and_back(pairs: Matrix, size: int, columns: int) -> Matrix:
    a, b = pairs[:, 0] // size, pairs[:, 1] // size
    return 2 * (abs(a // columns - b // columns) + abs(a % columns - b % columns))


def _fitted(pairs: Matrix, costs: Matrix, size: int, columns: int) -> Topology:
    """The topology whose transfer and hop fit by least squares: cost = transfer + hop * steps."""
    steps = _there_and_back(pairs, size, columns)
    spread = steps - steps.mean()
    hop = float((spread * costs).sum() / (spread * spread).sum()) if spread.any() else 0.0
    transfer = float(costs.mean() - hop * steps.mean())
    error = float(np.sqrt(((costs - transfer - hop * steps) ** 2).mean()))
    return Topology(size, columns, transfer, hop, error)


def topology(p: Probe, base_columns: int = 1) -> Topology | None:
    """One cluster if that fits, else the topology that fits best. Of equals the one with the largest
    clusters is taken, then the one with the base's columns, then the one with the widest mesh."""
    costs = {pair: cost for pair, cost in p.pairs()}
    if not costs:
        return None
    pairs, cycles = np.array(list(costs)), np.array(list(costs.values()))
    one = _fitted(pairs, cycles, p.harts, 1)
    if one.error <= max(ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE * one.transfer):
        return one
    fits = [_fitted(pairs, cycles, size, columns) for size in range(1, p.harts)
            for columns in range(1, -(-p.harts // size) + 1)]
    fits = [f for f in fits if f.hop > 0 and f.transfer > 0] or [one]
    least = min(f.error for f in fits)
    return max((f for f in fits if f.error <= least + 1e-6), key=lambda f: (f.size, f.columns == base_columns, f.columns))


def _clock_mhz(p: Probe) -> Found:
    m = p.measures["ticks", 0, 0]
    mhz = m.cycles.min / m.ops * p.timebase_hz / 1e6
    return Found(max(1, round(mhz)), f"{m.cycles.min} cycles in {m.ops} ticks of {p.timebase_hz} Hz")


def _simple(kind: str, what: str) -> Callable[[Probe], Found]:
    return lambda p: Found(p.cost(kind), what)


def _is_far(p: Probe) -> bool | None:
    """Are AMOs done outside the L1? They are if a load misses the line of the hart's own AMO."""
    amo, both, shared, load = (p.cost(k) for k in ("amo", "amo_load", "shared", "load"))
    if amo is None or both is None or shared is None or load is None:
        return None
    # A real core may make a load wait for the AMO before it, which is no miss.
    return both - amo > (load + shared if p.real else (load + shared) / 2)


def _amo_far(p: Probe) -> Found:
    return Found(_is_far(p), "a load after an AMO to the same line: does it miss?")


def _l1_amo(p: Probe) -> Found:
    return Found(None, "AMOs are far") if _is_far(p) else Found(p.cost("amo"), "amoadd to an own line, each on the last one's result")


def _far_amo(p: Probe) -> Found:
    return Found(p.cost("amo_lines"), "amoadd to a line nobody else uses, nearest bank") if _is_far(p) else Found(None, "AMOs are near")


def _transfer(p: Probe) -> Found:
    t = topology(p)
    return Found(t.transfer if t else None, "load of a line another hart of the cluster wrote, nearest bank")


def _cluster_harts(p: Probe) -> Found:
    t = topology(p)
    return Found(t.size, f"what fits the dirty loads best, off by {t.error:.2g} cycles") if t else Found(None, "one hart")


def _upgrades(p: Probe) -> list[tuple[int, float]]:
    """The (copies taken away, cycles), without the AMO and the way to the farthest sharer."""
    load, amo, t = p.cost("load"), p.cost("amo"), topology(p)
    if load is None or amo is None or t is None:
        return []
    far = _is_far(p)
    own = p.cost("amo_lines") or amo if far else max(0.0, amo - load)
    out = []
    for n in range(1, p.harts):
        cost = p.cost("upgrade", 0, n)
        if cost is not None:
            out.append((n + bool(far), cost - own - max(t.way(0, s) for s in range(1, n + 1))))
    return out


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The line through the points, as (value at one copy, increase for each further one)."""
    slope, at_zero = np.polyfit([n for n, _ in points], [c for _, c in points], 1)
    return float(at_zero + slope), float(slope)


def _upgrade(p: Probe) -> Found:
    points = _upgrades(p)
    if not points:
        return Found(None, "one hart")
    value = _line(points)[0] if len(points) > 1 else points[0][1]
    return Found(value, "amoadd to a line one other hart has a copy of, less the AMO itself")


def _invalidate(p: Probe) -> Found:
    points = _upgrades(p)
    if len(points) < 2:
        return Found(None, "fewer than three harts")
    return Found(max(0.0, _line(points)[1]), f"the same with 1 to {p.harts - 1} sharers, slope")


def _shared(p: Probe) -> Found:
    shared, load = p.cost("shared"), p.cost("load")
    if shared is None or load is None or shared < 2 * load:
        return Found(None, "the L1 held all lines")
    return Found(shared, "load of a line that left the L1, of 256 KiB, nearest bank")


def _moesi(p: Probe) -> Found:
    copy, dirty, shared = p.cost("copy", 0, 1), p.cost("dirty", 0, 2), p.cost("shared")
    if copy is None or dirty is None or shared is None:
        return Found(None, "fewer than three harts")
    if abs(dirty - shared) < 3:
        return Found(None, "a shared line costs as much from its owner as from the shared cache")
    return Found(abs(copy - dirty) < abs(copy - shared), "a line one hart wrote and one read: does a third get it from the owner?")


def _branch(p: Probe) -> Found:
    op = p.cost("op")
    m = p.measures["loop", 0, 0]
    return Found(None if op is None else (m.cycles.min - p.overhead("dirty")) / m.ops - op, "the turn of an empty loop, less its addition")


def _store_delay(p: Probe) -> Found:
    """The cycles of a hand-off beyond its write, its dirty load and half a turn of the waiting loop.
    The writer has read the line before: if the other hart still owns it (MOESI), the write
    fetches it from there, else it is an upgrade. The reader finds its line gone while the write
    is under way, and has looked into its L1 when the write ends."""
    upgrade, t = _upgrade(p).value, topology(p)
    handoff, dirty, load, branch = p.cost("visible", 0, 1), p.cost("dirty", 0, 1), p.cost("load"), _branch(p).value
    if upgrade is None or t is None or handoff is None or dirty is None or load is None or branch is None:
        return Found(None, "one hart")
    write = dirty if _moesi(p).value else upgrade + t.way(0, 1)
    rest = handoff - write - (dirty - load) - (load + branch) / 2
    return Found(rest if rest > load + branch else 0.0, f"hand-off of {handoff:.4g}, less its write, its dirty load and the waiting loop")


_FITS: Mapping[str, Callable[[Probe], Found]] = {
    "clock_mhz": _clock_mhz,
    "harts": lambda p: Found(p.harts, "the harts that took part"),
    "cluster_harts": _cluster_harts,
    "l1_load": _simple("load", "each load's address from the load before"),
    "l1_store": _simple("store", "a store to an own line among 128 other instructions"),
    "l1_amo": _l1_amo,
    "amo_far": _amo_far,
    "far_amo": _far_amo,
    "transfer": _transfer,
    "upgrade": _upgrade,
    "invalidate": _invalidate,
    "store_delay": _store_delay,
    "shared": _shared,
    "memory": _simple("memory", "first load of a line, over the whole heap, nearest bank"),
    "moesi": _moesi,
    "op": _simple("op", "xor, each on the last one's result"),
    "branch": _branch,
    "mul": _simple("mul", "each on the last one's result"),
    "div": _simple("div", "unsigned by 3, each on the last one's result"),
    "pause": _simple("pause", "pauses in a row"),
}


def fit(p: Probe, base_columns: int) -> dict[str, Found]:
    """Every key of a profile on which the probe has an answer."""
    out = {key: find(p) for key, find in _FITS.items()}
    if p.real:
        out = {key: f._replace(how=f.how.replace("nearest bank", "median of the misses")) for key, f in out.items()}
    t = topology(p, base_columns)
    if t is None or t.size >= p.harts:
        out["hop"] = Found(None, "all harts are in one cluster")
        return out
    out["mesh_columns"] = Found(t.columns, "what fits the dirty loads best")
    out["hop"] = Found(t.hop, "dirty loads from other clusters: what each step there and back adds")
    return out
