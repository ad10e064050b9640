"""Makes the numbers of a machine profile from the probe's measurements.

The functions of _FITS take a known cost off another where the profile needs that; docs/ports/probe.md explains them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from hartlock.probe.fit_atomics import (TOLD_CYCLES, amo_ahead, amo_overlaps, difference, l1_sc, load_ahead, lr_shares, own_amo, waits_for_stores,
                                        way_asked)
from hartlock.probe.fit_copies import copies_go
from hartlock.probe.fit_fights import asks_for_own, bank_busy, hot_shared, hot_spaced, kept, like, lr_hold, owned, sc_takes
from hartlock.probe.fit_pair import Core, HotLine, hot_line
from hartlock.probe.fit_stores import l1_store, sc_backoff, store_buffer, store_misses, waits
from hartlock.probe.measured import Found, Probe, Span
from hartlock.probe.topology import topology


EARLY = 0.25  # share of a transfer before which no owner is asked: a request goes to the bank, and on to the owner
KNOWN_SHARE = 0.1  # a range that is narrower than this, of its most, is taken for its middle

def _clock_mhz(p: Probe) -> Found:
    m = p.measures["ticks", 0, 0]
    mhz = m.cycles.min / m.ops * p.timebase_hz / 1e6
    return Found(max(1, round(mhz)), f"{m.cycles.min} cycles in {m.ops} ticks of {p.timebase_hz} Hz")


def _simple(kind: str, what: str) -> Callable[[Probe], Found]:
    return lambda p: Found(p.cost(kind), what)


def _of_near(kind: str, what: str) -> Callable[[Probe], Found]:
    return lambda p: Found(None, "AMOs are far") if _is_far(p) else own_amo(p, kind, what)


def _instruction(p: Probe) -> float | None:
    """The mean cycles of an instruction of the loops that delay."""
    op, branch = p.cost("op"), _branch(p).number
    return None if op is None or branch is None else (op + branch) / 2


def _is_far(p: Probe) -> bool | None:
    """Are AMOs done outside the L1? They are if a load misses the line of the hart's own AMO."""
    amo, both, shared, load = (p.cost(k) for k in ("amo", "amo_load", "shared", "load"))
    if amo is None or both is None or shared is None or load is None:
        return None
    # A real core may make a load wait for the AMO before it, which is no miss.
    return both - amo > (load + shared if p.real else (load + shared) / 2)


def _amo_far(p: Probe) -> Found:
    return Found(_is_far(p), "a load after an AMO to the same line: does it miss?")


def _l1_amo(p: Probe) -> Found:
    if _is_far(p):
        return Found(p.cost("lr"), "AMOs are far: an LR of an own line")
    return own_amo(p, "amo", "amoadd to an own line, each on the last one's result")


def _far_amo(p: Probe) -> Found:
    return Found(p.cost("amo_lines"), "amoadd to a line nobody else uses, nearest bank") if _is_far(p) else Found(None, "AMOs are near")


def _transfer(p: Probe) -> Found:
    t = topology(p)
    return Found(t.transfer if t else None, "load of a line another hart of the cluster wrote, nearest bank")


def _cluster_harts(p: Probe) -> Found:
    t = topology(p)
    return Found(t.size, f"what fits the dirty loads best, off by {t.error:.2g} cycles") if t else Found(None, "one hart")


