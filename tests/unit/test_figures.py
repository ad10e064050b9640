"""Histograms, metrics and statistics: the definitions of docs/reference/columns.md, on known input."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.trials import W, a_pass, a_trial, share

from hartlock.base import intervals
from hartlock.base.text import significant
from hartlock.figures import rows, trial_figures
from hartlock.records import histogram
from hartlock.run import table
from hartlock.records.trials import NO_FAIR, is_complete
from hartlock.records.histogram import Histogram, lowest, merge, middle
from hartlock.plan.plan import Workload

def bucket_of(value):
    """The bucket that bench/histogram.h gives, computed in another way."""
    return max(b for b in range(1920) if lowest(b) <= value)


def test_buckets_cover_every_value_once():
    assert [lowest(b) for b in range(64)] == list(range(64))
    for b in range(64, 1919):
        width = lowest(b + 1) - lowest(b)
        assert 0 < width <= lowest(b) / histogram.SUB
        assert abs(middle(b) - lowest(b)) / lowest(b) <= 0.03
    assert lowest(1920) == 2**64


@given(st.lists(st.integers(0, 2**50), min_size=1, max_size=60), st.floats(0.1, 100))
def test_percentiles_are_within_three_percent(values, percent):
    buckets = {}
    for v in values:
        buckets[bucket_of(v)] = buckets.get(bucket_of(v), 0) + 1
    h = Histogram(len(values), sum(values), min(values), max(values), buckets)
    true = sorted(values)[math.ceil(percent / 100 * len(values)) - 1]
    assert h.percentile(percent) == pytest.approx(true, rel=0.03)


def test_merged_histograms_add_up():
    a = Histogram(2, 30, 10, 20, {10: 1, 20: 1})
    b = Histogram(1, 5, 5, 5, {5: 1})
    assert merge([a, Histogram(), b]) == Histogram(3, 35, 5, 20, {10: 1, 20: 1, 5: 1})
    assert math.isnan(Histogram().percentile(50))


@pytest.mark.parametrize("name,harts,share_of,word", [
    ("lrsc", 2, math.nan, "unknown"), ("faa", 2, math.nan, "unknown"), ("magazine", 2, math.nan, "unknown"), ("cas", 2, 0.2, "yes"),
    ("ttas", 2, 0.2, "yes"), ("lrsc", 1, 0, "no")])
def test_who_waited_is_not_told_where_nothing_counts_it(name, harts, share_of, word):
    """Their kernels send zeros, as lrsc's loop stands in its instructions."""
    waited = 0 if name in ("lrsc", "faa", "magazine") else 2
    latency = a_pass(*(share(hart, 10, 10, 0, 100, waited=waited, failed=waited) for hart in range(harts)))
    throughput = a_pass(*(share(hart, 700, 500, 100, 12000) for hart in range(harts)))
    trial = replace(a_trial(throughput=throughput, latency=latency), strategy=name)
    f = trial_figures.measure(trial, W, timebase_hz=10_000_000).figures
    assert [f.contended_share, f.failed_attempts_per_op] == pytest.approx([share_of] * 2, nan_ok=True) and rows.contended(f.contended_share) == word


def test_a_fair_trial():
    trial = a_trial(throughput=a_pass(share(0, 700, 500, 100, 12000), share(1, 700, 500, 200, 12100)))
    m = trial_figures.measure(trial, W, timebase_hz=10_000_000)
    f = m.figures
    assert is_complete(trial)
    assert f.throughput_ops_per_second == pytest.approx(1000 / 1e-3)
    assert f.cycles_per_op == pytest.approx(10000 * 100 / 1000)
    assert f.overlap == pytest.approx((12000 - 200) / (12100 - 100))
    assert (f.jain_index, f.min_max_share, m.faults, f.window, f.check) == (1, 1, (), "measured", "pass")


def test_overlap_is_negative_when_harts_ran_one_after_the_other():
    p = a_pass(share(0, 1, 1, 0, 100), share(1, 1, 1, 300, 400))
    assert trial_figures.overlap(p) == pytest.approx(-0.5)
    assert trial_figures.window(p).kind == "measured"  # opened at 1000, after both began
    p.open = 200
    assert trial_figures.window(p).kind == "none"


def test_a_window_that_never_opened_counts_the_whole_trial_or_nothing():
    p = a_pass(share(0, 50, 0, 100, 400), share(1, 50, 0, 150, 400), opened=0, closed=400)
    assert trial_figures.window(p) == ("whole", 300, [50, 50])
    p.shares[1].start = 500
    assert trial_figures.window(p).kind == "none"


def test_jain():
    assert trial_figures.jain([5, 5, 5, 5]) == 1
    assert trial_figures.jain([8, 0, 0, 0]) == 0.25
    assert math.isnan(trial_figures.jain([0, 0]))


