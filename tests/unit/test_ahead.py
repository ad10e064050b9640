"""Boots that run side by side: which are started while one is listened to."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from hartlock.base.errors import UsageError
from hartlock.run.ahead import Ahead

IMAGE = Path("image")


class Boot:
    """A boot that only notes what is done with it."""

    def __init__(self, is_deterministic=True, can_start=True):
        self.engine, self.can_start, self.seen = SimpleNamespace(is_deterministic=is_deterministic), can_start, []

    def launch(self, image):
        if not self.can_start:
            raise UsageError("cannot start it")
        self.seen.append(image)

    def close(self):
        self.seen.append("closed")


def started(boots):
    return [IMAGE in boot.seen for boot in boots]


@pytest.mark.parametrize("at_once,first,second", [(1, [1, 0, 0], [1, 1, 0]), (2, [1, 1, 0], [1, 1, 1]), (9, [1, 1, 1], [1, 1, 1])])
def test_so_many_are_started_at_once(at_once, first, second):
    boots = [Boot(), Boot(), Boot()]
    with Ahead(boots, IMAGE, at_once) as ahead:
        ahead.start_from(boots[0])
        assert started(boots) == first
        ahead.start_from(boots[1])
        assert started(boots) == second


def test_nothing_runs_beside_an_engine_whose_figures_that_would_change():
    boots = [Boot(), Boot(is_deterministic=False), Boot(), Boot()]
    with Ahead(boots, IMAGE, 4) as ahead:
        ahead.start_from(boots[0])
        assert started(boots) == [1, 0, 0, 0]
        ahead.start_from(boots[1])
        assert started(boots) == [1, 0, 0, 0]
        ahead.start_from(boots[2])
        assert started(boots) == [1, 0, 1, 1]


def test_a_boot_that_cannot_start_is_told_in_its_own_turn_and_all_are_closed():
    boots = [Boot(), Boot(can_start=False), Boot()]
    with pytest.raises(KeyboardInterrupt), Ahead(boots, IMAGE, 3) as ahead:
        ahead.start_from(boots[0])
        assert started(boots) == [1, 0, 1]
        raise KeyboardInterrupt
    assert all(boot.seen[-1] == "closed" for boot in boots)
