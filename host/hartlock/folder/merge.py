"""`collect`: several results folders as one table, told apart by columns."""

import argparse
import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from hartlock.base import paths
from hartlock.folder import writer
from hartlock.run import slurm
from hartlock.folder.reader import FILES, CsvRow, context_of, read
from hartlock.base.errors import EXIT_OK, UsageError
from hartlock.folder.comparable import ORIGIN

COLLECT = "collect"


def origin(context: dict[str, Any]) -> CsvRow:
    """Where rows are from, for the columns that a merged table has besides."""
    host = context.get("host") or {}
    where = ", ".join(str(host[k]) for k in ("processor", "system") if host.get(k))
    return {name: where if name == "host" else str(context.get(name) or "") for name in ORIGIN}


def names_of(folders: Sequence[Path]) -> dict[Path, str]:
    """A name a folder: its own, numbered where two have the same."""
    taken: dict[str, int] = {}
    out = {}
    for folder in folders:
        name = folder.resolve().name
        taken[name] = taken.get(name, 0) + 1
        out[folder] = name if taken[name] == 1 else f"{name}-{taken[name]}"
    return out


def refuse_twice(folders: Sequence[Path]) -> None:
    """The same trials twice would look like more of them."""
    seen: dict[str, Path] = {}
    for folder in folders:
        text = json.dumps([sorted(r.items()) for r in read(folder / "trials.csv", ("run", "trial")) for r in [{**r, "run": ""}]])
        if text in seen:
            raise UsageError(f"{folder} holds the very trials of {seen[text]}: a copy would pass for more of them")
        seen[text] = folder


def merge(folders: Sequence[Path], out: Path) -> None:
    refuse_twice(folders)
    names = names_of(folders)
    contexts = {folder: context_of(folder) for folder in folders}
    for file in FILES:
        rows: list[CsvRow] = []
        for folder in folders:
            own = origin(contexts[folder])
            for row in read(folder / file, ("run", "engine", "strategy")):
                # A table that was merged before keeps what it says of its rows.
                again = row.get("host") is not None
                rows.append({**own, **row, **({} if again else {"run": names[folder]})})
        header = list(dict.fromkeys(name for row in rows for name in row if name not in ORIGIN)) + ORIGIN
        with writer.writing(out / file), open(out / file, "w", newline="", encoding="utf-8") as f:
            table = csv.DictWriter(f, header, restval="")
            table.writeheader()
            table.writerows(rows)
    writer.Files(out).write_context({
        "format": 1, "status": "complete" if all(c.get("status") == "complete" for c in contexts.values()) else "incomplete",
        "merged": {names[folder]: context for folder, context in contexts.items()}})


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(prog="./run-bench.sh collect", allow_abbrev=False, description=(
        "Merge results folders into one, with columns for where each row is from; or finish the one folder of a sweep "
        "that Slurm ran (docs/use/collect.md)."))
    p.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="results folders; or one of sweep --slurm")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the files into DIR, new or empty (default: a new folder in results/)")
    return p


def main(argv: Sequence[str], console: Console, gather: Callable[[Path], int]) -> int:
    """`gather` finishes the folder of an array."""
    options = parser().parse_args(argv[1:])
    if len(options.folders) == 1 and slurm.is_array(options.folders[0]):
        return gather(options.folders[0])
    if len(options.folders) < 2:
        raise UsageError(f"{options.folders[0]}: one folder is a table already; give two or more, or the folder of sweep --slurm")
    out = writer.use_folder(options.out) if options.out else writer.make_folder(
        paths.RESULTS, f"{writer.stamp()}-merged-{len(options.folders)}")
    merge(options.folders, out)
    console.print(f"results: {writer.short(out / 'summary.csv')}", markup=False)
    return EXIT_OK
