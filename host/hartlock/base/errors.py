"""The errors of the program, and their exit status.

0    measured, checked, complete
1    measured something, but it is incomplete, damaged, or a check failed
2    the command line is wrong, or something needed is not there
3    gave up: nothing was heard for too long, and no check had failed until then
128 and the number of the signal that ended it: 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP, 141 nobody reads the output any more
(base/ends.py)
"""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_GIVEN_UP = 0, 1, 2, 3


class UsageError(Exception):
    """Raised when the user has to change something before anything can run."""


class RunError(Exception):
    """Raised when a run goes wrong. The rows it has measured are kept."""
