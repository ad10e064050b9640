"""The keys of a line that two harts fight for, from `hot_pair`: how soon it moves, and when its owner loses it.

Hart 0 makes an AMO and k instructions again and again, and hart 1 AMOs without a pause. A turn of a hart lasts until the other's
request has brought the line away, and holds as many of the hart's operations as are issued before its owner is asked. So the time of
hart 0's operation over k has steps, whose heights tell the transfer and whose places tell when the owner is asked.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from hartlock.probe.measured import Probe

Array = npt.NDArray[np.float64]

STEPS, SHARES = 0.25, 0.01  # steps in which the hot transfer in cycles, and its share until the owner is asked, are tried
MOST = 1.0  # times a lone transfer, the longest hot one that is tried: who waits has looked into its L1 already
CAPPED = 0.1  # the most that one k counts: at the edge of a step its number of operations is not sure
TRUSTED = 0.03  # mean relative error, above which the machine does something else
CLEARLY = 2.0, 0.005  # times, and beyond, the error of one of two ways that is not the machine's
AS_GOOD = 1.1, 0.0005  # times the least error, and beyond it, up to which a fit is as good
ROUNDS = 4  # after which the two turns, each of which waits for the other, change no more


@dataclass(frozen=True)
class HotLine:
    """The least and the most cycles that fit a hot transfer, and its part until the owner is asked."""

    transfer: tuple[float, float]
    owner: tuple[float, float]
    error: float


@dataclass(frozen=True)
class Core:
    """The facts of the core that are known before: cycles of an L1 load, a lone transfer and an AMO; whether AMOs overlap their miss."""

    load: float
    lone: float
    amo: float
    overlaps: bool
    asks: bool = False  # an AMO asks the directory even where the line is its own


def _costs(p: Probe) -> Array:
    """A row for each k: the cycles of hart 0's operation alone, and against hart 1."""
    gaps = sorted(b for kind, a, b in p.measures if kind == "hot_pair" and a == 2 and ("hot_pair", 1, b) in p.measures)
    rows = [(p.cost("hot_pair", 1, b), p.cost("hot_pair", 2, b)) for b in gaps]
    return np.array([row for row in rows if None not in row], dtype=np.float64).reshape(-1, 2)


def _turn(core: Core, step: Array, owner: Array) -> tuple[Array, Array]:
    """A hart's operations in a turn, and the time from its line's coming to its request for the line's return."""
    first = step - core.amo + core.load if core.overlaps else step
    more = np.floor((owner - first) / step) + 1
    count = 1 + np.where(core.asks | (first > owner), 0, more)
    return np.asarray(count, dtype=np.float64), np.asarray(first + (count - 1) * step, dtype=np.float64)


def _expected(core: Core, step: Array, hot: Array, owner: Array) -> Array:
    """The cycles of hart 0's operation: (transfer, share, k)."""
    count, back = _turn(core, step, owner)
    _, others = _turn(core, np.full_like(step, core.amo), owner)
    away = home = hot - core.load + 0 * back
    for _ in range(ROUNDS):  # a request that comes later than the line makes a lone transfer
        home = np.maximum(hot - core.load, others - away + core.lone - core.load)
        away = np.maximum(hot - core.load, back - home + core.lone - core.load)
    return np.asarray((away + home) / count, dtype=np.float64)


def hot_line(p: Probe, core: Core) -> tuple[HotLine | None, bool | None]:
    """Returns the line that fits the measurements best, if any does, and whether AMOs ask the directory for an own line, if that shows."""
    plain, asking = _fit(p, core), _fit(p, replace(core, asks=True))
    if plain is None or asking is None:
        return plain or asking, None
    better, worse = sorted((plain, asking), key=lambda line: line.error)
    told = worse.error > CLEARLY[0] * better.error + CLEARLY[1]
    best = better if told else _either(plain, asking)
    return (best if best.error <= TRUSTED else None), (better is asking) if told else None


def _either(a: HotLine, b: HotLine) -> HotLine:
    """The line of which it is not known which of the two it is."""
    return HotLine((min(a.transfer[0], b.transfer[0]), max(a.transfer[1], b.transfer[1])),
                   (min(a.owner[0], b.owner[0]), max(a.owner[1], b.owner[1])), min(a.error, b.error))


def _fit(p: Probe, core: Core) -> HotLine | None:
    costs = _costs(p)
    if len(costs) < 4 or core.lone <= core.load:
        return None
    hot = np.arange(core.load, MOST * core.lone + STEPS / 2, STEPS).reshape(-1, 1, 1)
    share = np.arange(SHARES, 1, SHARES).reshape(1, -1, 1)
    made = _expected(core, costs[:, 0].reshape(1, 1, -1), hot, hot * share)
    errors = np.minimum(CAPPED, abs(made / costs[:, 1] - 1)).mean(axis=2)
    least = float(errors.min())
    i, j = np.nonzero(errors <= AS_GOOD[0] * least + AS_GOOD[1])
    hots = hot[i, 0, 0]
    owners = hots * share[0, j, 0]
    return HotLine((float(hots.min()), float(hots.max())), (float(owners.min()), float(owners.max())), least)
