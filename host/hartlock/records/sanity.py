"""Finds trials whose records all arrived, but which cannot be true."""

from collections.abc import Iterator

from hartlock.plan import strategies
from hartlock.records.trials import Pass, Trial

BACKWARDS = 1 << 63  # a difference of two readings that is so large was negative


def why_impossible(trial: Trial) -> str:
    """The reason why a complete trial cannot be true, as a clause; "" if it can."""
    if trial.strategy != strategies.CLOCK and trial.strategy not in strategies.known():
        return f"this hartlock knows no strategy {trial.strategy}"
    return next(_doubts(trial), "")


def _doubts(trial: Trial) -> Iterator[str]:
    for name, p in trial.passes.items():
        if len(p.shares) != trial.harts:
            yield f"a hart says twice what it did in its {name} pass"
        yield from _clocks(name, p)
    for (hart, kind), h in trial.histograms.items():
        if h.max >= BACKWARDS:
            yield f"a clock of hart {hart} went backwards ({kind})"
        if h.count != sum(h.buckets.values()):
            yield f"a histogram of hart {hart} ({kind}) does not add up"


def _clocks(name: str, p: Pass) -> Iterator[str]:
    # Both by hart 0's alarm. A heap or a log that ends closes from anywhere, perhaps while it opens.
    if p.ended == "time" and 0 < p.close < p.open:
        yield f"time went backwards in its {name} pass: the window closed before it opened"
    for s in p.shares:
        if s.end < s.start or s.cycles >= BACKWARDS:
            yield f"a clock of hart {s.hart} went backwards in its {name} pass"
        if p.open and s.ops_window < 0:
            yield f"hart {s.hart} did less than nothing in its {name} pass"
