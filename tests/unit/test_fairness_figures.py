"""The fairness pass: what the host makes of records of known counts, and the table that shows it."""

import math
import zlib
from dataclasses import replace

import pytest
from support.synthetic import context_of

from hartlock.base import ratios, terminal
from hartlock.base.intervals import Estimate, median_ci
from hartlock.figures import columns, fairness
from hartlock.figures.row_types import Coherence, FairSummary, SummaryRow
from hartlock.records.parser import Reader, read
from hartlock.records.trials import TrialBuilder, trials
from hartlock.run import table


def log(*bodies):
    """Records with their numbers and checksums."""
    for n, body in enumerate(bodies):
        kind, _, rest = body.partition(" ")
        raw = f"@{kind} n={n} {rest}".encode()
        yield raw + f" *{zlib.crc32(raw):08x}\n".encode()


FAIR = "order=numbers clusters=2 grants=101 again=20 near=60 windows=25 distinct=75 breaks=0"


def a_trial(fair=FAIR, hists=(), strategy="ttas", ticks=1000, cycles=3000):
    """A trial on two harts with a fairness pass only; it took `cycles` in `ticks`."""
    bodies = [f"pass trial=0 pass=fairness strategy={strategy} harts=2 ended=time open=1 close=2 heap_start=0x1000 "
              "heap_end=0x9000 used=1600 relax=pause unlock=store clusters=2 "
              "offset=0 touched=0", f"fair trial=0 {fair}"]
    for hart in range(2):
        bodies.append(f"share trial=0 pass=fairness hart={hart} ops=50 ops_open=0 ops_close=50 start=0 end={ticks} "
                      f"cycles={cycles} waste=0 bytes=800 behind=0 interrupts=0 interrupts_inside=0 ipis=0 ipis_inside=0 stops=0 "
                      "visits=50 shootdowns=0 polled=0 handled=0 clashed=0")
        bodies += [f"hist trial=0 hart={hart} kind={kind} {rest}" for h, kind, rest in hists if h == hart]
    bodies.append(f"trial trial=0 strategy={strategy} harts=2 status=done")
    reader = Reader()
    found = list(trials(read(log(*bodies), reader), TrialBuilder()))
    assert reader.counts == {}
    return found[0]


HISTS = [
    (0, "overtaken", "count=4 min=0 max=9 sum=12 buckets=0:2,3:1,6:1"),
    (1, "overtaken", "count=4 min=0 max=0 sum=0 buckets=0:4"),
    (0, "bypass", "count=4 min=1 max=10 sum=16 buckets=1:2,3:1,6:1"),
    (1, "bypass", "count=4 min=1 max=2 sum=5 buckets=1:3,1"),
    (0, "reacquire", "count=3 min=2 max=8 sum=14 buckets=2:1,2:1,4:1"),
    (1, "handoff", "count=10 min=10 max=30 sum=110 buckets=10:9,20:1"),
]


def test_a_trial_of_known_counts():
    f = fairness.figures(a_trial(hists=HISTS))
    assert f.same_owner_share == pytest.approx(0.2)
    assert f.same_cluster_share == pytest.approx(60 / 80)
    assert f.distinct_owners == 3
    assert f.waiting_share == pytest.approx(10 / 80)
    assert (f.overtaken.max, f.bypass.max, f.reacquire.percentile(50)) == (9, 10, 4)
    assert (f.cycles(50), f.cycles(99)) == (30, 90)  # a tick is 3 cycles


def test_a_harts_row_is_its_own():
    trial = a_trial(hists=HISTS)
    one, other = (fairness.sample(trial, hart) for hart in range(2))
    assert (one.fairness_ops, one.overtaken_max, one.bypass_max, one.reacquire_grants_p50) == (4, 9, 10, 4)
    assert (other.bypass_max, other.handoff_p50_cycles, other.distinct_owners) == (2, 30, 3)
    assert math.isnan(one.handoff_p50_cycles) and math.isnan(other.reacquire_grants_p50)


def test_the_summary_has_medians_and_the_worst():
    fs = [fairness.figures(a_trial(hists=HISTS)), fairness.figures(a_trial(FAIR.replace("again=20", "again=40"), hists=HISTS[3:4]))]
    row = fairness.summary(fs, median_ci)
    assert row.same_owner_share_median == pytest.approx(0.3)
    assert (row.overtaken_max, row.bypass_max, row.handoff_resolution_cycles) == (9, 10, 3)
    assert (row.handoff_p50_cycles.median, row.handoff_max_cycles) == (30, 90)


