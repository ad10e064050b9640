"""The key of the machine on which an answer hangs: the one that splits the machines so that a choice on each side loses least.

Of many keys one splits a few machines well by chance. So the split counts only if hardly any shuffle of the
machines' keys gives as good a one. And the machines that it is made from flatter it: what it loses is told of each machine
by the split that the other machines make.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hartlock.analysis.regret import Table
from hartlock.folder.reader import Boot

LEAST = 6  # machines, fewer of which are not split
SHUFFLES = 200
CHANCE = 0.05  # share of the shuffles that may do as well

Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Hinge:
    """A split of the machines by one key, with the choice on each side."""

    key: str
    below: float  # the most of the key on the lower side
    above: float  # the least on the upper side
    low: str  # the choice on the lower side
    high: str
    loss: float  # the geometric mean, over all machines, of how many times the best one's figure a choice has that the others' split makes
    alone: float  # that mean for the best single choice that the others make
    worst: float  # the most, on any machine, of how many times the best one's figure the choice has that the others' split makes

    @property
    def is_switch(self) -> bool:
        return (self.below, self.above) == (0, 1)


def _logs(table: Table, machines: Sequence[Boot]) -> Matrix:
    """A row a machine, a column a strategy: the logarithm of how many times the best one's figure it has there."""
    values = np.log(np.array([[of[m] for of in table.values()] for m in machines], dtype=np.float64))
    made: Matrix = values - values.min(axis=1, keepdims=True)
    return made


def _splits(logs: Matrix, keys: Matrix) -> tuple[Matrix, npt.NDArray[np.int64]]:
    """The least total of each split: a row a place in the order of a column of `keys`, infinite where two are equal. And the orders."""
    order = np.argsort(keys, axis=0, kind="stable")
    lower = np.cumsum(logs[order], axis=0)  # place, key, strategy
    totals = lower.min(axis=2) + (lower[-1:] - lower).min(axis=2)
    there = np.take_along_axis(keys, order, axis=0)
    totals[:-1][there[:-1] == there[1:]] = np.inf
    totals[-1] = np.inf
    return totals, order


class _Split(NamedTuple):
    """The best split of some machines: a column of the keys, its values beside the cut, and the choice on either side."""

    column: int
    below: float
    above: float
    low: int
    high: int
    total: float  # the sum of the logarithms of what the choices lose

    def choice(self, value: float) -> int:
        """Returns the choice for a machine whose key has that value."""
        return self.low if value <= (self.below + self.above) / 2 else self.high


def _best(logs: Matrix, keys: Matrix) -> _Split | None:
    """The split that loses least on these machines; None if no key has two values."""
    totals, order = _splits(logs, keys)
    place, column = (int(i) for i in np.unravel_index(np.argmin(totals), totals.shape))
    if not np.isfinite(totals[place, column]):
        return None
    low, high = order[:place + 1, column], order[place + 1:, column]
    return _Split(column, float(keys[low[-1], column]), float(keys[high[0], column]), int(logs[low].sum(axis=0).argmin()),
                  int(logs[high].sum(axis=0).argmin()), float(totals[place, column]))


def _left_out(logs: Matrix, keys: Matrix) -> tuple[Matrix, Matrix]:
    """The losses on each machine, as logarithms, by the choice that the others' best split makes and by their best single choice."""
    split_losses, single_losses = np.zeros(len(logs)), np.zeros(len(logs))
    for machine in range(len(logs)):
        others = np.arange(len(logs)) != machine
        single, split = int(logs[others].sum(axis=0).argmin()), _best(logs[others], keys[others])
        chosen = split.choice(float(keys[machine, split.column])) if split else single
        split_losses[machine], single_losses[machine] = logs[machine, chosen], logs[machine, single]
    return split_losses, single_losses


def hinge(table: Table, keys: Mapping[Boot, Mapping[str, float]]) -> Hinge | None:
    """The split that loses least, if hardly any chance does as well, and if on a machine that it is not made from it loses less than
    the best single choice does; else None."""
    names, machines = list(table), list(next(iter(table.values()), {}))
    varied = [key for key in keys.get(machines[0], {}) if all(key in keys.get(m, {}) for m in machines)] if machines else []
    varied = [key for key in varied if len({keys[m][key] for m in machines}) > 1]
    if len(machines) < LEAST or len(names) < 2 or not varied:
        return None
    logs, values = _logs(table, machines), np.array([[keys[m][key] for key in varied] for m in machines], dtype=np.float64)
    best = _best(logs, values)
    if best is None or best.low == best.high or _by_chance(logs, values, best.total) > CHANCE:
        return None
    split, single = _left_out(logs, values)
    if not split.mean() < single.mean():
        return None
    return Hinge(varied[best.column], best.below, best.above, names[best.low], names[best.high], *(float(np.exp(x)) for x in
                 (split.mean(), single.mean(), split.max())))


def _by_chance(logs: Matrix, keys: Matrix, total: float) -> float:
    """The share of the shuffles of the machines' keys whose best split loses as little."""
    rng = np.random.default_rng(1)
    return sum(bool(_splits(logs, keys[rng.permutation(len(keys))])[0].min() <= total) for _ in range(SHUFFLES)) / SHUFFLES
