"""The keys that two harts' fight for a line shows."""

from hartlock.probe.measured import Found, Probe
from hartlock.probe.topology import topology

GAPS, TWICE, STEP = 256, 2, 2  # bench/probe_play.h: gaps of 0, 2, ... instructions, each twice
SPACED = (16, 32, 64, 128, 256)  # bench/probe.c
SCATTERED = "too few harts, or several clusters, or a real computer"
LIKE_SHARE, LIKE_CYCLES = 0.06, 2  # times that differ by less are one
FIXED_OPS, SWAP_OPS, DELAY_OPS = 2, 3, 4  # beside the gap: between LR and SC, a swap and a load, and of a gap that is not 0
TOGETHER = 0.8  # the share of the gaps below the longest one that hart 0 won, if those lie together
FEW = 4  # gaps; hart 1 is busy otherwise for so many of them


def won(p: Probe, kind: str) -> float | None:
    """The instructions of the longest gap that hart 0 won in half of the tries: each gap counts by its share of them."""
    m = p.measures.get((kind, 0, 1))
    return None if m is None else m.cycles.count / TWICE * STEP


def _gap(p: Probe, kind: str, branch: float | None, beside: int) -> float | None:
    """The cycles of the longest gap that hart 0 won, with the instructions beside it; None where the gaps that it won do not lie together."""
    op, longest, m = p.cost("op"), won(p, kind), p.measures.get((kind, 0, 1))
    if op is None or longest is None or branch is None or m is None:
        return None
    if longest <= STEP:
        return (beside * op + branch) if longest > 0 else 0.0
    if longest < TOGETHER * (m.cycles.max + STEP):
        return None
    return (longest - 1) / STEP * (op + branch) + (beside + DELAY_OPS) * op + branch


def owned(p: Probe, branch: float | None, overlaps: bool) -> float | None:
    """The cycles from a line's coming until its owner, who swapped it, has lost it to another that asks all the time; None where a
    swap takes longer than that."""
    swap, both, single, load, m = p.cost("amo_swap"), p.cost("amo_aqrl"), p.cost("amo"), p.cost("load"), p.measures.get(("load_window", 0, 1))
    gap = _gap(p, "load_window", branch, SWAP_OPS)
    if swap is None or both is None or single is None or load is None or gap is None or m is None or m.cycles.count < FEW:
        return None
    return gap + max(0.0, both - single) + (load if overlaps else swap)


def asks_for_own(p: Probe) -> bool | None:
    """Does an AMO of a line that is its own wait behind another hart's request, where a load of it does not?"""
    loads, swaps = won(p, "load_window"), won(p, "swap_window")
    if loads is None or swaps is None or loads < FEW:
        return None
    return False if swaps > loads / 2 else True if loads >= 2 * FEW else None


def kept(p: Probe, branch: float | None) -> float | None:
    """The cycles from an LR's line coming to the latest SC that stored, while another hart asked for the line all the time."""
    lr, gap = p.cost("lr"), _gap(p, "lr_window", branch, FIXED_OPS)
    return None if lr is None or gap is None or not p.riscv else lr + gap


def lr_hold(p: Probe, branch: float | None, owner: tuple[float, float] | None, shares: bool | None) -> Found:
    """The time from an LR to the latest SC that stored. A request that waits reaches the owner after `owner` (a range), counted from
    the line's coming, so a hold that ends before the least of that is not seen, and does nothing."""
    lr, end, op = p.cost("lr"), kept(p, branch), p.cost("op")
    if shares:
        return Found(0, "an LR takes a copy and keeps nothing")
    if lr is None or end is None or owner is None or op is None or branch is None:
        return Found(None, "one hart, or no RISC-V")
    hold = max(0.0, end - lr)
    most = "; longer than was tried" if (won(p, "lr_window") or 0) >= GAPS * STEP else ""
    how = f"an SC stores until {hold:.4g} cycles behind its LR, while another hart asks for the line{most}"
    if end > owner[0] + 2 * (op + branch):
        return Found(hold, how)
    return Found((0.0, hold), f"{how}, and its request comes then anyway")


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
    hot = max(load, latest[2] - latest[1] - invalidate + load)
    how = f"of two watchers of a word, the later one sees it {latest[2] - latest[1]:.4g} cycles behind"
    return Found(shared if like(hot, shared) else hot, how)


def bank_busy(p: Probe, invalidate: float | None) -> Found:
    """Each further watcher of a word sees it so much later."""
    latest = _latest(p)
    if invalidate is None or max(latest, default=0) < 3:
        return Found(None, SCATTERED)
    later = (latest[max(latest)] - latest[2]) / (max(latest) - 2) - invalidate
    return Found(max(0.0, later), "what each further watcher of a word sees it later, less the copy that is taken away")


def sc_takes(p: Probe, shares: bool | None) -> Found:
    """An SC that fails after it has asked: is its line there then? A load behind it tells."""
    lost, load = p.measures.get(("sc_lost", 0, 1)), p.cost("load")
    if shares is False:
        return Found(False, "without effect: an LR takes its line, so an SC never has to ask")
    if shares is None or lost is None or load is None or not lost.cycles.count:
        return Found((False, True), "no SC failed behind its LR")
    soonest = lost.cycles.min - p.overhead("sc_lost")
    return Found(soonest < 2 * load + LIKE_CYCLES, f"a load behind an SC that failed takes at least {soonest:.4g} cycles")
