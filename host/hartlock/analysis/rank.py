"""Ranks strategies: the leader, its lead, and those that cannot be told from it.

Over machines a rank is sure if every machine says so, and by more than the model errs (CLEAR). What starves a hart, on one of them or in the median
trial, has no sure rank: it stands behind the others, whatever its figure is. But what starves nobody and has the better figure on every
machine is surely the better one.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hartlock.folder.comparable import Figure
from hartlock.folder.reader import Boot, Cell, boot_of
from hartlock.analysis.comparisons import CLEAR, call, cliffs_delta, ratio_ci
from hartlock.base.intervals import Estimate, range_of
from hartlock.base.text import percent

STARVED = 0.1  # share of the busiest hart's operations, below which the slowest hart starves
FEWEST = 10  # operations of the busiest hart in a window: with fewer a hart that had none may have been next in line


@dataclass(frozen=True)
class Place:
    cell: Cell
    figure: Estimate
    ratio: Estimate  # over the leader's
    call: str  # leads, too close, behind, starves
    delta: float  # Cliff's, against the leader
    behind_on: int = 0  # machines on which it is behind the leader
    machines: int = 0  # machines there are; 0: one, in several boots
    is_worse: bool = False  # by its figure alone, surely; true of what starves, too

    @property
    def name(self) -> str:
        return self.cell.strategy

    @property
    def tied(self) -> bool:
        """Is it the leader, or one that cannot be told from it?"""
        return self.call in ("leads", "too close")

    @property
    def starves(self) -> bool:
        return self.call == "starves"


def standing(cells: Sequence[Cell], figure: Figure, lower: bool = True) -> list[Place]:
    """The cells from the best on, without those that lack the figure. `lower`: a lower figure is better."""
    there = _where_all_are(cells, figure)
    known = [(c, e) for c in cells if math.isfinite((e := there(c).estimate(figure)).median)]
    known.sort(key=lambda one: (starves(one[0]), one[1].median if lower else -one[1].median, one[0].strategy))
    return [_place(cell, estimate, known[0][0], figure, lower, there) for cell, estimate in known]


def shared_machines(cells: Sequence[Cell], figure: Figure) -> set[Boot]:
    """The machines on which each of these cells has the figure. A cell that has it nowhere does not count."""
    has = [{boot for boot, value in on_machines(c, figure).items() if math.isfinite(value)} for c in cells]
    return set.intersection(*filter(None, has)) if any(has) else set()


def _where_all_are(cells: Sequence[Cell], figure: Figure) -> Callable[[Cell], Cell]:
    """Returns what cuts a cell down to the machines that all have been measured on, what starves aside: a machine that one lacks
    would move its figure against the others'. One machine in several boots stays whole."""
    if not any(c.is_ensemble for c in cells):
        return lambda cell: cell
    shared = shared_machines([c for c in cells if not starves(c)] or cells, figure)
    return lambda cell: cell.on(shared) if shared & set(cell.boots) else cell


def _place(cell: Cell, estimate: Estimate, best: Cell, figure: Figure, lower: bool, there: Callable[[Cell], Cell]) -> Place:
    own, first = there(cell), there(best)
    a, b = own.sample(figure), first.sample(figure)
    ratio = Estimate(1, 1, 1) if cell is best else ratio_ci(a, b, paired=own.boots == first.boots)
    worse = call(ratio, clear=CLEAR if cell.is_ensemble else 1) == ("higher" if lower else "lower")
    word = "starves" if starves(cell) else "leads" if cell is best else "behind" if worse else "too close"
    mine, theirs = on_machines(own, figure), on_machines(first, figure)
    behind = sum(1 for boot, x in mine.items() if boot in theirs and (x > theirs[boot] if lower else x < theirs[boot]))
    return Place(cell, estimate, ratio, word, cliffs_delta(a, b), behind, len(mine) if cell.is_ensemble else 0, worse)


def on_machines(cell: Cell, figure: Figure) -> dict[Boot, float]:
    """A cell's figure on each machine: the median of its trials there. One machine, in several boots, goes by the boot ("", 0)."""
    if not cell.is_ensemble:
        return {("", 0): cell.median(figure)}
    by = {boot: [figure(t.figures) for t in cell.trials if boot_of(t) == boot] for boot in cell.boots}
    return {boot: range_of(values).median for boot, values in by.items()}


def starved_on(cell: Cell) -> list[Boot]:
    """The machines on which a hart got next to nothing."""
    return [boot for boot, busiest in _with_idle_harts(cell).items() if busiest >= FEWEST]


def untold_on(cell: Cell) -> list[Boot]:
    """The machines on which a hart got next to nothing in windows that are too short to say that it starves."""
    return [boot for boot, busiest in _with_idle_harts(cell).items() if busiest < FEWEST]


def _with_idle_harts(cell: Cell) -> dict[Boot, float]:
    """The machines on which a hart got next to nothing, each with the least that the busiest hart's operations in a window can be."""
    idle = [boot for boot, share in on_machines(cell, lambda f: f.min_max_share).items() if share < STARVED] if cell.harts > 1 else []
    if not idle:
        return {}
    busiest = on_machines(cell, lambda f: _busiest(f.ops_window, cell.harts, f.jain_index))
    return {boot: busiest[boot] for boot in idle}


def _busiest(operations: int | None, harts: int, jain: float) -> float:
    """The least that the busiest of harts did: the sum of squares over the sum, which Jain's index tells (Jain, Chiu, Hawe 1984).
    Where the operations are not known, windows count as long enough."""
    if operations is None:
        return FEWEST
    return operations / (harts * jain) if jain > 0 else 0.0


def starves(cell: Cell) -> bool:
    """Did a hart get next to nothing, in the median trial or on one of the machines?"""
    return bool(starved_on(cell))


def starved_share(cell: Cell) -> str:
    """The words that say what the slowest hart of a cell did; where it starves on some machines, on how many."""
    on, share = len(starved_on(cell)), cell.slowest_share
    if cell.is_ensemble and on:
        return f"on {on} of {len(cell.boots)} machines its slowest hart did less than {100 * STARVED:.0f} % of what the fastest did"
    did = f"did {percent(share)} of what the fastest did" if share > 0 else "got nothing at all"
    return f"in the median {'machine' if cell.is_ensemble else 'trial'} its slowest hart {did}"
