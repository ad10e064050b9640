"""The life of a command that measures: what ends it early, and that it is finished all the same."""

import os
import signal

import pytest

from hartlock.base.errors import RunError, UsageError
from hartlock.run.guarded import COMPLETE, INCOMPLETE, INTERRUPTED, Outcome, guarded


def lived(measure, finish=lambda outcome: None):
    """The outcome, and the exit status, of a command that measures like this."""
    outcome, finished = Outcome(), []
    handler = signal.getsignal(signal.SIGTERM)
    try:
        status = guarded(outcome, measure, lambda: (finish(outcome), finished.append(True)))
    finally:
        signal.signal(signal.SIGTERM, handler)
    assert finished == [True] and status == outcome.exit
    return outcome


def raises(error):
    def measure():
        raise error

    return measure


@pytest.mark.parametrize("measure,status,exit_status,problem", [
    (lambda: None, COMPLETE, 0, None),
    (raises(RunError("the disk is full")), INCOMPLETE, 1, "the disk is full"),
    (raises(UsageError("cannot start qemu")), INCOMPLETE, 2, "cannot start qemu"),
    (raises(KeyboardInterrupt()), INTERRUPTED, 130, "interrupted: what was measured until then is kept"),
    (lambda: os.kill(os.getpid(), signal.SIGTERM), INTERRUPTED, 143, "interrupted: what was measured until then is kept"),
])
def test_whatever_ends_it_is_told_and_it_is_finished(measure, status, exit_status, problem):
    outcome = lived(measure)
    assert (outcome.status, outcome.exit, outcome.problems) == (status, exit_status, [problem] if problem else [])


def test_a_signal_does_not_disturb_the_end():
    outcome = lived(lambda: None, lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert outcome.status == COMPLETE


def test_a_failed_check_fails_a_complete_run_and_leaves_it_complete():
    outcome = lived(lambda: None, lambda o: o.failed_check("CHECK FAILED"))
    assert (outcome.status, outcome.exit) == (COMPLETE, 1)


def test_an_interrupted_run_stays_one_whatever_is_found_afterwards():
    outcome = lived(raises(KeyboardInterrupt()), lambda o: o.worse("no end record"))
    assert (outcome.status, outcome.exit, len(outcome.problems)) == (INTERRUPTED, 130, 2)
