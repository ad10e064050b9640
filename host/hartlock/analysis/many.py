"""Many locks of one kind: what all their words take, and what the choice costs where nobody waits.

An image has hundreds of lock words, and most of them are taken by one hart nearly always (453 in Xvisor, docs/use/observe.md). For these
the bytes and the cycles of a lock on one hart decide, and not the ones of harts that contend. A sweep with --locks tells whether harts
meet: where they hardly do, these two make the choice, among the locks that lose little by the goal that is asked for.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from hartlock.analysis.rank import Place, on_machines
from hartlock.analysis.rules import Advice
from hartlock.base.errors import UsageError
from hartlock.base.text import percent, significant, words
from hartlock.folder.reader import Cell, Results
from hartlock.plan import lock_bytes, schema, strategies, traits
from hartlock.plan.plan import Workload, check_workload

SELDOM = 0.1  # the share of the operations that find their lock held, up to which harts hardly meet
NEAR = 1.05  # times the least cycles on one hart, up to which a lock is as quick


@dataclass(frozen=True)
class Alone:
    """The cost of each lock where one hart takes it and nobody waits."""

    cycles: dict[str, float]  # by lock: of an operation; without the work inside and between, where `is_beside`
    step: float  # cycles an operation by which one operation more or less in a window moves them; 0: not known
    is_beside: bool  # `null` on one hart was measured there, too, and its operation is not in them

    @property
    def near(self) -> float:
        """The most cycles with which a lock is as quick as the quickest: they differ by next to nothing, or by less than an operation."""
        least = min(self.cycles.values())
        return max(NEAR * least, least + self.step)

    def told(self, name: str) -> str:
        """The cost of a lock, in words."""
        more = " more than one without a lock" if self.is_beside else ""
        if 0 < self.step >= self.cycles[name]:
            return f"less than {significant(self.step)} cycles an operation{more}, and a longer window tells more (--duration, --model-duration)"
        return f"{significant(self.cycles[name])} cycles an operation{more}"


def _beside(cell: Cell, control: Cell | None) -> float:
    """The median over machines, or boots, of the cycles of an operation on one hart less those of an operation without a lock."""
    own = on_machines(cell, lambda f: f.cycles_per_op)
    work = on_machines(control, lambda f: f.cycles_per_op) if control else {}
    return median([value - work.get(boot, 0.0) for boot, value in own.items() if not control or boot in work] or [math.nan])


def alone(data: Results, advice: Advice) -> Alone:
    """The cost on one hart of each lock that is left and was measured there."""
    left = {p.name for p in _locks(advice.places)}
    cells = [c for c in data.cells(advice.setting, 1) if c.strategy in left]
    control = next((c for c in data.cells(advice.setting, 1, "harness") if c.strategy == strategies.CONTROL), None)
    steps = [step for c in cells if math.isfinite(step := c.median(lambda f: f.cycles_per_op / f.ops_window if f.ops_window else math.nan))]
    cost = {c.strategy: cycles for c in cells if math.isfinite(cycles := _beside(c, control))}
    return Alone(cost, max(steps, default=0.0), control is not None)


def together(advice: Advice) -> bool:
    """True if so many locks were measured together, and not one of them."""
    return advice.ask.locks > 1 and advice.setting.workload.locks == advice.ask.locks


def met(places: Sequence[Place]) -> float:
    """The share of the operations that found their lock held, with the lock with which that is most."""
    return max(p.cell.median(lambda f: f.contended_share) for p in places)


def choose(data: Results, advice: Advice, ranked: Sequence[Place], losses: Mapping[str, float], bound: float) -> tuple[Place, str] | None:
    """The lock to take of those that are ranked, and the reason, where so many were measured together and harts hardly meet: of those that
    are as quick as any on one hart, and lose no more than the bound by the goal that is asked for, the one whose words take the least.
    `losses`: what each loses at the most, as so many times the best one's figure. None where something else decides."""
    cost = alone(data, advice)
    left = [p for p in ranked if not p.starves and p.name in cost.cycles]
    if not together(advice) or not left or not met(left) <= SELDOM:
        return None
    quick = [p for p in left if cost.cycles[p.name] <= cost.near]
    allowed = [p for p in quick if losses.get(p.name, math.inf) <= bound]
    if not allowed:
        return None
    pick = min(allowed, key=lambda p: (lock_bytes.of_all(p.name, advice.ask.harts, advice.ask.locks), losses[p.name], p.name))
    return pick, (f"of {advice.ask.locks} locks at most {percent(met(left))} of the operations find theirs held, so what a lock costs where "
                  f"nobody waits decides, and then the bytes of all words; {_of(pick, quick, allowed, cost)}")


def _of(pick: Place, quick: Sequence[Place], allowed: Sequence[Place], cost: Alone) -> str:
    """The clause on those that are as quick on one hart, and on those of them that lose little by the goal."""
    names = [pick.name, *(p.name for p in quick if p is not pick)]
    if len(names) == 1:
        return "on one hart it alone takes the least cycles"
    alike = (f"differ on one hart by less than one operation of the window ({significant(cost.step)} cycles)"
             if cost.near > NEAR * min(cost.cycles.values()) else f"are within {100 * (NEAR - 1):.0f} % of the least cycles on one hart")
    if len(allowed) == 1:
        return f"{words(names)} {alike}, and of these it loses the least by the goal"
    these = "these" if len(allowed) == len(quick) else f"those that lose little enough by the goal ({words([p.name for p in allowed])})"
    return f"{words(names)} {alike}, and of {these} it takes the fewest bytes"


def told(data: Results, advice: Advice, name: str, by_bytes: bool) -> Iterator[str]:
    """The lines on so many locks of the kind that is advised. `by_bytes`: choose() chose it."""
    harts, locks, cost = advice.ask.harts, advice.ask.locks, alone(data, advice)
    names = [p.name for p in _locks(advice.places)]
    small = min(names, key=lambda name: (lock_bytes.of_all(name, harts, locks), cost.cycles.get(name, 0)))
    more = lock_bytes.of_all(name, harts, locks) > lock_bytes.of_all(small, harts, locks)
    yield f"{locks} locks: {name} takes {lock_bytes.all_told(name, harts, locks)} for all of them" + (
        f"; {small} takes the least, {lock_bytes.all_told(small, harts, locks)}." if more else ", and none takes less.")
    if name not in cost.cycles:
        yield "  What it costs where nobody waits was not measured: sweep with --harts 1 as well."
        return
    yield f"  Where one hart takes a lock nearly always, {name} costs {cost.told(name)}; {_quickest(cost, name)}.{_decides(advice, by_bytes)}"


def _quickest(cost: Alone, name: str) -> str:
    """The clause on the lock that costs least on one hart, beside the one that is advised."""
    quick = min(cost.cycles, key=lambda other: (cost.cycles[other], other != name))
    if quick == name:
        return "the least of all"
    if cost.cycles[name] <= cost.cycles[quick] + cost.step:
        return "none costs surely less"
    return f"{quick} the least, {cost.told(quick)}"


def _decides(advice: Advice, by_bytes: bool) -> str:
    """The sentence on what decides among so many locks."""
    share = met(_locks(advice.places)) if together(advice) else 0.0
    if by_bytes or not together(advice):
        return " For locks like these the bytes and this figure decide."
    if share <= SELDOM:
        return f" Each that is as quick there loses too much by --goal {advice.ask.goal}: the rank decides."
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
