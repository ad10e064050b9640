"""Statistics on known input do what docs/trust/statistics.md says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hartlock.analysis import comparisons
from hartlock.base import intervals
from hartlock.base.intervals import Sample


def sample(values, boots=None):
    return Sample(tuple(values), tuple(boots or [1] * len(values)))


def nested(rng, boots, trials, between, within, middle=100.0):
    """Trials that differ a little within a boot, and more between boots."""
    at = np.repeat(np.arange(1, boots + 1), trials)
    return sample(middle + between * rng.normal(size=boots)[at - 1] + within * rng.normal(size=at.size), at.tolist())


def coverage(interval_of, n=200):
    rng = np.random.default_rng(11)
    return sum(low <= 100 <= high for _, low, high in (interval_of(rng) for _ in range(n))) / n


def test_the_interval_covers_when_variance_lies_between_boots():
    def hierarchical(rng):
        s = nested(rng, 6, 10, between=5, within=0.5)
        return intervals.median_ci(s.values, s.boots)

    def flat(rng):
        return intervals.median_ci(nested(rng, 6, 10, between=5, within=0.5).values)

    assert coverage(hierarchical) >= 0.88
    assert coverage(flat) < 0.7  # trials of one boot passed for independent


def test_boots_of_unequal_size_weigh_by_their_trials():
    e = intervals.median_ci([1.0, 1.0, 1.0, 9.0], [1, 1, 1, 2])
    assert e.median == 1 and (e.low, e.high) == (1, 9)


def test_one_value_has_no_interval_and_unknown_values_are_left_out():
    assert intervals.median_ci([math.nan, 3.0], [1, 2])[0] == 3 and math.isnan(intervals.median_ci([math.nan, 3.0], [1, 2]).low)
    assert intervals.median_ci([math.nan, math.nan], [1, 2]) == pytest.approx(intervals.NONE, nan_ok=True)


def test_pairing_cancels_what_a_boot_does_to_both():
    boots, base = [1, 1, 2, 2, 3, 3, 4, 4, 5, 5], np.repeat([80.0, 90, 100, 110, 120], 2)
    a, b = sample(0.9 * base, boots), sample(base, boots)
    paired, apart = comparisons.ratio_ci(a, b, paired=True), comparisons.ratio_ci(a, b)
    assert paired == pytest.approx((0.9, 0.9, 0.9))
    assert comparisons.call(paired) == "lower" and comparisons.call(apart) == "too close"


def test_ratios_of_nothing_are_unknown():
    assert all(map(math.isnan, comparisons.ratio_ci(sample([]), sample([1.0, 2]))))
    assert all(map(math.isnan, comparisons.ratio_ci(sample([1.0]), sample([0.0, 0]))))
    assert comparisons.ratio_ci(sample([1.0]), sample([2.0]))[0] == 0.5
    assert comparisons.call(comparisons.ratio_ci(sample([1.0]), sample([2.0]))) == "too close"


def test_noise_is_called_a_difference_about_as_rarely_as_it_says():
    rng = np.random.default_rng(5)
    pairs = [(nested(rng, 5, 2, 3, 1), nested(rng, 5, 2, 3, 1)) for _ in range(200)]
    wrong = sum(comparisons.call(comparisons.ratio_ci(a, b)) != "too close" for a, b in pairs)
    assert wrong / 200 <= 0.12


@pytest.mark.parametrize("low,middle,high,word", [
    (0.7, 0.8, 0.9, "lower"), (1.1, 1.2, 1.3, "higher"), (0.9, 1.05, 1.2, "too close"),
    (0.991, 0.995, 0.999, "too close"), (math.nan, 0.5, math.nan, "too close")])
def test_the_call(low, middle, high, word):
    assert comparisons.call(intervals.Estimate(middle, low, high)) == word


def test_cliffs_delta():
    assert comparisons.cliffs_delta(sample([4.0, 5]), sample([1.0, 2])) == 1
    assert comparisons.cliffs_delta(sample([1.0, 2]), sample([4.0, 5])) == -1
    assert comparisons.cliffs_delta(sample([1.0, 3]), sample([2.0, 2])) == 0
    assert math.isnan(comparisons.cliffs_delta(sample([]), sample([1.0])))


def test_mann_whitney():
    assert comparisons.mann_whitney(sample(range(10)), sample(range(20, 30))) < 0.001
    assert comparisons.mann_whitney(sample(range(0, 20, 2)), sample(range(1, 21, 2))) > 0.5
    assert comparisons.mann_whitney(sample([1.0, 1]), sample([1.0, 1])) == 1
    assert math.isnan(comparisons.mann_whitney(sample([1.0]), sample([1.0, 2])))


def test_holm():
    assert comparisons.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert comparisons.holm([0.9, math.nan, 0.8]) == pytest.approx([1, math.nan, 1], nan_ok=True)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_holm_never_makes_a_p_smaller_and_keeps_the_order(ps):
    adjusted = comparisons.holm(ps)
    assert all(p <= q <= 1 for p, q in zip(ps, adjusted))
    assert [q for _, q in sorted(zip(ps, adjusted))] == sorted(adjusted)


def test_outliers_are_named_and_small_steps_are_none():
    assert comparisons.outliers([10.0, 10.1, 9.9, 10.0, 20.0]) == [4]
    assert comparisons.outliers([10.0, 10.0, 10.0, 10.05]) == []
    assert comparisons.outliers([1.0, 2, 100]) == []  # an outlier among three cannot be told
