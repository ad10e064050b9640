"""Draws machines at random, for the closed loop: every key of model/keys.def, within what machines have."""

import math
import random
from collections.abc import Callable, Mapping

from hartlock.plan.machine_keys import Value, machine_keys

Draw = Callable[[random.Random], Value]
HARTS = 8


def _evenly(least: float, most: float) -> Draw:
    return lambda r: round(r.uniform(least, most), 1)


def _by_scale(least: float, most: float) -> Draw:
    """Draws a number whose logarithm is even: one of 2 to 4 is as likely as one of 40 to 80."""
    return lambda r: round(math.exp(r.uniform(math.log(least), math.log(most))), 1)


def _one_of(*values: Value) -> Draw:
    return lambda r: r.choice(values)


def _or_none(draw: Draw, share: float) -> Draw:
    """Draws 0 in that share of the machines."""
    return lambda r: 0.0 if r.random() < share else draw(r)


# These are drawn as a share of another key.
SHARES: Mapping[str, tuple[str, Draw]] = {
    "hot_transfer": ("transfer", _one_of(1.0, 1.0, 0.9, 0.75)),
    "hot_owner": ("hot_transfer", _one_of(0.0, 0.0, 0.3, 0.5, 0.85)),
    "hot_shared": ("shared", _one_of(1.0, 1.0, 0.6, 0.0)),
    "copies_go": ("upgrade", _one_of(0.0, 0.0, 0.1, 0.4, 0.85)),
}
# A key that is not here keeps its default: it has no part in what locks cost.
DRAWS: Mapping[str, Draw] = {
    "clock_mhz": _one_of(800, 1000, 1500, 2000),
    "cluster_harts": _one_of(2, 4, 8, 8),
    "mesh_columns": _one_of(1, 2),
    "l1_sets": _one_of(64, 128, 256),
    "l1_ways": _one_of(4, 8),
    "banks": _one_of(1, 2, 4, 8, 16),
    "bank_busy": _evenly(0.5, 6),
    "store_buffer": _one_of(0, 0, 1, 2, 4, 8, 16, 32),
    "store_misses": _one_of(1, 1, 2, 4),
    "amo_waits": _one_of(True, True, False),
    "moesi": _one_of(False, True),
    "amo_far": _one_of(False, False, False, True),
    "amo_asks": _one_of(False, False, False, True),
    "amo_overlaps": _one_of(False, False, True),
    "l1_load": _evenly(1, 5),
    "load_ahead": _or_none(_one_of(20.0, 1000.0), 0.7),
    "l1_store": _evenly(0.5, 3),
    "l1_amo": _by_scale(2, 40),
    "l1_swap": _by_scale(2, 40),
    "l1_logic": _by_scale(2, 40),
    "l1_cas": _by_scale(2, 40),
    "l1_lr": _by_scale(2, 20),
    "l1_sc": _by_scale(2, 20),
    "amo_ahead": _or_none(_one_of(20.0, 1000.0), 0.7),
    "aq": _or_none(_by_scale(1, 25), 0.6),
    "rl": _or_none(_by_scale(1, 25), 0.6),
    "transfer": _by_scale(15, 200),
    "upgrade": _by_scale(10, 200),
    "invalidate": _evenly(0, 6),
    "shared": _by_scale(10, 120),
    "memory": _by_scale(130, 450),
    "far_amo": _by_scale(10, 120),
    "hop": _evenly(2, 20),
    "lr_shares": _one_of(False, False, True),
    "sc_backoff": _or_none(_by_scale(2, 60), 0.7),
    "sc_takes": _one_of(False, True),
    "lr_hold": _or_none(_by_scale(8, 100), 0.5),
    "store_delay": _or_none(_by_scale(20, 300), 0.7),
    "op": _evenly(0.3, 2),
    "branch": _evenly(0.3, 3),
    "jump": _evenly(0.3, 3),
    "mul": _evenly(1, 5),
    "div": _evenly(5, 40),
    "csr": _evenly(1, 20),
    "fence": _by_scale(0.5, 30),
    "fence_release": _by_scale(0.5, 30),
    "fence_acquire": _by_scale(0.5, 30),
    "fence_waits": _one_of(False, False, True),
    "pause": _by_scale(0.5, 40),
    "pause_waits": _one_of(False, False, True),
}
# No instruction of ours is one of `fp`.
FIXED: Mapping[str, Value] = {"harts": HARTS, "fp": 5.0}
# These are 0 where a profile does not say them: two thirds of the other key.
OR_TWO_THIRDS = ("hot_owner", "copies_go")


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def draw(seed: int) -> dict[str, Value]:
    """The machine of a seed."""
    r = random.Random(seed)
    out: dict[str, Value] = {key: FIXED[key] if key in FIXED else DRAWS[key](r) for key in machine_keys() if key in FIXED or key in DRAWS}
    for key, (of, share) in SHARES.items():
        drawn = round(float(out[of]) * float(share(r)), 1)
        out[key] = drawn if key in OR_TWO_THIRDS else max(float(out["l1_load"]), drawn)
    return {key: out[key] for key in machine_keys() if key in out}


def profile_text(values: Mapping[str, Value]) -> str:
    """The machine profile of these values."""
    return "".join(f"{key} = {_text(value)}\n" for key, value in values.items())
