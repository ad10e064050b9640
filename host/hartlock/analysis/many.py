"""Many locks of one kind: what all their words take, and what the choice costs where nobody waits.

An image has hundreds of lock words, and most of them are taken by one hart nearly always (453 in Xvisor, docs/use/observe.md). For these
the bytes and the cycles of a lock on one hart decide, and not the ones of harts that contend.
"""

from collections.abc import Iterator, Sequence

from hartlock.analysis.rank import Place
from hartlock.analysis.rules import Advice
from hartlock.analysis.take import Take
from hartlock.base.text import significant
from hartlock.folder.reader import Results
from hartlock.plan import traits

KIB = 1024


def all_bytes(name: str, harts: int, locks: int) -> int:
    """The bytes of so many locks of a kind, with what their harts have once; a node for each lock held at once is not in it."""
    known = traits.known()[name]
    return known.bytes_per_lock(harts) * locks + known.once_bytes + known.once_bytes_per_hart * harts


def _size(count: int) -> str:
    return f"{count} bytes" if count < KIB else f"{significant(count / KIB)} KiB"


def alone(data: Results, advice: Advice) -> dict[str, float]:
    """The cycles of an operation on one hart, of each lock that is left and was measured there."""
    left = {p.name for p in _locks(advice.places)}
    return {c.strategy: c.median(lambda f: f.cycles_per_op) for c in data.cells(advice.setting, 1) if c.strategy in left}


def told(data: Results, advice: Advice, taken: Take, locks: int) -> Iterator[str]:
    """The lines on so many locks of the kind that is asked for."""
    harts, cost = advice.ask.harts, alone(data, advice)
    names = [p.name for p in _locks(advice.places)]
    small = min(names, key=lambda name: (all_bytes(name, harts, locks), cost.get(name, 0)))
    yield f"{locks} locks: {taken.name} takes {_size(all_bytes(taken.name, harts, locks))} for all of them" + (
        f"; {small} takes the least, {_size(all_bytes(small, harts, locks))}." if small != taken.name else ", and none takes less.")
    if taken.name not in cost:
        yield "  What it costs where nobody waits was not measured: sweep with --harts 1 as well."
        return
    quick = min(cost, key=lambda name: (cost[name], all_bytes(name, harts, locks)))
    yield (f"  Where one hart takes a lock nearly always, {taken.name} costs {significant(cost[taken.name])} cycles an operation" + (
        f"; {quick} the least, {significant(cost[quick])}." if quick != taken.name else ", the least of all.")
        + " For locks like these the bytes and this figure decide.")


def _locks(places: Sequence[Place]) -> list[Place]:
    return [p for p in places if traits.family(p.name) != "lock-free"]
