"""A results folder as it is reasoned about: settings (comparable.py), their cells, a cell's rows.

A *cell* is one strategy on one number of harts in a setting.
"""

import math
import statistics
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from hartlock.base import paths
from hartlock.base.errors import UsageError
from hartlock.base.evidence import BY_WORTH
from hartlock.base.text import printable
from hartlock.base.intervals import Estimate, Sample, estimate, median_ci
from hartlock.figures import proved
from hartlock.figures.row_types import Context, Forms, SampleRow, SummaryRow, TrialRow, WaitRow
from hartlock.folder.comparable import Comparable, Figure, RunKey, comparable_of, forms_asked, run_key
from hartlock.folder.csv_rows import FILES, read_rows
from hartlock.folder.members import Members, members_of
from hartlock.folder.remade import summaries
from hartlock.folder.run_json import clusters_asked, context_of
from hartlock.plan.profile import isa_of

Boot = tuple[str, int]  # run and boot: each of several runs has boots of its own
AnyRow = SummaryRow | TrialRow | SampleRow | WaitRow


@dataclass
class Cell:
    """The rows of one strategy on one number of harts in one setting."""

    setting: Comparable
    strategy: str
    harts: int
    summaries: list[SummaryRow] = field(default_factory=list)  # several in a merged table: one a run
    trials: list[TrialRow] = field(default_factory=list)
    samples: list[SampleRow] = field(default_factory=list)
    waits: list[WaitRow] = field(default_factory=list)

    def add(self, row: AnyRow) -> None:
        """Puts a row among those of its file."""
        of: dict[Any, list[Any]] = {
            SummaryRow: self.summaries, TrialRow: self.trials, SampleRow: self.samples, WaitRow: self.waits}
        of[type(row)].append(row)

    @property
    def forms(self) -> Forms:
        """The forms that its own code has, where its setting has those that the run asked for."""
        rows: list[SummaryRow] | list[TrialRow] = self.summaries or self.trials
        return rows[0].context.forms if rows else self.setting.context.forms

    @property
    def passed(self) -> bool:
        """Did every check of every trial pass?"""
        return "fail" not in {*(row.check for row in self.summaries), *(row.figures.check for row in self.trials)}

    @property
    def summary(self) -> SummaryRow:
        """The row of summary.csv, of several the first. Raises IndexError for a cell that has none."""
        return self.summaries[0]

    @property
    def role(self) -> str:
        """The cell's role: candidate, control or harness; "" for one without a row in summary.csv."""
        return self.summary.context.role if self.summaries else ""

    @property
    def claimed_role(self) -> str:
        """The role that the rows of the cell give it; candidate, if any of them says so."""
        rows: list[AnyRow] = [*self.summaries, *self.trials, *self.samples, *self.waits]
        roles = {row.context.role for row in rows}
        return "candidate" if "candidate" in roles else min(roles)

    @property
    def evidence(self) -> str:
        """The evidence of the figures; "" for a cell without a row in summary.csv."""
        return self.summary.context.evidence if self.summaries else ""

    @property
    def proof(self) -> str:
        """The proof of the code that was measured: the cells of all runs, each once; none if the code of one run
        is not proved."""
        told = sorted({row.context.proof or proved.NONE for row in self.summaries}) or [proved.NONE]
        return proved.NONE if proved.NONE in told else ", ".join(told)

    @property
    def proof_word(self) -> str:
        """The least that a run's proof says: none, partly or holds."""
        told = {proved.word(row.context.proof) for row in self.summaries}
        return next((word for word in (proved.NONE, proved.PARTLY) if word in told or not told), proved.HOLDS)

    @property
    def proof_reach(self) -> str:
        """The words of all runs that say how far the proof reaches."""
        return " / ".join(sorted({words for row in self.summaries if (words := proved.reach(row.context.proof))}))

    @property
    def proved(self) -> bool:
        """Is the code that was measured proved, in every run and by every test?"""
        return self.proof_word == proved.HOLDS

    @cached_property
    def is_ensemble(self) -> bool:
        """Is each of its boots another machine?"""
        return any(t.member is not None for t in self.trials)

    @cached_property
    def boots(self) -> list[Boot]:
        """The boots that have trials, in order."""
        return sorted({boot_of(t) for t in self.trials})

    def on(self, boots: Collection[Boot]) -> "Cell":
        """Returns the cell with the trials of these boots alone."""
        return replace(self, trials=[t for t in self.trials if boot_of(t) in boots])

    def sample(self, figure: Figure) -> Sample:
        """Returns a figure of each trial, with the boot it came from."""
        return Sample(tuple(figure(t.figures) for t in self.trials), tuple(self.boots.index(boot_of(t)) for t in self.trials),
                      self.is_ensemble)

    def estimate(self, figure: Figure) -> Estimate:
        """Returns the median of a figure over the trials, with its interval; over machines, with its range."""
        return estimate(self.sample(figure))

    def median(self, figure: Figure) -> float:
        """Returns the median of a figure over the trials."""
        return self.estimate(figure).median

    @property
    def slowest_share(self) -> float:
        """The operations of the slowest hart over those of the fastest, in the median trial."""
        return self.median(lambda f: f.min_max_share)

    def value(self, of: Callable[[SummaryRow], float]) -> float:
        """Returns a figure of the summary; of several, the median."""
        return median_ci([of(row) for row in self.summaries]).median

    def samples_by_trial(self) -> dict[tuple[Boot, int], list[SampleRow]]:
        """Returns the rows of the harts of each trial, by its boot and number."""
        trials: dict[tuple[Boot, int], list[SampleRow]] = {}
        for s in self.samples:
            trials.setdefault((boot_of(s), s.trial), []).append(s)
        return trials

    @property
    def waits_in_a_trial(self) -> float:
        """The waits that the latency pass of the median trial counted; infinite where that is not known."""
        if not self.samples or any(s.latency_ops is None for s in self.samples):
            return math.inf
        return statistics.median(sum(s.latency_ops or 0 for s in harts) for harts in self.samples_by_trial().values())

    def shares(self) -> list[list[float]]:
        """For each trial, each hart's operations over an even share; 1 is fair."""
        trials = [[s.ops_window or 0 for s in harts] for harts in self.samples_by_trial().values()]
        return [[n * len(ops) / sum(ops) for n in ops] for ops in trials if sum(ops)]

    def curve(self) -> tuple[list[float], list[float]]:
        """The percents and the waits in cycles, as far as there are enough waits to tell."""
        heights: dict[float, list[float]] = {}
        for w in self.waits:
            if w.percent == 100 or (100 - w.percent) / 100 * w.waits >= 1:
                heights.setdefault(w.percent, []).append(w.wait_cycles)
        return sorted(heights), [median_ci(heights[p]).median for p in sorted(heights)]


