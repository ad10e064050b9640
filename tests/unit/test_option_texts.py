"""The way from options to a workload and back."""

import pytest

from hartlock.plan import option_texts
from hartlock.plan.scenarios import SCENARIOS
from hartlock.plan.workload_options import OPTIONS

# Sets of options that a sweep may be asked for; together they name every option of the workload.
ASKED = (
    {"hold": "5", "think": "7", "think-range": "0", "batch": "64"},
    {"size": "mixed", "touch": "16", "placement": "packed", "exhaust": "3"},
    {"size": "64", "align": "8", "arrival": "poisson:5000", "ipi": "100", "churn": "1000"},
    {"allocator": "cached-pool", "live": "3", "burst": "4", "remote": "50"},
    {"allocator": "pool", "size": "16", "align": "16"},
    {"waiters": "try", "irq": "off", "shootdown": "9"},
    {"locks": "64", "choose": "zipf", "think": "0"},
    {"interrupt": "100,50", "handler": "lock"},
    {"scenario": "frame-pool", "allocator": "buddy", "hold": "0"},
    {"scenario": "vm-exit-stats", "arrival": "closed", "think": "50", "placement": "padded"},
    *({"scenario": name} for name in SCENARIOS),
)


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_options_of_a_workload_ask_for_it(asked):
    made = option_texts.workload_of(asked)
    told = option_texts.of(made)
    assert option_texts.workload_of(told) == made
    assert told.items() >= asked.items()
    assert set(told) - set(asked) <= {"hold", "think"}


def test_every_option_is_asked_for_here():
    assert {name for asked in ASKED for name in asked} == {"scenario", *(o.name for o in OPTIONS)}


def test_sizes_of_a_file_are_asked_for_by_a_file():
    made = option_texts.workload_of({"size": option_texts.FILE})
    assert option_texts.of(made)["size"] == option_texts.FILE
