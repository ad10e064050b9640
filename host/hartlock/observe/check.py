"""Compares two observations of an image: does it take the same locks from the same places, as often, in the same order?"""

import csv
import re
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hartlock.base.errors import UsageError
from hartlock.observe.view import LOCKS, ORDER, SITES_FILE

SHOWN = 20
_ARROW = re.compile(r'^  "(.*)" -> "(.*)" \[label="(\d+)"\];$', re.MULTILINE)
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class Kind(Generic[Key]):
    """How often each of its things was seen."""

    words: str  # with a place for each part of a key
    before: Counter[Key]
    after: Counter[Key]

    def differences(self) -> list[str]:
        keys = sorted({*self.before, *self.after}, key=str)
        return [f"{self.words.format(*(key if isinstance(key, tuple) else (key,)))}: {self.before[key]} times before, {self.after[key]} after"
                for key in keys if self.before[key] != self.after[key]]


@dataclass(frozen=True)
class Seen:
    """What one observation saw, with how often."""

    locks: Counter[str]
    sites: Counter[tuple[str, str]]  # function and lock
    orders: Counter[tuple[str, str]]  # the lock that was held, and the one that was taken

    @classmethod
    def of(cls, folder: Path) -> "Seen":
        """The observation in a folder. Raises UsageError if there is none."""
        locks, sites, orders = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        try:
            for row in _rows(folder / LOCKS):
                locks[row["lock"]] += int(row["taken"])
            for row in _rows(folder / SITES_FILE):
                sites[row["function"], row["lock"]] += int(row["taken"])
            for outer, inner, times in _ARROW.findall((folder / ORDER).read_text(encoding="utf-8")):
                orders[outer, inner] += int(times)
        except OSError as e:
            raise UsageError(f"--check {folder}: it is no folder of observe: {e.filename}: {e.strerror}") from e
        except (KeyError, ValueError) as e:
            raise UsageError(f"--check {folder}: its files are not as observe writes them: {e}") from e
        return cls(locks, sites, orders)


def _rows(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def check(before: Path, after: Path) -> tuple[str, list[str]]:
    """What both have, in a sentence, and what differs, a sentence each."""
    one, other = Seen.of(before), Seen.of(after)
    kinds = (Kind("{} was taken", one.locks, other.locks), Kind("{} took {}", one.sites, other.sites),
             Kind("while {} was held, {} was taken", one.orders, other.orders))
    return (f"{len(one.locks)} locks, {len(one.sites)} functions that take them and {len(one.orders)} orders in {before}",
            [text for kind in kinds for text in kind.differences()])


def told(before: Path, after: Path) -> tuple[list[str], bool]:
    """The lines to print, and whether both are the same."""
    what, differ = check(before, after)
    if not differ:
        return [f"the same: {what}"], True
    more = [f"... and {len(differ) - SHOWN} more"] if len(differ) > SHOWN else []
    return [f"{what}; {len(differ)} counts differ in {after}:", *(f"- {text}" for text in differ[:SHOWN]), *more], False