def boot_of(row: TrialRow | SampleRow) -> Boot:
    """Returns the boot that a row is of."""
    return row.context.run, row.boot


Key = tuple[str, int]  # strategy, harts


@dataclass
class Results:
    """The results of a folder, or of several together."""

    folder: Path
    context: dict[str, Any]  # the contents of run.json
    settings: dict[Comparable, dict[Key, Cell]]
    members: Members = field(default_factory=dict)  # the machines' numbers, where a profile stands for many
    remade: bool = False  # summary.csv is not there, and its rows were made of those of trials.csv

    @property
    def name(self) -> str:
        """The folder's name."""
        return printable(self.folder.resolve().name)

    def machines(self, cell: Cell) -> dict[Boot, dict[str, float]]:
        """Returns the numbers of the machines that a cell was measured on, by boot; {} where there is one machine."""
        return {boot_of(t): self.members.get((t.context.run, t.context.machine), {}).get(t.member, {})
                for t in cell.trials if t.member is not None}

    def isa(self, setting: Comparable) -> str:
        """Returns the ISA string in the profile of a setting's machine; "" where it has none, or the folder does not have the profile.
        Raises UsageError for one that names no ISA."""
        name = f"{self.name}: the profile {setting.machine} in run.json"
        return next((isa for s in self._sessions(setting) if (isa := isa_of(str(s.get("machine_profile") or ""), name))), "")

    def profile(self, setting: Comparable) -> Path | None:
        """Returns the file of the profile of a setting's machine; None where it is not here."""
        files = [paths.MACHINES / f"{setting.machine}.toml", *(Path(str(s.get("machine_file") or "")) for s in self._sessions(setting))]
        return next((file for file in files if file.is_file()), None)

    def _sessions(self, setting: Comparable) -> list[dict[str, Any]]:
        """Returns the sessions of run.json that ran on a setting's machine."""
        return [s for s in self._all_sessions() if setting.machine and s.get("machine") == setting.machine]

    def _contexts(self) -> list[dict[str, Any]]:
        """Returns the contents of run.json, and those of the runs that it was merged of."""
        return [self.context, *(c for c in (self.context.get("merged") or {}).values() if isinstance(c, dict))]

    def _all_sessions(self) -> Iterator[dict[str, Any]]:
        for context in self._contexts():
            yield from (s for s in context.get("sessions") or [] if isinstance(s, dict))

    def stops(self, setting: Comparable) -> float:
        """Returns how often the system stopped a thread for another program, for each trial of a setting's engine; 0 where it is not known."""
        sessions = [s for s in self._all_sessions() if s.get("engine") == setting.engine]
        stopped = sum(int((s.get("boot") or {}).get("preempted") or 0) for s in sessions)
        return stopped / max(1, sum(int(s.get("trials_kept") or 0) for s in sessions))

    @property
    def is_virtual(self) -> bool:
        """Does the processor of one of the computers that measured say that it is a virtual machine's?"""
        return any((c.get("host") or {}).get("virtual") for c in self._contexts())

    def hung(self, setting: Comparable) -> dict[Key, int]:
        """Returns in how many boots a strategy on so many harts never came to its end, because harts waited for each other or went round.
        A boot that was tried again counts once."""
        found: dict[Key, set[tuple[Any, Any]]] = {}
        for s in self._all_sessions():
            of = s.get("hung")
            if isinstance(of, dict) and s.get("engine") == setting.engine and str(s.get("machine") or "") == setting.machine:
                found.setdefault((str(of.get("strategy")), int(of.get("harts") or 0)), set()).add((s.get("seed"), of.get("boot")))
        return {key: len(boots) for key, boots in found.items()}

    def cells(self, setting: Comparable, harts: int | None = None, role: str = "candidate") -> list[Cell]:
        """Returns the cells of a setting that have that role and a row in summary.csv, on so many harts if it is said."""
        return [c for c in self.settings[setting].values() if c.role == role and harts in (None, c.harts)]

    def harts(self, setting: Comparable) -> list[int]:
        """Returns the numbers of harts that candidates were measured on."""
        return sorted({c.harts for c in self.cells(setting)})

    def __iter__(self) -> Iterator[Cell]:
        return (cell for cells in self.settings.values() for cell in cells.values())


