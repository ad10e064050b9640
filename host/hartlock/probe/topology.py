"""The harts' clusters and their mesh (model/topology.h), from the dirty loads of all pairs."""

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hartlock.probe.measured import Probe

Matrix = npt.NDArray[Any]

HOMES = (0, 1, 2)  # clusters with a bank of the directory that are tried; 0: all
ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE = 0.5, 0.01  # pairs that differ by less are in one


class Topology(NamedTuple):
    """The harts' clusters, the clusters' mesh (model/topology.h), and the costs of both."""

    size: int  # harts of a cluster
    columns: int  # clusters of a row
    transfer: float  # within a cluster
    hop: float
    error: float  # root mean square, over the pairs
    homes: int  # clusters, from the first on, that have a bank of the directory; 0: all

    def way(self, a: int, b: int) -> float:
        """Cycles to go from a's cluster to b's and back, by the nearest bank."""
        return self.hop * float(_there_and_back(np.array([[a, b]]), self.size, self.columns, self.homes)[0])

    def way_to_bank(self, hart: int) -> float:
        """Cycles to go from the hart's cluster to the nearest bank and back."""
        cluster = hart // self.size
        return 2 * self.hop * min((abs(cluster // self.columns - home // self.columns) + abs(cluster % self.columns - home % self.columns)
                                   for home in range(self.homes)), default=0)


def _apart(a: Matrix, b: Matrix, columns: int) -> Matrix:
    steps: Matrix = abs(a // columns - b // columns) + abs(a % columns - b % columns)
    return steps


def _there_and_back(pairs: Matrix, size: int, columns: int, homes: int) -> Matrix:
    a, b = pairs[:, 0] // size, pairs[:, 1] // size
    there = _apart(a, b, columns)
    if not homes:
        return 2 * there
    by_bank: list[Matrix] = [_apart(a, np.full_like(a, home), columns) + _apart(np.full_like(b, home), b, columns) for home in range(homes)]
    nearest: Matrix = np.min(np.array(by_bank), axis=0)
    return there + nearest


def _fitted(pairs: Matrix, costs: Matrix, size: int, columns: int, homes: int) -> Topology:
    """The topology whose transfer and hop fit by least squares: cost = transfer + hop * steps."""
    steps = _there_and_back(pairs, size, columns, homes)
    spread = steps - steps.mean()
    hop = float((spread * costs).sum() / (spread * spread).sum()) if spread.any() else 0.0
    transfer = float(costs.mean() - hop * steps.mean())
    error = float(np.sqrt(((costs - transfer - hop * steps) ** 2).mean()))
    return Topology(size, columns, transfer, hop, error, homes)


@lru_cache(maxsize=4)  # a fit asks some 30 times
def topology(p: Probe, base_columns: int = 1) -> Topology | None:
    """One cluster if that fits, else the topology that fits best. Of equals the one with the largest
    clusters is taken, then the one with the base's columns, then the one with the widest mesh. The Probe has to be complete: what
    is added to it later is not seen."""
    costs = {pair: cost for pair, cost in p.pairs()}
    if not costs:
        return None
    pairs, cycles = np.array(list(costs)), np.array(list(costs.values()))
    one = _fitted(pairs, cycles, p.harts, 1, 0)
    if one.error <= max(ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE * one.transfer):
        return one
    fits = [_fitted(pairs, cycles, size, columns, homes) for size in range(1, p.harts)
            for columns in range(1, -(-p.harts // size) + 1) for homes in HOMES if homes < -(-p.harts // size)]
    fits = [f for f in fits if f.hop > 0 and f.transfer > 0] or [one]
    least = min(f.error for f in fits)
    return max((f for f in fits if f.error <= least + 1e-6), key=lambda f: (f.size, not f.homes, f.columns == base_columns, f.columns))
