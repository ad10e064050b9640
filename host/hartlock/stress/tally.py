"""The tally of what a stress run has done so far, in numbers and in words."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from hartlock.records.trials import Exhaust, Trial
from hartlock.plan.strategies import CONTROL

Row = dict[str, object]

@dataclass
class Tally:
    """The counts of all passes of all trials. The control is counted apart."""

    trials: int = 0
    ops: int = 0
    blocks_audited: int = 0
    stops: int = 0
    ipis: int = 0
    ipis_inside: int = 0
    interrupts: int = 0
    interrupts_inside: int = 0
    exhaustions: int = 0
    refusals: int = 0
    controls: int = 0  # trials of the control on several harts
    controls_lost: int = 0  # trials of those that lost an update
    strategies: Counter[str] = field(default_factory=Counter)  # trials

    def add(self, trial: Trial, faults: bool) -> None:
        """Count a trial that ended; `faults` says whether its checks found anything."""
        if trial.strategy == CONTROL:
            self.controls += trial.harts > 1
            self.controls_lost += trial.harts > 1 and faults
            return
        exhaust = trial.exhaust or Exhaust()
        shares = [s for p in trial.passes.values() for s in p.shares]
        self.trials += 1
        self.strategies[trial.strategy] += 1
        self.ops += sum(s.ops for s in shares) + exhaust.blocks
        self.blocks_audited += sum(s.blocks for s in shares) + exhaust.blocks
        for name in ("stops", "ipis", "ipis_inside", "interrupts", "interrupts_inside"):
            setattr(self, name, getattr(self, name) + sum(getattr(s, name) for s in shares))
        self.exhaustions += exhaust.rounds
        self.refusals += exhaust.refused

    def __iadd__(self, other: "Tally") -> "Tally":
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)
        return self

    def counts(self) -> Row:
        return {name: value for name, value in vars(self).items() if name != "strategies"}

    def words(self) -> str:
        return "; ".join([
            f"{self.trials} trials of {len(self.strategies)} strategies, {short(self.ops)} operations, "
            f"{short(self.blocks_audited)} blocks audited", *self._exercised()])

    def _exercised(self) -> Iterator[str]:
        """Describe the disturbances there were: not every engine has them."""
        if self.stops:
            yield f"harts stopped and started {short(self.stops)} times"
        if self.ipis:
            yield f"{short(self.ipis)} IPIs, {short(self.ipis_inside)} of them on holders"
        if self.interrupts:
            yield f"{short(self.interrupts)} timer interrupts, {short(self.interrupts_inside)} of them on holders"
        if self.refusals:
            yield f"heaps used up {short(self.exhaustions)} times, {short(self.refusals)} requests refused"


def short(n: int) -> str:
    for unit, name in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if n >= 10 * unit:
            return f"{n // unit}{name}"
    return str(n)
