"""The keys of stores: does a hart wait for them, and how many may be under way?"""

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


def store_buffer(p: Probe) -> Found:
    """The stores that were under way when hart 0 went on from the last of many: their time is missing."""
    drain, one, four, many = _drain(p), p.mean("stores", 1), p.mean("stores", 4), p.mean("stores", MANY)
    if drain is None or one is None or four is None or many is None or drain <= 0:
        return Found(None, "one hart")
    if _waits(p):
        return Found(0, f"a hart goes on when its store is done: one takes {one:.4g} cycles, many {drain:.4g} each")
    room = max(1, round(MANY - (many - one) / drain))
    filled = (many - one) / (MANY - 1) > FULL_SHARE * (four - one) / 3
    return Found(room, f"{MANY} stores: the hart went on after {many:.4g} cycles, {drain:.4g} a store"
                 + ("" if filled else "; they did not fill the buffer, so it is at least that"))


def l1_store(p: Probe) -> Found:
    stores, fails = p.cost("store"), p.cost("sc_fails")
    if _waits(p) and stores is not None and fails is not None and fails < stores:
        return Found(fails, "an SC that fails; a store that a hart waits for takes an L1 load at least")
    return Found(stores, "a store to an own line among 128 other instructions")
