"""A copy of the tree, with what is built of it, for programs that change a source and run the result.

Such a copy is built, run and judged by exactly what builds, runs and judges the real thing, and the
real image never contains what was changed.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
FOLDERS = ("alloc", "bench", "host", "kernel", "linker", "lock", "machine", "model", "native", "rust", "verify")
FILES = ("Makefile", "run-bench.sh")
BUILT = ("alloc", "bench", "kernel", "machine", "model", "native")  # these folders of build/, beside the files that `make` puts at its top


def copy_sources(to: Path) -> None:
    """Copies sources with their times to `to`, which is made anew."""
    shutil.rmtree(to, ignore_errors=True)
    to.mkdir(parents=True)
    for folder in FOLDERS:
        shutil.copytree(TOP / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy2(TOP / name, to / name)


def copy_tree(to: Path) -> None:
    """Copies sources and the objects of the default kernel, the machine and the threads with their times, so that make rebuilds only
    what is changed in `to`, which is made anew. Other forms, proofs and what was fetched stay behind: they are a gigabyte and more."""
    copy_sources(to)
    (to / "build").mkdir()
    with open(TOP / "build" / ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody builds meanwhile (host/hartlock/engine/build.py)
        for path in (TOP / "build").iterdir():
            if path.is_file() and path.name != ".lock":
                shutil.copy2(path, to / "build" / path.name)
        for folder in BUILT:
            if (TOP / "build" / folder).exists():
                shutil.copytree(TOP / "build" / folder, to / "build" / folder)


@contextmanager
def mistaken(to: Path, name: str, right: str, wrong: str) -> Iterator[Path]:
    """Yields a copy of the tree in which the file `name` says `wrong` where it said `right`, once. Behind the body it is deleted."""
    text = (TOP / name).read_text()
    if text.count(right) != 1:
        raise ValueError(f"{name} has {text.count(right)} times, not once: {right}")
    copy_tree(to)
    try:
        (to / name).write_text(text.replace(right, wrong))
        yield to
    finally:
        shutil.rmtree(to)


def environment() -> dict[str, str]:
    """Returns this program's, for a run in a copy: it is not built yet, whatever is said of this tree."""
    return {**os.environ, "HARTLOCK_PREBUILT": "0"}
