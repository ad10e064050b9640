"""A mutant: the real tree with one hunk of one header changed, of a lock or of the bench that uses it.

Its checkout is a copy below build/mutants/ (tools/copied.py). tools/mutants/NAME.patch begins with what it is:

    mistake: the draw is a load and a store, not one instruction
    strategy: ticket
    options: --size 64K          further ones for run-bench.sh, if any
    plan: clusters=2 ...         instead: what the kernel is told, under the model, by hand
    stress: tcg 20               `make detectors`: the engine on which `stress` finds it, and
                                 the seconds in which it must, in the median
    memory-model: yes            no engine here can show it: QEMU and this computer
                                 order more than RISC-V does. Left to make prove
    found-by: schedules 30       the detector that must find it, whatever others do, and the seconds of
                                 computing in which it must
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tools.copied import TOP, copy_sources, copy_tree

PATCHES = Path(__file__).resolve().parent
TREES = TOP / "build" / "mutants"
KEYS = {"mistake", "strategy", "options", "plan", "stress", "memory-model", "found-by"}


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
    detector: str = ""  # the detector that must find it; "": any may
    detector_s: int = 0  # the seconds of computing in which it must
    tree: Path = TREES  # its checkout, once it is planted

    @property
    def patch(self) -> Path:
        return PATCHES / f"{self.name}.patch"

    @property
    def changes(self) -> str:
        """The file that its patch changes, below the top of the tree."""
        return self.patch.read_text().split("\n+++ b/", 1)[1].split("\n", 1)[0]


def read(path: Path) -> Mutant:
    head = path.read_text().split("\n--- ")[0].strip()
    said = dict(line.split(": ", 1) for line in head.splitlines())
    if not {"mistake", "strategy"} <= set(said) <= KEYS:
        raise SystemExit(f"{path}: it begins with mistake:, strategy: and no more than {', '.join(sorted(KEYS))}")
    engine, limit = said.get("stress", " 0").split(" ")
    detector, within = said.get("found-by", " 0").split(" ")
    return Mutant(path.stem, said["mistake"], said["strategy"], tuple(said.get("options", "").split()),
                  said.get("plan", ""), engine, int(limit), said.get("memory-model") == "yes",
                  detector, int(within), TREES / path.stem)


def known() -> dict[str, Mutant]:
    return {path.stem: read(path) for path in sorted(PATCHES.glob("*.patch"))}


def hunks(mutant: Mutant) -> int:
    return len(re.findall(r"^@@ ", mutant.patch.read_text(), re.MULTILINE))


def misfit(mutant: Mutant, top: Path, *options: str) -> str:
    """Returns what `patch` says where the mutant's patch does not fit the tree at `top`; "" where it fits, and is applied."""
    done = subprocess.run(["patch", "-p1", "--no-backup-if-mismatch", *options, "-i", str(mutant.patch)], cwd=top,
                          capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == 0:
        return ""
    return f"{mutant.patch.name} does not fit {mutant.changes} any more: bring it up to date.\n{done.stdout}"


def plant(mutant: Mutant, objects: bool = True) -> None:
    """Makes the mutant's tree anew, with objects or with sources alone."""
    (copy_tree if objects else copy_sources)(mutant.tree)
    if problem := misfit(mutant, mutant.tree):
        raise SystemExit(problem)


@contextmanager
def planted(mutant: Mutant, objects: bool = True) -> Iterator[Mutant]:
    """Yields the mutant with a tree that no other program uses. Behind the body the tree is deleted: all of them together would
    take ten gigabytes and more. `make mutant` makes one to look at."""
    TREES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{mutant.name}-", dir=TREES) as folder:
        own = replace(mutant, tree=Path(folder))
        plant(own, objects)
        yield own


def main() -> None:
    """Plants one and builds its kernel: build/mutants/NAME/build/hartlock.elf. It stays until the next of its name."""
    mutants = known()
    if len(sys.argv) != 2 or sys.argv[1] not in mutants:
        raise SystemExit(f"make mutant MUTANT=NAME: one of {', '.join(mutants)}")
    mutant = mutants[sys.argv[1]]
    plant(mutant)
    subprocess.run(["make", "-s", "all"], cwd=mutant.tree, check=True, timeout=300)
    print(f"planted: {mutant.tree.relative_to(TOP)} (cd there and ./run-bench.sh --lock {mutant.strategy})")


if __name__ == "__main__":
    main()
