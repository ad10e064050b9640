"""Makes the numbers of a machine profile from the probe's measurements.

The functions of _FITS take a known cost off another where the profile needs that; docs/ports/probe.md explains them.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hartlock.probe.fit_atomics import amo_ahead, amo_asks, amo_overlaps, difference, l1_sc, load_ahead, lr_shares, waits_for_stores
from hartlock.probe.fit_fights import LIKE_SHARE, bank_busy, hot_shared, hot_transfer, lr_hold
from hartlock.probe.fit_stores import drain_of, l1_store, sc_backoff, store_buffer, store_misses, waits
from hartlock.probe.measured import Found, Probe
from hartlock.probe.topology import topology


STORE_OPS, BEFORE_OPS = 15, 6  # instructions of a timed store that are not the store, and those of them in front of it


def _clock_mhz(p: Probe) -> Found:
    m = p.measures["ticks", 0, 0]
    mhz = m.cycles.min / m.ops * p.timebase_hz / 1e6
    return Found(max(1, round(mhz)), f"{m.cycles.min} cycles in {m.ops} ticks of {p.timebase_hz} Hz")


def _simple(kind: str, what: str) -> Callable[[Probe], Found]:
    return lambda p: Found(p.cost(kind), what)


def _of_near(kind: str, what: str) -> Callable[[Probe], Found]:
    return lambda p: Found(None, "AMOs are far") if _is_far(p) else Found(p.chain(kind, bool(amo_ahead(p).value)), what)


def _number(found: Found) -> float | None:
    return None if found.value is None else float(found.value)


def _is(found: Found) -> bool | None:
    return None if found.value is None else bool(found.value)


def _instruction(p: Probe) -> float | None:
    """The mean cycles of an instruction of the loops that delay."""
    op, branch = p.cost("op"), _number(_branch(p))
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
    return Found(p.chain("amo", bool(amo_ahead(p).value)), "amoadd to an own line, each on the last one's result")


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
    own = p.cost("amo_lines") or amo if far else 0.0 if amo_overlaps(p, False).value else max(0.0, amo - load)
    out = []
    for n in range(1, p.harts):
        cost = p.cost("upgrade", 0, n)
        if cost is not None:
            out.append((n + bool(far), cost - own - max(t.way(0, s) for s in range(1, n + 1))))
    return out


def _line(points: Sequence[tuple[int, float]]) -> tuple[float, float]:
    """The line through the points, as (value at one copy, increase for each further one)."""
    slope, at_zero = np.polyfit([n for n, _ in points], [c for _, c in points], 1)
    return float(at_zero + slope), float(slope)


def _upgrade(p: Probe) -> Found:
    points = _upgrades(p)
    if not points:
        return Found(None, "one hart")
    value = _line(points)[0] if len(points) > 1 else points[0][1]
    return Found(value, "amoadd to a line one other hart has a copy of, less the AMO itself")


def _invalidate(p: Probe) -> Found:
    points = _upgrades(p)
    if len(points) < 2:
        return Found(None, "fewer than three harts")
    return Found(max(0.0, _line(points)[1]), f"the same with 1 to {p.harts - 1} sharers, slope")


def _shared(p: Probe) -> Found:
    shared, load = p.cost("shared"), p.cost("load")
    if shared is None or load is None or shared < 2 * load:
        return Found(None, "the L1 held all lines")
    return Found(shared, "load of a line that left the L1, of 256 KiB, nearest bank")


def _moesi(p: Probe) -> Found:
    copy, dirty, shared = p.cost("copy", 0, 1), p.cost("dirty", 0, 2), p.cost("shared")
    if copy is None or dirty is None or shared is None:
        return Found(None, "fewer than three harts")
    if abs(dirty - shared) < 3:
        return Found(None, "a shared line costs as much from its owner as from the shared cache")
    return Found(abs(copy - dirty) < abs(copy - shared), "a line one hart wrote and one read: does a third get it from the owner?")


def _branch(p: Probe) -> Found:
    op = p.cost("op")
    m = p.measures["loop", 0, 0]
    return Found(None if op is None else (m.cycles.min - p.overhead("dirty")) / m.ops - op, "the turn of an empty loop, less its addition")


def _store_delay(p: Probe) -> Found:
    found = _apart(p)
    return Found(found[1] if found else None, "a hand-off, less its write, its dirty load and the waiting loop" if found else "one hart")


def _hot_transfer(p: Probe) -> Found:
    spaced = hot_transfer(p, _instruction(p), bool(_is_far(p)))
    found = _apart(p)
    if spaced.value is not None or found is None or p.real:
        return spaced
    return Found(found[0], "a hand-off, less its write, the delay of a store with a fence behind it, and the waiting loop")


def _apart(p: Probe) -> tuple[float, float] | None:
    """The (hot_transfer, store_delay) that a hand-off shows. The reader waits for the line while it is written, so it comes as a hot
    one does. Where no other measurement tells how fast that is, what a store with a fence behind it takes longer than a load of the
    line is the delay, and the rest is the transfer."""
    rest, t, op = _beyond(p), topology(p), p.cost("op")
    spaced = _number(hot_transfer(p, _instruction(p), bool(_is_far(p))))
    if rest is None or t is None or op is None:
        return None
    least = (p.cost("load") or 0) + (_number(_branch(p)) or 0)
    hot = t.transfer if p.real else spaced
    if hot is None:
        hot = min(t.transfer, max(least, t.transfer + rest - _fenced(p, op)))
        hot = t.transfer if t.transfer - hot <= max(2 * least, LIKE_SHARE * t.transfer) else hot
    delay = rest + t.transfer - hot
    return hot, delay if delay > least else 0.0


def _fenced(p: Probe, op: float) -> float:
    """A store with a fence behind it takes so much longer than a load of such a line."""
    store, line, fence, clocks = p.typical("stores_done", 0, 1), p.typical("dirty", 1, 0), p.cost("fence_rw_rw"), p.cost("fence_r_rw")
    if store is None or line is None or fence is None or clocks is None:
        return 0.0
    # The fence's own time passes while the buffer empties. The clock's has a fence of loads in it that a store's has not.
    own = fence + STORE_OPS * op if waits(p) else BEFORE_OPS * op
    return max(0.0, store + clocks - line - own)


def _beyond(p: Probe) -> float | None:
    """The cycles of a hand-off beyond its write, its dirty load and half a turn of the waiting loop.
    The writer has read the line before: if the other hart still owns it (MOESI), the write
    fetches it from there, else it is an upgrade. The reader finds its line gone while the write
    is under way, and has looked into its L1 when the write ends."""
    upgrade, t = _upgrade(p).value, topology(p)
    handoff, dirty, load, branch = p.cost("visible", 0, 1), p.cost("dirty", 0, 1), p.cost("load"), _branch(p).value
    if upgrade is None or t is None or handoff is None or dirty is None or load is None or branch is None:
        return None
    write = dirty if _moesi(p).value else upgrade + t.way(0, 1)
    return handoff - write - (dirty - load) - (load + branch) / 2


_FITS: Mapping[str, Callable[[Probe], Found]] = {
    "clock_mhz": _clock_mhz,
    "harts": lambda p: Found(p.harts, "the harts that took part"),
    "cluster_harts": _cluster_harts,
    "l1_load": lambda p: Found(p.chain("load", bool(load_ahead(p).value)), "each load's address from the load before"),
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
    "fence_waits": lambda p: waits_for_stores(p, "store_release", "fence_rw_w", drain_of(p), not waits(p)),
    "pause_waits": lambda p: waits_for_stores(p, "store_pause", "pause", drain_of(p), not waits(p)),
    "store_buffer": store_buffer,
    "store_misses": lambda p: store_misses(p, float(_store_delay(p).value or 0)),
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
    "amo_asks": lambda p: amo_asks(p, bool(_is_far(p))),
    "amo_overlaps": lambda p: amo_overlaps(p, bool(_is_far(p))),
    "lr_shares": lr_shares,
    "hot_transfer": _hot_transfer,
    "hot_shared": lambda p: hot_shared(p, _number(_invalidate(p)), _is(_moesi(p))),
    "bank_busy": lambda p: bank_busy(p, _number(_invalidate(p)), _is(_moesi(p))),
    "lr_hold": lambda p: lr_hold(p, _branch(p).value, _transfer(p).value, float(_store_delay(p).value or 0)),
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
