"""Finds out whether the code of a row is proved, and how far, as verify/proofs.json says.

`make prove` writes that file: for each strategy and form the hash of the functions that were proved, what each
test of them came to, and the images in whose loops it has found them (docs/trust/proof.md). Here the image that
is booted is read; a strategy of which one instruction, call or reference differs is not proved.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from hartlock.base.elf import Elf, ElfError
from hartlock.base.linked import Linked
from hartlock.base.paths import TOP

FILE = TOP / "verify" / "proofs.json"
NONE, HOLDS, PARTLY = "none", "holds", "partly"
TESTED_HOLDS = "HOLDS"  # a test's verdict
_TIMES = {1: "once", 2: "twice"}


def word(proof: str) -> str:
    """Returns the first word of a cell of the column `proof`: holds, partly or none."""
    return proof.partition(":")[0] or NONE


def reach(proof: str) -> str:
    """Returns how far a proof reaches, the words of a cell of the column `proof`; "" if it does not say."""
    return proof.partition(" (")[2].removesuffix(")")


@dataclass(frozen=True)
class Record:
    """The proof of one code."""

    code: str  # the hash of the functions
    tests: Mapping[str, str]  # for each test HOLDS, or why it is not known
    reach: Sequence[Sequence[int]]  # for each number of harts: how often each takes the lock, the busiest first
    middle: Sequence[Sequence[int]]  # the numbers of tests before which some harts have run alone
    one: str  # the thing that all harts share: lock or heap

    @staticmethod
    def of(code: str, said: Mapping[str, Any]) -> "Record":
        return Record(code, said["tests"], said["reach"], said["middle"], said["one"])

    @property
    def proof(self) -> str:
        """The cell of the column `proof`."""
        whole = all(verdict == TESTED_HOLDS for verdict in self.tests.values())
        return f"{HOLDS if whole else PARTLY}:{self.code} ({self.words})"

    @property
    def words(self) -> str:
        """The words that say how far the proof reaches."""
        parts = [*map(_harts, self.reach), *(f"{_harts(takes)}, from the middle" for takes in self.middle), f"one {self.one}"]
        return "; ".join([*parts, *(f"{test} is not known: {why}" for test, why in self.tests.items() if why != TESTED_HOLDS)])


def _harts(takes: Sequence[int]) -> str:
    """Returns the words for harts that take a lock so often, the busiest first."""
    most, busy = _TIMES.get(takes[0], f"{takes[0]} times"), takes.count(takes[0])
    who = "each" if busy == len(takes) else "one of them" if busy == 1 else f"{busy} of them"
    return f"{len(takes)} harts, {who} {most}"


@cache
def _known() -> dict[str, dict[str, Record]]:
    """For each strategy: the hash of each image's code with a proved one in it, and the record of that."""
    try:
        strategies = json.loads(FILE.read_text())["strategies"]
        return {name: {image: Record.of(code, said) for code, said in codes.items() for image in said["images"]}
                for name, codes in strategies.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return {}


def fingerprint(image: Linked, strategy: str, variant: str) -> str:
    """Returns the SHA-256 of a strategy's code in an image, with all that it reaches; "" if the image has none."""
    text = image.text(f"{variant}_{strategy.replace('-', '_')}")
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


class Booted:
    """The image of a boot, as it was when this was made; or none, of which nothing is proved."""

    def __init__(self, image: Path | None = None):
        self._proofs: dict[tuple[str, str], str] = {}
        try:
            self._code = Linked(Elf(image)) if image else None
        except ElfError:
            self._code = None

    def proof(self, strategy: str, variant: str) -> str:
        """Returns the cell of the column `proof` for a strategy in that variant of the worker."""
        if (strategy, variant) not in self._proofs:
            known = _known().get(strategy.replace("-", "_"), {})
            record = known.get(fingerprint(self._code, strategy, variant)) if known and self._code else None
            self._proofs[strategy, variant] = record.proof if record else NONE
        return self._proofs[strategy, variant]


def booted(image: Path | None) -> Booted:
    """Returns what an image has now. The same file is read once."""
    try:
        is_now = image.stat() if image else None
    except OSError:
        is_now = None
    return _booted(image, (is_now.st_mtime_ns, is_now.st_size) if is_now else None)


@cache
def _booted(image: Path | None, _is_now: tuple[int, int] | None) -> Booted:
    return Booted(image)
