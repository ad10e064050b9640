"""The life of a command that measures: what ends it early, and that it is finished all the same."""

import importlib
import os
import signal

import pytest

from hartlock.base import ends
from hartlock.base.errors import RunError, UsageError
from hartlock.plan import profile
from hartlock.run.guarded import COMPLETE, GIVEN_UP, INCOMPLETE, INTERRUPTED, Outcome, guarded


@pytest.fixture(autouse=True)
def listening():
    undo = ends.listen()
    yield
    undo()


def nothing():
    pass


def lived(measure, finish=lambda outcome: None, begin=nothing):
    """The outcome of a command that measures like this."""
    outcome, finished = Outcome(), []
    status = guarded(outcome, begin, measure, lambda: (finish(outcome), finished.append(True)))
    assert finished == [True] and status == outcome.exit
    return outcome


def raises(error):
    def measure():
        raise error

    return measure


def sent(number):
    return lambda *_: os.kill(os.getpid(), number)


@pytest.mark.parametrize("measure,status,exit_status,problem", [
    (nothing, COMPLETE, 0, None),
    (raises(RunError("the disk is full")), INCOMPLETE, 1, "the disk is full"),
    (raises(UsageError("cannot start qemu")), INCOMPLETE, 2, "cannot start qemu"),
    (raises(OSError(24, "Too many open files")), INCOMPLETE, 1, "[Errno 24] Too many open files"),
    (sent(signal.SIGINT), INTERRUPTED, 130, "interrupted by SIGINT: what was measured until then is kept"),
    (sent(signal.SIGTERM), INTERRUPTED, 143, "interrupted by SIGTERM: what was measured until then is kept"),
    (sent(signal.SIGHUP), INTERRUPTED, 129, "interrupted by SIGHUP: what was measured until then is kept"),
    (lambda: ends.arrive(signal.SIGPIPE), INTERRUPTED, 141, "nobody reads the output any more: what was measured until then is kept"),
])
def test_whatever_ends_it_is_told_and_it_is_finished(measure, status, exit_status, problem):
    outcome = lived(measure)
    assert (outcome.status, outcome.exit, outcome.problems) == (status, exit_status, [problem] if problem else [])


def test_a_signal_before_it_measures_is_raised_when_it_has_begun():
    done = []
    outcome = lived(lambda: done.append("measured"), begin=lambda: (sent(signal.SIGTERM)(), done.append("begun")))
    assert (outcome.status, outcome.exit, done) == (INTERRUPTED, 143, ["begun"])


def test_a_signal_at_the_end_is_raised_when_all_is_written():
    outcome, done = Outcome(), []
    with pytest.raises(ends.Ended):
        guarded(outcome, nothing, nothing, lambda: (sent(signal.SIGINT)(), done.append("written")))
    assert (outcome.status, done) == (COMPLETE, ["written"])


def test_a_second_signal_does_not_disturb_the_end_of_the_first():
    def measure():
        try:
            sent(signal.SIGINT)()
        finally:
            sent(signal.SIGTERM)()

    outcome = lived(measure, sent(signal.SIGHUP))
    assert (outcome.status, outcome.exit) == (INTERRUPTED, 130)


def test_a_fault_of_this_program_is_raised_when_all_is_written():
    outcome, done = Outcome(), []
    with pytest.raises(ZeroDivisionError):
        guarded(outcome, nothing, lambda: 1 / 0, lambda: done.append("written"))
    assert done == ["written"] and outcome.status == INCOMPLETE and "a fault of this program: ZeroDivisionError" in outcome.problems[0]


def test_it_leaves_no_handler_behind():
    before = [signal.getsignal(number) for number in ends.SIGNALS]
    lived(nothing)
    assert [signal.getsignal(number) for number in ends.SIGNALS] == before


def test_a_failed_check_fails_a_complete_run_and_leaves_it_complete():
    outcome = lived(nothing, lambda o: o.failed_check("CHECK FAILED"))
    assert (outcome.status, outcome.exit) == (COMPLETE, 1)


@pytest.mark.parametrize("then,status,exit_status", [
    (lambda o: None, GIVEN_UP, 3), (lambda o: o.worse("a damaged record"), INCOMPLETE, 1), (lambda o: o.failed_check("CHECK FAILED"), GIVEN_UP, 1),
])
def test_that_nothing_was_heard_is_a_finding_of_its_own_that_others_outweigh(then, status, exit_status):
    for order in (lambda o: (o.gave_up("gave up"), then(o)), lambda o: (then(o), o.gave_up("gave up"))):
        outcome = lived(lambda: None, order)
        assert (outcome.status, outcome.exit) == (status, exit_status)
        assert "gave up" in outcome.problems


def test_an_interrupted_run_stays_one_whatever_is_found_afterwards():
    outcome = lived(sent(signal.SIGINT), lambda o: o.worse("no end record"))
    assert (outcome.status, outcome.exit, len(outcome.problems)) == (INTERRUPTED, 130, 2)


def test_a_signal_that_is_ignored_stays_so():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    undo = ends.listen()
    try:
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        undo()
        signal.signal(signal.SIGHUP, before)


def test_an_import_is_not_interrupted(tmp_path, monkeypatch):
    """C code that imports may take an exception for another one, as numpy's does."""
    (tmp_path / "sent_in_an_import.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nwhole = True\n")
    monkeypatch.syspath_prepend(tmp_path)
    imported = []
    with pytest.raises(ends.Ended):
        imported.append(importlib.import_module("sent_in_an_import"))
        signal.pause()
    assert imported[0].whole


def test_machines_are_drawn_undisturbed(monkeypatch):
    """scipy's Sobol sequence begins in C code that drops what is raised in it, and then draws other numbers."""
    drawn = []

    class Sequence:
        def __init__(self, *_, **__):
            sent(signal.SIGTERM)()

        def random(self, number):
            drawn.append(number)
            return [[0.5]]

    monkeypatch.setattr(importlib.import_module("scipy.stats.qmc"), "Sobol", Sequence)
    with pytest.raises(ends.Ended):
        profile._shares(1, 4, 1)
    assert drawn == [4]
