"""The key of copies that a write takes away: when do their harts lose them?"""

from hartlock.probe.fit_atomics import TOLD_CYCLES
from hartlock.probe.fit_fights import like
from hartlock.probe.measured import Found, Probe, Span
from hartlock.probe.topology import topology

TWO_WAYS = 2 / 3  # the share of an upgrade that a profile with 0 means
LEAST = 0.1  # cycles: 0 would mean two thirds
HOT_SHARE = 0.7  # the least share of a lone transfer that one which was waited for takes


def without(p: Probe) -> float | None:
    """The cycles that hart 1, which watches a word, is without it when hart 0 stores to it: from the load that misses first to the value."""
    lost, kept, load = p.measures.get(("copy_lost", 0, 1)), p.measures.get(("copy_kept", 0, 1)), p.cost("load")
    if lost is None or kept is None or load is None or not lost.cycles.count:
        return None
    longest, usual = (lost.cycles.percentile(50), kept.cycles.percentile(50)) if p.real else (p.cost("copy_lost", 0, 1), kept.cycles.mean())
    return None if longest is None or usual is None else longest - usual + load


def copies_go(p: Probe, upgrade: float | None, hot: Span | None) -> Found:
    """The write goes on for the rest of the upgrade when its reader misses, and then the reader's line comes, for which it has waited. A
    reader that loses its copy when the upgrade is nearly over does not wait, and its line takes a lone transfer."""
    gone, t, load = without(p), topology(p), p.cost("load")
    if gone is None or t is None or load is None or upgrade is None:
        return Found(None, "one hart, or it is not known what an upgrade takes")
    rest = upgrade - load - (gone - 2 * t.way(0, 1))
    least, most = (rest + cycles for cycles in hot or (HOT_SHARE * t.transfer, t.transfer))
    if abs(gone - t.transfer - 2 * t.way(0, 1)) < TOLD_CYCLES:
        most = upgrade
    how = f"a reader is without its copy for {gone:.4g} cycles while another hart writes, and the upgrade takes {upgrade:.4g}"
    if least <= TWO_WAYS * upgrade <= most or (hot is not None and like(least, TWO_WAYS * upgrade)):
        least, most = min(least, TWO_WAYS * upgrade), max(most, TWO_WAYS * upgrade)
    return _within(least, most, upgrade, how)


def _within(least: float, most: float, upgrade: float, how: str) -> Found:
    """0 for two thirds, where both ends are like that; else a range, which is as wide as its parts are off."""
    if like(TWO_WAYS * upgrade, most) and like(least, most):
        return Found(0, how)
    return Found((max(least - TOLD_CYCLES, LEAST), min(max(most + TOLD_CYCLES, LEAST), upgrade)), how)
