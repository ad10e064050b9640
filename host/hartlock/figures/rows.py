"""From trials to the rows of samples.csv, trials.csv, waits.csv and summary.csv."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

from hartlock.figures import columns, fairness, proved
from hartlock.records.trials import Trial
from hartlock.engine.base import Engine
from hartlock.records.histogram import Histogram, merge
from hartlock.figures.trial_figures import CONTENDED_SHARE, Figures, backlog, figures, ratio, window
from hartlock.plan.plan import Cell, Plan
from hartlock.base.intervals import Estimate, median_ci
from hartlock.plan.strategies import CLOCK

Row = dict[str, object]


class Rows(NamedTuple):
    """What one trial gives: a row for each hart, and one for all."""

    samples: list[Row]
    trials: list[Row]


@dataclass(frozen=True)
class Start:
    """One boot, among those of a sweep."""

    boot: int  # from 1
    seed: int
    first: int = 0  # number of its first trial: an interrupted boot goes on in another


@dataclass
class RunContext:
    """What every row of one engine's share of a run has in common."""

    run: str
    engine: Engine
    plan: Plan
    host_processors: int
    boots: int = 1
    timebase_hz: int = 0

    def proof(self, key: Cell) -> str:
        """The proof of the code that was measured. Only the image that is built here can have one."""
        return proved.of(key.strategy, self.plan) if self.engine.runs_image else proved.NONE

    def context(self, key: Cell) -> Row:
        return {
            "run": self.run, "engine": self.engine.name, "machine": self.engine.machine,
            "evidence": self.engine.evidence(key.harts, self.host_processors),
            "strategy": key.strategy, "proof": self.proof(key), "role": self.plan.role(key), "harts": key.harts,
            "smp": self.plan.smp, "host_processors": self.host_processors,
            **asdict(self.plan.workload), "size_bytes": self.plan.workload.size_bytes or math.nan,
            "duration_us": self.engine.windows.duration_us, "seed": self.plan.seed,
        }


@dataclass
class Group:
    """All trials of one strategy on one number of harts."""

    key: Cell
    measured: list[Figures] = field(default_factory=list)
    clock: list[Histogram] = field(default_factory=list)
    boots: list[int] = field(default_factory=list)  # that each of them came from
    begun: int = 0
    forms: Row = field(default_factory=dict)  # what the kernel says of the trials' locks

    def median(self, values: Sequence[float]) -> Estimate:
        return median_ci(values, self.boots)

    def figure(self, name: str) -> Estimate:
        return self.median([getattr(f, name) for f in self.measured])


