"""The strategies as objects that make built, with their forms."""

import os
from pathlib import Path

from verify import code
from verify.errors import ProofError
from verify.herd import TOP
from verify.tests import Subject

FOLDER = TOP / "build" / "verify"


def names(wanted: str | None) -> list[str]:
    """Of all that were built, or of one strategy with its forms, or of one form."""
    built = sorted(p.name.removesuffix(".o") for p in FOLDER.glob("*.o"))
    if not built:
        raise ProofError("nothing is built: make prove builds it")
    if not wanted:
        return built
    word = wanted.replace("-", "_") if "." not in wanted else wanted
    chosen = [n for n in built if word in (n, n.split(".")[0])]
    if not chosen:
        raise ProofError(f"there is no strategy '{wanted}'; there are "
                         f"{', '.join(sorted({n.split('.')[0] for n in built}))}")
    return chosen


def load(name: str) -> Subject:
    path: Path = FOLDER / f"{name}.o"
    return Subject.of(name, code.read(path, os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")))
