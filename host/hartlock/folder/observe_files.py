"""The files of a folder that `observe` wrote: their names, and the rows of its tables."""

import csv
from pathlib import Path

LOCKS, SITES, SIZES, PHASES = "locks.csv", "sites.csv", "sizes.csv", "phases.csv"
ORDER, TOLD, CONSOLE = "order.dot", "observe.json", "console.log"


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, as they stand in it. Raises OSError, and ValueError for what is no text, or a row that does not fit its columns."""
    with open(path, newline="", encoding="utf-8") as f:
        found = list(csv.DictReader(f))
    for line, row in enumerate(found, 2):
        if None in row or None in row.values():
            raise ValueError(f"{path}, row {line}: it does not have a cell for each column")
    return found
