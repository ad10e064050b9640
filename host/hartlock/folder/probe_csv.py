"""The rows of probe.csv, and what a report takes from the folder of a probe."""

import math
from dataclasses import dataclass
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.figures import columns
from hartlock.folder.csv_rows import read_rows
from hartlock.folder.reader import Results
from hartlock.folder.run_json import context_of


@dataclass(frozen=True, kw_only=True)
class ProbeRow:
    """A row of probe.csv: one kind of operation between one pair of harts; or an LR/SC contest."""

    kind: str = columns.text("as above", needed=True)
    a: int = columns.count()
    b: int = columns.count()
    ops: int | None = columns.count_if_known("operations", "in each try")
    count: int | None = columns.count_if_known("tries", "how many there were")
    min_cycles: float = columns.number(
        "cycles", "of a whole try, as the clock gave it; the median is off by at most 1.6 %")
    median_cycles: float = columns.number()
    mean_cycles: float = columns.number()
    max_cycles: float = columns.number()
    overhead_cycles: float = columns.number(
        "cycles", 'of a try that are not the operation\'s: the column "less" above', least=-math.inf)
    cost_cycles: float = columns.number("cycles", "of one operation: (nearest − overhead) / ops", least=-math.inf)
    attempts: int | None = columns.count_if_known("", "of `lrsc` only")
    successes: int | None = columns.count_if_known()


def _handoffs(path: Path) -> list[ProbeRow]:
    return [row for row in read_rows(path, ProbeRow) if row.kind == "handoff"]


def handoffs(folder: Path) -> list[list[float]]:
    """Returns the cycles of a one-way hand-off, a row a hart from, a column a hart to. Raises UsageError where there are none."""
    rows = _handoffs(folder / "probe.csv")
    if not rows:
        raise UsageError(f"{folder}: the probe measured no hand-offs (it had one hart, or was cut short)")
    n = 1 + max(max(row.a, row.b) for row in rows)
    out = [[math.nan] * n for _ in range(n)]
    for row in rows:
        out[row.a][row.b] = row.cost_cycles
    return out


def newest_probe(data: Results) -> Path | None:
    """Returns the newest folder of a probe beside the results, if it probed a machine that they are of."""
    machines = {s.machine for s in data.settings}
    for path in sorted(data.folder.resolve().parent.glob("*/probe.csv"), reverse=True):
        sessions = context_of(path.parent).get("sessions") or [{}]
        if str(sessions[0].get("machine")) in machines and _handoffs(path):
            return path.parent
    return None
