import sys

from hartlock.base import ends, streams
from hartlock.base.errors import EXIT_FAILED


def _status(argv: list[str]) -> int:
    """Run the command line; returns the exit status, if no signal ends it."""
    ends.listen()
    from hartlock.cli.main import main

    try:
        status = main(argv)
    except SystemExit as e:  # argparse's
        status = e.code if isinstance(e.code, int) else EXIT_FAILED
    if why := streams.end():
        print(f"hartlock: not all could be printed: {why}", file=sys.stderr)
        status = status or EXIT_FAILED
    return status


def _whole(argv: list[str]) -> int:
    """Run the command line; returns the exit status, whatever ends it."""
    try:
        try:
            return _status(argv)
        finally:
            ends.ignore()
    except ends.Ended as e:
        if not e.reader_is_gone:
            print(f"hartlock: {e}", file=sys.stderr)
        return e.status


streams.begin()
sys.exit(_whole(sys.argv[1:]))
