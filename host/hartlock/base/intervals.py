"""Medians with their intervals, or with their ranges over machines. docs/trust/statistics.md explains them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000

Array = npt.NDArray[np.float64]


class Estimate(NamedTuple):
    median: float
    low: float  # bootstrap 95 % interval of the median; over machines, the least and the most on one of them
    high: float


@dataclass(frozen=True)
class Sample:
    """One figure of one cell: its value in each trial, and the boot each trial belongs to."""

    values: tuple[float, ...]
    boots: tuple[int, ...]
    machines: bool = False  # each boot is another machine, and a figure is known as far as they agree

    @property
    def known(self) -> Array:
        return np.array([v for v in self.values if math.isfinite(v)])


NONE = Estimate(math.nan, math.nan, math.nan)


def by_boot(values: Sequence[float], boots: Sequence[int] | None = None) -> dict[int, Array]:
    """The known values by boot; without `boots`, all belong to one."""
    boots = [1] * len(values) if boots is None else boots
    known: dict[int, list[float]] = {}
    for value, boot in zip(values, boots, strict=True):
        if math.isfinite(value):
            known.setdefault(boot, []).append(value)
    return {boot: np.array(known[boot]) for boot in sorted(known)}


def draw_boots(rng: np.random.Generator, boots: int) -> npt.NDArray[np.int64]:
    """The boots that each resample is made of. With one boot only its trials are resampled."""
    return rng.integers(0, boots, (RESAMPLES, boots)) if boots > 1 else np.zeros((RESAMPLES, 1), dtype=np.int64)


def medians(groups: Sequence[Array], drawn: npt.NDArray[np.int64], rng: np.random.Generator) -> Array:
    """The median of each resample: trials are drawn from each of the drawn boots."""
    sizes = np.array([g.size for g in groups])
    table = np.full((len(groups), sizes.max()), math.nan)
    for row, group in zip(table, groups, strict=True):
        row[: group.size] = group
    size = sizes[drawn][:, :, None]  # the number of trials of each drawn boot
    place = np.arange(sizes.max())
    trial = (rng.random((*drawn.shape, place.size)) * size).astype(np.int64)
    values = np.where(place < size, table[drawn[:, :, None], trial], math.nan).reshape(len(drawn), -1)
    middle = np.median if (sizes == sizes[0]).all() else np.nanmedian
    return np.asarray(middle(values, axis=1), dtype=np.float64)


def interval(draws: Array, level: float = 95) -> tuple[float, float]:
    low, high = np.percentile(draws, [50 - level / 2, 50 + level / 2])
    return float(low), float(high)


def median_ci(values: Sequence[float], boots: Sequence[int] | None = None, seed: int = 1) -> Estimate:
    """The median and its percentile-bootstrap 95 % interval; nan where there is none.

    With several boots the bootstrap is hierarchical: boots are drawn, then trials
    of each. One value has a median and no interval. Values that are not known are
    left out.
    """
    groups = list(by_boot(values, boots).values())
    if not groups:
        return NONE
    known = np.concatenate(groups)
    if known.size == 1:
        return Estimate(float(known[0]), math.nan, math.nan)
    rng = np.random.default_rng(seed)
    return Estimate(float(np.median(known)), *interval(medians(groups, draw_boots(rng, len(groups)), rng)))


def range_of(values: Sequence[float]) -> Estimate:
    """The median of the machines' values, and the least and the most of them; nan where there is none. One machine has no range."""
    known = [v for v in values if math.isfinite(v)]
    if len(known) < 2:
        return Estimate(known[0], math.nan, math.nan) if known else NONE
    return Estimate(float(np.median(known)), float(min(known)), float(max(known)))


def median_over(values: Sequence[float], boots: Sequence[int]) -> Estimate:
    """The median over machines, each of which is a boot, and the range over them."""
    return range_of([float(np.median(of_boot)) for of_boot in by_boot(values, boots).values()])


def estimate(sample: Sample) -> Estimate:
    """The median of a sample, with its interval; over machines, with its range."""
    return median_over(sample.values, sample.boots) if sample.machines else median_ci(sample.values, sample.boots)
