"""The loss of a choice over machines: how far behind the best one a strategy is, on the machine where that is worst.

Where nothing can be measured, the strategy with the least of these is the choice (minimax regret). One machine, in
several boots, is one machine here, too.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hartlock.analysis.rank import Place, on_machines, shared_machines
from hartlock.folder.comparable import Figure
from hartlock.folder.reader import Boot

Table = dict[str, dict[Boot, float]]  # a figure by strategy and machine


@dataclass(frozen=True)
class Loss:
    """A strategy's figure as so many times the best one's."""

    name: str
    worst: float  # on the machine where that is most
    mean: float  # the geometric mean over the machines
    best_on: int  # machines on which it is the best


def figures(places: Sequence[Place], figure: Figure) -> Table:
    """The figure of each strategy on each machine on which all have it. What starves is left out."""
    of = {p.name: p.cell for p in places if not p.starves}
    shared = shared_machines(list(of.values()), figure)
    known = {name: {m: value for m, value in on_machines(cell, figure).items() if m in shared} for name, cell in of.items()}
    return {name: values for name, values in known.items() if values and values.keys() == shared and all(map(math.isfinite, values.values()))}


def losses(table: Table) -> list[Loss]:
    """The losses of each strategy against the best of them on each machine, the least worst first. A lower figure is better."""
    if not table:
        return []
    machines = list(next(iter(table.values())))
    best = {m: min(of[m] for of in table.values()) for m in machines}
    out = []
    for name, of in table.items():
        times = [of[m] / best[m] if best[m] > 0 else math.inf for m in machines]
        mean = math.exp(sum(map(math.log, times)) / len(times))
        out.append(Loss(name, max(times), mean, sum(of[m] == best[m] for m in machines)))
    return sorted(out, key=lambda loss: (loss.worst, loss.mean, loss.name))
