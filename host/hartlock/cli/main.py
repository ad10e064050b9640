"""The command line: finds the command, and says what was wrong with it."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from types import ModuleType

from hartlock.base.errors import EXIT_USAGE, UsageError
from hartlock.base.option_types import shortened
from hartlock.base.text import printable

# A command is a module of this package with parser() and main(). Only the one that is asked for is imported.
COMMANDS = ("sweep", "report", "compare", "advise", "collect", "stress", "probe", "observe")


def module(command: str) -> ModuleType:
    """The module of a command, or of the run that no command asks for."""
    return importlib.import_module(f"hartlock.cli.{command if command in COMMANDS else 'run'}")


def parsers() -> list[argparse.ArgumentParser]:
    """The parsers of the run and of every command."""
    parsers: list[argparse.ArgumentParser] = [module(command).parser() for command in ("run", *COMMANDS)]
    return parsers


def main(argv: Sequence[str]) -> int:
    """Run the command line; returns the exit status."""
    try:
        status: int = module(argv[0] if argv else "run").main(argv)
        return status
    except UsageError as e:
        return _complain(str(e))
    except OSError as e:  # a name that no file can have: what is written, or run, says so itself
        if e.filename is None:
            raise
        return _complain(f"{shortened(str(e.filename))}: {e.strerror}")


def _complain(what: str) -> int:
    print(f"hartlock: {shortened(printable(what))}", file=sys.stderr)
    return EXIT_USAGE
