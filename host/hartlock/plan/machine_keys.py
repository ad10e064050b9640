"""The keys of a machine profile, read from model/keys.def, whose head says what an entry means.

The model reads that list, too, so a key, its bounds and its default are said once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from hartlock.base.lists import entries_of
from hartlock.base.paths import TOP

KEYS_DEF = TOP / "model" / "keys.def"
NEEDED = "NEEDED"  # the default of a key that a profile has to give
NOT = "not: "  # in front of what tells a key that the probe does not see

Value = bool | int | float


@dataclass(frozen=True)
class MachineKey:
    """A key. `kind`: COUNT (a whole number), SWITCH (true or false) or TIME (cycles, with at most one decimal).

    `usual`: the value of a profile that does not give the key, the name of the key that has it, or NEEDED.
    `probes`: the measurements of the probe that show it. Where there are none, `instead` says what does.
    """

    name: str
    kind: str
    least: float
    most: float
    usual: str
    unit: str
    meaning: str
    probes: tuple[str, ...]
    instead: str


def _key(macro: str, name: str, *rest: str) -> MachineKey:
    *of, meaning, probe = rest
    probes, instead = ((), probe.removeprefix(NOT)) if probe.startswith(NOT) else (tuple(probe.split()), "")
    if macro == "SWITCH":
        return MachineKey(name, macro, 0, 1, of[0], "", meaning, probes, instead)
    least, most, usual, *unit = of
    return MachineKey(name, macro, float(least), float(most), usual, unit[0] if unit else "cycles", meaning, probes, instead)


@cache
def machine_keys() -> dict[str, MachineKey]:
    """The keys by name, in the list's order."""
    return {key.name: key for key in (_key(macro, *arguments) for macro, arguments in entries_of(KEYS_DEF))}


def _usual(key: MachineKey, values: Mapping[str, Value]) -> Value:
    if key.usual in values:
        return values[key.usual]
    if key.kind == "SWITCH":
        return key.usual == "true"
    return int(key.usual) if key.kind == "COUNT" else float(key.usual)


def completed(given: Mapping[str, Value]) -> dict[str, Value]:
    """Returns the values of all keys: those given, and the defaults of the others. Raises KeyError, with the name, where a key
    is missing that a profile has to give."""
    out: dict[str, Value] = {}
    for name, key in machine_keys().items():
        if name not in given and key.usual == NEEDED:
            raise KeyError(name)
        out[name] = given[name] if name in given else _usual(key, out)
    return out
