"""`collect`: several results folders as one table, told apart by columns."""

import csv
import json
from collections.abc import Sequence
from itertools import chain, count
from pathlib import Path
from typing import Any

from hartlock.folder import members, writer
from hartlock.folder.csv_rows import FILES, ORIGIN, CsvRow, read_cells
from hartlock.folder.run_json import context_of
from hartlock.base.errors import UsageError

def origin(context: dict[str, Any]) -> CsvRow:
    """The origin of rows, for the further columns of a merged table."""
    host = context.get("host") or {}
    where = ", ".join(str(host[k]) for k in ("processor", "system") if host.get(k))
    return {name: where if name == "host" else str(context.get(name) or "") for name in ORIGIN}


class Names:
    """Names for runs, no two of which are the same: a run's own, with a number where another has that."""

    def __init__(self) -> None:
        self._given: dict[tuple[Path, str], str] = {}

    def of(self, folder: Path, run: str) -> str:
        """Returns the name of a folder's run."""
        if (folder, run) not in self._given:
            taken = set(self._given.values())
            numbered = (f"{run}-{n}" for n in count(2))
            self._given[folder, run] = next(name for name in chain([run], numbered) if name not in taken)
        return self._given[folder, run]


def _runs(folder: Path, context: dict[str, Any]) -> dict[str, Any]:
    """Returns the contexts of a folder's runs, by name: those that it was merged of, or its own."""
    return context.get("merged") or {folder.resolve().name: context}


def refuse_twice(folders: Sequence[Path]) -> None:
    """Refuse a folder that is given twice: its trials would look like more of them."""
    seen: dict[str, Path] = {}
    for folder in folders:
        text = json.dumps([sorted(r.items()) for r in read_cells(folder / "trials.csv", ("run", "trial")) for r in [{**r, "run": ""}]])
        if text in seen:
            raise UsageError(f"{folder} holds the very trials of {seen[text]}: a copy would pass for more of them")
        seen[text] = folder


def merge(folders: Sequence[Path], out: Path) -> None:
    refuse_twice(folders)
    names, own = Names(), {folder: context_of(folder) for folder in folders}
    contexts = {names.of(folder, run): context for folder in folders for run, context in _runs(folder, own[folder]).items()}
    for file in (*FILES, members.FILE):
        rows: list[CsvRow] = []
        needed = ("run", "engine", "strategy") if file in FILES else ("run", "member")
        for folder in folders if file in FILES else filter(lambda f: (f / members.FILE).exists(), folders):
            begins = origin(own[folder])
            for row in read_cells(folder / file, needed):
                # A table that was merged before keeps what it says of its rows.
                run = str(row["run"]) if row.get("host") is not None else folder.resolve().name
                rows.append({**begins, **row, "run": names.of(folder, run)})
        if not rows:
            continue
        header = list(dict.fromkeys(name for row in rows for name in row if name not in ORIGIN)) + ORIGIN
        with writer.writing(out / file), open(out / file, "w", newline="", encoding="utf-8") as f:
            table = csv.DictWriter(f, header, restval="")
            table.writeheader()
            table.writerows(rows)
    writer.Files(out).write_context({
        "format": 1, "status": "complete" if all(c.get("status") == "complete" for c in contexts.values()) else "incomplete",
        "merged": contexts})


