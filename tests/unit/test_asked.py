"""The checks of what a trial did against what it was asked for (figures/asked.py), on made-up trials."""

from dataclasses import replace

import pytest
from support.trials import W, a_pass, a_trial, share

from hartlock.engine import qemu
from hartlock.figures import asked
from hartlock.records.histogram import Histogram

PASSES = ("throughput", "latency", "audit", "fairness")


def trial(ops=1000, harts=1, **more):
    """A trial each of whose passes lasts 10,000 ticks; each hart does `ops` operations in it."""
    def shares(**counts):
        return (share(hart, ops, ops, 1000, 11000, **counts) for hart in range(harts))

    made = a_trial(**{name: a_pass(*shares(**(more if name == "latency" else {}))) for name in PASSES})
    made.harts = harts
    return made


def said(of, delay_cycles=1.0, stops_nobody=True, bypass=0.0, **work):
    return " ".join(asked.faults(of, replace(W, **work), bypass, delay_cycles, stops_nobody))


@pytest.mark.parametrize("work,enough", [
    ({"hold_instructions": 1000}, True), ({"hold_instructions": 1020}, False), ({"think_instructions": 1020}, False),
    ({"hold_instructions": 510, "think_instructions": 510}, False), ({"hold_instructions": 490, "think_instructions": 490}, True),
    ({"think_instructions": 1020, "think_range_instructions": 1020}, True),  # 1000 draws may be that far from their mean
    ({"think_instructions": 1200, "think_range_instructions": 1200}, False),
])
def test_a_hart_has_time_for_the_work_it_was_asked_for(work, enough):
    words = said(trial(), **work)
    assert ("throughput pass: hart 0 holds and thinks for" in words) is not enough
    assert all(f"{name} pass: hart 0" in words for name in PASSES) is not enough


def test_an_instruction_takes_what_the_machine_says_and_nothing_is_said_where_that_is_not_known():
    assert said(trial(), 0.5, hold_instructions=1900) == ""
    assert "it does other work" in said(trial(), 0.5, hold_instructions=2100)
    assert said(trial(), 0, hold_instructions=2100) == ""


def test_sections_come_one_after_the_other():
    assert said(trial(harts=2), hold_instructions=490) == ""
    assert "throughput pass: 2000 operations hold for 1200000 cycles one after the other" in said(trial(harts=2), hold_instructions=600)
    lockfree = trial(harts=2)
    lockfree.strategy = "cas"  # attempts may hold at once
    assert said(lockfree, hold_instructions=600) == ""


def test_sections_of_several_locks_may_be_at_once():
    made = trial(harts=2)
    for p in made.passes.values():
        p.busiest = 1000
    assert said(made, hold_instructions=900, locks=4) == ""
    made.passes["audit"].busiest = 1400
    assert "audit pass: 1400 operations hold for 1260000 cycles one after the other" in said(made, hold_instructions=900, locks=4)


def test_a_section_lies_between_two_hand_overs():
    made = trial(ops=10, harts=2)  # 20 grants in 10,000 ticks
    made.histograms[0, "handoff"] = Histogram(20, 8000, 400, 400, {})  # 800,000 cycles, and 40,000 more may lie across an end
    assert said(made, hold_instructions=10_000) == ""
    assert "20 grants hold for 300000 cycles and are handed over in 800000" in said(made, hold_instructions=15_000)


def test_one_hart_does_not_wait_for_itself():
    assert said(trial(waited=3), 0) == "latency pass: one hart waited 3 time(s) for itself"


def test_a_wait_takes_time():
    made = trial(harts=2, waited=3)
    assert said(made) == ""
    made.histograms = {(hart, "wait"): Histogram(6, 0, 0, 0, {0: 6}) for hart in range(2)}
    assert said(made).startswith("latency pass: harts waited 6 time(s), for no more than 0 cycle(s)")
    assert said(made, 0) == ""  # a clock may be too coarse to tell
    assert said(trial(harts=2, waited=3), 0) == ""
    lockfree = trial(waited=3)
    lockfree.strategy = "lrsc"  # an interrupt may take its reservation
    assert said(lockfree, 0) == ""


def test_a_lock_is_as_fair_as_it_claims_where_nobody_is_stopped():
    made = trial(harts=4)
    made.strategy = "ticket"
    assert said(made, bypass=3.0) == ""
    assert said(made, bypass=4.0) == "fairness: 4 grants of others went first, at most 3 may"
    assert said(made, stops_nobody=False, bypass=4.0) == ""
    made.passes["fairness"].shares[1].ipis = 1
    assert said(made, bypass=4.0) == ""
    ttas = trial(harts=4)
    assert said(ttas, bypass=1000.0) == "" and said(ttas, bypass=float("nan")) == ""


@pytest.mark.parametrize("extra,shift", [
    (["-icount", "shift=3"], 3), (["-icount", "sleep=off,shift=0"], 0), (["-icount", "shift=auto"], None), (["-icount", "auto"], None),
    (["-m", "1G"], None), (["--icount", "shift=1", "-icount", "shift=2"], 2)])
def test_an_instruction_takes_what_icount_says(extra, shift):
    assert qemu.instruction_shift(extra) == shift
