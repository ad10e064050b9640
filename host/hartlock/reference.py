"""results/reference: one sweep on the model that is committed, and is the same wherever it is run.

    python3 -m hartlock.reference [--check]

What depends on where it was run (processors, dates, hashes of what this computer's
compiler built) is left out; all else is as `sweep` leaves it.
"""

import csv
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from hartlock.report import page
from hartlock.figures.columns import SAMPLES, SUMMARY, TRIALS, WAITS
from hartlock.folder.reader import read
from hartlock.base.paths import RESULTS, TOP

REFERENCE = RESULTS / "reference"
SWEEP = ("sweep", "--smp", "8", "--engine", "model", "--boots", "3", "--no-report")
KEPT = ("format", "status", "plan", "compiler", "problems")
FILES = {"summary.csv": SUMMARY, "trials.csv": TRIALS, "samples.csv": SAMPLES, "waits.csv": WAITS}
LIMIT_S = 900
README = TOP / "README.md"
SHOWN_COLUMNS = ("strategy", "cycles/op", "wait p99", "slowest/fastest", "check", "proof")
SHOWN = ("magazine", "faa", "cas", "ttas-backoff", "clh", "mcs", "ticket", "ttas")
BEGIN, END = "<!-- the verdict of results/reference -->", "<!-- end of the verdict -->"


def reduced(context: dict[str, Any]) -> dict[str, Any]:
    """Of run.json, what is the same everywhere."""
    engines = [{k: v for k, v in e.items() if k != "plugin_sha256"} for e in context["sweep"]["engines"]]
    return {**{key: context[key] for key in KEPT}, "command": ["./run-bench.sh", *SWEEP],
            "sweep": {**context["sweep"], "engines": engines}}


def make(folder: Path) -> None:
    """Into a new folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as temporary:
        run = Path(temporary, REFERENCE.name)
        done = subprocess.run([str(TOP / "run-bench.sh"), *SWEEP, "--out", str(run)], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=LIMIT_S, check=False)
        if done.returncode != 0:
            raise SystemExit(f"the reference sweep ended with {done.returncode}:\n{done.stdout[-3000:]}{done.stderr}")
        for name, columns in FILES.items():
            rows = read(run / name)
            with open(folder / name, "w", newline="", encoding="utf-8") as f:
                writer = csv.DictWriter(f, columns)
                writer.writeheader()
                writer.writerows({**row, "host_processors": ""} for row in rows)
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


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def differences(mine: dict[str, bytes], committed: dict[str, bytes]) -> list[str]:
    said = []
    for name in sorted(mine.keys() | committed.keys()):
        if mine.get(name) != committed.get(name):
            where = "missing" if name not in committed else "not made any more" if name not in mine else first_line(mine[name], committed[name])
            said.append(f"{name}: {where}")
    return said


def first_line(mine: bytes, committed: bytes) -> str:
    if b"\0" in mine[:1000]:
        return "other bytes"
    pairs = zip(mine.split(b"\n"), committed.split(b"\n"))
    at = next((i for i, (a, b) in enumerate(pairs, 1) if a != b), 0)
    return f"differs from line {at} on" if at else "one ends before the other"


def main(argv: list[str]) -> int:
    if argv not in ([], ["--check"]):
        print("usage: python3 -m hartlock.reference [--check]", file=sys.stderr)
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
    print("results/reference is what this tree gives, byte for byte" if argv else f"{len(found)} file(s) changed in results/reference")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
