"""The life of a command that measures: something may end it early, and its results are written anyway."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field

from hartlock.base import ends
from hartlock.base.errors import EXIT_FAILED, EXIT_GIVEN_UP, EXIT_OK, EXIT_USAGE, RunError, UsageError

# The values of run.json's status; "running" is one more. Given up: nothing was heard for too long.
COMPLETE, INCOMPLETE, INTERRUPTED, GIVEN_UP = "complete", "incomplete", "interrupted", "given-up"
KEPT = "what was measured until then is kept"


@dataclass
class Outcome:
    """The outcome of a command: the worst that has happened so far."""

    status: str = COMPLETE
    exit: int = EXIT_OK
    problems: list[str] = field(default_factory=list)

    @property
    def is_interrupted(self) -> bool:
        return self.status == INTERRUPTED

    def worse(self, problem: str, status: str = INCOMPLETE, exit_status: int = EXIT_FAILED) -> None:
        """Note a problem. A run that was interrupted stays an interrupted one."""
        self.problems.append(problem)
        if not self.is_interrupted:
            self.status, self.exit = status, exit_status

    def gave_up(self, problem: str) -> None:
        """Note that nothing was heard for too long. That is no check that failed; whatever else goes wrong outweighs it."""
        self.problems.append(problem)
        if self.status == COMPLETE:
            self.status = GIVEN_UP
        if self.exit == EXIT_OK:
            self.exit = EXIT_GIVEN_UP

    def failed_check(self, problem: str) -> None:
        """Note a check that failed. The run is complete nevertheless."""
        self.worse(problem, self.status)


def _interrupted(outcome: Outcome, end: ends.Ended) -> None:
    told = f"{'nobody reads the output any more' if end.reader_is_gone else end}: {KEPT}"
    outcome.worse(told, INTERRUPTED, end.status)
    if end.reader_is_gone:
        print(f"hartlock: {told}", file=sys.stderr)


def _measured(outcome: Outcome, measure: Callable[[], None]) -> None:
    """Call `measure`, and note what it raises."""
    try:
        measure()
    except RunError as e:
        outcome.worse(str(e))
    except UsageError as e:  # something that is needed was not there after all
        outcome.worse(str(e), exit_status=EXIT_USAGE)
    except OSError as e:  # a limit of this system, say on open files
        outcome.worse(f"{e.filename}: {e.strerror}" if e.filename else str(e))


Step = Callable[[], None]


def guarded(outcome: Outcome, begin: Step, measure: Step, finish: Step) -> int:
    """Call `begin`, which may raise UsageError: then that is all. Call `measure`; whatever ends it goes into `outcome`.
    Then call `finish`. Returns the exit status.

    A signal interrupts only `measure`. One that comes later is raised when `finish` has done its work, and so is a
    fault of this program.
    """
    with ends.held():
        begin()
        try:
            with ends.released():
                _measured(outcome, measure)
        except ends.Ended as e:
            ends.settle()
            _interrupted(outcome, e)
        except Exception as e:
            outcome.worse(f"a fault of this program: {type(e).__name__}: {e}")
            finish()
            raise
        finish()
    return outcome.exit
