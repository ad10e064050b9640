"""The work that a section does besides its allocation. A strategy without a lock protects one word, and nothing of that work."""

from collections.abc import Sequence

from hartlock.base.text import words
from hartlock.folder.reader import Cell
from hartlock.plan import traits
from hartlock.plan.plan import Workload


def inside(work: Workload) -> str:
    """The words on that work, as what a section holds; "" where a section does nothing else."""
    if work.replay:
        return "the work of a lock that was observed"
    told = [f"{work.hold_instructions} instructions of other work"] if work.hold_instructions else []
    told += [f"writes to {work.touch_lines} further cache line(s)"] if work.touch_lines else []
    return words(told) if told else ""


def protects_all(cell: Cell) -> bool:
    """True if a strategy protects all that the sections of its cell do."""
    return not inside(cell.setting.workload) or traits.family(cell.strategy) != "lock-free"


def protecting(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of strategies that protect all that their sections do: these alone are ranked."""
    return [c for c in cells if protects_all(c)]
