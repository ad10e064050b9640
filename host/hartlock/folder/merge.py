"""`collect`: several results folders as one table, told apart by columns."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


from hartlock.folder import members, writer
from hartlock.folder.csv_rows import FILES, ORIGIN, CsvRow, read_cells
from hartlock.folder.run_json import context_of
from hartlock.base.errors import UsageError

COLLECT = "collect"


def origin(context: dict[str, Any]) -> CsvRow:
    """The origin of rows, for the further columns of a merged table."""
    host = context.get("host") or {}
    where = ", ".join(str(host[k]) for k in ("processor", "system") if host.get(k))
    return {name: where if name == "host" else str(context.get(name) or "") for name in ORIGIN}


def names_of(folders: Sequence[Path]) -> dict[Path, str]:
    """A name for each folder: its own, with a number where two have the same."""
    taken: dict[str, int] = {}
    out = {}
    for folder in folders:
        name = folder.resolve().name
        taken[name] = taken.get(name, 0) + 1
        out[folder] = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return out


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
    names = names_of(folders)
    contexts = {folder: context_of(folder) for folder in folders}
    for file in (*FILES, members.FILE):
        rows: list[CsvRow] = []
        needed = ("run", "engine", "strategy") if file in FILES else ("run", "member")
        for folder in folders if file in FILES else filter(lambda f: (f / members.FILE).exists(), folders):
            own = origin(contexts[folder])
            for row in read_cells(folder / file, needed):
                # A table that was merged before keeps what it says of its rows.
                again = row.get("host") is not None
                rows.append({**own, **row, **({} if again else {"run": names[folder]})})
        if not rows:
            continue
        header = list(dict.fromkeys(name for row in rows for name in row if name not in ORIGIN)) + ORIGIN
        with writer.writing(out / file), open(out / file, "w", newline="", encoding="utf-8") as f:
            table = csv.DictWriter(f, header, restval="")
            table.writeheader()
            table.writerows(rows)
    writer.Files(out).write_context({
        "format": 1, "status": "complete" if all(c.get("status") == "complete" for c in contexts.values()) else "incomplete",
        "merged": {names[folder]: context for folder, context in contexts.items()}})


