"""The strategy to take today: always one, with its reason and with what the choice may lose.

Where the data tell a first one, it is that. Where they do not, it is the one that loses least on the machine where
it loses most (regret.py), and of those that cannot be told apart the one that has the better of what is left.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from hartlock.analysis import many
from hartlock.analysis.comparisons import ratio_ci
from hartlock.analysis.hinge import Hinge, hinge
from hartlock.analysis.inside import inside
from hartlock.analysis.rank import Place, standing
from hartlock.analysis.regret import Loss, Table, figures, losses
from hartlock.analysis.rules import Advice
from hartlock.base.evidence import MODELLED
from hartlock.base.text import significant, times, words
from hartlock.folder.comparable import CLOSED, Figure
from hartlock.folder.reader import Results
from hartlock.plan import lock_bytes, profile, strategies, traits
from hartlock.plan.machine_keys import MachineKey, machine_keys

NEAR = 1.02  # times the least loss, within which losses are taken as equal
LEAST = 0.005  # a loss below it is printed as 0 %
LITTLE = 1.1  # times the best, up to which a loss is not worth a question
BOOTS = 3  # fewer boots say nothing of placement


@dataclass(frozen=True)
class Take:
    """The choice, and why it is that."""

    place: Place
    reason: str  # a clause
    is_sure: bool  # the data tell it from all others
    ranked: list[Place]  # the places of its kind
    table: Table  # their figures
    data: Results
    by_bytes: bool = False  # True for many locks that hardly meet: their cost alone and their bytes decided

    @property
    def name(self) -> str:
        return self.place.name

    @cached_property
    def losses(self) -> list[Loss]:
        """The losses of its kind, machine by machine."""
        return losses(self.table)

    @cached_property
    def hinge(self) -> Hinge | None:
        """The key of the machine on which the answer hangs. It takes hundreds of shuffles, and few ask for it."""
        return None if self.is_sure else hinge(self.table, self.data.machines(self.place.cell))

    @property
    def worst(self) -> float:
        """Its figure on the machine where that is farthest behind, as so many times the best one's."""
        return next((loss.worst for loss in self.losses if loss.name == self.name), math.inf)


@dataclass(frozen=True)
class Rest:
    """One of the things by which a tie is broken; less is better."""

    words: str  # the clause about the one that is chosen
    value: Callable[[Place, int], float]  # a place's value, on so many harts
    near: float = 1.0  # times the best, up to which values are equal


def _size(place: Place, harts: int) -> float:
    return lock_bytes.of_one(place.name, harts) + traits.known()[place.name].waiter_bytes * harts


def _lines(place: Place, _: int) -> float:
    return len(strategies.known()[place.name].header.read_text(encoding="utf-8").splitlines())


REST = (
    Rest("it has the shorter p99.9 wait", lambda p, _: p.cell.median(lambda f: f.wait_p999_cycles), 1.1),
    Rest("its harts fare more alike", lambda p, _: 1 / max(p.cell.slowest_share, 1e-3), 1.1),
    Rest("it takes fewer bytes, nodes included", _size),
    Rest("it needs fewer kinds of atomic instructions", lambda p, _: len(traits.known()[p.name].instructions)),
    Rest("its code is proved", lambda p, _: not p.cell.proved),
    Rest("its header is shorter", _lines),
)


def break_tie(places: Sequence[Place], harts: int) -> tuple[Place, str]:
    """The one of these that is better in the first thing of REST that tells them apart, and that thing."""
    left = list(places)
    for rest in REST:
        values = [rest.value(p, harts) for p in left]
        least = min(values)
        left = [p for p, value in zip(left, values, strict=True) if value <= least * rest.near]
        if len(left) == 1:
            return left[0], rest.words
    return left[0], "of equal ones its name comes first"


def behind(loss: float) -> str:
    """A loss in words: "12 % behind the best lock", "2.1 times the best lock's"."""
    return f"{100 * (loss - 1):.0f} % behind the best lock" if loss < 2 else f"{loss:.1f} times the best lock's"


