"""The life of a command that measures: something may end it early, and its results are written anyway."""

import signal
from collections.abc import Callable
from dataclasses import dataclass, field

from hartlock.base.errors import (EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_TERMINATED, EXIT_USAGE, RunError,
                                  UsageError)

COMPLETE, INCOMPLETE, INTERRUPTED = "complete", "incomplete", "interrupted"  # the values of run.json's status
KEPT = "interrupted: what was measured until then is kept"


class Terminated(BaseException):
    """The process was sent SIGTERM."""


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

    def failed_check(self, problem: str) -> None:
        """Note a check that failed. The run is complete nevertheless."""
        self.worse(problem, self.status)


class undisturbed:
    """A block in which Ctrl-C and SIGTERM are ignored, because the results are being written."""

    def __enter__(self) -> None:
        self._old = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)


def terminate(*_: object) -> None:
    raise Terminated


def guarded(outcome: Outcome, measure: Callable[[], None], finish: Callable[[], None]) -> int:
    """Call `measure`; whatever ends it goes into `outcome`; then `finish`, undisturbed. Returns the exit status."""
    signal.signal(signal.SIGTERM, terminate)
    try:
        measure()
    except KeyboardInterrupt:
        outcome.worse(KEPT, INTERRUPTED, EXIT_INTERRUPTED)
    except Terminated:
        outcome.worse(KEPT, INTERRUPTED, EXIT_TERMINATED)
    except RunError as e:
        outcome.worse(str(e))
    except UsageError as e:  # something that is needed was not there after all
        outcome.worse(str(e), exit_status=EXIT_USAGE)
    with undisturbed():
        finish()
    return outcome.exit
