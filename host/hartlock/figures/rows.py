"""Makes the rows of samples.csv, trials.csv, waits.csv and summary.csv from trials."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from hartlock.base.intervals import Estimate, median_ci, median_over
from hartlock.base.ratios import ratio
from hartlock.engine.base import Engine
from hartlock.figures import fairness, proved
from hartlock.figures.row_types import (COUNTERS, Coherence, Context, Counters, Forms, SampleRow, SummaryRow, TrialFigures, TrialRow,
                                        WaitRow)
from hartlock.figures.trial_figures import (CONTENDED_SHARE, Measured, backlog, counters, measure, measure_clock, spread,
                                            tells_waits, window)
from hartlock.plan import traits
from hartlock.plan.plan import Combination, Plan
from hartlock.plan.strategies import CLOCK, CONTROL
from hartlock.records.histogram import Histogram, merge
from hartlock.records.trials import Trial

# The percents at which waits.csv tells the distribution of the waits.
PERCENTS = [0, 1, 5, 10, 25, 50, 75, 90, 95, 98, 99, 99.5, 99.8, 99.9, 99.95, 99.99, 99.999, 100]
ROLES = ("candidate", "control", "harness")
MEDIAN = "_median"

# The columns of a summary that are the medians over its trials, with their intervals or without.
ESTIMATES = [f.name for f in fields(SummaryRow) if f.type is Estimate]
MEDIANS = [f.name for f in fields(SummaryRow)
           if f.name.removesuffix(MEDIAN) in TrialFigures.__dataclass_fields__ and f.name.endswith(MEDIAN)]


class Rows(NamedTuple):
    """The rows of one trial: one for each hart, and one for all."""

    samples: Sequence[SampleRow] = ()
    trials: Sequence[TrialRow] = ()


@dataclass(frozen=True)
class Start:
    """One boot, among those of a sweep."""

    boot: int  # from 1
    seed: int
    first: int = 0  # number of its first trial: an interrupted boot goes on in another
    member: int | None = None  # its machine, where the profile stands for many


@dataclass
class RunContext:
    """The facts that all rows of one engine in a run share."""

    run: str
    engine: Engine
    plan: Plan
    host_processors: int
    boots: int = 1
    timebase_hz: int = 0
    booted: proved.Booted = field(default_factory=proved.Booted)  # the image that is executed, if it is here

    def context(self, cell: Combination, forms: Forms) -> Context:
        """Returns the first columns of the rows of a cell; `forms` is what the kernel says of its trials' locks."""
        return Context(
            run=self.run, engine=self.engine.name, machine=self.engine.machine,
            evidence=self.engine.evidence(cell.harts, self.host_processors),
            strategy=cell.strategy, proof=self.booted.proof(cell.strategy, forms.variant or self.plan.workload.variant), role=self.plan.role(cell), harts=cell.harts,
            smp=self.plan.smp, host_processors=self.host_processors, workload=self.plan.workload, forms=forms,
            duration_us=self.engine.windows.duration_us, seed=self.plan.seed)


@dataclass
class Group:
    """All trials of one strategy on one number of harts."""

    key: Combination
    forms: Forms  # the forms of the locks, as the kernel says them of the first trial; over machines, clusters may differ
    measured: list[Measured] = field(default_factory=list)
    boots: list[int] = field(default_factory=list)  # the boot that each of them came from
    members: set[int] = field(default_factory=set)  # the machines, of several, that they were measured on

    def estimate(self, values: Sequence[float]) -> Estimate:
        """Returns the median of the trials' values, with its interval; over machines, with its range."""
        return median_over(values, self.boots) if self.members else median_ci(values, self.boots)

    def figure(self, name: str) -> Estimate:
        """Returns the median of a figure of the trials."""
        return self.estimate([getattr(m.figures, name) for m in self.measured])

    def figures(self, names: Sequence[str]) -> dict[str, Any]:
        """Returns the medians of several figures, with their intervals, by name."""
        return {name: self.figure(name) for name in names}

    def medians(self, names: Sequence[str]) -> dict[str, Any]:
        """Returns the medians of several figures, by the name of their column."""
        return {name: self.figure(name.removesuffix(MEDIAN)).median for name in names}

    def merged(self, of: Callable[[Measured], Histogram]) -> Histogram:
        """Returns a distribution over all trials."""
        return merge(of(m) for m in self.measured)


