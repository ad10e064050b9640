"""The terminal that tables and remarks are printed on."""

import sys

from rich.console import Console

PLAIN_WIDTH = 130  # columns when the output is no terminal


def console() -> Console:
    return Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