def _upgrades(p: Probe) -> list[tuple[int, float]]:
    """The (copies taken away, cycles), without the AMO and the way to the farthest sharer."""
    load, amo, t = p.cost("load"), p.cost("amo"), topology(p)
    if load is None or amo is None or t is None:
        return []
    far = _is_far(p)
    own = p.cost("amo_lines") or amo if far else 0.0 if amo_overlaps(p, False).fact else max(0.0, amo - way_asked(p) - load)
    hides = amo - way_asked(p) if own == 0 else 0.0
    out = []
    for n in range(1, p.harts):
        cost = p.cost("upgrade", 0, n)
        if cost is not None and cost > hides + TOLD_CYCLES:
            out.append((n + bool(far), cost - own - max(t.way(0, s) for s in range(1, n + 1))))
    return out


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The line through the points, as (value at one copy, increase for each further one)."""
    slope, at_zero = np.polyfit([n for n, _ in points], [c for _, c in points], 1)
    return float(at_zero + slope), float(slope)


def _of_store(p: Probe) -> Found:
    """An upgrade by a store, with a full fence behind it, less such a store to an own line, which takes at least as long as the fence."""
    taken, own, load, t = p.cost("upgrade_store", 0, 1), p.cost("store_done"), p.cost("load"), topology(p)
    if taken is None or own is None or load is None or t is None:
        return Found(None, "one hart")
    how = "a store to a line one other hart has a copy of, less one to an own line"
    least = load if waits(p) else max(load, (l1_store(p).number or 0.0) + (p.cost("fence_rw_rw") or 0.0) - _delay(p))
    value = taken - own + least - t.way(0, 1)
    if taken - own < TOLD_CYCLES and least > load + TOLD_CYCLES:
        return Found((load, value), f"{how}, which takes as long")
    return Found(value, how)


def _upgrade(p: Probe) -> Found:
    points = _upgrades(p)
    if len(points) < 2 and (not points or points[0][0] > 1 + bool(_is_far(p))):
        return _of_store(p)  # an AMO does its own work meanwhile, and that takes longer
    value = _line(points)[0] if len(points) > 1 else points[0][1]
    return Found(value, "amoadd to a line one other hart has a copy of, less the AMO itself")


def _invalidate(p: Probe) -> Found:
    points = _upgrades(p)
    if len(points) < 2:
        return Found(None, "fewer than three harts, or an AMO takes longer than they do")
    return Found(max(0.0, _line(points)[1]), f"the same with 1 to {p.harts - 1} sharers, slope")


def _shared(p: Probe) -> Found:
    shared, load = p.cost("shared"), p.cost("load")
    if shared is None or load is None or shared < 2 * load:
        return Found(None, "the L1 held all lines")
    return Found(shared, "load of a line that left the L1, of 256 KiB, nearest bank")


def _moesi(p: Probe) -> Found:
    copy, dirty, shared, t = p.cost("copy", 0, 1), p.cost("dirty", 0, 2), p.cost("shared"), topology(p)
    if copy is None or dirty is None or shared is None or t is None:
        return Found(None, "fewer than three harts")
    shared += t.way_to_bank(2)
    if abs(dirty - shared) < TOLD_CYCLES + 1:
        return _moesi_of_store(p)
    return Found(abs(copy - dirty) < abs(copy - shared), "a line one hart wrote and one read: does a third get it from the owner?")


def _moesi_of_store(p: Probe) -> Found:
    """A hart that stores to its copy of a line takes it from the owner, if there is one; else it takes the other copies away."""
    taken, owner, copies = (p.cost(kind, 0, 1) for kind in ("copy_store", "dirty_store", "upgrade_store"))
    if taken is None or owner is None or copies is None or abs(owner - copies) <= TOLD_CYCLES:
        return Found(None, "a shared line costs as much from its owner as from the shared cache")
    return Found(abs(taken - owner) < abs(taken - copies), "a line one hart wrote and one read: does that one's store take it from the owner?")


def _branch(p: Probe) -> Found:
    op = p.cost("op")
    m = p.measures["loop", 0, 0]
    return Found(None if op is None else (m.cycles.min - p.overhead("dirty")) / m.ops - op, "the turn of an empty loop, less its addition")


def _core(p: Probe) -> Core | None:
    load, lone, amo, t = p.cost("load"), p.cost("dirty", 1, 0), p.cost("amo"), topology(p)
    if load is None or lone is None or amo is None or t is None or _is_far(p) or t.way(0, 1):
        return None
    return Core(load, lone, amo, bool(amo_overlaps(p, False).fact))


@lru_cache(maxsize=2)
def _pair(p: Probe) -> tuple[HotLine | None, bool | None]:
    """The answer of hot_line() for harts 0 and 1; nothing where AMOs are far, or the harts."""
    core = _core(p)
    return hot_line(p, core) if core else (None, None)


def _amo_asks(p: Probe) -> Found:
    """Where AMOs are asked for each time, a hart makes one in a turn at a word that another hart wants, however short they are."""
    if _is_far(p):
        return Found(False, "without effect: AMOs are far")
    asks = asks_for_own(p) if asks_for_own(p) is not None else _pair(p)[1]
    how = "two harts at one word: a hart makes one AMO in a turn, or as many as there is time for"
    return Found((False, True) if asks is None else asks, how if asks is not None else "an AMO takes as long as a hart's turn at a word")


def _stores(p: Probe) -> list[tuple[float, float]]:
    """Stores with a full fence behind them, as the (cycles, those of them by which its line comes later than an own one)."""
    load, line, upgrade, t = p.cost("load"), p.cost("dirty", 1, 0), _upgrades(p)[:1], topology(p)
    if load is None or line is None or t is None:
        return []
    later = {("store_done", 0, 0): 0.0, ("dirty_store", 0, 1): line - load}
    if upgrade and not _is_far(p) and not t.way(0, 1):
        later["upgrade_store", 0, 1] = upgrade[0][1] - load
    taken = [(p.cost(*which), late) for which, late in later.items()]
    return [(cycles, late) for cycles, late in taken if cycles is not None]


def _store_delay(p: Probe) -> Found:
    """A store, until a full fence behind it is over, takes the delay, the store, and what its line comes later than an own one. The
    fence's own time passes while the buffer empties, so the longest of these stores shows the delay best."""
    stores, load, store, fence = _stores(p), p.cost("load"), l1_store(p).number, p.cost("fence_rw_rw")
    if not stores or load is None or store is None or fence is None:
        return Found(None, "one hart, or no RISC-V")
    taken, late = max(stores)
    taken += p.cost("fence_r_rw") or 0  # two clock reads have a fence of loads between them, a store has not
    own = late + max(load, store) + (fence if waits(p) else 0)
    least = load + (_branch(p).number or 0) if p.real else TOLD_CYCLES
    hidden = max(least, 0 if waits(p) else fence + least - own)
    how = f"a store takes {taken:.4g} cycles until a fence behind it is over, and {own:.4g} of them are its line's and its own"
    return Found(taken - own if taken - own > hidden else (0.0, max(0.5, min(hidden, taken - own))), how)


