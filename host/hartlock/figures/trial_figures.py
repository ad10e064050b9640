"""From the records of one trial to its figures, and what the checks say of it. docs/reference/columns.md defines each figure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from hartlock.figures import asked, fairness
from hartlock.figures.fairness import Fairness
from hartlock.figures.row_types import COUNTERS, Coherence, Counters, TrialFigures
from hartlock.plan import strategies, traits
from hartlock.records.trials import COHERENCE, Exhaust, Pass, Share, Trial
from hartlock.records.histogram import Histogram
from hartlock.plan.plan import FIXED, Workload
from hartlock.base.ratios import NAN, jain, ratio, top_half

CONTENDED_SHARE = 0.001  # below one operation in a thousand, nobody had to wait


@dataclass(frozen=True)
class Measured:
    """One trial that was measured: its figures, and what those of several trials are merged from."""

    figures: TrialFigures
    wait: Histogram
    hold: Histogram = field(default_factory=Histogram)
    response: Histogram = field(default_factory=Histogram)  # ticks, from the intended start; empty in a closed loop
    fairness: Fairness | None = None  # None: a trial of clock
    backlog_ops: float = 0  # operations that were due at the end and not begun, of all harts
    counters: Counters = field(default_factory=dict)  # counters of all harts, in the throughput pass
    exhaust: Exhaust = Exhaust()
    faults: tuple[str, ...] = ()  # the faults that the checks found


def overlap(p: Pass) -> float:
    """The overlap of the harts: (earliest end - latest start) / (latest end - earliest start), signed."""
    starts, ends = [s.start for s in p.shares], [s.end for s in p.shares]
    return ratio(min(ends) - max(starts), max(ends) - min(starts))


class Window(NamedTuple):
    """The time that counts, and the operations of each hart in it."""

    kind: str
    ticks: int
    ops: list[int]


def window(p: Pass) -> Window:
    """The window, from the end of the warm-up to the end of the trial, if there was one.

    When the heap was used up during the warm-up, the window is the whole short trial, from the
    first start on. There is no window without a moment at which every hart ran.
    """
    first, last = min(s.start for s in p.shares), max(s.start for s in p.shares)
    if p.open and last <= p.open < p.close:
        return Window("measured", p.close - p.open, [s.ops_window for s in p.shares])
    if not p.open and last < p.close:
        return Window("whole", p.close - first, [s.ops for s in p.shares])
    return Window("none", 0, [0 for _ in p.shares])


def expected_used(p: Pass, w: Workload, ops: int) -> int:
    """The bytes from the heap's start that `ops` blocks take, each on the next multiple of align."""
    if ops == 0:
        return 0
    first = -p.heap_start % w.align_bytes
    stride = w.size_bytes + -w.size_bytes % w.align_bytes
    return first + (ops - 1) * stride + w.size_bytes


def waste(p: Pass) -> int:
    """The bytes that harts have in store, or have lost (magazine)."""
    return sum(s.waste for s in p.shares)


def total_bytes(p: Pass, w: Workload) -> int:
    """The bytes that the blocks of a pass take, with the padding between them. Blocks of a distribution
    have no padding: their sizes are multiples of the alignment."""
    if w.sizes != FIXED:
        return sum(s.bytes for s in p.shares)
    return expected_used(p, w, sum(s.ops for s in p.shares))


def backlog(s: Share, w: Workload, timebase_hz: int) -> float:
    """The operations by which the hart was behind its schedule, on average."""
    return ratio(s.behind * w.arrival_ops_per_second, timebase_hz)


def touched(name: str, p: Pass, w: Workload) -> list[str]:
    """The problems of lines that are written under a lock. Each operation counts each line up by one,
    and so does one that finds the heap used up, at most one of each hart."""
    ops = sum(s.sections(w.frees) for s in p.shares)
    if ops * w.touch_lines <= p.touched <= (ops + len(p.shares)) * w.touch_lines:
        return []
    return [f"{name} pass: {ops} operations touched {w.touch_lines} line(s) each, but {p.touched} were counted"]


