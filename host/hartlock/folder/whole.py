"""Tells whether a results folder is whole: its run ended well, and its rows agree with each other.

A cell whose rows do not agree is no evidence, whatever its figures say.
"""

import math
import statistics
from collections.abc import Iterator

from hartlock.base.text import on, significant
from hartlock.folder.comparable import Comparable, Figure
from hartlock.folder.reader import AnyRow, Cell, Results, boot_of
from hartlock.figures.row_types import TrialRow

COMPLETE = "complete"
ROUNDED = 1e-3  # the share by which figures that were rounded may differ


def ending(results: Results) -> str:
    """Returns a sentence on how the run ended, if it did not end well or that is not known; "" for a complete one."""
    remade = "Its summary.csv is missing: the rows of it were made of trials.csv." if results.remade else ""
    return " ".join(filter(None, [_ending(results), remade]))


def _ending(results: Results) -> str:
    status = results.context.get("status")
    if status == COMPLETE:
        return ""
    if status is None:
        return f"Whether the run in {results.name} was complete is not known: its run.json does not say."
    if status == "running":
        return f"The run in {results.name} never said how it ended: it was killed, or it still goes on."
    return f"The run in {results.name} is {str(status).replace('-', ' ')}: what it measured until then is all there is."


def claimed(results: Results, setting: Comparable, harts: int | None = None) -> list[Cell]:
    """Returns the candidates' cells of a setting, with those that lack their row in summary.csv; on so many harts if it is said."""
    return [c for c in results.settings[setting].values() if c.claimed_role == "candidate" and harts in (None, c.harts)]


def doubts(results: Results, setting: Comparable, harts: int | None = None) -> list[str]:
    """Returns a sentence for each candidate whose rows do not agree, on so many harts if it is said."""
    return [f"{c.strategy} {on(c.harts)} is no evidence: {why}." for c in claimed(results, setting, harts) if (why := gap(c))]


def gap(cell: Cell) -> str:
    """Returns in what the rows of a candidate's cell do not agree, as a clause; "" if they do."""
    return next(_gaps(cell), "")


def _measured(trial: TrialRow) -> bool:
    return trial.figures.window != "none"


def _ranks(setting: Comparable, trial: TrialRow) -> bool:
    """True if the trial has every figure that decides in that setting."""
    decide: list[Figure] = [measure.figure for measure in setting.measures.values()]
    return all(math.isfinite(figure(trial.figures)) for figure in decide) and math.isfinite(trial.figures.min_max_share)


def _kinds(cell: Cell) -> set[tuple[str, str, str]]:
    """Returns what the rows say of each run: its evidence, and the role of the strategy."""
    rows: list[AnyRow] = [*cell.summaries, *cell.trials, *cell.samples, *cell.waits]
    return {(row.context.run, row.context.evidence, row.context.role) for row in rows}


def _median(cell: Cell) -> float:
    """Returns the median of the cycles of an operation as summary.csv has it: over machines it is that of the machines' medians."""
    if cell.is_ensemble:
        return cell.median(lambda f: f.cycles_per_op)
    known = [c for t in cell.trials if math.isfinite(c := t.figures.cycles_per_op)]
    return statistics.median(known) if known else math.nan


def _other_medians(cell: Cell) -> Iterator[str]:
    """Yields a clause for each run whose row in summary.csv is not the median of its trials."""
    for row in cell.summaries:
        own = cell.on([boot for boot in cell.boots if boot[0] == row.context.run])
        told, of = row.cycles_per_op.median, _median(own)
        if abs(told - of) > ROUNDED * abs(of):
            yield f"summary.csv says {significant(told)} cycles an operation, and the median of its trials is {significant(of)}"


def _gaps(cell: Cell) -> Iterator[str]:
    if not cell.summaries:
        yield "summary.csv has no row of it"
        return
    claimed = sum(row.trials_measured for row in cell.summaries), sum(row.boots for row in cell.summaries)
    there = sum(map(_measured, cell.trials)), len(cell.boots)
    if claimed != there:
        yield f"summary.csv claims {claimed[0]} trials in {claimed[1]} boots, and trials.csv has {there[0]} in {there[1]}"
    if len({(boot_of(t), t.trial) for t in cell.trials}) < len(cell.trials):
        yield "trials.csv has one of its trials twice"
    if len({(boot_of(s), s.trial, s.hart) for s in cell.samples}) < len(cell.samples):
        yield "samples.csv has one of its harts twice in a trial"
    yield from _other_medians(cell)
    if (kinds := _kinds(cell)) and len(kinds) > len({run for run, _, _ in kinds}):
        told = ", ".join(sorted({f"{role}, {evidence}" for _, evidence, role in kinds}))
        yield f"its rows do not agree on what they are: {told}"
    if not all(row.check for row in cell.summaries) or not all(trial.figures.check for trial in cell.trials):
        yield "not all of its rows say whether their checks passed"
    blank = sum(1 for t in cell.trials if _measured(t) and not _ranks(cell.setting, t))
    if blank:
        yield f"{blank} of its {len(cell.trials)} trials lack a figure that ranks"
