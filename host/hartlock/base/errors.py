"""The errors of the program, and their exit status.

0    measured, checked, complete
1    measured something, but it is incomplete, damaged, or a check failed
2    the command line is wrong, or something needed is not there
130  stopped by Ctrl-C (143: by SIGTERM; 141: nobody reads the output any more)
"""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE, EXIT_TERMINATED = 0, 1, 2, 130, 141, 143


class UsageError(Exception):
    """Raised when the user has to change something before anything can run."""


class RunError(Exception):
    """Raised when a run goes wrong. The rows it has measured are kept."""
