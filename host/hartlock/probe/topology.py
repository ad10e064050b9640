"""The harts' clusters and their mesh (model/topology.h), from the dirty loads of all pairs."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from hartlock.probe.measured import Probe

Matrix = npt.NDArray[Any]

ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE = 0.5, 0.01  # pairs that differ by less are in one


class Topology(NamedTuple):
    """The harts' clusters, the clusters' mesh (model/topology.h), and the costs of both."""

    size: int  # harts of a cluster
    columns: int  # clusters of a row
    transfer: float  # within a cluster
    hop: float
    error: float  # root mean square, over the pairs

    def way(self, a: int, b: int) -> float:
        """Cycles to go from a's cluster to b's and back."""
        return self.hop * float(_there_and_back(np.array([[a, b]]), self.size, self.columns)[0])


def _there_and_back(pairs: Matrix, size: int, columns: int) -> Matrix:
    a, b = pairs[:, 0] // size, pairs[:, 1] // size
    return 2 * (abs(a // columns - b // columns) + abs(a % columns - b % columns))


def _fitted(pairs: Matrix, costs: Matrix, size: int, columns: int) -> Topology:
    """The topology whose transfer and hop fit by least squares: cost = transfer + hop * steps."""
    steps = _there_and_back(pairs, size, columns)
    spread = steps - steps.mean()
    hop = float((spread * costs).sum() / (spread * spread).sum()) if spread.any() else 0.0
    transfer = float(costs.mean() - hop * steps.mean())
    error = float(np.sqrt(((costs - transfer - hop * steps) ** 2).mean()))
    return Topology(size, columns, transfer, hop, error)


def topology(p: Probe, base_columns: int = 1) -> Topology | None:
    """One cluster if that fits, else the topology that fits best. Of equals the one with the largest
    clusters is taken, then the one with the base's columns, then the one with the widest mesh."""
    costs = {pair: cost for pair, cost in p.pairs()}
    if not costs:
        return None
    pairs, cycles = np.array(list(costs)), np.array(list(costs.values()))
    one = _fitted(pairs, cycles, p.harts, 1)
    if one.error <= max(ONE_CLUSTER_CYCLES, ONE_CLUSTER_SHARE * one.transfer):
        return one
    fits = [_fitted(pairs, cycles, size, columns) for size in range(1, p.harts)
            for columns in range(1, -(-p.harts // size) + 1)]
    fits = [f for f in fits if f.hop > 0 and f.transfer > 0] or [one]
    least = min(f.error for f in fits)
    return max((f for f in fits if f.error <= least + 1e-6), key=lambda f: (f.size, f.columns == base_columns, f.columns))