def _delay(p: Probe) -> float:
    """The cycles of store_delay, in the middle of what is known; 0 where nothing is."""
    return _store_delay(p).number or 0.0


def _is_narrow(least: float, most: float) -> bool:
    return most - least <= KNOWN_SHARE * most


@lru_cache(maxsize=2)
def _hot_transfer(p: Probe) -> Found:
    """The transfer of a line for which others wait: of two harts at it, of all, or of a hand-off, whose reader waits for its line."""
    t, (line, _) = topology(p), _pair(p)
    if t is None:
        return Found(None, "one hart")
    spaced = hot_spaced(p, _instruction(p), bool(_is_far(p)))
    if line is not None and _is_narrow(*line.transfer):
        found = Found(sum(line.transfer) / 2, "two harts at one word: what fits the time over the instructions between their AMOs best")
    elif spaced.number is not None:
        found = spaced
    else:
        least, most = line.transfer if line is not None else (p.cost("load") or 1.0, t.transfer)
        found = _of_handoff(p, least, min(most, t.transfer))
    return found._replace(value=t.transfer) if isinstance(found.value, float) and like(found.value, t.transfer) else found


def _of_handoff(p: Probe, least: float, most: float) -> Found:
    """The hot transfer of a hand-off, within these bounds, and within a turn of the waiting loop, which may find its line gone in any part
    of it. A real computer's instructions hide in each other, so there it tells nothing."""
    delay, moesi, lone = _store_delay(p).number, _moesi(p).fact, p.cost("dirty", 0, 1) or most
    rests = [_beyond(p, owned) for owned in ((False, True) if moesi is None else (moesi,))]
    hots = [min(most, max(least, rest + lone - delay)) for rest in rests if rest is not None and delay is not None]
    if not hots or p.real:
        return Found(None, "two harts at one word show no turns of one length")
    half = ((p.cost("load") or 0.0) + (_branch(p).number or 0.0)) / 2 + TOLD_CYCLES
    low, high = max(least, min(hots) - half), min(most, max(hots) + half)
    return Found((low, high), "a hand-off, less its write, the delay of a store, and the waiting loop, which is as wide as the range")


def _hot_owner(p: Probe) -> Found:
    """The time at which the owner of a line for which others wait is asked: 0 in a profile stands for two thirds of the transfer."""
    found, hot = _asked(p), _hot_transfer(p).number
    if found is None or hot is None:
        return Found(None, "it is not known how soon a hot line moves")
    least, most = found
    how = f"an owner uses its line until {least:.4g} to {most:.4g} cycles behind its coming, and two thirds would be {2 / 3 * hot:.4g}"
    usual = _is_narrow(least, most) and least - TOLD_CYCLES <= 2 / 3 * hot <= most + TOLD_CYCLES
    return Found(0 if usual else (least, most), how)


def _asked(p: Probe) -> Span | None:
    """The least and the most cycles from a line's coming until its owner is asked by who waits for it. An LR's SC stores until then, too,
    or until the end of its hold, so a window that says more than that is one of a hart that was late."""
    line, hot, branch = _pair(p)[0], _hot_transfer(p).number, _branch(p).number
    if hot is None:
        return None
    known = [owned(p, branch, amo_overlaps(p, False).fact, bool(_is_far(p))), line.owner if line else None, (0.0, hot)]
    end = kept(p, branch) if lr_shares(p).fact is False else None
    latest = min(hot, end[1]) if end is not None else hot
    least, most = next(span for span in known if span is not None and span[0] <= latest)
    most = min(most, latest)
    return min(most, max(least, EARLY * hot)), most