@pytest.mark.parametrize("fair", [
    FAIR.replace("breaks=0", "breaks=1"), FAIR.replace("numbers", "unknown"),
    "order=numbers clusters=1 grants=0 again=0 near=0 windows=0 distinct=0 breaks=0"])
def test_without_an_order_nothing_is_made_up(fair):
    trial = a_trial(fair, hists=HISTS)
    assert set(columns.values(fairness.sample(trial, 0))) == {None}
    summary = fairness.summary([fairness.figures(trial)], median_ci)
    assert set(columns.values(replace(summary, handoff_resolution_cycles=math.nan))) == {None}


def test_one_cluster_has_no_share_and_no_lock_has_no_hand_off():
    f = fairness.figures(a_trial(FAIR.replace("clusters=2", "clusters=1").replace("numbers", "addresses")))
    assert math.isnan(f.same_cluster_share) and math.isnan(f.waiting_share) and f.same_owner_share == 0.2


def test_a_hand_off_shorter_than_the_clock_can_tell_is_not_told():
    short = [(0, "handoff", "count=10 min=7 max=8 sum=71 buckets=7:9,1")]
    f = fairness.figures(a_trial(hists=short))
    assert math.isnan(f.cycles(50)) and f.cycles(100) == 24


def test_two_owners_at_once_are_a_fault():
    assert fairness.faults(a_trial()) == []
    assert "two owners at once" in fairness.faults(a_trial(FAIR.replace("breaks=0", "breaks=7")))[0]


@pytest.mark.parametrize("counts,share", [
    ([5, 5, 5, 5], 0.5), ([5, 0, 5, 0], 1), ([3, 1], 0.75), ([1, 1, 1], 0.5), ([4, 0, 0], 1), ([7], 0.5)])
def test_the_busier_half(counts, share):
    assert ratios.top_half(counts) == pytest.approx(share)


def test_nobody_did_anything():
    assert math.isnan(ratios.top_half([0, 0])) and math.isnan(ratios.jain([0, 0]))


# --- the table ---

def row(engine, strategy, rate, role="candidate", harts=8):
    evidence = "modelled" if engine == "model" else "emulated"
    some = Estimate(12345.6, math.nan, math.nan)
    return SummaryRow(
        context=context_of(engine=engine, evidence=evidence, strategy=strategy, role=role, harts=harts), boots=1, trials=1, trials_measured=1, check="pass",
        overlap_shown="yes", contended="yes", contended_share_median=1.0, throughput_ops_per_second=Estimate(rate, rate, rate),
        lost_updates_share_median=0.5, jain_index=Estimate(0.9999, math.nan, math.nan), cycles_per_op=some, wait_p50_cycles=some,
        wait_p99_cycles=some, fair=FairSummary(bypass_max=123456.0, handoff_p50_cycles=some), coherence=Coherence(transfers_per_op=12345.6))


def test_the_table_goes_from_the_slowest_to_the_fastest_within_an_engine():
    rows = [row("tcg", "tas", 5e6), row("tcg", "null", 1.0, "control"), row("tcg", "mcs", 1e3), row("model", "cas", 9.0),
            row("model", "faa", 3.0), row("tcg", "mcs", 9e9, harts=2), row("tcg", "clh", math.nan)]
    assert [(r.context.engine, r.context.strategy, r.context.harts) for r in table.slowest_first(rows)] == [
        ("model", "faa", 8), ("model", "cas", 8),  # emulated rows come last
        ("tcg", "mcs", 2), ("tcg", "mcs", 8), ("tcg", "tas", 8), ("tcg", "clh", 8), ("tcg", "null", 8)]


@pytest.mark.parametrize("width", [80, 130])
def test_the_table_fits(width):
    rows = [row("model", "ticket-backoff", 2.61e6), row("model", "null", 2.61e6, "control"),
            row("native", "baseline", 1.5e6, "harness", 64)]
    console = terminal.console()
    console.width = width
    with console.capture() as captured:
        console.print(table.result(rows, width))
    lines = captured.get().splitlines()
    assert "…" not in captured.get() and max(map(len, lines)) <= width
    assert {"waited", "Jain", "bypass"} <= set(lines[0].split())
