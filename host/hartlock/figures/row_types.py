"""The rows of samples.csv, trials.csv, waits.csv and summary.csv: every column, declared once.

A field is a column: its type, its unit, its meaning (docs/reference/columns.md is made of them). Live rows and
rows that are read back are these same classes. A field without a sentence shares that of the field above it.
"""

from dataclasses import dataclass, field, fields, replace

from hartlock.base.evidence import MEANING
from hartlock.base.intervals import Estimate
from hartlock.figures.columns import (
    Column, count, count_if_known, count_if_new, declared, estimate, mapped, number, number_if_new, part, text,
)
from hartlock.plan import schema
from hartlock.plan.plan import MAX_HARTS, Workload


NEW = ("locks", "choose")  # keys that folders of earlier versions do not have: they did what the default says


def _of_plan(name: str) -> Column:
    """Returns a column as bench/plan.def says it."""
    entry = schema.columns()[name]
    if isinstance(entry, schema.Number):
        return Column(name, int, entry.unit, entry.meaning, None, False, is_new=name in NEW, earlier=entry.usual)
    if isinstance(entry, schema.Choice):
        return Column(name, str, "", entry.meaning, "", False, entry.words, is_new=name in NEW, earlier=entry.usual)
    return Column(name, str, entry.unit, entry.meaning, "")


# The columns of the workload, by field. Where sizes vary size_bytes is 0, and its cell is empty.
WORKLOAD = {**{f.name: _of_plan(f.name) for f in fields(Workload)},
            "size_bytes": replace(_of_plan("size_bytes"), unknown=0, may_be_empty=True),
            "sizes": replace(_of_plan("sizes"), names_a_file=True)}


@dataclass(frozen=True, kw_only=True)
class Forms:
    """The forms in which the code of a row's lock waits and lets go, and the clusters it is told of."""

    relax: str = declared(_of_plan("relax"), "")
    unlock: str = declared(_of_plan("unlock"), "")
    clusters: int = declared(_of_plan("clusters"))
    variant: str = field(default="", compare=False)  # the worker's variant; it is no column, but `proof` is made of it


@dataclass(frozen=True)
class Origin:
    """The origin of a merged table's rows (docs/use/collect.md); all empty in the table of one run."""

    host: str = ""
    compiler: str = ""
    commit: str = ""
    qemu: str = ""


@dataclass(frozen=True, kw_only=True)
class Context:
    """The origin and setting of a row: these columns are the first of each file."""

    run: str = text("name of the folder", needed=True)
    engine: str = text(
        unit="`tcg`, `model`, `native`, `board`", needed=True,
        doc="what executed the harts: QEMU, a host thread each; the cost model's machine, "
        "[model.md](../trust/model.md); or this computer's processors, [native.md](../ports/native.md); or a board's "
        "harts, [boards.md](../ports/boards.md)")
    machine: str = text("`model`: name of the machine profile; `board`: what its device tree calls it")
    evidence: str = text(
        unit="`hardware`, `hardware-oversubscribed`, `modelled`, `emulated`, `emulated-oversubscribed`",
        words=tuple(MEANING),
        doc="what the row's times are times of, and what they can decide: [evidence.md](../trust/evidence.md)")
    strategy: str = text("a word of lock/locks.def, or `clock`", needed=True)
    proof: str = text(
        unit="`holds:HASH (REACH)`, `partly:HASH (REACH)`, `none`",
        doc="whether the very code that was measured, in the image that was booted, is proved against the RISC-V "
        "memory model; the hash of the functions that are; and in words how far the proof reaches: how many harts, how "
        "often each, one lock: [proof.md](../trust/proof.md). `partly`: a test is not known, which the words name. "
        "`none`: it is not proved, or `verify/proofs.json` was made from other code")
    role: str = text(words=("candidate", "control", "harness"),
                     doc="why the row is there: [words.md](../words.md#roles)")
    harts: int = count("", "how many took part", least=1, most=MAX_HARTS)
    smp: int = count("", "how many the machine had; the others slept", least=1, most=MAX_HARTS)
    host_processors: int | None = count_if_known(
        "", "the host's, as this process may use them; they matter to `tcg` and `native`")
    workload: Workload = part(Workload, WORKLOAD, needed=True)
    forms: Forms = part(Forms, before="scenario", needed=True)
    duration_us: int = declared(_of_plan("duration_us"))
    seed: int = declared(_of_plan("seed"))
    origin: Origin = Origin()


@dataclass(frozen=True, kw_only=True)
class Coherence:
    """The events in the cost model's memory system, for each operation of all harts."""

    transfers_per_op: float = number(
        "lines", "`model`: misses served by another hart's L1, by the shared cache, by memory, for each operation of "
        "all harts; the same in all rows of a trial")
    shared_per_op: float = number()
    fills_per_op: float = number()
    upgrades_per_op: float = number("", "`model`: writes to a line the hart could only read")
    invalidations_per_op: float = number("lines", "`model`: copies taken away by writes")
    queued_cycles_per_op: float = number("cycles", "`model`: that requests waited for a line or a directory bank")