def counted(name: str, p: Pass, w: Workload) -> list[str]:
    """The problems of several locks, whose owners count a section by a load at its begin and a store at its end. An operation that finds its lock's heap
    used up is counted, too, at most one of each hart."""
    ops, each = sum(s.ops for s in p.shares), w.held_at_once
    if w.locks == 1 or ops * each <= p.sections <= (ops + len(p.shares)) * each:
        return []
    return [f"{name} pass: {ops} operations took {each} lock(s) each, but {p.sections} sections were counted"]


def conservation(name: str, p: Pass, w: Workload) -> list[str]:
    """The problems of a pass in which operations x size is not the bytes handed out."""
    if w.frees:
        return [f"{name} pass: {p.used} byte(s) did not come back, or came twice"] if p.used else []
    ops = sum(s.ops for s in p.shares)
    expected = total_bytes(p, w)
    if 0 <= p.used - waste(p) - expected <= -w.size_bytes % w.align_bytes:
        return []  # `next` is behind the last block, or behind its padding (faa)
    aside = f" and {waste(p)} are in no block" if waste(p) else ""
    return [f"{name} pass: {ops} operations take {expected} bytes{aside}, but {p.used} were handed out"]


def audit(trial: Trial, p: Pass, w: Workload) -> list[str]:
    """The problems that the audit found: every block must be aligned, inside the heap, disjoint and
    accounted for. Where blocks come back, all of them must have."""
    got = 0 if w.frees else sum(s.bytes for s in p.shares)
    blocks, freed = sum(s.blocks for s in p.shares), sum(s.freed for s in p.shares)
    claims = [
        (sum(s.misplaced for s in p.shares), "block(s) misaligned or outside the heap"),
        (sum(s.overlapping for s in p.shares), "block(s) with bytes that another block has, too"),
        (abs(blocks - freed) if w.frees else sum(abs(s.ops - s.blocks) for s in p.shares), "operation(s) without their block"),
        (sum(s.unmarked for s in p.shares), "freed block(s) with bytes that nobody had"),
        (abs(got - trial.marked), f"byte(s) astray: harts got {got}, {trial.marked} different ones are marked"),
    ]
    return [f"audit: {n} {what}" for n, what in claims if n]


def exhausted(e: Exhaust) -> list[str]:
    """The problems at the heap's end, where blocks that fit must be given and others be refused."""
    claims = [
        (e.misaligned + e.outside, "block(s) misaligned or outside the heap"),
        (e.overlapping, "block(s) with bytes that another block has, too"),
        (e.astray, "byte(s) astray"),
        (e.early, "round(s) refused what there was room for"),
    ]
    return [f"heap's end: {n} {what}" for n, what in claims if n]


def lost_share(passes: Iterable[Pass], w: Workload) -> float:
    """The share of operations whose update of `next` was overwritten, in the worst pass; it is a share of
    bytes where sizes vary. Where blocks come back, it is the share of blocks that another hart had, too."""
    passes = list(passes)
    if w.frees:
        shares = [s for p in passes for s in p.shares]
        return ratio(sum(s.overlapping for s in shares), sum(s.blocks for s in shares))
    stride = w.size_bytes + -w.size_bytes % w.align_bytes
    all_of = [(p, sum(s.bytes if w.sizes != FIXED else s.ops * stride for s in p.shares)) for p in passes]
    return max(ratio(max(0, total_bytes(p, w) + waste(p) - p.used), n) for p, n in all_of)


def _faults(trial: Trial, workload: Workload) -> tuple[str, ...]:
    """Returns what the checks of all passes found, as sentences."""
    faults = audit(trial, trial.passes["audit"], workload) + exhausted(trial.exhaust or Exhaust()) + fairness.faults(trial)
    for name, p in trial.passes.items():
        faults += conservation(name, p, workload)
        if not strategies.known()[trial.strategy].lockfree:
            faults += touched(name, p, workload) + counted(name, p, workload) + handlers(name, p)
    return tuple(faults)


def handlers(name: str, p: Pass) -> list[str]:
    """The problems of interrupt handlers that take a lock of their own."""
    clashed, handled = (sum(getattr(s, counter) for s in p.shares) for counter in ("clashed", "handled"))
    return [f"{name} pass: {clashed} of {handled} interrupt handlers were not alone under their lock"] if clashed else []


