"""The schedule of an open loop, and the locks that fall behind it: their response times grow with the duration and tell nothing else.

Where some keep up, the others cannot carry that load and are not ranked. Where none does, each hart has its next operation due when
one is done, as in a closed loop, and the figures of a closed loop rank.
"""

from collections.abc import Mapping, Sequence

from hartlock.base.text import on, significant, words
from hartlock.folder.comparable import CLOSED, Comparable, Measure
from hartlock.folder.reader import Cell


def falls_behind(cell: Cell) -> bool:
    """True if operations of a cell were due at the end of its trials and not begun, as many as chance does not leave."""
    return any(row.fell_behind for row in cell.summaries)


def in_time(cells: Sequence[Cell]) -> list[Cell]:
    """The cells that keep up with their schedule; all where none does."""
    return [c for c in cells if not falls_behind(c)] or list(cells)


def measures_of(setting: Comparable, cells: Sequence[Cell]) -> Mapping[str, Measure]:
    """The figures that rank these cells of a setting, by goal."""
    return CLOSED if cells and all(map(falls_behind, cells)) else setting.measures


def too_late(cell: Cell) -> str:
    """The reason that rules out a cell which falls behind where others keep up."""
    backlog = cell.value(lambda s: s.backlog_ops_median)
    return (f"it falls behind the schedule: {significant(backlog)} operations were due at the end and not begun, so its response times grow "
            "with the duration")


def sentence(cells: Sequence[Cell]) -> str:
    """The sentence on those of some cells on as many harts that fall behind; "" where none does."""
    late = [c.strategy for c in cells if falls_behind(c)]
    if not late:
        return ""
    said = f"Behind schedule {on(cells[0].harts)}: {words(late)} had operations due and not begun at the end (backlog_ops), so response times grow " \
           "with the duration and tell nothing else"
    return said + (f"; as none keeps up, the rank is by {CLOSED['throughput'].unit} and by waits, as in a closed loop."
                   if len(late) == len(cells) else "; they are not ranked.")
