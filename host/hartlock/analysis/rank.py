"""Ranks strategies: the leader, its lead, and those that cannot be told from it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hartlock.folder.comparable import Figure
from hartlock.folder.reader import Cell
from hartlock.analysis.comparisons import call, cliffs_delta, ratio_ci
from hartlock.base.intervals import Estimate

STARVED = 0.1  # share of the busiest hart's operations, below which the slowest hart starves


@dataclass(frozen=True)
class Place:
    cell: Cell
    figure: Estimate
    ratio: Estimate  # over the leader's
    call: str  # leads, too close, behind
    delta: float  # Cliff's, against the leader

    @property
    def name(self) -> str:
        return self.cell.strategy

    @property
    def tied(self) -> bool:
        return self.call != "behind"


def standing(cells: Sequence[Cell], figure: Figure, lower: bool = True) -> list[Place]:
    """The cells from the best on, without those that lack the figure. `lower`: a lower figure is better."""
    known = [(c, e) for c in cells if math.isfinite((e := c.estimate(figure)).median)]
    known.sort(key=lambda one: (one[1].median if lower else -one[1].median, one[0].strategy))
    out = []
    for cell, estimate in known:
        best = known[0][0]
        a, b = cell.sample(figure), best.sample(figure)
        ratio = Estimate(1, 1, 1) if cell is best else ratio_ci(a, b, paired=cell.boots == best.boots)
        worse = call(ratio) == ("higher" if lower else "lower")
        word = "leads" if cell is best else "behind" if worse else "too close"
        out.append(Place(cell, estimate, ratio, word, cliffs_delta(a, b)))
    return out


def starves(cell: Cell) -> bool:
    """Did a hart get next to nothing?"""
    return cell.harts > 1 and cell.slowest_share < STARVED


def crossings(a: Sequence[tuple[int, float]], b: Sequence[tuple[int, float]]) -> list[tuple[int, int]]:
    """The pairs of measured points between which the lower of two curves changes."""
    at_a, at_b = dict(a), dict(b)
    xs = sorted(at_a.keys() & at_b.keys())
    sign = [math.copysign(1, at_a[x] - at_b[x]) if at_a[x] != at_b[x] else 0 for x in xs]
    pairs = [(x, s) for x, s in zip(xs, sign, strict=True) if s]
    return [(x, y) for (x, s), (y, t) in zip(pairs, pairs[1:]) if s != t]
