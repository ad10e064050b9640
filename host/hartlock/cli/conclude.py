"""The end of a sweep: its verdict on the terminal, and its report in the folder."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from hartlock.analysis.verdict import judge
from hartlock.base.errors import UsageError
from hartlock.folder import writer
from hartlock.folder.probe_csv import newest_probe
from hartlock.folder.reader import Results, load
from hartlock.report import page


def verdicts(data: Results) -> Iterator[str]:
    """The lines of the verdict, setting by setting."""
    settings = [s for s in data.settings if data.cells(s)]
    for s in settings:
        verdict = judge(data, s, max(data.harts(s)))
        if len(settings) > 1:
            yield f"\n{s.apart(settings)}:"
        yield from (f"{verdict.headline}: {verdict.lead}", *verdict.points)


def conclude(folder: Path, console: Console) -> None:
    """Print the verdict and write the report. A report that cannot be written does not spoil what was measured."""
    try:
        data = load(folder)
        for line in verdicts(data):
            console.print(line, markup=False)
        console.print(f"report: {writer.short(page.write(folder, newest_probe(data)))}", markup=False)
    except UsageError as e:
        console.print(f"no report: {e}", markup=False)
