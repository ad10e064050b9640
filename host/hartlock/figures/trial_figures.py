"""One trial's figures. docs/reference/columns.md defines each of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from hartlock.figures import fairness
from hartlock.plan import strategies
from hartlock.records.trials import COHERENCE, Exhaust, Pass, Share, Trial
from hartlock.figures.columns import PER_OP
from hartlock.records.histogram import Histogram
from hartlock.plan.plan import FIXED, Workload
from hartlock.base.ratios import NAN, jain, top_half
from hartlock.base.ratios import ratio as ratio

CONTENDED_SHARE = 0.001  # below one operation in a thousand, nobody had to wait


@dataclass(frozen=True)
class Figures:
    ops_window: int
    window_seconds: float
    throughput_ops_per_second: float
    cycles_per_op: float
    overlap: float
    jain_index: float
    min_max_share: float
    top_half_share: float
    fairness: fairness.Fairness
    contended_share: float
    failed_attempts_per_op: float
    wait: Histogram
    hold: Histogram
    response: Histogram  # ticks, from the intended start; empty in a closed loop
    backlog_ops: float  # that were due at the end and not begun, of all harts
    interrupts: int  # of all harts, in the throughput pass
    interrupts_inside: int  # of those, that found the hart in its section
    ipis: int  # the same
    ipis_inside: int
    stops: int
    exhaust: Exhaust
    lost_updates_share: float
    waste_share: float  # of the bytes taken from the heap: no block was made of them
    faults: tuple[str, ...]  # what the checks found; empty: nothing
    ended: str  # time, heap
    window: str  # measured, whole (warm-up included), none
    coherence: dict[str, float]  # for each operation, by column; empty without the cost model


def overlap(p: Pass) -> float:
    """(earliest end - latest start) / (latest end - earliest start), signed."""
    starts, ends = [s.start for s in p.shares], [s.end for s in p.shares]
    return ratio(min(ends) - max(starts), max(ends) - min(starts))


class Window(NamedTuple):
    """The time that counts, and what each hart did in it."""

    kind: str
    ticks: int
    ops: list[int]


def window(p: Pass) -> Window:
    """From the end of the warm-up to the end of the trial, if it came to that.

    A heap that was used up during the warm-up leaves only the whole short trial,
    from the first start on. Without a moment at which every hart ran, none.
    """
    first, last = min(s.start for s in p.shares), max(s.start for s in p.shares)
    if p.open and last <= p.open < p.close:
        return Window("measured", p.close - p.open, [s.ops_window for s in p.shares])
    if not p.open and last < p.close:
        return Window("whole", p.close - first, [s.ops for s in p.shares])
    return Window("none", 0, [0 for _ in p.shares])


def expected_used(p: Pass, w: Workload, ops: int) -> int:
    """Bytes from the heap's start that `ops` blocks take: each on the next multiple of align."""
    if ops == 0:
        return 0
    first = -p.heap_start % w.align_bytes
    stride = w.size_bytes + -w.size_bytes % w.align_bytes
    return first + (ops - 1) * stride + w.size_bytes


def waste(p: Pass) -> int:
    """Bytes that harts have in store, or have lost (magazine)."""
    return sum(s.waste for s in p.shares)


def total_bytes(p: Pass, w: Workload) -> int:
    """Bytes that the blocks of a pass take, with the padding between them. Blocks of a
    distribution have none: their sizes are multiples of the alignment."""
    if w.sizes != FIXED:
        return sum(s.bytes for s in p.shares)
    return expected_used(p, w, sum(s.ops for s in p.shares))


def backlog(s: Share, w: Workload, timebase_hz: int) -> float:
    """Operations that the hart's schedule was ahead of it, on average."""
    return ratio(s.behind * w.arrival_ops_per_second, timebase_hz)


def touched(name: str, p: Pass, w: Workload) -> list[str]:
    """Lines written under a lock: each operation counts each of them up by one. One
    that finds the heap used up, at most one of each hart, does so, too."""
    ops = sum(s.ops for s in p.shares)
    if ops * w.touch_lines <= p.touched <= (ops + len(p.shares)) * w.touch_lines:
        return []
    return [f"{name} pass: {ops} operations touched {w.touch_lines} line(s) each, but {p.touched} were counted"]


