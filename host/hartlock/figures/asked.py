"""Tells whether a trial did the work that was asked for, under the lock, and whether its lock is as fair as it claims.

The counts of a bench that thinks too little, holds outside of its section or lets others overtake add up as any others do. Only time
shows them, and only where it says something: where a delay of so many instructions takes a known number of cycles.
"""

import math

from hartlock.base.ratios import ratio
from hartlock.figures import fairness
from hartlock.plan import strategies, traits
from hartlock.plan.plan import Workload
from hartlock.records.trials import Pass, Trial

SLACK = 1.01  # a cycle may be part of one: two clocks are read one after the other
DEVIATIONS = 5  # standard deviations that a sum of draws may be off


def is_disturbed(of: Pass) -> bool:
    """Whether a hart was interrupted or stopped in the pass. Between the begin of a request and its place in the queue that lets
    any number of others go first."""
    return any(share.interrupts or share.ipis or share.stops for share in of.shares)


def _think(work: Workload, ops: int) -> float:
    """The instructions that a hart thinks in so many operations at least: they are drawn evenly."""
    deviation = work.think_range_instructions / math.sqrt(12) * math.sqrt(ops)
    return max(0.0, ops * work.think_instructions - DEVIATIONS * deviation)


def _own_work(name: str, p: Pass, work: Workload, cycles: float) -> list[str]:
    """The problems of harts that did more operations than their own work leaves time for."""
    for s in p.shares:
        least = (s.sections(work.frees) * work.hold_instructions + _think(work, s.ops)) * cycles
        if least > s.cycles * SLACK:
            return [f"{name} pass: hart {s.hart} holds and thinks for {least:.0f} cycles in {s.ops} operations at least, and was there "
                    f"for {s.cycles}: it does other work than was asked for"]
    return []


def _one_at_a_time(name: str, p: Pass, work: Workload, cycles: float) -> list[str]:
    """The problems of sections that take longer, one after the other, than the pass lasted; of several locks, those of the
    busiest one."""
    ticks = max(s.end for s in p.shares) - min(s.start for s in p.shares)
    lasted = ticks * ratio(sum(s.cycles for s in p.shares), sum(s.end - s.start for s in p.shares))
    ops = p.busiest if work.locks > 1 else sum(s.sections(work.frees) for s in p.shares)
    if (least := ops * work.hold_instructions * cycles) <= lasted * SLACK:
        return []
    return [f"{name} pass: {ops} operations hold for {least:.0f} cycles one after the other, and the pass lasted {lasted:.0f}: harts hold "
            "outside of their sections"]


def _between_grants(trial: Trial, work: Workload, cycles: float) -> list[str]:
    """The problems of sections for which there is no time between two hand-overs: those of the window do not overlap."""
    p, handoff = trial.passes["fairness"], trial.merged("handoff")
    if not fairness.known(trial) or not p.open:
        return []
    hold = work.hold_instructions * cycles
    handed = handoff.sum * (per_tick := fairness.cycles_per_tick(p))
    lasted = (p.close - p.open + handoff.max) * per_tick + hold  # a section and a hand-over lie across its ends
    if (least := trial.fair.grants * hold + handed) <= lasted * SLACK:
        return []
    return [f"fairness pass: {trial.fair.grants} grants hold for {trial.fair.grants * hold:.0f} cycles and are handed over in {handed:.0f}, "
            f"{least:.0f} together, and the window lasted {lasted:.0f}: harts hold outside of their sections"]


def _waited(trial: Trial, cycles: float) -> list[str]:
    """The problems of a hart that waited for a lock which nobody else has, and of waits that took no time: a hart that waits looks twice."""
    waited, wait = sum(s.waited for s in trial.passes["latency"].shares), trial.merged("wait")
    if trial.harts == 1 and waited:
        return [f"latency pass: one hart waited {waited} time(s) for itself"]
    if cycles and wait.sum < waited * cycles:
        return [f"latency pass: harts waited {waited} time(s), for no more than {wait.sum} cycle(s): it measures something else than was asked for"]
    return []


def _fair(trial: Trial, work: Workload, bypass: float) -> list[str]:
    """The problems of a lock that lets more others go first than it claims. Where nobody queues, it claims nothing."""
    if not work.queues:
        return []
    most = traits.known()[trial.strategy].bypass_bound(trial.harts, trial.clusters)
    if is_disturbed(trial.passes["fairness"]) or not bypass > most:
        return []
    return [f"fairness: {bypass:.0f} grants of others went first, at most {most:.0f} may"]


def faults(trial: Trial, work: Workload, bypass: float, delay_cycles: float, stops_nobody: bool) -> list[str]:
    """Returns how a trial is not the one that was asked for, as sentences.

    `bypass`: the most grants of others that went first; nan: not known. `delay_cycles`: of an instruction of a delay; 0: not known.
    `stops_nobody`: a hart that waits is stopped by nothing but interrupts, IPIs and churn.
    """
    locked, said = not strategies.known()[trial.strategy].lockfree, list[str]()
    for name, p in trial.passes.items() if delay_cycles else ():
        said += _own_work(name, p, work, delay_cycles)
        said += _one_at_a_time(name, p, work, delay_cycles) if locked else []
    said += _between_grants(trial, work, delay_cycles) if locked and delay_cycles else []
    said += _waited(trial, delay_cycles) if locked else []
    return said + (_fair(trial, work, bypass) if stops_nobody else [])
