"""`make detectors`: how soon `./run-bench.sh stress` finds each of the locks that are wrong on purpose.

    detectors.py [--seeds N] [--only NAME,...] [--write]

Exits with 1 when the median time of one is above its own limit (`stress:` in its patch), or
one is not found at all. --write puts the table into docs/trust/stress.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.mutants.hunt import HANG, check_of
from tools.mutants.mutants import words
from tools.copied import TOP, environment
from tools.mutants.tree import Mutant, known, planted

DOCUMENT = TOP / "docs/trust/stress.md"
BEGIN, END = "<!-- detectors -->\n", "<!-- end of detectors -->"
SEEDS = 5
QUIET_S = 8  # seconds without a word after which a run is given up


@dataclass(frozen=True)
class Find:
    seconds: float
    ops: int  # operations of all harts until then, without those of a trial that hung
    check: str  # "": no check said anything


def seek(mutant: Mutant, seed: int, most_s: int) -> Find:
    """Run ./run-bench.sh stress in the mutant's tree, until it fails or `most_s` seconds are over."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        subprocess.run(
            ["./run-bench.sh", "stress", "--lock", mutant.strategy, "--engine", mutant.engine, "--seed", str(seed),
             "--for", f"{most_s}s", "--time-limit", str(QUIET_S), "--replays", "0", "--out", str(out)],
            cwd=mutant.tree, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, timeout=most_s + 300, check=False)
        context = json.loads((out / "run.json").read_text())
    told = context["stress"]
    return Find(told["found_seconds"] or told["seconds"], told["ops"], check_of(context["problems"]))


def seek_all(mutant: Mutant, seeds: int) -> list[Find]:
    with planted(mutant) as own:
        subprocess.run(["make", "-s", "all", *(["model"] if own.engine == "model" else [])], cwd=own.tree, check=True, timeout=300)
        return [seek(own, seed, 4 * own.limit_s) for seed in range(1, seeds + 1)]


def median_s(finds: Sequence[Find]) -> float:
    """The median time in seconds. A search that found nothing counts as longer than any other."""
    return statistics.median(f.seconds if f.check else float("inf") for f in finds)


def row(mutant: Mutant, finds: Sequence[Find]) -> str:
    """A mutant's row of the table in docs/trust/stress.md."""
    found = [f for f in finds if f.check]
    by = ", ".join(sorted({f.check for f in found})) or "nothing"
    ops = f"{statistics.median(f.ops for f in found):.0f}" if found else "–"
    hung = {f.check for f in found} & {HANG, "trap"}
    seconds = [f"{f.seconds:.1f}" for f in sorted(found, key=lambda f: f.seconds)]
    return (f"| `{mutant.name}` | {mutant.strategy} | {mutant.engine} | {by} | {len(found)} of {len(finds)} | "
            f"{median_s(finds):.1f} | {seconds[0] if found else '–'} to {seconds[-1] if found else '–'} | "
            f"{'≥ ' if hung else ''}{ops} | {mutant.limit_s} |")


HEAD = ("| mutant | of | engine | found by | runs that found it | median s | s | median operations | limit s |\n"
        "|---|---|---|---|---|---|---|---|---|")


def write(rows: Sequence[str]) -> None:
    """Put the rows into the document's table. Rows of other mutants stay as they are."""
    before, rest = DOCUMENT.read_text().split(BEGIN)
    old, behind = rest.split(END)
    kept = {line.split("|")[1]: line for line in [*old.splitlines()[2:], *rows]}
    DOCUMENT.write_text(before + BEGIN + "\n".join([HEAD, *(kept[name] for name in sorted(kept))]) + "\n" + END + behind)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"runs of each (default {SEEDS})")
    parser.add_argument("--only", default="", help="these mutants, with commas between them")
    parser.add_argument("--write", action="store_true", help="put the table into docs/trust/stress.md")
    options = parser.parse_args()
    mutants = {name: m for name, m in known().items() if m.limit_s}
    rows, late = list[str](), []
    for name in words(options.only, list(mutants), "only"):
        finds = seek_all(mutants[name], options.seeds)
        rows.append(row(mutants[name], finds))
        print(rows[-1], file=sys.stderr, flush=True)
        if median_s(finds) > mutants[name].limit_s:
            late.append(name)
    print("\n".join([HEAD, *rows]))
    if options.write:
        write(rows)
    if late:
        print(f"not found within the limit: {', '.join(late)}", file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
