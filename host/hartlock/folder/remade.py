"""Makes the rows of summary.csv of those of trials.csv, for a run that was killed before it could write them.

What only the kernel's histograms tell (percentiles over all trials, totals of counters) stays unknown.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from hartlock.base.evidence import is_oversubscribed
from hartlock.base.intervals import Estimate, median_ci, median_over
from hartlock.figures.row_types import COUNTERS, Coherence, Context, FairSummary, SummaryRow, TrialFigures, TrialRow
from hartlock.figures.rows import ESTIMATES, MEDIAN, MEDIANS, contended
from hartlock.plan.strategies import CONTROL

OF_FAIRNESS = [f.name for f in fields(FairSummary) if f.name != "bypass_max"]


@dataclass(frozen=True)
class _Cell:
    """The trials of one strategy on one number of harts."""

    trials: Sequence[TrialRow]

    @property
    def figures(self) -> list[TrialFigures]:
        return [trial.figures for trial in self.trials]

    @property
    def machines(self) -> int:
        return len({trial.member for trial in self.trials if trial.member is not None})

    def estimate(self, values: Sequence[float]) -> Estimate:
        """Returns the median of the trials' values, with its interval; over machines, with its range."""
        boots = [trial.boot for trial in self.trials]
        return median_over(values, boots) if self.machines else median_ci(values, boots)

    def known(self, names: Iterable[str]) -> dict[str, Any]:
        """Returns those columns that are medians of the trials' figures: with their intervals, or as *_median alone."""
        told = {}
        for name in names:
            figure = name.removesuffix(MEDIAN)
            if figure in TrialFigures.__dataclass_fields__:
                e = self.estimate([getattr(f, figure) for f in self.figures])
                told[name] = e.median if name.endswith(MEDIAN) else e
        return told

    def coherence(self) -> Coherence:
        return Coherence(**{f.name: self.estimate([getattr(each.coherence, f.name) for each in self.figures]).median
                            for f in fields(Coherence)})

    def most(self, figure: str) -> float:
        """Returns the greatest value of a figure; nan if none is known."""
        return max((x for f in self.figures if not math.isnan(x := getattr(f, figure))), default=math.nan)

    def check(self) -> str:
        said = {f.check for f in self.figures}
        return "fail" if "fail" in said else "" if "" in said else "pass"


def _setting(context: Context) -> tuple[object, ...]:
    """Returns what cells have in common that the same control is for."""
    return context.engine, context.machine, context.harts, context.smp, context.workload, context.duration_us


def _overlap_shown(context: Context, lost: bool) -> str:
    if context.harts == 1:
        return "not-applicable"
    # Harts that took turns on one thread lose updates, too.
    return "unknown" if is_oversubscribed(context.evidence) or not lost else "yes"


def _row(cell: _Cell, lost: bool) -> SummaryRow:
    """`lost`: the control beside it lost updates."""
    context, fs = cell.trials[0].context, cell.figures
    (share,) = cell.known(["contended_share_median"]).values()
    return SummaryRow(
        context=context, boots=len({trial.boot for trial in cell.trials}), machines=cell.machines or None,
        trials=len(fs), trials_measured=sum(f.window != "none" for f in fs), trials_whole=sum(f.window == "whole" for f in fs),
        check=cell.check(), check_failures=sum(f.check == "fail" for f in fs), contended=contended(share),
        overlap_shown=_overlap_shown(context, lost), ended_heap=sum(f.ended == "heap" for f in fs),
        **cell.known([*ESTIMATES, *MEDIANS]),
        wait_max_cycles=cell.most("wait_max_cycles"), hold_max_cycles=cell.most("hold_max_cycles"),
        counters={column.name: None for column in COUNTERS},
        fair=FairSummary(**cell.known(OF_FAIRNESS), bypass_max=cell.most("bypass_max")),
        overlap_min=min(f.overlap for f in fs), ops_window_total=sum(f.ops_window or 0 for f in fs),
        coherence=cell.coherence())


def _cell_of(trial: TrialRow) -> Context:
    """Returns what the trials of one cell have in common. Machines that fit one profile may have other clusters."""
    context = replace(trial.context, seed=0)
    return context if trial.member is None else replace(context, forms=replace(context.forms, clusters=0))


def summaries(trials: Iterable[TrialRow]) -> list[SummaryRow]:
    """Returns a row for each cell."""
    cells: dict[Context, list[TrialRow]] = {}
    for trial in trials:
        cells.setdefault(_cell_of(trial), []).append(trial)
    lost = {_setting(context) for context, of in cells.items()
            if context.strategy == CONTROL and any(trial.figures.check == "fail" for trial in of)}
    return [_row(_Cell(of), _setting(context) in lost) for context, of in cells.items()]
