"""The keys of AMOs, LR, SC and fences: each alone on an own line, and what of them a hart does not wait for."""

from hartlock.probe.measured import Found, Probe
from hartlock.probe.topology import topology

WINDOW = 1000.0  # a hart that waits for nothing of an access goes on this long before its end
ALL_SHARE = 0.75  # a hart that does not wait for so much of an access waits for nothing of it
LONG_CYCLES = 50  # a hart that waits for nothing of an access of this length waits for nothing of a longer one
SHORT_CYCLES = 20  # a wait that is shorter may pass while the next instruction is issued
TOLD_CYCLES = 2  # the least difference that tells one machine from another


def difference(p: Probe, kind: str, less: str, how: str) -> Found:
    """One kind takes so much more than another."""
    with_it, without = p.cost(kind), p.chain(less, bool(amo_ahead(p).number))
    return Found(None, "no RISC-V") if with_it is None or without is None else Found(max(0.0, with_it - without), how)


def l1_sc(p: Probe) -> Found:
    both, lr, op = p.cost("lr_sc"), p.cost("lr"), p.cost("op")
    if both is None or lr is None or op is None:
        return Found(None, "no RISC-V")
    return Found(both - lr - op, "LR and SC of an own line, less the LR and an addition")


def way_asked(p: Probe) -> float:
    """The cycles of the way to the bank of the line to which `amo` is made, where an AMO asks the directory though the line is its own, and
    that is another cluster's. `amo_lines` has a line of each bank, of which the nearest counts."""
    amo, near, t = p.cost("amo"), p.cost("amo_lines"), topology(p)
    if amo is None or near is None or t is None or t.size >= p.harts or amo - near < TOLD_CYCLES:
        return 0.0
    return amo - near


def own_amo(p: Probe, kind: str, what: str) -> Found:
    """An AMO on an own line, without the way to the bank that it asks, where it asks. It hides in that way, if it does its work meanwhile."""
    cost, load, way = p.chain(kind, bool(amo_ahead(p).number)), p.cost("load"), way_asked(p)
    if cost is None or load is None or way == 0:
        return Found(cost, what)
    overlaps = amo_overlaps(p, False).fact
    if not overlaps:
        least = max(load, cost - way)
        return Found(least if overlaps is False else (least, cost), f"{what}, less {way:.4g} to the bank that it asks")
    if kind == "amo" and cost - way > load + TOLD_CYCLES:
        return Found(cost - way, f"{what} of the nearest bank, which it asks")
    hidden = cost < (p.cost("amo") or cost) + TOLD_CYCLES
    return Found((load, cost) if hidden else cost, f"{what}, which asks another cluster's bank meanwhile")


def amo_overlaps(p: Probe, far: bool) -> Found:
    """Does an AMO that misses do its work meanwhile? Then it takes the longer of the two times, not both. The AMO of the two that tells
    better is asked."""
    miss, load = p.cost("dirty", 1, 0), p.cost("load")
    if far or miss is None or load is None:
        return Found(None, "AMOs are far" if far else "one hart")
    asked = [_overlap(name, miss, load, p.cost(dirty, 0, 1), max(0.0, (p.cost(alone) or 0.0) - way_asked(p)))
             for name, dirty, alone in (("amoadd", "dirty_amo", "amo"), ("amoswap", "dirty_swap", "amo_swap"))]
    hidden, found = max(asked, key=lambda answer: answer[0])
    return found if hidden >= TOLD_CYCLES else Found(None, "an AMO's own time is too short to tell")


def _overlap(name: str, miss: float, load: float, taken: float | None, own: float) -> tuple[float, Found]:
    """Returns the cycles that an AMO to a line that another hart wrote would save by doing its work meanwhile, and whether it does."""
    if taken is None:
        return 0.0, Found(None, "no RISC-V")
    at_once = max(miss, own)
    hidden = miss + own - load - at_once
    return hidden, Found(taken < at_once + hidden / 2, f"{name} to a line another hart wrote takes {taken:.4g}, a load {miss:.4g}")


def _ahead(cycles: float, of: float, how: str) -> Found:
    """A hart that waits for nothing of a short access waits, maybe, for a part of a longer one."""
    if cycles < TOLD_CYCLES:
        return Found(0.0, how)
    if cycles < ALL_SHARE * of:
        return Found(cycles, how)
    return Found(WINDOW if of > LONG_CYCLES else (cycles, WINDOW), how)


def load_ahead(p: Probe) -> Found:
    """Two loads of lines that another hart wrote take so much less than twice one."""
    one, two, op = p.typical("dirty", 1, 0), p.typical("dirty_two", 0, 1), p.cost("op")
    if one is None or two is None or op is None:
        return Found(None, "one hart")
    return _ahead(2 * one - (two - op), one, f"two loads of lines another hart wrote take {two:.4g}, one {one:.4g}")


def amo_ahead(p: Probe) -> Found:
    """The time before the end of an AMO to a line that another hart wrote at which hart 0 goes on."""
    done, on, fence = p.typical("dirty_amo", 0, 1), p.typical("dirty_amo_on", 0, 1), p.cost("fence_r_rw")
    if done is None or on is None or fence is None:
        return Found(None, "one hart, or no RISC-V")
    return _ahead(done - on - fence, done, f"hart 0 goes on {on + fence:.4g} cycles behind an amoadd that takes {done:.4g}")


def waits_for_stores(p: Probe, kind: str, alone: str, delay: float, buffered: bool) -> Found:
    """Does a fence, a pause or an AMO wait for the store before it? What a fence or a pause takes alone passes meanwhile, and an AMO may
    come behind the store's request for its line (`delay`: store_delay) anyway. Two clock reads have a fence of loads between them, which
    is not part of such a try."""
    taken, cost, line = p.typical(kind, 0, 1), p.typical(alone, 0, 0), p.typical("dirty", 1, 0)
    if taken is None or cost is None or line is None:
        return Found(None, "one hart, or no RISC-V")
    taken += p.cost("fence_r_rw") or 0
    if not buffered:
        return Found(None, "a hart waits for its stores anyway")
    least, most = (delay, delay + line) if kind == "store_amo" else (0.0, delay + line - cost)
    hides = most - least < 2 * TOLD_CYCLES  # in what it takes alone
    if hides or (most - least < SHORT_CYCLES and taken - cost <= max(TOLD_CYCLES, (least + most) / 2)):
        return Found((False, True), f"it takes {cost:.4g} cycles alone, and a line another hart wrote comes in {line:.4g}: too short to tell")
    return Found(taken - cost > (least + most) / 2, f"it takes {taken:.4g} cycles behind a store to a line another hart wrote, {cost:.4g} alone")


def lr_shares(p: Probe) -> Found:
    kept, load = p.typical("lr_leaves", 0, 1), p.cost("load")
    if kept is None or load is None or not p.riscv:
        return Found(None, "one hart, or no RISC-V")
    return Found(kept < 2 * load + TOLD_CYCLES, f"a line that two harts read, and one of them by LR again: the other's load takes {kept:.4g}")
