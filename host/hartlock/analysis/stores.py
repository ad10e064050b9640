"""The choice that is no lock: a store of frames for each hart, before the allocator that the lock protects.

A folder that has the same workload with the store and without it says what that is worth: on each machine the figure of
the best lock without it, divided by that of the slowest FIFO lock behind it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

from hartlock.analysis.comparisons import CLEAR
from hartlock.analysis.rank import Place, on_machines
from hartlock.analysis.rules import Advice, Ask, advise
from hartlock.analysis.take import of_kind
from hartlock.base.paths import TOP
from hartlock.base.text import percent, significant, words
from hartlock.folder.comparable import Comparable, Figure
from hartlock.folder.reader import Boot, Cell, Results
from hartlock.plan import traits

STORE = "cached-"  # an allocator's name begins so where each hart has a store before the allocator of that name
HEADER = TOP / "alloc" / "frame_cache.h"


@dataclass(frozen=True)
class Store:
    """The gain of a store for each hart over the best lock without one."""

    allocator: str  # the one behind the store
    best: Place  # the best lock without it
    slowest: Place  # the slowest FIFO lock behind it
    goal: str  # throughput: gains are of cycles an operation; tail: of the p99.9 wait
    gains: Sequence[float]  # for each machine: the figure of the best lock there, as so many times the slowest FIFO lock's
    visits: float  # share of the operations that take the lock nevertheless; nan: not known

    @property
    def pays(self) -> bool:
        """True if it gains surely, on every machine."""
        return min(self.gains) > CLEAR


@cache
def frames() -> int:
    """The frames of a store, as the header has them."""
    found = re.search(r"^#define FRAME_CACHE (\d+)", HEADER.read_text(encoding="utf-8"), re.MULTILINE)
    assert found, HEADER
    return int(found[1])


def behind_store(data: Results, setting: Comparable) -> Comparable | None:
    """The setting that differs from this one in nothing but the store; None: it was not measured."""
    wanted = replace(setting.context, workload=replace(setting.workload, allocator=STORE + setting.workload.allocator))
    return next((s for s in data.settings if s.context == wanted), None)


def _each(places: Sequence[Place], cost: Figure) -> list[dict[Boot, float]]:
    """A figure of each place, by machine."""
    return [on_machines(p.cell, cost) for p in places]


def store(data: Results, advice: Advice) -> Store | None:
    """Returns what a store gains in the place of the lock that is asked for; None where the data do not say it."""
    setting = behind_store(data, advice.setting)
    locks = [p for p in of_kind(advice) if not p.starves]
    if setting is None or not locks:
        return None
    fifo = [p for p in of_kind(advise(data, setting, advice.ask)) if not p.starves and traits.known()[p.name].fifo]
    goal = "tail" if advice.ask.goal == "tail" else "throughput"
    cost: Figure = advice.measures[goal].figure
    without, behind = _each(locks, cost), _each(fifo, cost)
    machines = set.intersection(*(set(of) for of in (*without, *behind))) if behind else set()
    if not machines:
        return None
    gains = [min(of[m] for of in without) / max(of[m] for of in behind) for m in machines]
    slowest = max(fifo, key=lambda p: p.cell.median(cost))
    return Store(advice.setting.workload.allocator, min(locks, key=lambda p: p.cell.median(cost)), slowest, goal, gains, _visits(slowest.cell))


def _visits(cell: Cell) -> float:
    ops = sum(s.ops_total or 0 for s in cell.samples)
    return sum(s.counters["visits"] or 0 for s in cell.samples) / ops if ops else math.nan


def _told(place: Place) -> str:
    cycles, tail = place.cell.median(lambda f: f.cycles_per_op), place.cell.median(lambda f: f.wait_p999_cycles)
    return f"{significant(cycles)} cycles an operation and {significant(tail)} of p99.9 wait"


def sentence(found: Store) -> str:
    """The sentence on what the store gains."""
    on = f"on each of {len(found.gains)} machines" if len(found.gains) > 1 else "here"
    by = "p99.9 wait" if found.goal == "tail" else "cycles"
    both = (f"The slowest of these, {found.slowest.name}, has {_told(found.slowest)} behind it; without it the best lock, {found.best.name}, has "
            f"{_told(found.best)}")
    visits = "" if math.isnan(found.visits) else f" {percent(found.visits)} of the operations take the lock."
    if not found.pays:
        return (f"A store of {frames()} frames for each hart before the {found.allocator}, and any FIFO lock behind it, is no sure gain by {by}. {both}.")
    return (f"Not another lock: a store of {frames()} frames for each hart, then any FIFO lock. {both}: {on} at least "
            f"{significant(min(found.gains))} times the {by}.{visits}")


def to_copy(found: Store) -> list[str]:
    """The lines on what to copy and change."""
    name = found.allocator
    files = [f"alloc/{name}_cache.h", "alloc/frame_cache.h", f"alloc/{name}.h", "alloc/debug.h"]
    return [f"To use the store, copy {words(files)}, and give each hart one:", "    static struct frame_cache store[HARTS];",
            "    frame = frame_cache_take(&store[hart]);",
            f"    /* NULL: take the lock, {name}_cache_fill(&{name}, &store[hart]), release it, and take again */"]


def to_measure(ask: Ask, setting: Comparable) -> str:
    """The option that measures the store, too; "" where there is none before this allocator, or it is there already."""
    name = setting.workload.allocator
    return f"--allocator {name},{STORE}{name}" if name == "pool" and ask.harts > 1 else ""