def _sure(ranked: Sequence[Place], by: str) -> str:
    """The clause on a first one that the data tell from all others."""
    first = ranked[0]
    on = f" on each of {machines(first)}" if first.machines else ""
    if len(ranked) == 1:
        return "it is the only one that is left"
    following = next((p for p in ranked[1:] if not p.starves), None)
    return f"{by} it is first{on}" + (f"; the next, {following.name}, has {times(following.ratio)} times as much" if following else "")


def machines(place: Place) -> str:
    """The machines that a strategy was measured on, in words."""
    return f"{place.machines} machines that fit {place.cell.setting.machine}"


def _bounded(found: Sequence[Loss], place: Place, by: str) -> str:
    """The clause on what this choice loses at the most, beside the next and the last."""
    own = next(loss for loss in found if loss.name == place.name)
    others = [loss for loss in found if loss.name != place.name]
    told = [f"{loss.name} up to {' '.join(behind(loss.worst).split()[:2])}" for loss in dict.fromkeys((others[0], others[-1]))]
    how = f"never more than {behind(own.worst)} on any" if own.worst >= 1 + LEAST else "the best lock on each"
    return f"{by} it is {how} of {machines(place)}; {', '.join(told)}"


def _choose(ranked: Sequence[Place], table: Table, by: str, harts: int) -> tuple[Place, str, bool]:
    tied = [p for p in ranked if p.tied]
    if len(tied) < 2 and not ranked[0].starves:
        return ranked[0], _sure(ranked, by), True
    found = losses(table)
    if ranked[0].machines > 1 and len(found) > 1:
        least = [p for p in ranked for loss in found if loss.name == p.name and loss.worst <= NEAR * found[0].worst]
        pick, why = break_tie(least, harts) if len(least) > 1 else (least[0], "")
        of = f"; of {words([p.name for p in least])}, which lose as little, {why}" if why else ""
        return pick, _bounded(found, pick, by) + of, False
    pick, why = break_tie(tied, harts)
    return pick, f"{by} {words([p.name for p in tied])} are too close to call, and of these {why}", False


def of_kind(advice: Advice, lockfree: bool = False) -> list[Place]:
    """The places of the locks that are left, or of the strategies without one, ranked among themselves."""
    return standing([p.cell for p in advice.places if strategies.known()[p.name].lockfree is lockfree], advice.measure.figure)


def _of_many(data: Results, advice: Advice, ranked: list[Place], table: Table) -> Take | None:
    """The lock to take where many were measured together and something else than the rank decides; None where the rank does."""
    found = losses(table)
    worst = {loss.name: loss.worst for loss in found}
    chosen = many.choose(data, advice, ranked, worst, max(LITTLE, NEAR * found[0].worst)) if found else None
    if chosen is None:
        return None
    pick, why = chosen
    own = f"; {advice.measure.by} it is {behind(worst[pick.name])}" if worst[pick.name] >= 1 + LEAST else ""
    return Take(pick, why + own + (" at the most" if own and pick.machines else ""), False, ranked, table, data, by_bytes=True)


def take(data: Results, advice: Advice, lockfree: bool = False) -> Take | None:
    """The lock to take (or the strategy without one), of those that advice left; None if each is ruled out or may starve a hart."""
    ranked = of_kind(advice, lockfree)
    if not ranked or ranked[0].starves:
        return None
    table = figures(ranked, advice.measure.figure)
    if not lockfree and (of_many := _of_many(data, advice, ranked, table)):
        return of_many
    pick, reason, sure = _choose(ranked, table, advice.measure.by, advice.ask.harts)
    return Take(pick, reason, sure, ranked, table, data)


