"""A process's own time: what a busy computer, a stop and a sleep do to it, and the limits that count it."""

import os
import signal
import sys
import time

import pytest

from hartlock.engine import source
from hartlock.engine.own_time import LOOK_S, Look, OwnTime, look
from hartlock.engine.process import Process
from hartlock.engine.source import Limits, Silent


@pytest.fixture
def four(monkeypatch):
    """A computer of four processors."""
    monkeypatch.setattr("hartlock.base.toolchain.host_processors", lambda: 4)


@pytest.mark.parametrize("cpu_s,wanting,stopped,own_s", [
    (4.0, 8, False, 1.0),  # eight threads had all four processors
    (1.0, 1, False, 1.0),  # one thread had the one it wanted
    (2.0, 8, False, 0.5),  # other programs had the half
    (0.0, 8, False, 0.0),  # others had all
    (0.0, 0, False, 1.0),  # it slept: it could have worked
    (0.0, 0, True, 0.0),  # it was stopped
    (-3.0, 1, False, 0.0),  # a child that had used processors has ended
    (9.0, 1, False, 1.0),  # threads that ended since: never more than the wall clock's
])
def test_own_time_is_the_time_in_which_a_process_could_work(four, cpu_s, wanting, stopped, own_s):
    wall, seen = [5.0], [Look(7.0, wanting, stopped)]
    own = OwnTime(1, lambda pid: seen[0], lambda: wall[0])
    assert own.seconds() == 0
    wall[0], seen[0] = 6.0, Look(7.0 + cpu_s, wanting, stopped)
    assert own.seconds() == pytest.approx(own_s)
    wall[0] += LOOK_S / 2
    assert own.seconds() == pytest.approx(own_s), "not every call looks"


def test_a_process_that_is_gone_has_the_wall_clocks_time(four):
    wall = [0.0]
    own = OwnTime(1, lambda pid: None, lambda: wall[0])
    wall[0] = 3.0
    assert own.seconds() == 3.0


class Child(Process):
    name, speaker = "the child", "the child"

    def __init__(self, code):
        super().__init__(lambda folder: [sys.executable, "-c", code])

    def where(self):
        return []


SPINS = "print('here', flush=True)\nwhile True: pass"


def until(seen):
    """Wait for something that a process does soon."""
    limit = time.monotonic() + 20
    while not seen():
        assert time.monotonic() < limit


def test_a_look_sees_threads_that_run_sleep_and_are_stopped():
    with Child(SPINS) as child:
        until(lambda: look(child.pid).cpu_s > 0 and look(child.pid).wanting == 1)
        os.kill(child.pid, signal.SIGSTOP)
        until(lambda: look(child.pid).stopped)
    assert look(child.pid) is None


def test_a_look_sees_what_a_program_has_started():
    with Child(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {SPINS!r}])") as child:
        until(lambda: look(child.pid).cpu_s > 0.2 and look(child.pid).wanting == 1)
        inner = int(open(f"/proc/{child.pid}/task/{child.pid}/children", encoding="ascii").read())
        os.kill(inner, signal.SIGKILL)


def test_a_limit_is_not_used_up_by_a_process_that_is_stopped(monkeypatch):
    """By the wall clock its limit would end after half a second; it ends far later, and the sentence says why."""
    monkeypatch.setattr(source, "FAR", 3)
    with Child(SPINS) as child:
        child.read(20)
        os.kill(child.pid, signal.SIGSTOP)
        begin = time.monotonic()
        with pytest.raises(Silent, match=r"nothing was heard from the child for 2 s by the wall clock, and the child could work in no "
                                         r"more than 0\.\d s of them"):
            list(child.chunks(Limits(0.5, 60)))
        assert time.monotonic() - begin >= 1.5


def test_a_limit_counts_what_a_process_could_do():
    with Child(SPINS) as child, pytest.raises(Silent, match="nothing was heard from the child for 1 s in which the child could work$"):
        list(child.chunks(Limits(0.6, 60)))


def test_a_program_that_sleeps_uses_its_limit_up():
    with Child("import time; time.sleep(99)") as child, pytest.raises(Silent, match="in which the child could work"):
        list(child.chunks(Limits(0.6, 60)))
