"""Medians and how sure they are."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

RESAMPLES = 2000


class Estimate(NamedTuple):
    median: float
    low: float  # bootstrap 95 % interval of the median
    high: float


NONE = Estimate(math.nan, math.nan, math.nan)


def median_ci(values: Sequence[float], seed: int = 1) -> Estimate:
    """The median and its percentile-bootstrap 95 % interval; nan for what is not known.

    One value has a median and no interval. Values that are not known are left out.
    """
    known = np.array([v for v in values if math.isfinite(v)])
    if known.size == 0:
        return NONE
    if known.size == 1:
        return Estimate(float(known[0]), math.nan, math.nan)
    draws = np.random.default_rng(seed).choice(known, (RESAMPLES, known.size))
    low, high = np.percentile(np.median(draws, axis=1), [2.5, 97.5])
    return Estimate(float(np.median(known)), float(low), float(high))
