"""Finds the strategies that make built as objects, with their forms."""

import os

from verify import code
from verify.errors import ProofError
from verify.herd import TOP
from verify.strategy import Subject

FOLDER = TOP / "build" / "verify"


def names(wanted: str | None) -> list[str]:
    """The names of all that were built, of one strategy with its forms, or of one form; forms last."""
    built = sorted((p.name.removesuffix(".o") for p in FOLDER.glob("*.o")), key=lambda n: ("." in n, n))
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


def cross() -> str:
    """The prefix of the compiler and its tools."""
    return os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")


def load(name: str) -> Subject:
    return Subject.of(name, code.read(FOLDER / f"{name}.o", cross()))


def load_with_trylock(name: str) -> Subject:
    """Returns a lock's functions with those that try it, which are built in a folder of their own."""
    return Subject.of(name, code.read(FOLDER / "try" / f"{name}.o", cross()))