def counters(shares: Sequence[Share]) -> Counters:
    """Returns what these harts counted, all together."""
    return {column.name: sum(getattr(s, column.name) for s in shares) for column in COUNTERS}


def coherence(p: Pass, ops: int) -> Coherence:
    """Returns what the memory system did for each of `ops` operations; all nan without the cost model."""
    return Coherence(**{f.name: ratio(p.coherence[name], ops) for name, f in zip(COHERENCE, fields(Coherence), strict=True)
                        if name in p.coherence})


def spread(h: Histogram, name: str, of: type[Any], scale: float = 1) -> dict[str, Any]:
    """Returns the parts of a distribution that the class `of` has a column for; in `name`, {} stands for the part.
    All are nan without values."""
    told = {"min": h.min if h.count else NAN, "p50": h.percentile(50), "p90": h.percentile(90), "p99": h.percentile(99),
            "p999": h.percentile(99.9), "max": h.max if h.count else NAN, "mean": h.mean()}
    wanted = {f.name for f in fields(of) if f.type is float}
    found = {name.format(part): value * scale for part, value in told.items() if name.format(part) in wanted}
    if not found:
        raise KeyError(f"{of.__name__} has no column like {name}")
    return found


def tells_waits(trial: Trial) -> bool:
    """True if the counts of a trial say which operations waited: all strategies but a few tell it, and a hart alone waits for nobody."""
    return trial.harts == 1 or traits.known()[trial.strategy].counts_waits


def measure(trial: Trial, workload: Workload, timebase_hz: int, delay_cycles: float = 0, stops_nobody: bool = False) -> Measured:
    """Returns a trial's figures and checks; of the last two arguments asked.faults() says more. The caller guarantees
    trials.is_complete(trial)."""
    t, latency = trial.passes["throughput"], trial.passes["latency"]
    wait, hold, response = (trial.merged(kind) for kind in ("wait", "hold", "response"))
    fair, in_time = fairness.figures(trial), window(t)
    bypass = fairness.most(fair.bypass)
    faults = (*_faults(trial, workload), *asked.faults(trial, workload, bypass, delay_cycles, stops_nobody))
    ops, ticks = sum(in_time.ops), in_time.ticks
    cycles_per_tick = ratio(sum(s.cycles for s in t.shares), sum(s.end - s.start for s in t.shares))
    return Measured(
        TrialFigures(
            ended="heap" if "heap" in (t.ended, latency.ended) else "time",
            window=in_time.kind,
            check="fail" if faults else "pass",
            ops_window=ops,
            window_seconds=ratio(ticks, timebase_hz),
            throughput_ops_per_second=ratio(ops * timebase_hz, ticks),
            cycles_per_op=ratio(ticks * cycles_per_tick, ops) if ticks else NAN,
            **spread(wait, "wait_{}_cycles", TrialFigures), **spread(hold, "hold_{}_cycles", TrialFigures),
            contended_share=ratio(sum(s.waited for s in latency.shares), wait.count) if tells_waits(trial) else NAN,
            failed_attempts_per_op=ratio(sum(s.failed for s in latency.shares), wait.count) if tells_waits(trial) else NAN,
            busiest_lock_share=ratio(t.busiest, t.sections),
            jain_index=jain(in_time.ops),
            min_max_share=ratio(min(in_time.ops), max(in_time.ops)),
            top_half_share=top_half(in_time.ops),
            same_owner_share=fair.same_owner_share,
            bypass_max=bypass,
            handoff_p50_cycles=fair.cycles(50),
            overlap=overlap(t),
            lost_updates_share=lost_share(trial.passes.values(), workload),
            waste_share=ratio(waste(t), t.used),
            **spread(response, "response_{}_us", TrialFigures, 1e6 / timebase_hz),
            coherence=coherence(t, ops),
        ),
        wait, hold, response, fair, sum(backlog(s, workload, timebase_hz) for s in t.shares), counters(t.shares),
        trial.exhaust or Exhaust(), faults)


def measure_clock(trial: Trial) -> Measured:
    """Returns the figures of a trial of `clock`: two reads in a row, and the cycles between them."""
    reads = trial.merged("clock")
    return Measured(TrialFigures(cycles_per_op=reads.mean(), **spread(reads, "wait_{}_cycles", TrialFigures)), reads)
