"""A results folder as it is reasoned about: settings (setting.py), their cells, a cell's figures.

A *cell* is one strategy on one number of harts in a setting.
"""

import csv
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hartlock.figures import proved
from hartlock.folder import forms
from hartlock.base.errors import UsageError
from hartlock.folder.comparable import BALANCE, RESPONSE_BALANCE, Comparable, comparable_of
from hartlock.base.intervals import Estimate, Sample, median_ci

CsvRow = dict[str, str]

COSTS = ("hardware", "modelled")  # evidence whose cycles mean something, the best first
FILES = ("summary.csv", "trials.csv", "samples.csv", "waits.csv")


def number(row: CsvRow, name: str) -> float:
    """nan for what is not known."""
    try:
        return float(row.get(name) or "nan")
    except ValueError as e:
        raise UsageError(f"column {name} holds {row[name]!r}, which is no number") from e


# Figures of a trial that are no column: cost and tail alike, whatever their units.
DERIVED: dict[str, Callable[[CsvRow], float]] = {
    BALANCE: lambda t: math.sqrt(number(t, "cycles_per_op") * number(t, "wait_p999_cycles")),
    RESPONSE_BALANCE: lambda t: math.sqrt(number(t, "response_p50_us") * number(t, "response_p999_us"))}


@dataclass
class Cell:
    setting: Comparable
    strategy: str
    harts: int
    summaries: list[CsvRow] = field(default_factory=list)  # several in a merged table: one a run
    trials: list[CsvRow] = field(default_factory=list)
    samples: list[CsvRow] = field(default_factory=list)
    waits: list[CsvRow] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Did every check of every trial pass?"""
        return all(row.get("check") != "fail" for row in (*self.summaries, *self.trials))

    @property
    def summary(self) -> CsvRow:
        return self.summaries[0] if self.summaries else {}

    @property
    def role(self) -> str:
        return self.summary.get("role", "")

    @property
    def evidence(self) -> str:
        return self.summary.get("evidence", "")

    @property
    def proof(self) -> str:
        """Of the code that was measured: holds:HASH, of several runs each hash once; none if any of them is not proved."""
        told = sorted({row.get("proof") or proved.NONE for row in self.summaries}) or [proved.NONE]
        return proved.NONE if proved.NONE in told else ", ".join(told)

    @property
    def proved(self) -> bool:
        return self.proof != proved.NONE

    @cached_property
    def boots(self) -> list[tuple[str, str]]:
        """Of several runs, each has boots of its own."""
        return sorted({(t["run"], t.get("boot") or "1") for t in self.trials})

    def sample(self, figure: str) -> Sample:
        boots = [self.boots.index((t["run"], t.get("boot") or "1")) for t in self.trials]
        of = DERIVED.get(figure, lambda t: number(t, figure))  # nan for a column that is not there
        return Sample(tuple(of(t) for t in self.trials), tuple(boots))

    def estimate(self, figure: str) -> Estimate:
        s = self.sample(figure)
        return median_ci(s.values, s.boots)

    def value(self, column: str) -> float:
        """Of the summary; of several, the median."""
        return median_ci([number(row, column) for row in self.summaries]).median

    def shares(self) -> list[list[float]]:
        """Trial by trial, each hart's operations over an even share; 1 is fair."""
        trials: dict[tuple[str, str, str], list[float]] = {}
        for s in self.samples:
            n = number(s, "ops_window")
            trials.setdefault((s["run"], s.get("boot") or "1", s["trial"]), []).append(n if math.isfinite(n) else 0)
        return [[n * len(ops) / sum(ops) for n in ops] for ops in trials.values() if sum(ops)]

    def curve(self) -> tuple[list[float], list[float]]:
        """Percents and the waits in cycles, as far as there are waits enough to tell."""
        heights: dict[float, list[float]] = {}
        for w in self.waits:
            percent = number(w, "percent")
            if percent == 100 or (100 - percent) / 100 * number(w, "waits") >= 1:
                heights.setdefault(percent, []).append(number(w, "wait_cycles"))
        return sorted(heights), [median_ci(heights[p]).median for p in sorted(heights)]


Key = tuple[str, int]


@dataclass
class Results:
    folder: Path
    context: dict[str, Any]
    settings: dict[Comparable, dict[Key, Cell]]

    @property
    def name(self) -> str:
        return self.folder.resolve().name

    def cells(self, setting: Comparable, harts: int | None = None, role: str = "candidate") -> list[Cell]:
        return [c for c in self.settings[setting].values()
                if c.role == role and harts in (None, c.harts) and c.summary]

    def harts(self, setting: Comparable) -> list[int]:
        return sorted({c.harts for c in self.cells(setting)})

    def __iter__(self) -> Iterator[Cell]:
        return (cell for cells in self.settings.values() for cell in cells.values())


def read(path: Path, needed: Sequence[str] = ()) -> list[CsvRow]:
    try:
        with open(path, newline="", encoding="utf-8") as f:
            reader = csv.DictReader(f, restval="")
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise UsageError(f"{path}: there is no column {missing[0]}")
            return list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UsageError(f"cannot read {path}: {getattr(e, 'strerror', None) or e}; a results folder has "
                         f"{', '.join(FILES)}") from e


def context_of(folder: Path) -> dict[str, Any]:
    """run.json; {} where a merged table has none."""
    path = folder / "run.json"
    if not path.exists():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise UsageError(f"cannot read {path}: {e}") from e
    return known if isinstance(known, dict) else {}


def load(folder: Path, *more: Path) -> Results:
    """A folder; or several as one, with the context of the first."""
    for each in (folder, *more):
        if not each.is_dir():
            raise UsageError(f"{each}: there is no such results folder")
    settings: dict[Comparable, dict[Key, Cell]] = {}
    files = {name: [row for each in (folder, *more) for row in read(each / name, ("strategy", "harts", "run", "engine"))]
             for name in FILES}
    asked = forms.of_runs(files[FILES[0]])
    for name, rows in files.items():
        for row in rows:
            key = row["strategy"], int(number(row, "harts"))
            setting = comparable_of(row, asked)
            cell = settings.setdefault(setting, {}).setdefault(key, Cell(setting, *key))
            _put(cell, name, row)
    if not settings:
        raise UsageError(f"{folder}: nothing was measured there")
    order = {name: i for i, name in enumerate((*COSTS, "emulated", "emulated-oversubscribed"))}
    by_worth = sorted(settings.items(), key=lambda item: min(order.get(c.evidence, 9) for c in item[1].values()))
    return Results(folder, context_of(folder), dict(by_worth))


def _put(cell: Cell, name: str, row: CsvRow) -> None:
    if name == "summary.csv":
        cell.summaries.append(row)
    else:
        {"trials.csv": cell.trials, "samples.csv": cell.samples, "waits.csv": cell.waits}[name].append(row)