def load(folder: Path, *more: Path) -> Results:
    """Returns what a folder holds; or several as one, with the context of the first. Raises UsageError."""
    for each in (folder, *more):
        if not each.is_dir():
            raise UsageError(f"{each}: there is no such results folder")
        if (each / "profile.toml").exists() and not (each / "trials.csv").exists():
            raise UsageError(f"{each}: a probe's folder, with a machine profile and no lock's times; measure these first: "
                             f"./run-bench.sh sweep --machine {each / 'profile.toml'}")
    read = [_rows_of(each) for each in (folder, *more)]
    files: dict[str, list[AnyRow]] = {name: [row for rows in read for row in rows[name]] for name in FILES}
    asked = forms_asked((row.context for row in files["summary.csv"]), _clusters_asked(zip((folder, *more), read, strict=True)))
    known: dict[Context, Comparable] = {}  # rows of one cell and boot have the same context
    settings: dict[Comparable, dict[Key, Cell]] = {}
    for row in (row for rows in files.values() for row in rows):
        context = row.context
        setting = known.setdefault(context, known.get(context) or comparable_of(context, asked))
        key = context.strategy, context.harts
        settings.setdefault(setting, {}).setdefault(key, Cell(setting, *key)).add(row)
    if not settings:
        raise UsageError(f"{folder}: nothing was measured there")
    order = {name: i for i, name in enumerate(BY_WORTH)}
    by_worth = sorted(settings.items(), key=lambda item: min(order.get(c.evidence, 9) for c in item[1].values()))
    members = {key: of for each in (folder, *more) for key, of in members_of(each).items()}
    return Results(folder, context_of(folder), dict(by_worth), members, any(map(_lacks_its_end, (folder, *more))))


def _clusters_asked(read: Iterable[tuple[Path, dict[str, list[AnyRow]]]]) -> dict[RunKey, int]:
    """Returns the clusters that --clusters gave each run whose profile stands for many machines, 0 for none."""
    asked: dict[RunKey, int] = {}
    for folder, rows in read:
        context = context_of(folder)
        runs = {run_key(t.context) for t in rows["trials.csv"] if isinstance(t, TrialRow) and t.member is not None}
        asked |= {key: clusters_asked(context, run=key[1]) for key in runs}
    return asked


def _lacks_its_end(folder: Path) -> bool:
    """True for a run that was killed before it wrote the files which are written once, at its end."""
    return (folder / "trials.csv").exists() and not (folder / "summary.csv").exists()


def _rows_of(folder: Path) -> dict[str, list[AnyRow]]:
    """Returns the rows of each file; those of summary.csv are made of trials.csv if need be. Raises UsageError."""
    if not _lacks_its_end(folder):
        return {name: read_rows(folder / name, of) for name, of in FILES.items()}
    trials = read_rows(folder / "trials.csv", TrialRow)
    if len({trial.context.run for trial in trials}) > 1:
        raise UsageError(f"{folder / 'summary.csv'} is not there, and cannot be made of trials.csv, which is of "
                         "several runs")
    samples = read_rows(folder / "samples.csv", SampleRow)
    return {"summary.csv": [*summaries(trials)], "trials.csv": [*trials], "samples.csv": [*samples], "waits.csv": []}