@pytest.mark.parametrize("used,faulty", [(22400, False), (22384, True), (22416, True)])
def test_conservation(used, faulty):
    p = a_pass(share(0, 700, 500, 0, 1), share(1, 700, 500, 0, 1), used=used)
    assert bool(trial_figures.conservation("throughput", p, W)) is faulty


@pytest.mark.parametrize("choose,sections,faulty", [
    ("even", 30, False), ("even", 29, True), ("even", 32, False), ("even", 33, True), ("nested", 60, False), ("nested", 59, True), ("nested", 64, False)])
def test_owners_of_several_locks_count_each_section(choose, sections, faulty):
    """An operation that finds its heap used up is counted, too, and may be one of each hart."""
    p = a_pass(share(0, 10, 10, 0, 100), share(1, 20, 20, 0, 100))
    p.sections, p.busiest = sections, sections
    assert bool(trial_figures.counted("audit", p, replace(W, locks=3, choose=choose))) is faulty
    assert trial_figures.counted("audit", p, W) == []


def test_conservation_counts_the_padding():
    p = a_pass(share(0, 3, 3, 0, 1), used=15 + 2 * 64 + 20)
    p.heap_start = 0x1001 + 48
    assert trial_figures.conservation("audit", p, Workload(20, 64, 0, 0, 0, 4096)) == []


@pytest.mark.parametrize("change,words", [
    (lambda t: setattr(t.passes["audit"].shares[0], "blocks", 9), "1 operation(s) without their block"),
    (lambda t: setattr(t.passes["audit"].shares[0], "misaligned", 1), "misaligned"),
    (lambda t: setattr(t.passes["audit"].shares[0], "overlapping", 2), "2 block(s) with bytes that another block has"),
    (lambda t: setattr(t, "marked", 157), "3 byte(s) astray: harts got 160, 157"),
    (lambda t: setattr(t, "marked", 161), "1 byte(s) astray"),
])
def test_the_audit_names_what_it_found(change, words):
    trial = a_trial(throughput=a_pass(share(0, 700, 500, 0, 12000)))
    assert trial_figures.measure(trial, W, 10**7).faults == ()
    change(trial)
    assert words in " ".join(trial_figures.measure(trial, W, 10**7).faults)


def test_lost_share_is_that_of_the_worst_pass():
    trial = a_trial(throughput=a_pass(share(0, 1000, 500, 0, 12000), used=250 * 16))
    assert trial_figures.measure(trial, W, 10**7).figures.lost_updates_share == pytest.approx(0.75)


def test_a_trial_with_a_lost_record_is_not_whole():
    for break_it in (lambda t: t.passes.pop("audit"), lambda t: setattr(t, "fair", NO_FAIR), lambda t: t.passes["latency"].shares.pop(),
                     lambda t: t.histograms.clear(), lambda t: setattr(t, "status", "too_few_harts")):
        trial = a_trial(throughput=a_pass(share(0, 1, 1, 0, 10), share(1, 1, 1, 0, 10)))
        assert is_complete(trial)
        break_it(trial)
        assert not is_complete(trial)


def test_median_and_interval():
    e = intervals.median_ci([1, 2, 3, 4, 100])
    assert e.median == 3 and 1 <= e.low <= 3 <= e.high <= 100
    assert intervals.median_ci([5])[0] == 5 and math.isnan(intervals.median_ci([5]).low)
    assert all(math.isnan(x) for x in intervals.median_ci([math.nan]))
    assert intervals.median_ci([1, 2, 3]) == intervals.median_ci([1, 2, 3])


def test_the_interval_covers_the_median_of_normal_values_about_as_often_as_it_says():
    import numpy as np

    rng = np.random.default_rng(7)
    hits = sum(e.low <= 10 <= e.high for e in (intervals.median_ci(rng.normal(10, 1, 15)) for _ in range(200)))
    assert 0.85 <= hits / 200 <= 1.0


@pytest.mark.parametrize("x,text", [
    (0, "0"), (math.nan, "-"), (0.97412, "0.974"), (1, "1.00"), (177.4, "177"), (2530, "2530"), (12800, "12.8k"),
    (161e6, "161M"), (4.68e9, "4.68G"), (0.000161, "0.000161")])
def test_numbers_are_told_by_three_digits(x, text):
    assert significant(x) == text


def test_an_interval_is_told_in_the_unit_of_its_median():
    e = intervals.Estimate(14.7e6, 9.9e6, 15e6)
    assert table.with_interval(e, True) == "14.7M [9.90, 15.0]"
    assert table.with_interval(e, False) == "14.7M"
