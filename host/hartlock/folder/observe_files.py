"""The files of a folder that `observe` wrote: their names, and the rows of its tables."""

import csv
from pathlib import Path

LOCKS, SITES, SIZES, PHASES = "locks.csv", "sites.csv", "sizes.csv", "phases.csv"
ORDER, TOLD, CONSOLE = "order.dot", "observe.json", "console.log"


def rows(path: Path) -> list[dict[str, str]]:
    """The rows of a table, as they stand in it. Raises OSError, and ValueError for what is no text."""
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))