class Table:
    """A table that takes trials as they end, and gives their rows."""

    def __init__(self, run: RunContext):
        self.run = run
        self.groups: dict[Combination, Group] = {}
        traits.known()  # a trial's figures need them: what is wrong with the file is said before anything runs

    def add(self, trial: Trial, start: Start, delay_cycles: float = 0) -> Rows:
        """Returns the rows of a trial, on a machine where an instruction of a delay takes so many cycles (0: unknown). The caller guarantees trials.is_complete(trial)."""
        cell = Combination(trial.strategy, trial.harts)
        forms = Forms(relax=trial.relax, unlock=trial.unlock, clusters=trial.clusters, variant=trial.variant)
        hz = self.run.timebase_hz
        clock = trial.strategy == CLOCK
        measured = measure_clock(trial) if clock else measure(trial, self.run.plan.workload, hz, delay_cycles, self.run.engine.is_deterministic)
        group = self.groups.setdefault(cell, Group(cell, forms))
        group.measured.append(measured)
        group.boots.append(start.boot)
        if start.member is not None:
            group.members.add(start.member)
        common: dict[str, Any] = {
            "context": replace(self.run.context(cell, forms), seed=start.seed), "boot": start.boot, "member": start.member,
            "trial": start.first + trial.id, "repetition": len(group.measured)}
        samples = [self._clock(common, measured)] if clock else list(self._harts(common, trial, measured))
        return Rows(samples, [TrialRow(**common, figures=measured.figures)])

    def _clock(self, common: dict[str, Any], measured: Measured) -> SampleRow:
        return SampleRow(**common, hart=0, **spread(measured.wait, "wait_{}_cycles", SampleRow))

    def _harts(self, common: dict[str, Any], trial: Trial, m: Measured) -> Iterator[SampleRow]:
        hz = self.run.timebase_hz
        throughput, latency, audit = (trial.passes[p] for p in ("throughput", "latency", "audit"))
        first, told = min(s.start for s in throughput.shares), tells_waits(trial)
        for s, ops, in_latency, in_audit in zip(
                throughput.shares, window(throughput).ops, latency.shares, audit.shares, strict=True):
            wait, hold, response = (trial.histograms.get((s.hart, kind), Histogram()) for kind in ("wait", "hold", "response"))
            yield SampleRow(
                **common, hart=s.hart, ended=throughput.ended, window=m.figures.window, check=m.figures.check,
                ops_total=s.ops, ops_window=ops, window_seconds=m.figures.window_seconds,
                throughput_ops_per_second=ratio(ops, m.figures.window_seconds),
                start_seconds=(s.start - first) / hz, end_seconds=(s.end - first) / hz,
                cycles_per_second=ratio(s.cycles * hz, s.end - s.start),
                latency_ops=wait.count, contended_ops=in_latency.waited if told else None,
                failed_attempts=in_latency.failed if told else None,
                **spread(wait, "wait_{}_cycles", SampleRow), **spread(hold, "hold_{}_cycles", SampleRow),
                fair=fairness.sample(trial, s.hart),
                audit_ops=in_audit.ops, audit_misplaced=in_audit.misplaced, audit_overlapping=in_audit.overlapping,
                waste_bytes=s.waste, placement_offset_bytes=throughput.offset,
                backlog_ops=backlog(s, self.run.plan.workload, hz),
                **spread(response, "response_{}_us", SampleRow, 1e6 / hz),
                counters=counters([s]), coherence=m.figures.coherence)

    def overlap_shown(self, harts: int) -> str:
        """Did the control lose updates at this number of harts, which are executed at once?"""
        if harts == 1:
            return "not-applicable"
        if not self.run.engine.overlaps:
            return "no"
        group = self.groups.get(Combination(CONTROL, harts))
        if group is None:
            return "unknown"
        return "yes" if any(m.faults for m in group.measured) else "no"

    def summary(self) -> list[SummaryRow]:
        """Returns the rows of summary.csv: candidates, then controls, then the harness."""
        return [self._clock_row(g) if g.key.strategy == CLOCK else self._row(g) for g in self._ordered()]

    def _ordered(self) -> list[Group]:
        plan = self.run.plan

        def place(group: Group) -> tuple[int, int, int]:
            key = group.key
            asked = plan.locks.index(key.strategy) if key.strategy in plan.locks else len(plan.locks)
            return ROLES.index(plan.role(key)), key.harts, asked

        return sorted(self.groups.values(), key=place)

    def waits(self) -> Iterator[WaitRow]:
        """The distribution of all waits of each cell."""
        for g in self._ordered():
            wait, context = g.merged(lambda m: m.wait), self.run.context(g.key, g.forms)
            for percent in PERCENTS if wait.count else ():
                at = wait.min if percent == 0 else wait.max if percent == 100 else wait.percentile(percent)
                yield WaitRow(context=context, percent=percent, wait_cycles=at, waits=wait.count)

    def _counts(self, g: Group) -> dict[str, Any]:
        """Returns the columns that every summary has."""
        planned = sum(1 for t in self.run.plan.order if t == g.key)
        return {"context": self.run.context(g.key, g.forms), "boots": len(set(g.boots)),
                "machines": len(g.members) or None, "trials": planned * self.run.boots,
                **spread(g.merged(lambda m: m.wait), "wait_{}_cycles", SummaryRow)}

    def _row(self, g: Group) -> SummaryRow:
        fs = [m.figures for m in g.measured]
        return SummaryRow(
            **self._counts(g), **g.figures(ESTIMATES), **g.medians(MEDIANS),
            trials_measured=sum(f.window != "none" for f in fs), trials_whole=sum(f.window == "whole" for f in fs),
            check="fail" if any(m.faults for m in g.measured) else "pass", check_failures=sum(bool(m.faults) for m in g.measured),
            contended=contended(g.figure("contended_share").median), overlap_shown=self.overlap_shown(g.key.harts),
            ended_heap=sum(f.ended == "heap" for f in fs),
            **spread(g.merged(lambda m: m.hold), "hold_{}_cycles", SummaryRow), **self._responses(g),
            counters=_total([m.counters for m in g.measured]),
            exhaustions_total=sum(m.exhaust.rounds for m in g.measured), refusals_total=sum(m.exhaust.refused for m in g.measured),
            fair=fairness.summary([m.fairness for m in g.measured if m.fairness], g.estimate),
            overlap_min=min(f.overlap for f in fs), ops_window_total=sum(f.ops_window or 0 for f in fs),
            coherence=Coherence(**{f.name: g.estimate([getattr(each.coherence, f.name) for each in fs]).median
                                   for f in fields(Coherence)}))

    def _responses(self, g: Group) -> dict[str, Any]:
        """Over all trials together; a closed loop has none, and no backlog."""
        response = g.merged(lambda m: m.response)
        told = spread(response, "response_{}_us", SummaryRow, 1e6 / self.run.timebase_hz)
        behind = g.estimate([m.backlog_ops for m in g.measured]).median if response.count else math.nan
        return {**told, "backlog_ops_median": behind}

    def _clock_row(self, g: Group) -> SummaryRow:
        """The row of the clock: what two reads in a row cost."""
        told = g.figures(("cycles_per_op", "wait_p50_cycles", "wait_p99_cycles"))
        return SummaryRow(**self._counts(g), trials_measured=len(g.measured), **told)


def _total(each: Sequence[Counters]) -> Counters:
    return {column.name: sum(counts[column.name] or 0 for counts in each) for column in COUNTERS}


def contended(share: float) -> str:
    return "unknown" if math.isnan(share) else "yes" if share >= CONTENDED_SHARE else "no"
