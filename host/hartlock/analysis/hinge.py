"""The key of the machine on which an answer hangs: the one that splits the machines so that a choice on each side loses least.

Of many keys one splits a few machines well by chance. So the split counts only if hardly any shuffle of the
machines' keys gives as good a one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
    loss: float  # the geometric mean, over all machines, of how many times the best one's figure those choices have
    alone: float  # the loss of the best single choice
    worst: float  # the most, on any machine, of how many times the best one's figure they have

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


def hinge(table: Table, keys: Mapping[Boot, Mapping[str, float]]) -> Hinge | None:
    """The split that loses least, if it loses less than the best single choice by more than chance; else None."""
    names, machines = list(table), list(next(iter(table.values()), {}))
    varied = [key for key in keys.get(machines[0], {}) if all(key in keys.get(m, {}) for m in machines)] if machines else []
    varied = [key for key in varied if len({keys[m][key] for m in machines}) > 1]
    if len(machines) < LEAST or len(names) < 2 or not varied:
        return None
    logs, values = _logs(table, machines), np.array([[keys[m][key] for key in varied] for m in machines], dtype=np.float64)
    totals, order = _splits(logs, values)
    place, column = (int(i) for i in np.unravel_index(np.argmin(totals), totals.shape))
    rng = np.random.default_rng(1)
    chance = sum(_splits(logs, values[rng.permutation(len(machines))])[0].min() <= totals[place, column] for _ in range(SHUFFLES))
    alone = float(logs.sum(axis=0).min())
    low, high = order[:place + 1, column], order[place + 1:, column]
    first, second = int(logs[low].sum(axis=0).argmin()), int(logs[high].sum(axis=0).argmin())
    if chance > CHANCE * SHUFFLES or first == second:
        return None
    worst = max(logs[low, first].max(), logs[high, second].max())
    return Hinge(varied[column], float(values[low[-1], column]), float(values[high[0], column]), names[first], names[second],
                 float(np.exp(totals[place, column] / len(machines))), float(np.exp(alone / len(machines))), float(np.exp(worst)))
