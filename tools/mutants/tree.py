"""A mutant: the real tree with one hunk of one header changed, of a lock or of the bench that uses it.

Its checkout is a copy below build/mutants/, so that it is built, run and judged by
exactly what builds, runs and judges the real thing, and that the real image never
contains it. tools/mutants/NAME.patch begins with what it is:

    mistake: the draw is a load and a store, not one instruction
    strategy: ticket
    options: --size 64K          further ones for run-bench.sh, if any
    plan: clusters=2 ...         instead: what the kernel is told, under the model, by hand
    stress: tcg 20               `make detectors`: the engine on which `stress` finds it, and
                                 the seconds in which it must, in the median
    memory-model: yes            no engine here can show it: QEMU and this computer
                                 order more than RISC-V does. Left to make prove
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
PATCHES = Path(__file__).resolve().parent
TREES = TOP / "build" / "mutants"
FOLDERS = ("alloc", "bench", "host", "kernel", "linker", "lock", "machine", "model", "native", "verify")
FILES = ("Makefile", "run-bench.sh")
KEYS = {"mistake", "strategy", "options", "plan", "stress", "memory-model"}


@dataclass(frozen=True)
class Mutant:
    name: str
    mistake: str
    strategy: str
    options: tuple[str, ...] = ()
    plan: str = ""
    engine: str = ""  # where `stress` finds it
    limit_s: int = 0  # and in what time, in the median; 0: it does not
    memory_model: bool = False  # only a proof can catch it, on a computer that orders more

    @property
    def patch(self) -> Path:
        return PATCHES / f"{self.name}.patch"

    @property
    def changes(self) -> str:
        """The file that its patch changes, below the top of the tree."""
        return self.patch.read_text().split("\n+++ b/", 1)[1].split("\n", 1)[0]

    @property
    def tree(self) -> Path:
        return TREES / self.name


def read(path: Path) -> Mutant:
    head = path.read_text().split("\n--- ")[0].strip()
    said = dict(line.split(": ", 1) for line in head.splitlines())
    if not {"mistake", "strategy"} <= set(said) <= KEYS:
        raise SystemExit(f"{path}: it begins with mistake:, strategy: and no more than {', '.join(sorted(KEYS))}")
    engine, limit = said.get("stress", " 0").split(" ")
    return Mutant(path.stem, said["mistake"], said["strategy"], tuple(said.get("options", "").split()),
                  said.get("plan", ""), engine, int(limit), said.get("memory-model") == "yes")


def known() -> dict[str, Mutant]:
    return {path.stem: read(path) for path in sorted(PATCHES.glob("*.patch"))}


def hunks(mutant: Mutant) -> int:
    return len(re.findall(r"^@@ ", mutant.patch.read_text(), re.MULTILINE))


def _copy(mutant: Mutant) -> None:
    """Copy sources and objects with their times, so that make rebuilds only what the patch touches."""
    shutil.rmtree(mutant.tree, ignore_errors=True)
    mutant.tree.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(TOP / folder, mutant.tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(TOP / name, mutant.tree / name)
    ignored = shutil.ignore_patterns("mutants", "mypy", ".lock")
    with open(TOP / "build" / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody builds meanwhile (host/hartlock/engine/build.py)
        shutil.copytree(TOP / "build", mutant.tree / "build", ignore=ignored)


def plant(mutant: Mutant) -> Path:
    """Make the mutant's tree anew. Returns its path."""
    _copy(mutant)
    done = subprocess.run(["patch", "-p1", "--no-backup-if-mismatch", "-i", str(mutant.patch)], cwd=mutant.tree,
                          capture_output=True, text=True, timeout=30, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{mutant.patch.name} does not fit the header any more: bring it up to date.\n{done.stdout}")
    return mutant.tree


def environment() -> dict[str, str]:
    """This program's, for a run in a mutant's tree: such a tree is not built yet, whatever is said of this one."""
    return {**os.environ, "HARTLOCK_PREBUILT": "0"}


def main() -> None:
    """Plant one and build its kernel: build/mutants/NAME/build/hartlock.elf."""
    mutants = known()
    if len(sys.argv) != 2 or sys.argv[1] not in mutants:
        raise SystemExit(f"make mutant MUTANT=NAME: one of {', '.join(mutants)}")
    tree = plant(mutants[sys.argv[1]])
    subprocess.run(["make", "-s", "all"], cwd=tree, check=True, timeout=300)
    print(f"planted: {tree.relative_to(TOP)} (cd there and ./run-bench.sh --lock {mutants[sys.argv[1]].strategy})")


if __name__ == "__main__":
    main()