# These columns in the two other files, whose tables do not explain them again.
AS_IN_SAMPLES = {name: Column(name, float, "", "" if i else "`model`: as in samples.csv", float("nan"))
                 for i, name in enumerate(Coherence.__dataclass_fields__)}


@dataclass(frozen=True, kw_only=True)
class FairSample:
    """The order of the grants as one hart saw it: fairness.py computes it."""

    fairness_ops: int | None = count_if_known(
        "operations", "of the fairness pass, counted for `bypass`; with this and the next columns: empty where the "
        "order of the grants is not known (`magazine`; `null` on several harts)")
    overtaken_max: float = number("grants", "most that later requests got before one of this hart")
    bypass_p99: float = number("grants", "that other harts got between a request of this hart and its own grant")
    bypass_max: float = number()
    reacquire_grants_p50: float = number("grants", "from one of this hart's to its next")
    reacquire_grants_p99: float = number()
    handoff_p50_cycles: float = number(
        "cycles", "from another hart's call of release to this hart's owning, which it had asked for; empty for "
        "lock-free strategies, and where the common clock is too coarse")
    handoff_p99_cycles: float = number()
    handoff_max_cycles: float = number()
    same_owner_share: float = number(
        "0..1", "of the grants, those to the hart that had the one before; as the next two of all harts, the same in "
        "all rows of a trial")
    same_cluster_share: float = number(
        "0..1", "of the grants to another hart, those within a cluster; empty with one cluster")
    distinct_owners: float = number(
        "1..n", "mean number of different harts in n grants in a row, n being the number of harts")


# The counters of a hart in the throughput pass, from bench/counters.def, and their sums over all harts and trials.
COUNTERS = [Column(name, int, schema.counters()[name].unit, schema.counters()[name].meaning)
            for name in schema.csv_counters()]
TOTALS = [replace(column, doc="" if i else "as in samples.csv, of all harts in all throughput passes")
          for i, column in enumerate(COUNTERS)]
Counters = dict[str, int | None]


@dataclass(frozen=True, kw_only=True)
class SampleRow:
    """A row of samples.csv: one hart of one trial. A row of `clock` has only its waits."""

    context: Context = part(Context, needed=True)
    boot: int = count("from 1", "of a sweep", least=1)
    member: int | None = count_if_new(
        "from 1", "the machine, of those that fit the profile: members.csv has its numbers; empty where there is one "
                  "machine")
    trial: int = count("from 0", "the order in which trials ran")
    repetition: int = count("from 1", "of this strategy on this number of harts", least=1)
    hart: int = count("from 0", "index of the hart")
    ended: str = text(words=("time", "heap", ""), doc="why the throughput pass ended")
    window: str = text(
        words=("measured", "whole", "none", ""),
        doc="what the throughput figures are of: the window after the warm-up; the whole trial, because the heap was "
        "used up during the warm-up; or nothing, because there was no moment at which every hart ran")
    check: str = text(words=("pass", "fail", ""), doc="of the whole trial")
    ops_total: int | None = count_if_known("operations", "of the throughput pass, warm-up included")
    ops_window: int | None = count_if_known("operations", "inside the window")
    window_seconds: float = number("s", "length of the window")
    throughput_ops_per_second: float = number("1/s", "of this hart")
    start_seconds: float = number("s", "of this hart in the throughput pass, from the first hart's start on")
    end_seconds: float = number()
    cycles_per_second: float = number("Hz", "of this hart's cycle counter; `native`: of the clock that stands for it")
    latency_ops: int | None = count_if_known("operations", "counted in the latency pass")
    contended_ops: int | None = count_if_known("operations", "of those: found the lock held, or lost a race; empty for `lrsc`, `faa` and `magazine` on several harts, whose code does not count that")
    failed_attempts: int | None = count_if_known("attempts", "lock-free: that lost a race; empty as `contended_ops`")
    wait_min_cycles: float = number(
        "cycles", "from the call to owning the lock; lock-free: to the return; `clock`: between two reads. The price "
        "of one clock read is in it. Percentiles within 1.6 %; min, max and mean exact")
    wait_p50_cycles: float = number()
    wait_p90_cycles: float = number()
    wait_p99_cycles: float = number()
    wait_p999_cycles: float = number()
    wait_max_cycles: float = number()
    wait_mean_cycles: float = number()
    hold_min_cycles: float = number(
        "cycles", "from owning the lock until it was released; empty for lock-free strategies")
    hold_p50_cycles: float = number()
    hold_p99_cycles: float = number()
    hold_max_cycles: float = number()
    hold_mean_cycles: float = number()
    fair: FairSample = part(FairSample)
    audit_ops: int | None = count_if_known("operations", "of the audit pass")
    audit_misplaced: int | None = count_if_known("blocks", "of those: misaligned, or outside the heap")
    audit_overlapping: int | None = count_if_known("blocks", "of those: with bytes that another block had already")
    waste_bytes: int | None = count_if_known(
        "bytes", "that the hart had taken from the heap and made no block of, at the end of the throughput pass "
                 "(`magazine`)")
    placement_offset_bytes: int | None = count_if_known(
        "bytes", "where this trial's lock lay within 4096, with `placement=random`")
    backlog_ops: float = number(
        "operations", "that were due to this hart at the end of the throughput pass and not begun, on average; 0 in a "
                      "closed loop")
    response_min_us: float = number(
        "µs", "latency pass of an open loop: from when an operation was to begin until it was done")
    response_p50_us: float = number()
    response_p90_us: float = number()
    response_p99_us: float = number()
    response_p999_us: float = number()
    response_max_us: float = number()
    response_mean_us: float = number()
    counters: Counters = mapped(COUNTERS)
    coherence: Coherence = part(Coherence)