class Table:
    """Takes trials as they end; gives rows."""

    def __init__(self, run: RunContext):
        self.run = run
        self.groups: dict[Cell, Group] = {}

    def add(self, trial: Trial, start: Start) -> Rows:
        """The trial's rows. The caller guarantees trials.is_complete(trial)."""
        key = Cell(trial.strategy, trial.harts)
        group = self.groups.setdefault(key, Group(key))
        group.begun += 1
        group.forms = {"relax": trial.relax, "unlock": trial.unlock, "clusters": trial.clusters}
        group.boots.append(start.boot)
        common: Row = {**self.run.context(key), **group.forms, "seed": start.seed, "boot": start.boot,
                  "trial": start.first + trial.id, "repetition": group.begun}
        if trial.strategy == CLOCK:
            group.clock.append(trial.merged("clock"))
            wait = _wait(group.clock[-1])
            return Rows([{**common, "hart": 0, **wait}], [{**common, "cycles_per_op": group.clock[-1].mean(), **_of_trial(wait)}])
        hz = self.run.timebase_hz
        f = figures(trial, self.run.plan.workload, hz)
        group.measured.append(f)
        return Rows([{**common, **row} for row in self._harts(trial, f)], [{**common, **_trial(f, hz)}])

    def _harts(self, trial: Trial, f: Figures) -> Iterator[Row]:
        hz = self.run.timebase_hz
        throughput, latency, audit = (trial.passes[p] for p in ("throughput", "latency", "audit"))
        first = min(s.start for s in throughput.shares)
        for s, ops, in_latency, in_audit in zip(
                throughput.shares, window(throughput).ops, latency.shares, audit.shares, strict=True):
            wait = trial.histograms[s.hart, "wait"]
            yield {
                "hart": s.hart, "ended": throughput.ended, "window": f.window, "check": "fail" if f.faults else "pass",
                "ops_total": s.ops, "ops_window": ops,
                "window_seconds": f.window_seconds,
                "throughput_ops_per_second": ratio(ops, f.window_seconds),
                "start_seconds": (s.start - first) / hz, "end_seconds": (s.end - first) / hz,
                "cycles_per_second": ratio(s.cycles * hz, s.end - s.start),
                "latency_ops": wait.count,
                "contended_ops": in_latency.waited, "failed_attempts": in_latency.failed,
                **_wait(wait), **_hold(trial.histograms.get((s.hart, "hold"))),
                **fairness.sample(trial, s.hart),
                "audit_ops": in_audit.ops, "audit_misplaced": in_audit.misplaced,
                "audit_overlapping": in_audit.overlapping, "waste_bytes": s.waste,
                "placement_offset_bytes": throughput.offset,
                "backlog_ops": backlog(s, self.run.plan.workload, hz),
                **_response(trial.histograms.get((s.hart, "response")), hz),
                "interrupts": s.interrupts, "interrupts_inside": s.interrupts_inside,
                "ipis": s.ipis, "ipis_inside": s.ipis_inside, "stops": s.stops,
                **f.coherence,
            }

    def overlap_shown(self, harts: int) -> str:
        """Did the control lose updates at this number of harts?"""
        if harts == 1:
            return "not-applicable"
        group = self.groups.get(Cell("null", harts))
        if group is None or not group.measured:
            return "unknown"
        return "yes" if any(f.faults for f in group.measured) else "no"

    def summary(self) -> list[Row]:
        ordered = sorted(self.groups.values(), key=self._rank)
        return [self._clock_row(g) if g.key.strategy == CLOCK else self._row(g) for g in ordered]

    def _rank(self, group: Group) -> tuple[int, int, int]:
        plan, key = self.run.plan, group.key
        asked = plan.locks.index(key.strategy) if key.strategy in plan.locks else len(plan.locks)
        return ["candidate", "control", "harness"].index(plan.role(key)), key.harts, asked

    def _counts(self, g: Group) -> Row:
        planned = sum(1 for t in self.run.plan.order if t == g.key)
        return {**self.run.context(g.key), **g.forms, "boots": len(set(g.boots)), "trials": planned * self.run.boots}

    def waits(self) -> Iterator[Row]:
        """The distribution of all waits of each cell."""
        for g in sorted(self.groups.values(), key=self._rank):
            wait = merge([f.wait for f in g.measured] or g.clock)
            for percent in columns.PERCENTS if wait.count else ():
                at = wait.min if percent == 0 else wait.max if percent == 100 else wait.percentile(percent)
                yield {**self.run.context(g.key), **g.forms, "percent": percent, "wait_cycles": at, "waits": wait.count}

    def _row(self, g: Group) -> Row:
        fs = g.measured
        wait = merge(f.wait for f in fs)
        failures = sum(1 for f in fs if f.faults)
        contended = g.figure("contended_share")
        return {
            **self._counts(g),
            "trials_measured": sum(1 for f in fs if f.window != "none"),
            "trials_whole": sum(1 for f in fs if f.window == "whole"),
            "check": "fail" if failures else "pass", "check_failures": failures,
            "contended": _contended(contended.median),
            "overlap_shown": self.overlap_shown(g.key.harts),
            "ended_heap": sum(1 for f in fs if f.ended == "heap"),
            **_ci("throughput_ops_per_second", g.figure("throughput_ops_per_second")),
            **_ci("cycles_per_op", g.figure("cycles_per_op")),
            **_ci("wait_p50_cycles", g.median([f.wait.percentile(50) for f in fs])),
            **_ci("wait_p99_cycles", g.median([f.wait.percentile(99) for f in fs])),
            "wait_p90_cycles": wait.percentile(90), "wait_p999_cycles": wait.percentile(99.9),
            "wait_max_cycles": wait.max if wait.count else math.nan,
            **_ci("hold_p50_cycles", g.median([f.hold.percentile(50) for f in fs])),
            "hold_max_cycles": max((f.hold.max for f in fs if f.hold.count), default=math.nan),
            **_responses(g, self.run.timebase_hz),
            "interrupts_total": sum(f.interrupts for f in fs),
            "interrupts_inside_total": sum(f.interrupts_inside for f in fs),
            "ipis_total": sum(f.ipis for f in fs), "ipis_inside_total": sum(f.ipis_inside for f in fs),
            "stops_total": sum(f.stops for f in fs),
            "exhaustions_total": sum(f.exhaust.rounds for f in fs), "refusals_total": sum(f.exhaust.refused for f in fs),
            "contended_share_median": contended.median,
            "failed_attempts_per_op_median": g.figure("failed_attempts_per_op").median,
            **_ci("jain_index", g.figure("jain_index")),
            "min_max_share_median": g.figure("min_max_share").median,
            "top_half_share_median": g.figure("top_half_share").median,
            **fairness.summary([f.fairness for f in fs], g.median),
            "overlap_min": min((f.overlap for f in fs), default=math.nan),
            "lost_updates_share_median": g.figure("lost_updates_share").median,
            "waste_share_median": g.figure("waste_share").median,
            "ops_window_total": sum(f.ops_window for f in fs),
            **{f"{name}_median": g.median([f.coherence.get(name, math.nan) for f in fs]).median
               for name in columns.PER_OP},
        }

    def _clock_row(self, g: Group) -> Row:
        wait = merge(g.clock)
        return {
            **self._counts(g), "trials_measured": len(g.clock),
            **_ci("cycles_per_op", g.median([h.mean() for h in g.clock])),
            **_ci("wait_p50_cycles", g.median([h.percentile(50) for h in g.clock])),
            **_ci("wait_p99_cycles", g.median([h.percentile(99) for h in g.clock])),
            "wait_p90_cycles": wait.percentile(90), "wait_p999_cycles": wait.percentile(99.9),
            "wait_max_cycles": wait.max,
        }


