"""`make bench-compare`: counts how often `compare` calls two identical sweeps under tcg different.

It runs twenty pairs of a cheap sweep, with nothing changed between them. docs/use/compare.md
quotes the result.
"""

import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from hartlock.analysis import compare
from hartlock.folder.reader import load

TOP = Path(__file__).resolve().parents[1]
PAIRS = 20
SWEEP = ("--smp", "2", "--harts", "1,2", "--lock", "ticket,cas", "--engine", "tcg", "--boots", "3", "--duration", "20",
         "--warmup", "5", "--no-report")


def one(folder: Path) -> Path:
    subprocess.run([str(TOP / "run-bench.sh"), "sweep", *SWEEP, "--out", str(folder)], check=True, timeout=300,
                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    return folder


def main(pairs: int) -> None:
    words: Counter[str] = Counter()
    ratios, flagged = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for n in range(pairs):
            a, b = (load(one(Path(folder, f"{n}-{side}"))) for side in "ab")
            changes = compare.compare(a, b, "cycles_per_op", False)
            words.update(c.word for c in changes)
            flagged += any(c.word == "worse" for c in changes)
            ratios += [c.ratio.median for c in changes]
            print(f"pair {n + 1}: " + ", ".join(f"{c.a.strategy}:{c.a.harts} {c.ratio.median:.2f} [{c.sure.low:.2f}, {c.sure.high:.2f}] {c.word}"
                                               for c in changes), flush=True)
    ratios.sort()
    print(f"{pairs} pairs, {sum(words.values())} rows: {dict(words)}; pairs with a row called worse: {flagged}")
    print(f"ratios of medians: from {ratios[0]:.2f} to {ratios[-1]:.2f}, nine of ten from {ratios[len(ratios) // 20]:.2f} "
          f"to {ratios[-1 - len(ratios) // 20]:.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS)