def conservation(name: str, p: Pass, w: Workload) -> list[str]:
    """Operations x size = bytes handed out, or what is wrong."""
    ops = sum(s.ops for s in p.shares)
    expected = total_bytes(p, w)
    if 0 <= p.used - waste(p) - expected <= -w.size_bytes % w.align_bytes:
        return []  # `next` is behind the last block, or behind its padding (faa)
    aside = f" and {waste(p)} are in no block" if waste(p) else ""
    return [f"{name} pass: {ops} operations take {expected} bytes{aside}, but {p.used} were handed out"]


def audit(trial: Trial, p: Pass) -> list[str]:
    """Every block aligned, inside the heap, disjoint, accounted for, or what is wrong."""
    got = sum(s.bytes for s in p.shares)
    claims = [
        (sum(s.misplaced for s in p.shares), "block(s) misaligned or outside the heap"),
        (sum(s.overlapping for s in p.shares), "block(s) with bytes that another block has, too"),
        (sum(abs(s.ops - s.blocks) for s in p.shares), "operation(s) without their block"),
        (abs(got - trial.marked), f"byte(s) astray: harts got {got}, {trial.marked} different ones are marked"),
    ]
    return [f"audit: {n} {what}" for n, what in claims if n]


def exhausted(e: Exhaust) -> list[str]:
    """To the end of the heap: what fits is given, what does not is refused, or what is wrong."""
    claims = [
        (e.misaligned + e.outside, "block(s) misaligned or outside the heap"),
        (e.overlapping, "block(s) with bytes that another block has, too"),
        (e.astray, "byte(s) astray"),
        (e.early, "round(s) refused what there was room for"),
    ]
    return [f"heap's end: {n} {what}" for n, what in claims if n]


def lost_share(passes: Iterable[Pass], w: Workload) -> float:
    """Share of the operations whose update of `next` was overwritten, in the worst
    pass; of bytes where sizes vary."""
    stride = w.size_bytes + -w.size_bytes % w.align_bytes
    all_of = [(p, sum(s.bytes if w.sizes != FIXED else s.ops * stride for s in p.shares)) for p in passes]
    return max(ratio(max(0, total_bytes(p, w) + waste(p) - p.used), n) for p, n in all_of)


def figures(trial: Trial, workload: Workload, timebase_hz: int) -> Figures:
    """The caller guarantees trials.is_complete(trial)."""
    t, latency = trial.passes["throughput"], trial.passes["latency"]
    in_time = window(t)
    ops, ticks = sum(in_time.ops), in_time.ticks
    cycles_per_tick = ratio(sum(s.cycles for s in t.shares), sum(s.end - s.start for s in t.shares))
    wait, hold = trial.merged("wait"), trial.merged("hold")
    faults = audit(trial, trial.passes["audit"]) + exhausted(trial.exhaust or Exhaust()) + fairness.faults(trial)
    for name, p in trial.passes.items():
        faults += conservation(name, p, workload)
        if not strategies.known()[trial.strategy].lockfree:
            faults += touched(name, p, workload)
    return Figures(
        ops_window=ops,
        window_seconds=ratio(ticks, timebase_hz),
        throughput_ops_per_second=ratio(ops * timebase_hz, ticks),
        cycles_per_op=ratio(ticks * cycles_per_tick, ops) if ticks else NAN,
        overlap=overlap(t),
        jain_index=jain(in_time.ops),
        min_max_share=ratio(min(in_time.ops), max(in_time.ops)),
        top_half_share=top_half(in_time.ops),
        fairness=fairness.figures(trial),
        contended_share=ratio(sum(s.waited for s in latency.shares), wait.count),
        failed_attempts_per_op=ratio(sum(s.failed for s in latency.shares), wait.count),
        wait=wait,
        hold=hold,
        response=trial.merged("response"),
        backlog_ops=sum(backlog(s, workload, timebase_hz) for s in t.shares),
        interrupts=sum(s.interrupts for s in t.shares),
        interrupts_inside=sum(s.interrupts_inside for s in t.shares),
        ipis=sum(s.ipis for s in t.shares), ipis_inside=sum(s.ipis_inside for s in t.shares), stops=sum(s.stops for s in t.shares),
        exhaust=trial.exhaust or Exhaust(),
        lost_updates_share=lost_share(trial.passes.values(), workload),
        waste_share=ratio(waste(t), t.used),
        faults=tuple(faults),
        ended="heap" if "heap" in (t.ended, latency.ended) else "time",
        window=in_time.kind,
        coherence={column: ratio(t.coherence[name], ops)
                   for name, column in zip(COHERENCE, PER_OP, strict=True) if name in t.coherence},
    )