def _beyond(p: Probe, moesi: bool) -> float | None:
    """The cycles of a hand-off beyond its write, its dirty load and half a turn of the waiting loop.
    The writer has read the line before: if the other hart still owns it (MOESI), the write
    fetches it from there, else it is an upgrade. The reader finds its line gone while the write
    is under way, and has looked into its L1 when the write ends."""
    upgrade, t = _upgrade(p).number, topology(p)
    handoff, dirty, load, branch = p.cost("visible", 0, 1), p.cost("dirty", 0, 1), p.cost("load"), _branch(p).number
    if upgrade is None or t is None or handoff is None or dirty is None or load is None or branch is None:
        return None
    write = dirty if moesi else upgrade + t.way(0, 1)
    return handoff - write - (dirty - load) - (load + branch) / 2


def _amo_waits(p: Probe) -> Found:
    return waits_for_stores(p, "store_amo", "amo_lines", _delay(p), not waits(p))


_FITS: Mapping[str, Callable[[Probe], Found]] = {
    "clock_mhz": _clock_mhz,
    "harts": lambda p: Found(p.harts, "the harts that took part"),
    "cluster_harts": _cluster_harts,
    "l1_load": lambda p: Found(p.chain("load", bool(load_ahead(p).number)), "each load's address from the load before"),
    "l1_store": l1_store,
    "l1_amo": _l1_amo,
    "amo_far": _amo_far,
    "far_amo": _far_amo,
    "transfer": _transfer,
    "upgrade": _upgrade,
    "invalidate": _invalidate,
    "store_delay": _store_delay,
    "shared": _shared,
    "memory": _simple("memory", "first load of a line, over the whole heap, nearest bank"),
    "moesi": _moesi,
    "op": _simple("op", "xor, each on the last one's result"),
    "branch": _branch,
    "jump": _simple("jump", "a jump to the next instruction"),
    "fence": _simple("fence_rw_rw", "`fence rw,rw`"),
    "fence_release": _simple("fence_rw_w", "`fence rw,w`"),
    "fence_acquire": _simple("fence_r_rw", "`fence r,rw`"),
    "fence_waits": lambda p: waits_for_stores(p, "store_release", "fence_rw_w", _delay(p), not waits(p)),
    "pause_waits": lambda p: waits_for_stores(p, "store_pause", "pause", _delay(p), not waits(p)),
    "store_buffer": lambda p: store_buffer(p, _delay(p)),
    "store_misses": lambda p: store_misses(p, _delay(p)),
    "sc_backoff": sc_backoff,
    "l1_swap": _of_near("amo_swap", "amoswap to an own line"),
    "l1_logic": _of_near("amo_or", "amoor to an own line"),
    "l1_cas": _of_near("amo_cas", "amocas to an own line"),
    "l1_lr": _simple("lr", "LR of an own line"),
    "l1_sc": l1_sc,
    "aq": lambda p: difference(p, "amo_aq", "amo", "amoadd.aq less amoadd"),
    "rl": lambda p: difference(p, "amo_rl", "amo", "amoadd.rl less amoadd"),
    "load_ahead": load_ahead,
    "amo_ahead": amo_ahead,
    "amo_asks": _amo_asks,
    "amo_overlaps": lambda p: amo_overlaps(p, bool(_is_far(p))),
    "lr_shares": lr_shares,
    "amo_waits": _amo_waits,
    "hot_transfer": _hot_transfer,
    "hot_owner": _hot_owner,
    "copies_go": lambda p: copies_go(p, _upgrade(p).number, _hot_transfer(p).span),
    "hot_shared": lambda p: hot_shared(p, _invalidate(p).number, _moesi(p).fact),
    "bank_busy": lambda p: bank_busy(p, _invalidate(p).number, bool(_is_far(p))),
    "lr_hold": lambda p: lr_hold(p, _branch(p).number, _asked(p), lr_shares(p).fact),
    "sc_takes": lambda p: sc_takes(p, lr_shares(p).fact),
    "mul": _simple("mul", "each on the last one's result"),
    "div": _simple("div", "unsigned by 3, each on the last one's result"),
    "pause": _simple("pause", "pauses in a row"),
}


def fit(p: Probe, base_columns: int) -> dict[str, Found]:
    """Every key of a profile on which the probe has an answer."""
    out = {key: find(p) for key, find in _FITS.items()}
    if p.real:
        out = {key: f._replace(how=f.how.replace("nearest bank", "median of the misses")) for key, f in out.items()}
    t = topology(p, base_columns)
    if t is not None and t.homes:
        out["banks"] = Found(t.homes, "the clusters that have a bank, as fits the dirty loads best")
    if t is None or t.size >= p.harts:
        out["hop"] = Found(None, "all harts are in one cluster")
        return out
    out["mesh_columns"] = Found(t.columns, "what fits the dirty loads best")
    out["hop"] = Found(t.hop, "dirty loads from other clusters: what each step there and back adds")
    return out
