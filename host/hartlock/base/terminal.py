"""The terminal that tables and remarks are printed on."""

import sys

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table

PLAIN_WIDTH = 130  # columns when the output is no terminal


def whole(table: Table, width: int) -> Table:
    """The table for a console of that width, with columns in which no word is broken or cut off, and no cell of a column that does not
    wrap. So a name can be searched for. A console that is too narrow gets longer lines."""
    wide = Console(width=10**6, highlight=False, emoji=False)
    for column in table.columns:
        needs = [Measurement.get(wide, wide.options, cell) for cell in (column.header, *column.cells)]
        column.min_width = max(need.maximum if column.no_wrap else need.minimum for need in needs)
    if (least := Measurement.get(wide, wide.options, table).minimum) > width:
        table.width = least
    return table


def console() -> Console:
    return Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else PLAIN_WIDTH)
