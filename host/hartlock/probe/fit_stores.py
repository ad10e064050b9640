"""The keys of stores: does a hart wait for them, and how many may be under way?"""

import math
import statistics

from hartlock.probe.measured import Found, Probe, Span

MANY, HALF, SOME = 64, 32, 16  # stores in a row
LEAST = 0.1  # model/keys.def: the least cycles of a store
BESIDE_OPS = 4  # instructions of each of several stores beside it and the loop
SENT_LATE = 5  # cycles; no store to an own line takes so much longer than a load
MOST_MISSES = 8  # as many as are tried where more than a few do not show
FULL_SHARE = 1.1  # times that differ by no more than this are one
TOLD_CYCLES, WAIT_SHARE = 2, 0.1  # the least wait that tells, in cycles and as a share of a lone transfer


def waits(p: Probe) -> bool | None:
    """Does the hart wait for a store before it goes on? If so, a store to a line that another hart wrote takes longer than one to an own
    line, by what the line takes."""
    one, own, line, load = p.mean("stores", 1), p.mean("stores_own", 1), p.typical("dirty", 1, 0), p.cost("load")
    return None if one is None or own is None or line is None or load is None else one - own > (line - load) / 2


def drain_of(p: Probe) -> float | None:
    """The cycles that each of many stores takes to its line."""
    many, half = p.mean("stores_done", MANY), p.mean("stores_done", HALF)
    return None if many is None or half is None else (many - half) / (MANY - HALF)


def _room_by_time(p: Probe, drain: float) -> Span | None:
    """The least and the most room that the stores still under way show when the hart goes on from many in a row; None where none of those
    had to wait. Those that are under way at once leave as a group, of which any part may be missing."""
    taken = {b: (p.mean("stores", b) or 0.0) - (p.mean("stores", 1) or 0.0) for kind, _, b in p.measures if kind == "stores"}
    full = [k - taken[k] / drain for k in taken if k > SOME and _waited(p, k)]
    if not full or drain < FULL_SHARE * (_issued(p) or 0.0):
        return None
    group = (store_misses(p, 0).number or 1.0) - 1
    middle = statistics.median(full)
    return round(middle), math.ceil(middle + group) if group else round(middle)


def _wait(p: Probe, k: int) -> float | None:
    """The cycles for which the hart waits in all, in k stores to lines that another hart wrote."""
    one, taken, issued = p.mean("stores", 1), p.mean("stores", k), _issued(p)
    return None if one is None or taken is None or issued is None else taken - one - (k - 1) * issued


def _least_wait(p: Probe) -> float:
    """The cycles above which a wait is none of a clock's or a bank's."""
    return max(TOLD_CYCLES, WAIT_SHARE * (p.typical("dirty", 1, 0) or 0.0))


def _waited(p: Probe, k: int) -> bool:
    return (_wait(p, k) or 0.0) > _least_wait(p)


def _room_by_wait(p: Probe, delay: float) -> tuple[int, int]:
    """The least and the most stores that there is room for: the first k that wait are more than there is room for. The k before them fit
    in, if a store that had to wait for the first one to be done would have shown it."""
    line, issued = (p.typical("dirty", 1, 0) or 0.0) + delay, _issued(p) or 0.0
    counts = sorted(b for kind, _, b in p.measures if kind == "stores")
    most = next((k - 1 for k in counts if _waited(p, k)), MANY)
    shows = [k for k in counts if k <= most and line - (k - 1) * issued > 2 * _least_wait(p)]
    return max(shows, default=1), most


def store_buffer(p: Probe, delay: float) -> Found:
    """The stores that were under way when hart 0 went on from the last of many: their time is missing. `delay`: store_delay."""
    drain, one, many = drain_of(p), p.mean("stores", 1), p.mean("stores", MANY)
    if drain is None or one is None or many is None or drain <= 0:
        return Found(None, "one hart")
    if waits(p):
        return Found(0, f"a hart goes on when its store is done: one takes {one:.4g} cycles, many {drain:.4g} each")
    least, most = _room_by_wait(p, delay)
    if most == MANY:
        return Found((least, MANY), f"{MANY} stores did not fill it: it is at least the lesser number")
    how = f"of {least} stores none waited for room, of {most + 1} one did; {MANY} took {many:.4g} cycles, {drain:.4g} each"
    low, high = _room_by_time(p, drain) or (least, most)
    low, high = min(most, max(least, low)), max(least, min(most, high))
    return Found(low if low == high else (low, high), how)


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
    op, loop, store = p.cost("op"), p.cost("loop"), l1_store(p).number
    return None if op is None or loop is None or store is None else loop + BESIDE_OPS * op + store


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
