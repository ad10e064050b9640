"""The probe's results for people: matrices and a heat map."""

import importlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table as RichTable

from hartlock.probe.measured import Contention, Found, Probe
from hartlock.probe.topology import topology
from hartlock.base.text import percent, significant

NAME_WIDTH, CELL_WIDTH = 11, 6  # characters of the matrix


def handoffs(p: Probe) -> list[list[float]]:
    """The cycles of a hand-off: a row for each giving hart, a column for each taking one."""
    return [[math.nan if a == b else p.typical("handoff", a, b) or math.nan for b in range(p.harts)]
            for a in range(p.harts)]


def _group(p: Probe, width: int) -> int:
    """The harts in a row and column that let the matrix fit: one, or whole clusters."""
    fit = max(1, (width - NAME_WIDTH) // CELL_WIDTH)
    least = -(-p.harts // fit)
    if least <= 1:
        return 1
    found = topology(p)
    size = found.size if found and found.size < p.harts else 1
    return -(-least // size) * size


def matrix(p: Probe, width: int) -> RichTable:
    """Hand-offs from row to column; between groups of harts, when there are many."""
    table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    cycles, size = np.array(handoffs(p)), _group(p, width)
    groups = [(at, min(at + size, p.harts)) for at in range(0, p.harts, size)]
    names = [str(low) if high - low == 1 else f"{low}-{high - 1}" for low, high in groups]
    table.add_column("from \\ to", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for name, (low, high) in zip(names, groups, strict=True):
        parts = [cycles[low:high, other:end] for other, end in groups]
        table.add_row(f"hart {name}",
                      *(significant(float(np.nanmean(x)) if not np.isnan(x).all() else math.nan) for x in parts))
    return table


def _shown(f: Found) -> str:
    """A number, a range from the least to the most, or "-"."""
    values = f.value if isinstance(f.value, tuple) else () if f.value is None else (f.value,)
    return " to ".join(str(v).lower() if isinstance(v, bool) else f"{v:.4g}" for v in values) or "-"


def found(numbers: Mapping[str, Found]) -> RichTable:
    table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("profile", no_wrap=True)
    table.add_column("probed", justify="right", no_wrap=True)
    table.add_column("how")
    for key, f in numbers.items():
        table.add_row(key, _shown(f), f.how)
    return table


def lrsc(contention: Sequence[Contention]) -> RichTable:
    table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("LR/SC: harts", "attempts", "stored", "least a hart"):
        table.add_column(title, justify="right", no_wrap=True)
    counts = sorted({c.harts for c in contention})
    for n in (n for n in counts if n <= 8 or n & (n - 1) == 0 or n == counts[-1]):
        these = [c for c in contention if c.harts == n]
        attempts, stored = sum(c.attempts for c in these), sum(c.successes for c in these)
        table.add_row(str(n), str(attempts), percent(stored / attempts) if attempts else "-",
                      str(min(c.successes for c in these)))
    return table


def heat_map(p: Probe, path: Path, title: str) -> str:
    """Write the picture. Returns "", or the reason why there is none."""
    try:
        matplotlib: Any = importlib.import_module("matplotlib")
        matplotlib.use("Agg")
        pyplot: Any = importlib.import_module("matplotlib.pyplot")
    except ImportError:
        return "no heat map: Python has no matplotlib here (Debian package python3-matplotlib)."
    figure, axes = pyplot.subplots(figsize=(7, 6))
    image = axes.imshow(handoffs(p), cmap="viridis")
    axes.set_xlabel("to hart")
    axes.set_ylabel("from hart")
    axes.set_title(title, fontsize="medium", wrap=True)
    figure.colorbar(image, label="cycles of a one-way hand-off", shrink=0.8)
    figure.savefig(path, dpi=120, bbox_inches="tight")
    pyplot.close(figure)
    return ""
