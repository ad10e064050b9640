"""What a report takes from the folder of a probe."""

import math
from pathlib import Path

from hartlock.folder.reader import Results, context_of, number, read
from hartlock.base.errors import UsageError


def handoffs(folder: Path) -> list[list[float]]:
    """Cycles of a one-way hand-off, a row a hart from, a column a hart to."""
    rows = [r for r in read(folder / "probe.csv", ("kind", "a", "b", "cost_cycles")) if r["kind"] == "handoff"]
    if not rows:
        raise UsageError(f"{folder}: the probe measured no hand-offs (it had one hart, or was cut short)")
    n = 1 + max(max(int(r["a"]), int(r["b"])) for r in rows)
    out = [[math.nan] * n for _ in range(n)]
    for r in rows:
        out[int(r["a"])][int(r["b"])] = number(r, "cost_cycles")
    return out


def newest_probe(data: Results) -> Path | None:
    """Beside the results, of a machine that they are of."""
    machines = {s["machine"] for s in data.settings}
    for path in sorted(data.folder.resolve().parent.glob("*/probe.csv"), reverse=True):
        sessions = context_of(path.parent).get("sessions") or [{}]
        hands = any(r["kind"] == "handoff" for r in read(path, ("kind",)))
        if sessions[0].get("machine") in machines and hands:
            return path.parent
    return None
