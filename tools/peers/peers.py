"""`make peers`: hartlock's locks beside those that somebody would pick instead, on threads of this computer.

    peers.py            one run of all of them, in the bench's own loop around the same allocator; then a table
    peers.py --write    puts the table into docs/trust/peers.md

Every figure is a ratio of the two sides of a pair, above 1 where hartlock's is better, with the interval of a paired
bootstrap: a boot is drawn for both sides at once.
"""

import argparse
import math
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hartlock.analysis.comparisons import call, ratio_ci
from hartlock.base.intervals import Estimate
from hartlock.base.text import times
from hartlock.folder.comparable import Figure
from hartlock.folder.reader import Cell, load
from tools.copied import TOP
from tools.peers.pairs import PAIRS, Pair
from tools.peers.plant import build_rust, plant

DOC = TOP / "docs/trust/peers.md"
BEGIN, END = "<!-- written by `make peers WRITE=1` -->\n", "<!-- end -->"
HARTS = 2
SWEEP = ("--engine", "native", "--smp", str(HARTS), "--harts", f"1,{HARTS}", "--duration", "5", "--warmup", "2", "--no-report")
REALTIME = ("chrt", "--fifo", "1")  # no other program of this computer goes before its threads
AHEAD = {"lower": "peer ahead", "higher": "ahead", "too close": ""}


@dataclass(frozen=True)
class Column:
    title: str
    harts: int
    figure: Figure
    lower: bool = True  # a lower figure is better


COLUMNS = (
    Column("cycles/op alone", 1, lambda f: f.cycles_per_op),
    Column(f"cycles/op, {HARTS} threads", HARTS, lambda f: f.cycles_per_op),
    Column("wait p99.9", HARTS, lambda f: f.wait_p999_cycles),
    Column("slowest/fastest", HARTS, lambda f: f.min_max_share, lower=False),
)


def built() -> Path:
    """Builds the bench with the peers in it. Returns the tree that it is in."""
    tree, archive = plant(), build_rust()
    subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "native", f"NATIVE_LIBS={archive}"], cwd=tree, check=True, timeout=600,
                   stdout=subprocess.DEVNULL)
    return tree


def measure(folder: Path, boots: int, trials: int, before: tuple[str, ...]) -> Path:
    """Runs all pairs in one sweep, behind the words `before`. Returns its results folder."""
    tree = built()
    names = dict.fromkeys(name for pair in PAIRS for name in (pair.peer, pair.ours))
    subprocess.run([*before, str(tree / "run-bench.sh"), "sweep", *SWEEP, "--lock", ",".join(names), "--boots", str(boots),
                    "--trials", str(trials), "--out", str(folder)], cwd=tree, env={**os.environ, "HARTLOCK_PREBUILT": "1"},
                   check=True, timeout=3000, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return folder


def better(pair: Pair, cells: dict[tuple[str, int], Cell], column: Column) -> Estimate:
    """Returns the ratio of a figure, above 1 where hartlock's lock is better."""
    ours, peer = (cells[name, column.harts].sample(column.figure) for name in (pair.ours, pair.peer))
    return ratio_ci(peer, ours, paired=True) if column.lower else ratio_ci(ours, peer, paired=True)


def worded(ratio: Estimate) -> str:
    if not math.isfinite(ratio.median):
        return "–"
    word = AHEAD[call(ratio)]
    return f"{times(ratio)} **{word}**" if word == AHEAD["lower"] else times(ratio)


def table(folder: Path) -> str:
    """Returns the Markdown table of a results folder."""
    cells = {(cell.strategy, cell.harts): cell for cell in load(folder)}
    lines = [["peer", "hartlock", *(column.title for column in COLUMNS)]]
    lines += [[pair.peer, pair.ours, *(worded(better(pair, cells, column)) for column in COLUMNS)] for pair in PAIRS]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def write(made: str) -> None:
    before, _, rest = DOC.read_text(encoding="utf-8").partition(BEGIN)
    DOC.write_text(before + BEGIN + made + END + rest.partition(END)[2], encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--boots", type=int, default=10)
    options.add_argument("--trials", type=int, default=3)
    options.add_argument("--realtime", action="store_true", help="before all other programs of this computer; as root")
    options.add_argument("--write", action="store_true")
    asked = options.parse_args()
    if len(os.sched_getaffinity(0)) < HARTS:
        raise SystemExit(f"make peers: {HARTS} threads, each on a processor of its own, need {HARTS} processors")
    with tempfile.TemporaryDirectory() as folder:
        made = table(measure(Path(folder) / "run", asked.boots, asked.trials, REALTIME if asked.realtime else ()))
    print(made, end="")
    if asked.write:
        write(made)


if __name__ == "__main__":
    main()
