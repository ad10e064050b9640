"""results/reference: one sweep on the model that is committed, and is the same wherever it is run.

    python3 -m tools.reference [--check]

What depends on where it was run (processors, dates, hashes of what this computer's
compiler built) is left out; all else is as `sweep` leaves it. The check compares every figure and every word
of it. Pictures are matplotlib's, and another matplotlib draws them with other bytes: of them it only asks that
they are there.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hartlock.report import page
from hartlock.figures import columns
from hartlock.folder import members
from hartlock.folder.csv_rows import FILES, read_cells
from hartlock.base.paths import RESULTS, TOP

REFERENCE = RESULTS / "reference"
SWEEP = ("sweep", "--smp", "8", "--engine", "model", "--no-report")
KEPT = ("format", "status", "plan", "compiler", "problems")
LIMIT_S = 900
README = TOP / "README.md"
SHOWN_COLUMNS = ("strategy", "cycles/op", "wait p99", "slowest/fastest", "check", "proof")
SHOWN = ("magazine", "lrsc", "faa", "cas", "ttas-backoff", "clh", "mcs", "ticket", "ttas")
BEGIN, END = "<!-- the verdict of results/reference -->", "<!-- end of the verdict -->"


def reduced(context: dict[str, Any]) -> dict[str, Any]:
    """Returns what is the same everywhere of run.json."""
    engines = [{k: v for k, v in e.items() if k != "machine_sha256"} for e in context["sweep"]["engines"]]
    return {**{key: context[key] for key in KEPT}, "command": ["./run-bench.sh", *SWEEP],
            "sweep": {**context["sweep"], "engines": engines}}


def make(folder: Path) -> None:
    """Measures the sweep, and leaves it and its report in a new folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary, REFERENCE.name)
        done = subprocess.run([str(TOP / "run-bench.sh"), *SWEEP, "--out", str(run)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)
        if done.returncode != 0:
            raise SystemExit(f"the reference sweep ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr}")
        for name, of in FILES.items():
            rows = read_cells(run / name)
            with open(folder / name, "w", newline="", encoding="utf-8") as f:
                writer = csv.DictWriter(f, columns.header(of))
                writer.writeheader()
                writer.writerows({**row, "host_processors": ""} for row in rows)
        if (run / members.FILE).exists():
            shutil.copyfile(run / members.FILE, folder / members.FILE)
        context = json.loads((run / "run.json").read_text(encoding="utf-8"))
    (folder / "run.json").write_text(json.dumps(reduced(context), indent=2) + "\n", encoding="utf-8")
    page.write(folder)


def quote(readme: str, report: str) -> str:
    """Returns the README with the report's headline and a part of its table between the two marks."""
    head, rest = readme.split(BEGIN + "\n")
    _, tail = rest.split(END + "\n")
    headline, _, said = report.split("\n")[:3]
    shown = [f"> **{headline.removeprefix('### ')}**: {said}", "", *shown_rows(report)]
    return "\n".join([head + BEGIN, *shown, END, ""]) + tail


def shown_rows(report: str) -> list[str]:
    """Returns the report's table, cut to SHOWN_COLUMNS and to the strategies SHOWN; its columns are aligned."""
    header, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in report.split("\n") if line.startswith("| ")
                        or line.startswith("|-")]
    places = [header.index(column) for column in SHOWN_COLUMNS]
    kept = [[row[place] for place in places] for row in [header, *(row for row in rows if row[0] in SHOWN)]]
    widths = [max(map(len, column)) for column in zip(*kept)]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in kept]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def compared(path: Path) -> bytes:
    """Returns what counts of a file: nothing of a picture, and of a page all but its pictures."""
    if path.suffix in (".png", ".svg"):
        return b""
    return re.sub(rb"<svg.*?</svg>", b"<svg/>", path.read_bytes(), flags=re.DOTALL)


def files(folder: Path) -> dict[str, bytes]:
    """Returns what counts of each file of a folder, by name."""
    return {str(p.relative_to(folder)): compared(p) for p in sorted(folder.rglob("*")) if p.is_file()}


def differences(mine: dict[str, bytes], committed: dict[str, bytes]) -> list[str]:
    """Returns a line for each file that is not the same: which, and from which line on."""
    said = []
    for name in sorted(mine.keys() | committed.keys()):
        if mine.get(name) != committed.get(name):
            where = "missing" if name not in committed else "not made any more" if name not in mine else first_line(mine[name], committed[name])
            said.append(f"{name}: {where}")
    return said


def first_line(mine: bytes, committed: bytes) -> str:
    """Returns where two files begin to differ."""
    pairs = zip(mine.split(b"\n"), committed.split(b"\n"))
    at = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 0)
    return f"differs from line {at} on" if at else "one ends before the other"


def main(argv: list[str]) -> int:
    if argv not in ([], ["--check"]):
        print("usage: python3 -m tools.reference [--check]", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary, REFERENCE.name)
        make(made)
        found = differences(files(made), files(REFERENCE)) if REFERENCE.exists() else ["results/reference is not there"]
        if argv and found:
            print("results/reference is not what this tree gives; if that is meant, `make reference` and commit it:", *found,
                  sep="\n  ", file=sys.stderr)
            return 1
        if not argv:
            shutil.rmtree(REFERENCE, ignore_errors=True)
            REFERENCE.parent.mkdir(exist_ok=True)
            shutil.copytree(made, REFERENCE)
            README.write_text(quote(README.read_text(encoding="utf-8"), (made / "report.md").read_text(encoding="utf-8")), encoding="utf-8")
    print("results/reference is what this tree gives, in every figure and word" if argv else f"{len(found)} file(s) changed in results/reference")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