@dataclass(frozen=True, kw_only=True)
class TrialFigures:
    """The figures of one trial, all harts together; nan for an unknown one. A trial of `clock` has only its waits and
    cycles_per_op, the mean of them."""

    ended: str = text(words=("time", "heap", ""))
    window: str = text(words=("measured", "whole", "none", ""))
    check: str = text(words=("pass", "fail", ""))
    ops_window: int | None = count_if_known("operations, s", "of all harts inside the window, and its length")
    window_seconds: float = number()
    throughput_ops_per_second: float = number("1/s, cycles", "as in summary.csv")
    cycles_per_op: float = number()
    wait_p50_cycles: float = number("cycles", "percentiles of the waits of all harts")
    wait_p90_cycles: float = number()
    wait_p99_cycles: float = number()
    wait_p999_cycles: float = number()
    wait_max_cycles: float = number()
    hold_p50_cycles: float = number("cycles", "and of the holds")
    hold_max_cycles: float = number()
    contended_share: float = number("", "as in summary.csv")
    failed_attempts_per_op: float = number()
    busiest_lock_share: float = number_if_new()
    jain_index: float = number()
    min_max_share: float = number()
    top_half_share: float = number()
    same_owner_share: float = number()
    bypass_max: float = number()
    handoff_p50_cycles: float = number()
    overlap: float = number(least=-1)
    lost_updates_share: float = number()
    waste_share: float = number()
    response_p50_us: float = number(
        "µs", "open loop: percentiles of the responses of all harts, from when an operation was due until it was done")
    response_p99_us: float = number()
    response_p999_us: float = number()
    coherence: Coherence = part(Coherence, AS_IN_SAMPLES)


@dataclass(frozen=True, kw_only=True)
class TrialRow:
    """A row of trials.csv: one trial, all harts together."""

    context: Context = part(Context, needed=True)
    boot: int = count("", "as in samples.csv", least=1)
    member: int | None = count_if_new()
    trial: int = count()
    repetition: int = count(least=1)
    figures: TrialFigures = part(TrialFigures)


@dataclass(frozen=True, kw_only=True)
class WaitRow:
    """A row of waits.csv: one point of the distribution of a cell's waits."""

    context: Context = part(Context, needed=True)
    percent: float = number("0..100", "so many of the operations waited no longer")
    wait_cycles: float = number("cycles", "than this")
    waits: int = count("operations", "in all trials of the cell; percentiles finer than 100/waits say nothing")


@dataclass(frozen=True, kw_only=True)
class FairSummary:
    """The order of the grants over all trials of a cell: fairness.py computes it."""

    same_owner_share_median: float = number("", "as in samples.csv, of all harts together")
    same_cluster_share_median: float = number()
    distinct_owners_median: float = number()
    reacquire_grants_p50_median: float = number()
    overtaken_max: float = number("grants", "most that later requests got before another one, over all trials")
    bypass_p99_median: float = number(
        "grants", "that others got between a request and its grant: the median of the trials' 99th percentiles; the "
        "most over all trials. A FIFO lock's is at most n−1")
    bypass_max: float = number()
    handoff_p50_cycles: Estimate = estimate(
        "cycles", "from the call of release to the next owner's owning, if that is another hart that had asked before")
    handoff_p99_cycles_median: float = number()
    handoff_max_cycles: float = number()
    handoff_waiting_share_median: float = number(
        "0..1", "of the grants to another hart than the one before, those that it had asked for before the release")
    handoff_resolution_cycles: float = number(
        "cycles", "that a tick of the common clock lasts: each end of a hand-off is told to that")


