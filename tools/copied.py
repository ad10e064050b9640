"""A copy of the tree, with what is built of it, for programs that change a source and run the result.

Such a copy is built, run and judged by exactly what builds, runs and judges the real thing, and the
real image never contains what was changed.
"""

import fcntl
import os
import shutil
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
FOLDERS = ("alloc", "bench", "host", "kernel", "linker", "lock", "machine", "model", "native", "rust", "verify")
FILES = ("Makefile", "run-bench.sh")
COPIES = ("mutants", "peers", "mypy", "rust", "opensbi", ".lock")  # folders of build/ that a copy does without


def copy_sources(to: Path) -> None:
    """Copies sources with their times to `to`, which is made anew."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(TOP / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(TOP / name, to / name)


def copy_tree(to: Path) -> None:
    """Copies sources and objects with their times, so that make rebuilds only what is changed in `to`, which is made anew."""
    copy_sources(to)
    with open(TOP / "build" / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody builds meanwhile (host/hartlock/engine/build.py)
        shutil.copytree(TOP / "build", to / "build", ignore=shutil.ignore_patterns(*COPIES))


def environment() -> dict[str, str]:
    """Returns this program's, for a run in a copy: it is not built yet, whatever is said of this tree."""
    return {**os.environ, "HARTLOCK_PREBUILT": "0"}