def _contended(share: float) -> str:
    return "unknown" if math.isnan(share) else "yes" if share >= CONTENDED_SHARE else "no"


def _of_trial(wait: Row) -> Row:
    """Of a hart's waits, what a trial's row has a column for."""
    return {name: value for name, value in wait.items() if name in columns.FIGURES}


def _trial(f: Figures, hz: int) -> Row:
    """A trial's figures, all harts together."""
    of_hold = _hold(f.hold)
    return {
        "ended": f.ended, "window": f.window, "check": "fail" if f.faults else "pass",
        **{name: getattr(f, name) for name in columns.TRIALS if hasattr(f, name) and name not in ("ended", "window")},
        **_of_trial(_wait(f.wait)), **_of_trial(of_hold), **_of_trial(_response(f.response, hz)), **f.coherence,
        "same_owner_share": f.fairness.same_owner_share, "handoff_p50_cycles": f.fairness.cycles(50),
        "bypass_max": f.fairness.bypass.max if f.fairness.bypass.count else math.nan,
    }


def _ci(name: str, e: Estimate) -> Row:
    return dict(zip(columns.with_ci(name), e, strict=True))


def _wait(h: Histogram) -> Row:
    return {
        "wait_min_cycles": h.min if h.count else math.nan,
        "wait_p50_cycles": h.percentile(50), "wait_p90_cycles": h.percentile(90),
        "wait_p99_cycles": h.percentile(99), "wait_p999_cycles": h.percentile(99.9),
        "wait_max_cycles": h.max if h.count else math.nan, "wait_mean_cycles": h.mean(),
    }


def _response(h: Histogram | None, hz: int) -> Row:
    """From the intended start on; ticks become microseconds."""
    if h is None or h.count == 0:
        return {}
    us = 1e6 / hz
    return {
        "response_min_us": h.min * us, "response_p50_us": h.percentile(50) * us,
        "response_p90_us": h.percentile(90) * us, "response_p99_us": h.percentile(99) * us,
        "response_p999_us": h.percentile(99.9) * us, "response_max_us": h.max * us, "response_mean_us": h.mean() * us,
    }


def _responses(g: Group, hz: int) -> Row:
    """Medians of the trials', and of all trials together."""
    each = [f.response for f in g.measured]
    together = _response(merge(each), hz)
    if not together:
        return {}
    return {
        **_ci("response_p50_us", g.median([h.percentile(50) * 1e6 / hz for h in each])),
        **_ci("response_p99_us", g.median([h.percentile(99) * 1e6 / hz for h in each])),
        **{name: together[name] for name in ("response_p90_us", "response_p999_us", "response_max_us")},
        "backlog_ops_median": g.figure("backlog_ops").median,
    }


def _hold(h: Histogram | None) -> Row:
    if h is None or h.count == 0:
        return {}
    return {
        "hold_min_cycles": h.min, "hold_p50_cycles": h.percentile(50),
        "hold_p99_cycles": h.percentile(99), "hold_max_cycles": h.max, "hold_mean_cycles": h.mean(),
    }
