"""The figures of the fairness pass, from the order of the grants. docs/trust/fairness.md defines them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hartlock.records.trials import Pass, Trial
from hartlock.figures.row_types import FairSample, FairSummary
from hartlock.records.histogram import Histogram
from hartlock.base.ratios import NAN, ratio
from hartlock.base.intervals import Estimate

KINDS = ("overtaken", "bypass", "reacquire", "handoff")
LEAST_TICKS = 8  # a hand-off of fewer is not known: its ends are told to a tick each


@dataclass(frozen=True)
class Fairness:
    """The fairness figures of one trial, or of one hart in it. An unknown figure is nan, or has no values."""

    same_owner_share: float
    same_cluster_share: float
    distinct_owners: float
    waiting_share: float  # hand-overs to another hart that it had asked for, over all to another hart
    cycles_per_tick: float
    overtaken: Histogram
    bypass: Histogram
    reacquire: Histogram
    handoff: Histogram  # ticks

    def cycles(self, percent: float) -> float:
        """A percentile of the hand-offs in cycles; nan if the clock is too coarse to tell."""
        ticks = self.handoff.percentile(percent)
        return ticks * self.cycles_per_tick if ticks >= LEAST_TICKS else NAN


def known(trial: Trial) -> bool:
    """Is the order of the grants known, and were there any in the window?"""
    return trial.fair.order != "unknown" and trial.fair.breaks == 0 and trial.fair.grants > 0


def cycles_per_tick(p: Pass) -> float:
    """The cycles of a tick, in three digits: the two clocks are read one after the other."""
    return float(f"{ratio(sum(s.cycles for s in p.shares), sum(s.end - s.start for s in p.shares)):.3g}")


def _figures(trial: Trial, histograms: dict[str, Histogram]) -> Fairness:
    f = trial.fair
    changes = f.grants - 1 - f.again  # hand-overs from one hart to another
    order = known(trial)
    return Fairness(
        same_owner_share=ratio(f.again, f.grants - 1) if order else NAN,
        same_cluster_share=ratio(f.near, changes) if order and f.clusters > 1 else NAN,
        distinct_owners=ratio(f.distinct, f.windows) if order else NAN,
        waiting_share=ratio(trial.merged("handoff").count, changes) if order and f.order == "numbers" else NAN,
        cycles_per_tick=cycles_per_tick(trial.passes["fairness"]),
        **{kind: histograms[kind] if order else Histogram() for kind in KINDS})


def figures(trial: Trial) -> Fairness:
    """The figures of all harts together. The caller guarantees trials.is_complete(trial)."""
    return _figures(trial, {kind: trial.merged(kind) for kind in KINDS})


def faults(trial: Trial) -> list[str]:
    """The faults of the grants. They are numbered under the lock: a number that is there twice, or is
    missing, shows that two harts held the lock at once."""
    if trial.fair.breaks == 0:
        return []
    return [f"fairness pass: {trial.fair.breaks} grant(s) do not follow the one before: two owners at once"]


def most(h: Histogram) -> float:
    """Returns the greatest value; nan without values."""
    return h.max if h.count else NAN


def sample(trial: Trial, hart: int) -> FairSample:
    """Returns a hart's columns of samples.csv; those of all harts together are in each of its rows."""
    f = _figures(trial, {kind: trial.histograms.get((hart, kind), Histogram()) for kind in KINDS})
    return FairSample(
        fairness_ops=f.bypass.count if known(trial) else None,
        overtaken_max=most(f.overtaken), bypass_p99=f.bypass.percentile(99), bypass_max=most(f.bypass),
        reacquire_grants_p50=f.reacquire.percentile(50), reacquire_grants_p99=f.reacquire.percentile(99),
        handoff_p50_cycles=f.cycles(50), handoff_p99_cycles=f.cycles(99), handoff_max_cycles=f.cycles(100),
        same_owner_share=f.same_owner_share, same_cluster_share=f.same_cluster_share, distinct_owners=f.distinct_owners)


def summary(fs: Sequence[Fairness], estimate: Callable[[Sequence[float]], Estimate]) -> FairSummary:
    """Returns the columns of summary.csv. `estimate` gives the median of the trials' values."""
    def median(of: Callable[[Fairness], float]) -> float:
        return estimate([of(f) for f in fs]).median

    def worst(of: Callable[[Fairness], float]) -> float:
        return max((x for f in fs if not math.isnan(x := of(f))), default=NAN)

    return FairSummary(
        same_owner_share_median=median(lambda f: f.same_owner_share),
        same_cluster_share_median=median(lambda f: f.same_cluster_share),
        distinct_owners_median=median(lambda f: f.distinct_owners),
        reacquire_grants_p50_median=median(lambda f: f.reacquire.percentile(50)),
        overtaken_max=worst(lambda f: most(f.overtaken)),
        bypass_p99_median=median(lambda f: f.bypass.percentile(99)),
        bypass_max=worst(lambda f: most(f.bypass)),
        handoff_p50_cycles=estimate([f.cycles(50) for f in fs]),
        handoff_p99_cycles_median=median(lambda f: f.cycles(99)),
        handoff_max_cycles=worst(lambda f: f.cycles(100)),
        handoff_waiting_share_median=median(lambda f: f.waiting_share),
        handoff_resolution_cycles=median(lambda f: f.cycles_per_tick))
