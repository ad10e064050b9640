"""Many locks of one kind: what all their words take, and what the choice costs where nobody waits.

An image has hundreds of lock words, and most of them are taken by one hart nearly always (453 in Xvisor, docs/use/observe.md). For these
the bytes and the cycles of a lock on one hart decide, and not the ones of harts that contend. A sweep with --locks tells whether harts
meet: where they hardly do, these two make the choice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hartlock.analysis.rank import Place
from hartlock.analysis.rules import Advice
from hartlock.base.errors import UsageError
from hartlock.base.text import percent, significant, words
from hartlock.folder.reader import Results
from hartlock.plan import lock_bytes, schema, traits
from hartlock.plan.plan import Workload, check_workload

SELDOM = 0.1  # the share of the operations that find their lock held, up to which harts hardly meet
NEAR = 1.05  # times the least cycles on one hart, up to which a lock is as quick


def alone(data: Results, advice: Advice) -> dict[str, float]:
    """The cycles of an operation on one hart, of each lock that is left and was measured there."""
    left = {p.name for p in _locks(advice.places)}
    return {c.strategy: c.median(lambda f: f.cycles_per_op) for c in data.cells(advice.setting, 1) if c.strategy in left}


def together(advice: Advice) -> bool:
    """True if so many locks were measured together, and not one of them."""
    return advice.ask.locks > 1 and advice.setting.workload.locks == advice.ask.locks


def met(places: Sequence[Place]) -> float:
    """The share of the operations that found their lock held, with the lock with which that is most."""
    return max(p.cell.median(lambda f: f.contended_share) for p in places)


def choose(data: Results, advice: Advice, ranked: Sequence[Place]) -> tuple[Place, str] | None:
    """The lock to take of those that are ranked, and the reason, where so many were measured together and harts hardly meet: of those that
    are as quick as any on one hart, the one whose words take the least. None where something else decides."""
    cost = alone(data, advice)
    left = [p for p in ranked if not p.starves and p.name in cost]
    if not together(advice) or not left or not met(left) <= SELDOM:
        return None
    least = min(cost[p.name] for p in left)
    quick = [p for p in left if cost[p.name] <= NEAR * least]
    pick = min(quick, key=lambda p: (lock_bytes.of_all(p.name, advice.ask.harts, advice.ask.locks), cost[p.name]))
    return pick, (f"of {advice.ask.locks} locks at most {percent(met(left))} of the operations find theirs held, so what a lock costs where "
                  f"nobody waits decides, and then the bytes of all words; {_of(pick, quick)}")


def _of(pick: Place, quick: Sequence[Place]) -> str:
    """The clause on those that are as quick on one hart."""
    names = [pick.name, *(p.name for p in quick if p is not pick)]
    if len(names) == 1:
        return "on one hart it alone takes the least cycles"
    return f"{words(names)} are within {100 * (NEAR - 1):.0f} % of the least cycles on one hart, and of these it takes the fewest bytes"


def told(data: Results, advice: Advice, name: str) -> Iterator[str]:
    """The lines on so many locks of the kind that is advised."""
    harts, locks, cost = advice.ask.harts, advice.ask.locks, alone(data, advice)
    names = [p.name for p in _locks(advice.places)]
    small = min(names, key=lambda name: (lock_bytes.of_all(name, harts, locks), cost.get(name, 0)))
    yield f"{locks} locks: {name} takes {lock_bytes.all_told(name, harts, locks)} for all of them" + (
        f"; {small} takes the least, {lock_bytes.all_told(small, harts, locks)}." if small != name else ", and none takes less.")
    if name not in cost:
        yield "  What it costs where nobody waits was not measured: sweep with --harts 1 as well."
        return
    quick = min(cost, key=lambda name: (cost[name], lock_bytes.of_all(name, harts, locks)))
    yield (f"  Where one hart takes a lock nearly always, {name} costs {significant(cost[name])} cycles an operation" + (
        f"; {quick} the least, {significant(cost[quick])}." if quick != name else ", the least of all.") + _decides(advice))


def _decides(advice: Advice) -> str:
    """The sentence on what decides among so many locks."""
    share = met(_locks(advice.places)) if together(advice) else 0.0
    if share <= SELDOM:
        return " For locks like these the bytes and this figure decide."
    return f" With {percent(share)} of the operations finding theirs held, harts meet too often for these to decide: the rank does."


def may_be(work: Workload, locks: int) -> bool:
    """True if a sweep can measure so many locks together, each with such a workload."""
    try:
        check_workload(replace(work, locks=locks))
    except UsageError:
        return False
    return 1 < locks <= schema.number("locks").most


def to_measure(advice: Advice) -> str:
    """The words on a sweep that would tell whether harts meet; "" where it was measured, or cannot be."""
    if together(advice) or not may_be(advice.setting.workload, advice.ask.locks):
        return ""
    return f"the data are of one lock; whether harts meet on {advice.ask.locks} of them, this tells"


def _locks(places: Sequence[Place]) -> list[Place]:
    return [p for p in places if traits.family(p.name) != "lock-free"]
