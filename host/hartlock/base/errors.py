"""What can go wrong, and the exit status that says so.

    0    measured, checked, complete
    1    measured something, but it is incomplete, damaged, or a check failed
    2    the command line is wrong, or something needed is not there
    130  stopped by Ctrl-C (143: by SIGTERM; 141: nobody reads the output any more)
"""

EXIT_OK, EXIT_FAILED, EXIT_USAGE, EXIT_INTERRUPTED, EXIT_PIPE, EXIT_TERMINATED = 0, 1, 2, 130, 141, 143


class UsageError(Exception):
    """The user has to change something before anything can run."""


class RunError(Exception):
    """A run went wrong; what it had measured is kept."""
