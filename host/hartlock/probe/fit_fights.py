"""The keys that two harts' fight for a line shows."""

import statistics

from hartlock.probe.fit_stores import l1_store, waits
from hartlock.probe.measured import Found, Probe, Span
from hartlock.probe.topology import topology
from hartlock.records.histogram import lowest

GAPS, OFTEN, STEP = 256, 3, 2  # bench/probe_play.h: gaps of 0, 2, ... instructions, each three times
SPACED = (16, 32, 64, 128, 256)  # bench/probe.c
SCATTERED = "too few harts, or several clusters, or a real computer"
LIKE_SHARE, LIKE_CYCLES = 0.06, 2  # times that differ by less are one
LINKED_OPS, SWAP_OPS, STORE_OPS = 2, 2, 0  # instructions beside the gap: between LR and SC, a swap and a load, a store and a load
ALIKE = 1.03  # times what takes as long
FEW = 4  # instructions of a gap; shorter ones do not tell


def _gaps(p: Probe, kind: str, least: int) -> int | None:
    """The gaps from the shortest on of which hart 0 won at least so many tries. On a real computer it may lose by chance: there each gap
    counts by its share."""
    m = p.measures.get((kind, 0, 1))
    if m is None:
        return None
    if p.real:
        return round(m.cycles.count / OFTEN)
    gaps = 0
    for bucket in range(max(m.cycles.buckets, default=-1) + 1):
        there = len(range(-(-lowest(bucket) // STEP) * STEP, lowest(bucket + 1), STEP))
        enough = m.cycles.buckets.get(bucket, 0) // least
        gaps += min(enough, there)
        if enough < there:
            break
    return gaps


def won(p: Probe, kind: str) -> int | None:
    """The instructions of the shortest gap that hart 0 did not win in each try."""
    gaps = _gaps(p, kind, OFTEN)
    return None if gaps is None else gaps * STEP


def _until(p: Probe, gap: int, branch: float, beside: int) -> float:
    """The cycles of a gap of so many instructions, with those beside it."""
    op = p.cost("op") or 0.0
    return beside * op + branch + gap / STEP * (op + branch)


def _gap(p: Probe, kind: str, branch: float | None, beside: int) -> Span | None:
    """The cycles of the longest gap that hart 0 won in each try, and of the shortest one that it lost in each."""
    each, some = _gaps(p, kind, OFTEN), _gaps(p, kind, 1)
    if each is None or some is None or branch is None or p.cost("op") is None:
        return None
    return _until(p, STEP * (each - 1), branch, beside) if each else 0.0, _until(p, STEP * some, branch, beside)


def owned(p: Probe, branch: float | None, overlaps: bool | None, far: bool) -> Span | None:
    """The least and the most cycles from a line's coming until its owner has lost it to another that asks all the time; None where an
    owner's own access takes longer than that. A hart 1 whose requests are late lengthens it, so the soonest is right."""
    spans = [_stored(p, "stores_window", branch)]
    if not far:
        spans += [_swapped(p, branch, overlaps), _stored(p, "store_window", branch)]
    known = [span for span in spans if span is not None]
    if not known:
        return None
    most = min(span[1] for span in known)
    return max(span[0] for span in known if span[0] < most), most


def _swapped(p: Probe, branch: float | None, overlaps: bool | None) -> Span | None:
    """Returns the same of an owner who swapped the line."""
    swap, load, gap = p.cost("amo_swap"), p.cost("load"), _window(p, "load_window", branch, SWAP_OPS)
    if swap is None or load is None or gap is None:
        return None
    return gap[0] + (swap if overlaps is False else load), gap[1] + (load if overlaps else swap)


def _stored(p: Probe, kind: str, branch: float | None) -> Span | None:
    """Returns the same of an owner who stored to the line. A fence's own time passes while the line comes, unless the hart waits for its store."""
    load, fence, line, store = p.cost("load"), p.cost("fence_rw_rw"), p.cost("dirty", 1, 0), l1_store(p).number
    gap = _window(p, kind, branch, STORE_OPS)
    if load is None or fence is None or line is None or store is None or gap is None or (fence > line - load and not waits(p)):
        return None
    own = max(load, store) + (fence if waits(p) else 0)
    return gap[0] + own, gap[1] + own


def _window(p: Probe, kind: str, branch: float | None, beside: int) -> Span | None:
    return _gap(p, kind, branch, beside) if won(p, kind) else None


def asks_for_own(p: Probe) -> bool | None:
    """Does an AMO of a line that is its own wait behind another hart's request, where a load of it does not?"""
    loads, swaps = won(p, "load_window"), won(p, "swap_window")
    if loads is None or swaps is None or loads < FEW:
        return None
    return False if swaps > loads / 2 else True if loads >= 2 * FEW else None


def kept(p: Probe, branch: float | None) -> Span | None:
    """The least and the most cycles from an LR's line coming to the latest SC that stored, while another hart asked for the line all the
    time."""
    lr, gap = p.cost("lr"), _gap(p, "lr_window", branch, LINKED_OPS)
    return None if lr is None or gap is None or not p.riscv else (lr + gap[0], lr + gap[1])


def lr_hold(p: Probe, branch: float | None, owner: Span | None, shares: bool | None) -> Found:
    """The time from an LR to the latest SC that stored. A request that waits reaches the owner after `owner` (a range), counted from
    the line's coming, so a hold that ends before the most of that is not seen."""
    lr, end = p.cost("lr"), kept(p, branch)
    if shares:
        return Found(0, "an LR takes a copy and keeps nothing")
    if lr is None or end is None or owner is None:
        return Found(None, "one hart, or no RISC-V")
    least, most = (max(0.0, at - lr) for at in end)
    longest = "; longer than was tried" if (won(p, "lr_window") or 0) >= GAPS * STEP else ""
    how = f"an SC stores until {least:.4g} to {most:.4g} cycles behind its LR, while another hart asks for the line{longest}"
    if end[0] > owner[1]:
        return Found((least, most), how)
    return Found((0.0, most), f"{how}, and its request comes then anyway")


def like(a: float, b: float) -> bool:
    return abs(a - b) <= max(LIKE_CYCLES, LIKE_SHARE * b)


def _turn(p: Probe, instruction: float, lone: float) -> float | None:
    """The cycles from one hart's turn at a hot line to the next one's: where the harts leave it alone for long enough to make one
    operation in each turn, and not for so long that it is idle. Two gaps in a row that agree are
    both, or have the same number of operations in a turn: the dearest such two have one."""
    costs = []
    for gap in SPACED:
        cost = p.cost("hot_spaced", 0, gap)
        if cost is not None and cost * p.harts > gap * instruction + 1.2 * lone:
            costs.append(cost)
    return max((b for a, b in zip(costs, costs[1:], strict=False) if abs(a - b) <= 0.03 * b), default=None)


def hot_spaced(p: Probe, instruction: float | None, far: bool) -> Found:
    """The transfer of a line that all harts fight for. The next request has its look into the L1 behind it already."""
    t, load = topology(p), p.cost("load")
    if t is None or load is None or instruction is None or far or t.size < p.harts:
        return Found(None, "AMOs are far" if far else SCATTERED)
    turn = _turn(p, instruction, t.transfer)
    if turn is None:
        return Found(None, "the harts were never all at the line, one operation each")
    hot = turn + load
    if hot > t.transfer and not like(hot, t.transfer):
        return Found(None, "the harts were never all at the line")
    return Found(hot, f"all harts at one word, a hart after the other: {turn:.4g} cycles each")


def _latest(p: Probe) -> dict[int, float]:
    """The latest answer of n watchers of a word, by n; nothing on a real computer, or where the banks of their lines are differently far."""
    t = topology(p)
    counted = sorted(b for kind, _, b in p.measures if kind == "readers") if t is not None and t.size >= p.harts and not p.real else []
    return {n: float(p.measures["readers", 0, n].cycles.max) for n in counted}


def hot_shared(p: Probe, invalidate: float | None, moesi: bool | None) -> Found:
    """The second watcher of a word sees it so much later than the first, which brought it to the shared cache."""
    latest, load, shared = _latest(p), p.cost("load"), p.cost("shared")
    if moesi:
        return Found(shared, "without effect: owned lines come from their owner")
    if invalidate is None or load is None or shared is None or not {1, 2} <= latest.keys():
        return Found(None, SCATTERED)
    hot = latest[2] - latest[1] - invalidate + load
    how = f"of two watchers of a word, the later one sees it {latest[2] - latest[1]:.4g} cycles behind"
    if hot < load - LIKE_CYCLES:
        return Found((load, shared), f"{how}: they lose their copies when the write is over, and do not wait for each other")
    hot = max(load, hot)
    return Found(shared if like(hot, shared) else hot, how)


def bank_busy(p: Probe, invalidate: float | None, far: bool) -> Found:
    """Each further watcher of a word sees it so much later. An AMO that is done at the shared cache keeps the bank for so long, which shows
    where further harts do not make more of them, in clusters, too."""
    latest, counts = _latest(p), sorted(b for kind, _, b in p.measures if kind == "hot")
    hot = [p.cost("hot", 0, count) or 0.0 for count in counts[-2:]]
    if far and len(hot) == 2 and hot[1] > hot[0] / ALIKE:
        return Found(hot[1], f"{counts[-1]} harts make AMOs to one word, which are done at the shared cache")
    if invalidate is None or max(latest, default=0) < 3:
        return Found(None, SCATTERED)
    further = [(latest[b] - latest[a]) / (b - a) for a in latest for b in latest if 2 <= a < b]
    return Found(max(0.0, statistics.median(further) - invalidate),
                 "what each further watcher of a word sees it later, less the copy that is taken away")


def sc_takes(p: Probe, shares: bool | None) -> Found:
    """An SC that fails after it has asked: is its line there then? A load behind it tells."""
    lost, load = p.measures.get(("sc_lost", 0, 1)), p.cost("load")
    if shares is False:
        return Found(False, "without effect: an LR takes its line, so an SC never has to ask")
    if shares is None or lost is None or load is None or not lost.cycles.count:
        return Found((False, True), "no SC failed behind its LR")
    soonest = lost.cycles.min - p.overhead("sc_lost")
    return Found(soonest < 2 * load + LIKE_CYCLES, f"a load behind an SC that failed takes at least {soonest:.4g} cycles")
