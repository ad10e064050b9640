"""The keys of stores: does a hart wait for them, and how many may be under way?"""

import statistics

from hartlock.probe.measured import Found, Probe

MANY, HALF = 64, 32  # stores in a row
WAIT_SHARE = 0.9  # a store that takes less than this, of what many take each, is not waited for
FULL_SHARE = 1.1  # stores that take longer than this, times what they take at first, wait for room


def _waits(p: Probe) -> bool | None:
    """Does the hart wait for a store before it goes on? If so, one store takes what each of many does, and two take twice that."""
    one, two, drain = p.mean("stores", 1), p.mean("stores", 2), _drain(p)
    if one is None or two is None or drain is None:
        return None
    return min(one - p.overhead("stores"), two - one) > WAIT_SHARE * drain


def _drain(p: Probe) -> float | None:
    """The cycles that each of many stores takes to its line."""
    many, half = p.mean("stores_done", MANY), p.mean("stores_done", HALF)
    return None if many is None or half is None else (many - half) / (MANY - HALF)


def _rooms(p: Probe, drain: float) -> list[float]:
    """For each number of stores in a row that filled the buffer: the stores that were under way when the hart went on."""
    counts = sorted(b for kind, _, b in p.measures if kind == "stores")
    taken = {k: (p.mean("stores", k) or 0.0) - (p.mean("stores", 1) or 0.0) for k in counts}
    return [k - taken[k] / drain for k in counts if k > 4 and taken[k] / (k - 1) > FULL_SHARE * taken[4] / 3]


def store_buffer(p: Probe) -> Found:
    """The stores that were under way when hart 0 went on from the last of many: their time is missing."""
    drain, one, many = _drain(p), p.mean("stores", 1), p.mean("stores", MANY)
    if drain is None or one is None or many is None or drain <= 0:
        return Found(None, "one hart")
    if _waits(p):
        return Found(0, f"a hart goes on when its store is done: one takes {one:.4g} cycles, many {drain:.4g} each")
    rooms = _rooms(p, drain)
    if not rooms:
        return Found(max(1, round(MANY - (many - one) / drain)), f"{MANY} stores did not fill it: it is at least that")
    return Found(max(1, round(statistics.median(rooms))), f"{MANY} stores: the hart went on after {many:.4g} cycles, {drain:.4g} a store")


def l1_store(p: Probe) -> Found:
    stores, fails = p.cost("store"), p.cost("sc_fails")
    if _waits(p) and stores is not None and fails is not None and fails < stores:
        return Found(fails, "an SC that fails; a store that a hart waits for takes an L1 load at least")
    return Found(stores, "a store to an own line among 128 other instructions")