@dataclass(frozen=True, kw_only=True)
class SummaryRow:
    """A row of summary.csv: one strategy on one number of harts.

    A row of `clock` has only its waits and cycles_per_op.
    """

    context: Context = part(Context, needed=True)
    boots: int = count("", "that have trials of this row")
    machines: int | None = count_if_new(
        "", "of those: on so many machines that fit the profile; each `_ci_low` and `_ci_high` is then the least and "
        "the most on one of them, and no 95 % interval; empty where there is one machine")
    trials: int = count("", "planned, in all boots")
    trials_measured: int = count("", "that have throughput figures")
    trials_whole: int | None = count_if_known("", "of those, with `window=whole`")
    check: str = text(
        words=("pass", "fail", ""), doc="fail: at least one trial failed. For a candidate that is an error of the run; "
        "for the control it is what it is for")
    check_failures: int | None = count_if_known(
        "trials", "that failed: conservation (operations × size = bytes handed out, and lines touched = operations × "
        "lines, in each pass), audit, the work asked for, fairness under the model, the rounds of `--exhaust`, or the "
        "numbers that owners took in the fairness pass")
    contended: str = text(
        words=("yes", "no", "unknown", ""),
        doc="did at least one operation in a thousand have to wait? Without contention the row is about the "
            "uncontended path. unknown: nothing that was counted tells it, as of `lrsc`, `faa` and `magazine` on several harts")
    overlap_shown: str = text(
        words=("yes", "no", "unknown", "not-applicable", ""),
        doc="did the control on as many harts lose updates, though QEMU had a thread for each? Only then have the "
            "harts been shown to overlap")
    ended_heap: int | None = count_if_known("trials", "that used the heap up")
    throughput_ops_per_second: Estimate = estimate("1/s", "of all harts together, inside the window")
    cycles_per_op: Estimate = estimate(
        "cycles", "of elapsed time per operation of the whole system. `clock`: mean of two reads in a row")
    wait_p50_cycles: Estimate = estimate("cycles", "median of the trials' 50th percentiles")
    wait_p99_cycles: Estimate = estimate("cycles", "and of the 99th")
    wait_p90_cycles: float = number("cycles", "over all trials and harts together")
    wait_p999_cycles: float = number()
    wait_max_cycles: float = number()
    hold_p50_cycles: Estimate = estimate("cycles", "as for wait")
    hold_max_cycles: float = number("cycles", "over all trials and harts")
    response_p50_us: Estimate = estimate(
        "µs", "open loop: from when an operation was to begin until it was done; median of the trials' 50th "
              "percentiles")
    response_p99_us: Estimate = estimate("µs", "and of the 99th")
    response_p90_us: float = number("µs", "over all trials and harts together")
    response_p999_us: float = number()
    response_max_us: float = number()
    backlog_ops_median: float = number(
        "operations", "that were due at the end of the throughput pass and not begun, of all harts")
    counters: Counters = mapped(TOTALS, names="{}_total")
    exhaustions_total: int | None = count_if_known("rounds", "of `--exhaust` that came to the end of their heap")
    refusals_total: int | None = count_if_known("", "allocations that were refused in them")
    contended_share_median: float = number(
        "0..1", "share of the operations that found the lock held, or lost a race (latency pass); empty where `contended` is unknown")
    failed_attempts_per_op_median: float = number("", "lock-free: lost attempts for each operation")
    busiest_lock_share_median: float = number_if_new("0..1", "with `locks`: of the sections of all locks, those of the lock that had most")
    jain_index: Estimate = estimate(
        "1/n..1", "Jain's fairness index of the harts' operations in the window: [fairness.md](../trust/fairness.md)")
    min_max_share_median: float = number("0..1", "operations of the slowest hart over those of the fastest")
    top_half_share_median: float = number(
        "0.5..1", "of the operations in the window, those of the busier half of the harts: 0.5 is even")
    fair: FairSummary = part(FairSummary)
    overlap_min: float = number(
        "−1..1", "(earliest end − latest start) / (latest end − earliest start), worst trial; negative: harts ran one "
        "after the other", least=-1)
    lost_updates_share_median: float = number(
        "0..1", "share of the operations whose update of `next` was overwritten, worst pass of each trial; where "
        "blocks come back, the share of blocks that another hart had, too")
    waste_share_median: float = number(
        "0..1", "of the bytes taken from the heap, those that no block was made of (`magazine`)")
    ops_window_total: int | None = count_if_known("operations", "in all windows")
    coherence: Coherence = part(Coherence, AS_IN_SAMPLES, names="{}_median")

    @property
    def fell_behind(self) -> bool:
        """True if more operations of an open loop were due but not begun at the end than a hundredth of those done, and than chance leaves."""
        done = (self.ops_window_total or 0) / max(1, self.trials_measured)
        return self.backlog_ops_median > max(2 * self.context.harts, 0.01 * done)
