"""Compares two sets of trials: the difference, its interval, and whether it is too close to call.

docs/trust/statistics.md explains each figure.
"""

import importlib
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hartlock.base.intervals import NONE, Array, Estimate, Sample, by_boot, draw_boots, interval, medians, range_of

SAME = 0.01  # differences below one in a hundred decide nothing
CLEAR = 1.05  # factor by which machines of a model must agree, so that the model's own error hardly matters (make validate)
FAR = 3.5  # the limit of Iglewicz and Hoaglin's modified z-score


def ratio_ci(a: Sample, b: Sample, paired: bool = False, level: float = 95, seed: int = 1) -> Estimate:
    """The median of a over the median of b, with its bootstrap interval of `level` per cent.

    `paired`: both were measured in the same boots. A boot is then drawn for both at once, and its
    effect on both cancels. Over machines it is the median of the machines' ratios, and their range.
    """
    of_a, of_b = by_boot(a.values, a.boots), by_boot(b.values, b.boots)
    if a.machines or b.machines:
        return _ratio_over(of_a, of_b, paired)
    if paired:
        common = sorted(of_a.keys() & of_b.keys())
        of_a, of_b = {k: of_a[k] for k in common}, {k: of_b[k] for k in common}
    if not of_a or not of_b:
        return NONE
    rng = np.random.default_rng(seed)
    drawn_a = draw_boots(rng, len(of_a))
    drawn_b = drawn_a if paired else draw_boots(rng, len(of_b))
    groups_a, groups_b = list(of_a.values()), list(of_b.values())
    if (below := float(np.median(np.concatenate(groups_b)))) <= 0:
        return NONE
    middle = float(np.median(np.concatenate(groups_a))) / below
    if sum(g.size for g in groups_a) < 2 or sum(g.size for g in groups_b) < 2:
        return Estimate(middle, math.nan, math.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = medians(groups_a, drawn_a, rng) / medians(groups_b, drawn_b, rng)
    return Estimate(middle, *interval(draws, level)) if np.isfinite(draws).all() else Estimate(middle, math.nan, math.nan)


def _ratio_over(of_a: Mapping[int, Array], of_b: Mapping[int, Array], paired: bool) -> Estimate:
    """The ratio machine by machine; unpaired, of every machine to every other."""
    a, b = ({boot: float(np.median(values)) for boot, values in of.items()} for of in (of_a, of_b))
    together = [(x, b[boot]) for boot, x in a.items() if boot in b] if paired else [(x, y) for x in a.values() for y in b.values()]
    return range_of([x / y for x, y in together if y > 0])


def cliffs_delta(a: Sample, b: Sample) -> float:
    """Cliff's delta, P(a > b) - P(a < b) of a trial of each: 0 is no tendency, 1 every a above every b."""
    if not a.known.size or not b.known.size:
        return math.nan
    return float(np.sign(a.known[:, None] - b.known[None, :]).mean())


def mann_whitney(a: Sample, b: Sample) -> float:
    """The two-sided p of the rank-sum test; nan without two values on each side."""
    if a.known.size < 2 or b.known.size < 2:
        return math.nan
    if np.unique(np.concatenate([a.known, b.known])).size == 1:
        return 1.0
    scipy: Any = importlib.import_module("scipy.stats")
    return float(scipy.mannwhitneyu(a.known, b.known, alternative="two-sided").pvalue)


def holm(ps: Sequence[float]) -> list[float]:
    """Each p after Holm's correction for the number of tests. nan stays nan."""
    known = sorted((p, i) for i, p in enumerate(ps) if math.isfinite(p))
    out, worst = [math.nan] * len(ps), 0.0
    for rank, (p, i) in enumerate(known):
        worst = max(worst, min(1.0, p * (len(known) - rank)))
        out[i] = worst
    return out


def outliers(values: Sequence[float]) -> list[int]:
    """The places of the values far from the median: with a modified z-score above 3.5, and a hundredth
    off. They are shown, never left out."""
    v = np.array(values, dtype=np.float64)
    known = v[np.isfinite(v)]
    if known.size < 4:
        return []
    middle = np.median(known)
    spread = np.median(np.abs(known - middle)) / 0.6745
    limit = max(FAR * spread, SAME * abs(middle))
    return [int(i) for i in np.nonzero(np.abs(v - middle) > limit)[0]]


def call(ratio: Estimate, same: float = SAME, clear: float = 1) -> str:
    """The call: lower, higher, or too close, when the interval comes within a factor `clear` of 1 or the difference is below `same`."""
    if math.isfinite(ratio.low):
        if ratio.high * clear < 1 and ratio.median < 1 - same:
            return "lower"
        if ratio.low > clear and ratio.median > 1 + same:
            return "higher"
    return "too close"
