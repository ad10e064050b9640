"""Machines drawn at random are found by the probe, which does not see their profiles."""

import pytest
from tools import closed_loop, random_machines

from hartlock.plan.machine_keys import machine_keys


def test_every_key_is_drawn_or_said_to_have_no_part():
    assert {*random_machines.DRAWS, *random_machines.SHARES, *random_machines.FIXED} == set(machine_keys())


def test_a_seed_is_a_machine():
    assert random_machines.draw(7) == random_machines.draw(7) != random_machines.draw(8)


@pytest.mark.parametrize("first", [101, 110])
def test_what_the_probe_finds_orders_the_strategies_as_the_machine_does(first, tmp_path):
    loops = [closed_loop.loop(seed, tmp_path) for seed in range(first, first + 3)]
    assert closed_loop.report(loops)


def test_a_machine_that_was_not_probed_is_ordered_wrongly(tmp_path):
    """This shows that the test above can fail: another machine's table is not this one's."""
    one, other = (closed_loop.loop(seed, tmp_path) for seed in (1, 2))
    swapped = closed_loop.Loop(one.seed, one.truth, one.found, one.true, {at: [table] for at, table in other.true.items()})
    assert not closed_loop.report([swapped])
