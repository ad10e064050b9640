"""Compares two observations of an image: does it take the same locks from the same places, as often, in the same order?"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hartlock.base.errors import UsageError
from hartlock.folder.observe_files import LOCKS, ORDER, SITES, rows
from hartlock.observe.locks import OF_CLASS
from hartlock.observe.view import read_order

SHOWN = 20


@dataclass(frozen=True)
class Seen:
    """The counts of one observation."""

    locks: Counter[str]
    sites: Counter[tuple[str, str]]  # function and lock
    orders: Counter[tuple[str, str]]  # the lock that was held, and the one that was taken

    @classmethod
    def of(cls, folder: Path) -> "Seen":
        """The observation in a folder. Raises UsageError if there is none."""
        locks, sites, orders = Counter[str](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        try:
            for row in rows(folder / LOCKS):
                locks[_class(row["lock"])] += int(row["taken"])
            for row in rows(folder / SITES):
                sites[row["function"], _class(row["lock"])] += int(row["taken"])
            for outer, inner, times in read_order(folder / ORDER):
                orders[_class(outer), _class(inner)] += times
        except OSError as e:
            raise UsageError(f"--check {folder}: it is no folder of observe: {e.filename}: {e.strerror}") from e
        except (AttributeError, KeyError, TypeError, ValueError) as e:
            raise UsageError(f"--check {folder}: its files are not as observe writes them: {e}") from e
        return cls(locks, sites, orders)


def _class(name: str) -> str:
    """A lock's name; of locks in memory without symbols the class: the addresses of such memory change from build to build."""
    return name.partition("@")[0] if name.startswith(OF_CLASS) else name


def _differences(words: str, before: Mapping[Any, int], after: Mapping[Any, int]) -> list[str]:
    """A sentence for each key whose counts differ. `words` has a place for each part of a key."""
    keys = sorted({*before, *after}, key=str)
    return [f"{words.format(*(key if isinstance(key, tuple) else (key,)))}: {before.get(key, 0)} times before, {after.get(key, 0)} after"
            for key in keys if before.get(key, 0) != after.get(key, 0)]


def told(before: Path, after: Path) -> tuple[list[str], bool]:
    """The lines to print, and whether both are the same."""
    one, other = Seen.of(before), Seen.of(after)
    what = f"{len(one.locks)} locks, {len(one.sites)} functions that take them and {len(one.orders)} orders in {before}"
    differ = [*_differences("{} was taken", one.locks, other.locks), *_differences("{} took {}", one.sites, other.sites),
              *_differences("while {} was held, {} was taken", one.orders, other.orders)]
    if not differ:
        return [f"the same: {what}"], True
    more = [f"... and {len(differ) - SHOWN} more"] if len(differ) > SHOWN else []
    return [f"{what}; {len(differ)} counts differ in {after}:", *(f"- {text}" for text in differ[:SHOWN]), *more], False
