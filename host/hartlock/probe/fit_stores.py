"""The keys of stores: does a hart wait for them, and how many may be under way?"""

import math
import statistics

from hartlock.probe.measured import Found, Probe

MANY, HALF = 64, 32  # stores in a row
LEAST = 0.1  # model/keys.def: the least cycles of a store
BESIDE_OPS = 4  # instructions of each of several stores beside it and the loop
SENT_LATE = 5  # cycles; no store to an own line takes so much longer than a load
MOST_MISSES = 8  # as many as are tried where more than a few do not show
LATE_SHARE = 1.3  # the share of the time from one store to the next that a line takes at least where stores come soon enough to fill the buffer
FULL_SHARE = 1.1  # stores that take longer than this, times what they take at first, wait for room


def waits(p: Probe) -> bool | None:
    """Does the hart wait for a store before it goes on? If so, a store to a line that another hart wrote takes longer than one to an own
    line, by what the line takes."""
    one, own, line, load = p.mean("stores", 1), p.mean("stores_own", 1), p.typical("dirty", 1, 0), p.cost("load")
    return None if one is None or own is None or line is None or load is None else one - own > (line - load) / 2


def drain_of(p: Probe) -> float | None:
    """The cycles that each of many stores takes to its line."""
    many, half = p.mean("stores_done", MANY), p.mean("stores_done", HALF)
    return None if many is None or half is None else (many - half) / (MANY - HALF)


def _rooms(p: Probe, drain: float) -> list[float]:
    """For each number of stores in a row that filled the buffer: the stores that were under way when the hart went on."""
    counts = sorted(b for kind, _, b in p.measures if kind == "stores")
    taken = {k: (p.mean("stores", k) or 0.0) - (p.mean("stores", 1) or 0.0) for k in counts}
    return [k - taken[k] / drain for k in counts if k > 16 and taken[k] / (k - 1) > FULL_SHARE * taken[4] / 3]


def store_buffer(p: Probe) -> Found:
    """The stores that were under way when hart 0 went on from the last of many: their time is missing."""
    drain, one, many = drain_of(p), p.mean("stores", 1), p.mean("stores", MANY)
    if drain is None or one is None or many is None or drain <= 0:
        return Found(None, "one hart")
    if waits(p):
        return Found(0, f"a hart goes on when its store is done: one takes {one:.4g} cycles, many {drain:.4g} each")
    rooms = _rooms(p, drain)
    if not rooms:
        return _not_filled(p, drain, (many - one) / (MANY - 1))
    at_once = store_misses(p, 0).number or 1.0
    room = statistics.median(rooms) + (at_once - 1) / 2  # they leave in groups, and half a group is missing in the mean
    return Found(max(1, round(room)), f"{MANY} stores: the hart went on after {many:.4g} cycles, {drain:.4g} a store")


def _not_filled(p: Probe, drain: float, each: float) -> Found:
    """The buffer is full from the first stores on if each takes what its line does, and is not issued so late anyway; else it is never full."""
    least, issued = max(1, round(MANY - (MANY - 1) * each / drain)), _issued(p)
    if issued is not None and drain > LATE_SHARE * issued and each > drain / FULL_SHARE:
        return Found(least, f"a hart goes on behind a store, and each of many takes {drain:.4g} cycles from the first on")
    return Found((least, MANY), f"{MANY} stores did not fill it: it is at least the lesser number")


def store_misses(p: Probe, delay: float) -> Found:
    """The stores that are under way to their lines at once: what one takes, divided by what each of many takes."""
    drain, one = drain_of(p), p.typical("dirty", 1, 0)
    if drain is None or one is None or drain <= 0:
        return Found(None, "one hart")
    if waits(p):
        return Found(1, "a hart waits for each store")
    at_once, issued = max(1, round((one + delay) / drain)), _issued(p)
    how = f"each of many stores takes {drain:.4g} cycles, the line of one {one + delay:.4g}"
    if issued is not None and drain < FULL_SHARE * issued:
        return Found((at_once, max(MOST_MISSES, at_once + 1)), f"{how}, and none is issued sooner than {issued:.4g} behind the last")
    return Found(at_once, how)


def _issued(p: Probe) -> float | None:
    """The cycles from one of many stores to the next, if none waits."""
    op, loop = p.cost("op"), p.cost("loop")
    return None if op is None or loop is None else loop + BESIDE_OPS * op + LEAST


def _own_store(p: Probe) -> tuple[float, float] | None:
    """The (l1_store, sc_backoff) that fit: an SC that fails takes both. A store that a hart waits for takes an L1 load at least, and one that
    takes far longer is sent late (store_delay): what it takes itself does not show, and has no effect up to a load."""
    store, fails, load = p.cost("store"), p.cost("sc_fails"), p.cost("load")
    if store is None or load is None:
        return None
    if fails is None:
        return store, 0.0
    if waits(p):
        store = min(fails, store if store < load + SENT_LATE else load)
    else:
        store = min(store, fails, max(LEAST, _in_a_row(p)))
    return store, max(0.0, fails - store)


def _in_a_row(p: Probe) -> float:
    """The cycles of each of a few stores that the buffer has room for: infinity where it has none."""
    one, four, drain, op, loop = p.mean("stores", 1), p.mean("stores", 4), drain_of(p), p.cost("op"), p.cost("loop")
    if one is None or four is None or drain is None or op is None or loop is None or four - one > drain:
        return math.inf
    return (four - one) / 3 - loop - BESIDE_OPS * op


def l1_store(p: Probe) -> Found:
    found = _own_store(p)
    how = "a store to an own line among 128 other instructions"
    return Found(found[0] if found else None, "an SC that fails; the store itself is waited for" if waits(p) else how)


def sc_backoff(p: Probe) -> Found:
    found = _own_store(p)
    return Found(found[1] if found else None, "an SC that fails, less a store")
