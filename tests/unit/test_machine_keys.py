"""model/keys.def as the host program reads it. tests/c/model_profile.c tests the model's reader."""

import re

import pytest
from support.run import TOP

from hartlock.probe.fit import _FITS
from hartlock.probe.kinds import kinds
from hartlock.plan.machine_keys import KEYS_DEF, NEEDED, completed, machine_keys


def given():
    """A value for each key that a profile has to give."""
    return {name: key.most for name, key in machine_keys().items() if key.usual == NEEDED}


def test_every_line_of_the_list_is_an_entry():
    text = re.sub(r"/\*.*?\*/|^#.*?$", "", KEYS_DEF.read_text(), flags=re.S | re.M)
    lines = [line for line in text.splitlines() if line]
    assert KEYS_DEF.is_relative_to(TOP) and len(lines) == len(machine_keys()) > 30


def test_what_an_entry_says():
    key = machine_keys()["op"]
    assert (key.kind, key.least, key.most, key.usual, key.unit) == ("TIME", 0.1, 1000, NEEDED, "cycles")
    assert (machine_keys()["moesi"].kind, machine_keys()["banks"].unit) == ("SWITCH", "banks")


def test_each_key_is_measured_or_says_what_tells_it():
    """The probe's fits and the list of keys must not say different things: the answer to a question names the measurement."""
    for name, key in machine_keys().items():
        assert set(key.probes) <= set(kinds()) and bool(key.probes) != bool(key.instead), name
        assert bool(key.probes) == (name in {*_FITS, "hop", "mesh_columns"}), name


def test_a_default_is_a_value_in_bounds_or_a_key_further_up():
    above = set()
    for name, key in machine_keys().items():
        if key.kind == "SWITCH":
            assert key.usual in ("true", "false", NEEDED), name
        elif key.usual not in (NEEDED, *above):
            assert key.least <= float(key.usual) <= key.most, name
        above.add(name)


def test_what_is_not_given_has_its_default():
    values = completed(given())
    assert list(values) == list(machine_keys())
    for name, key in machine_keys().items():
        if key.usual in values:
            assert values[name] == values[key.usual]
    with pytest.raises(KeyError, match="'op'"):
        completed({name: value for name, value in given().items() if name != "op"})