def confidence(of: Take) -> tuple[str, str]:
    """The confidence in a choice (high, fair or low), and its reason."""
    evidence, boots = of.place.cell.evidence, len(of.place.cell.boots)
    if boots < BOOTS:
        return "low", f"{boots} {'machine' if of.place.machines else 'boot'}(s): what another one does is hardly known"
    if of.place.machines and not of.is_sure and of.losses:
        if of.worst < 1 + LEAST:
            return "fair", f"no other is ahead of it on any of {machines(of.place)}, though some not surely behind; it is a model's order"
        if of.worst <= LITTLE:
            return "fair", f"which is first hangs on the machine, but the choice hardly does: {behind(of.worst)} at the most, in a model"
        return "low", f"which is first hangs on the machine, and the choice is up to {behind(of.worst)}"
    if of.by_bytes:
        return "low", "its cost on one hart was told by one machine"
    if not of.is_sure:
        return "low", "the data cannot tell the first ones apart"
    if len(of.ranked) == 1:
        return "low", "no other is left to hold it against"
    margin = min((p.ratio.low for p in of.ranked[1:] if not p.starves), default=LITTLE)
    if margin < LITTLE:
        return "low", f"the next is surely behind, but perhaps by only {100 * (margin - 1):.0f} %"
    if of.place.machines:
        return "fair", f"the order is the same on {machines(of.place)}, but it is a model's"
    if evidence == MODELLED:
        return "low", f"the order is clear in {boots} boots, but of one machine of a model: another machine may rank otherwise"
    if (stops := of.data.stops(of.place.cell.setting)) >= 1:
        return "low", f"the system stopped a thread {stops:.0f} time(s) a trial for other programs, and that moves figures as well as a lock does"
    if stops or of.data.is_virtual:
        who = "the system stopped threads for other programs now and then" if stops else "it is a virtual machine, whose processors others may stop"
        return "fair", f"the order is clear in {boots} boots on hardware, but {who}"
    return "high", f"the order is clear in {boots} boots on hardware"


def take_free(data: Results, advice: Advice) -> Take | None:
    """The strategy without a lock to take, if the question allows one; else None."""
    if "lock" in advice.ask.need or inside(advice.setting.workload):
        return None
    return take(data, advice, lockfree=True)


def protected_by(names: Sequence[str]) -> str:
    """Returns what strategies without a lock protect, in words."""
    return "the list of free frames" if all(strategies.known()[name].frees for name in names) else "handing out the next block"


def without_lock(advice: Advice, free: Take | None, lock: Take | None) -> str:
    """The sentence on what there is without a lock, beside the lock to take; "" if there is nothing."""
    if free is None:
        return ""
    beside = ""
    if lock is not None:
        cost: Figure = advice.measures["throughput"].figure
        a, b = lock.place.cell, free.place.cell
        ratio = ratio_ci(a.sample(cost), b.sample(cost), paired=a.boots == b.boots)
        beside = f"; {lock.name} takes {times(ratio)} times its {'cycles' if advice.measures is CLOSED else 'median response'}"
    return f"No lock: {free.name}, if all that you protect is {protected_by([free.name])}{beside}."


def hinge_sentence(of: Take) -> str:
    """The sentence on what the answer hangs on; "" where it is sure."""
    if of.is_sure or not of.place.machines or of.worst <= LITTLE:
        return ""
    h = of.hinge
    if h is None:
        how = "" if not profile.is_shipped(of.place.cell.setting.machine) else " Probe the board, and sweep on its profile (docs/ports/probe.md)."
        return f"What it hangs on: no single key of the machine tells the winners apart.{how}"
    key = machine_keys().get(h.key)
    meaning = key.meaning if key else ""
    low, high = ("if not", "if so") if h.is_switch else (f"up to {significant(h.below)}", f"from {significant(h.above)} on")
    return (f"What it hangs on: {h.key} ({meaning}): {low} {h.low}, {high} {h.high}. On a machine whose figures are not known, only "
            f"those of the others, a choice by that is {behind(h.loss)} on average and {behind(h.worst)} at the most; without that it is "
            f"{behind(h.alone)} on average. {_how_to_know(key)}")


def _how_to_know(key: MachineKey | None) -> str:
    """The sentence on what tells a key: the probe, by name of its measurement, or what else does."""
    if key is None or not key.probes:
        return f"No probe can see that{': ' + key.instead if key else ''}."
    return f"Measure that next: probe on the board, whose `{key.probes[0]}` tells it (docs/ports/probe.md)."
