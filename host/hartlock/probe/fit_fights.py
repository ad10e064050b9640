"""The keys that two harts' fight for a line shows."""

from hartlock.probe.measured import Found, Probe
from hartlock.probe.topology import topology

GAPS, TWICE, STEP = 256, 2, 2  # bench/probe_play.h: gaps of 0, 2, ... instructions, each twice
SPACED = (16, 32, 64, 128, 256)  # bench/probe.c
SCATTERED = "too few harts, or several clusters, or a real computer"
LIKE_SHARE, LIKE_CYCLES = 0.06, 2  # times that differ by less are one
FIXED_OPS = 4  # instructions between LR and SC beside the gap


def won(p: Probe, kind: str) -> float | None:
    """The instructions of the longest gap that hart 0 won in half of the tries: each gap counts by its share of them."""
    m = p.measures.get((kind, 0, 1))
    return None if m is None else m.cycles.count / TWICE * STEP


def lr_hold(p: Probe, branch: float | bool | None, transfer: float | bool | None, delay: float) -> Found:
    """The time from an LR to the latest SC that stored while another hart asked for the line, by stores, each of which waits for
    `delay` first. A request takes two thirds of a transfer to the owner, so a shorter hold is not seen."""
    op, load, window = p.cost("op"), p.cost("load"), won(p, "lr_window")
    if op is None or load is None or window is None or branch is None or transfer is None or not p.riscv:
        return Found(None, "one hart, or no RISC-V")
    kept = max(0.0, window - 1) / STEP * (op + branch) + FIXED_OPS * op
    unseen = transfer * 2 / 3 + 2 * (op + branch) + delay
    if kept <= unseen:
        return Found(0.0, f"an SC fails {kept:.4g} cycles behind its LR, as soon as a request comes: at most {unseen:.4g}")
    most = "; longer than was tried" if window >= GAPS * STEP else ""
    return Found(kept, f"an SC stores until {kept:.4g} cycles behind its LR, while another hart asks for the line{most}")


def _like(a: float, b: float) -> bool:
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


def hot_transfer(p: Probe, instruction: float | None, far: bool) -> Found:
    """The transfer of a line that all harts fight for. The next request has its look into the L1 behind it already."""
    t, load = topology(p), p.cost("load")
    if t is None or load is None or instruction is None or far or t.size < p.harts:
        return Found(None, "AMOs are far" if far else SCATTERED)
    turn = _turn(p, instruction, t.transfer)
    if turn is None:
        return Found(None, "the harts were never all at the line, one operation each")
    hot = turn + load
    how = f"all harts at one word, a hart after the other: {turn:.4g} cycles each"
    return Found(t.transfer if _like(hot, t.transfer) else hot, how)


def _latest(p: Probe) -> dict[int, float]:
    """The latest answer of n watchers of a word, by n; nothing where harts are differently far."""
    t = topology(p)
    counted = sorted(b for kind, _, b in p.measures if kind == "readers") if t and t.size >= p.harts and not p.real else []
    return {n: float(p.measures["readers", 0, n].cycles.max) for n in counted}


def hot_shared(p: Probe, invalidate: float | None, moesi: bool | None) -> Found:
    """The second watcher of a word sees it so much later than the first, which brought it to the shared cache."""
    latest, load, shared, bank = _latest(p), p.cost("load"), p.cost("shared"), bank_busy(p, invalidate, moesi).value
    if moesi is None or moesi or invalidate is None or load is None or shared is None or bank is None or not {1, 2} <= latest.keys():
        return Found(None, "owned lines come from their owner" if moesi else SCATTERED)
    hot = max(load, latest[2] - latest[1] - invalidate - bank + load)
    how = f"of two watchers of a word, the later one sees it {latest[2] - latest[1]:.4g} cycles behind"
    return Found(shared if _like(hot, shared) else hot, how)


def bank_busy(p: Probe, invalidate: float | None, moesi: bool | None) -> Found:
    """Each further watcher of a word sees it so much later."""
    latest = _latest(p)
    if invalidate is None or max(latest, default=0) < 4 or moesi is not False:
        return Found(None, "owned lines come from their owner" if moesi else SCATTERED)
    later = (latest[max(latest)] - latest[2]) / (max(latest) - 2) - invalidate
    return Found(max(0.0, later), "what each further watcher of a word sees it later, less the copy that is taken away")
