"""The plan's keys, the counters of a hart and the passes of a trial, read from bench/*.def.

Each of those lists is read by the kernel, too, so a key, its bounds and its default are said once.
The heads of the files say what the words of an entry mean.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from hartlock.base.lists import entries_of
from hartlock.base.paths import TOP

FOLDER = TOP / "bench"
PLAN_DEF, COUNTERS_DEF, PASSES_DEF = FOLDER / "plan.def", FOLDER / "counters.def", FOLDER / "passes.def"
NONE = "NONE"  # the column of a key, or a counter, that has none

Class = TypeVar("Class")

PLAIN, FULL, REPLAY = "plain", "full", "replay"  # the variants of a worker: bench/variant_plain.h and so on


@dataclass(frozen=True)
class Number:
    """A key whose value is a number: `usual`, which is the default, or one from `least` to `most`."""

    key: str
    usual: int
    least: int
    most: int
    full: bool  # another value than `usual` needs the full variant
    column: str
    unit: str
    meaning: str

    def read(self, text: str) -> int:
        """The value of `text`. Raises ValueError, with the reason as a clause, for what the kernel would refuse."""
        if not re.fullmatch(r"[0-9]{1,30}", text):
            raise ValueError("which is not a number")
        if not (self.least <= int(text) <= self.most or int(text) == self.usual):
            raise ValueError(f"which is not from {self.least} to {self.most}")
        return int(text)


@dataclass(frozen=True)
class Choice:
    """A key whose value is one of `words`, of which the first is the default."""

    key: str
    words: tuple[str, ...]
    full: bool
    column: str
    meaning: str
    unit: str = ""

    @property
    def usual(self) -> str:
        return self.words[0]

    def read(self, text: str) -> str:
        """The value of `text`. Raises ValueError, with the reason as a clause, for what the kernel would refuse."""
        if text not in self.words:
            raise ValueError(f"which is not one of {', '.join(self.words)}")
        return text


@dataclass(frozen=True)
class Word:
    """A key whose value only its own reader understands."""

    key: str
    default: str
    meaning: str


@dataclass(frozen=True)
class Column:
    """A column of the CSV files that stands among those of the keys, and that only the host program knows."""

    column: str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Counter:
    """A counter of a hart. `passes`: the pass in which it is sent; "" for all of them."""

    name: str
    passes: str
    in_csv: bool  # samples.csv and summary.csv have it as it is
    unit: str
    meaning: str


@dataclass(frozen=True)
class Pass:
    name: str
    letter: str
    meaning: str


Key = Number | Choice
Entry = Key | Word | Column


def _number(key: str, _place: str, usual: str, least: str, most: str, variant: str, column: str, unit: str, meaning: str) -> Number:
    return Number(key, int(usual, 0), int(least, 0), int(most, 0), variant == "FULL", column, unit, meaning)


def _choice(key: str, _field: str, words: str, variant: str, column: str, meaning: str) -> Choice:
    return Choice(key, tuple(words.split(", ")), variant == "FULL", column, meaning)


_MAKERS: dict[str, Callable[..., "Entry"]] = {"NUMBER": _number, "CHOICE": _choice, "WORD": Word, "COLUMN": Column}


@cache
def entries() -> tuple[Entry, ...]:
    """The entries of bench/plan.def, in its order."""
    return tuple(_MAKERS[macro](*arguments) for macro, arguments in entries_of(PLAN_DEF))


@cache
def keys() -> dict[str, Key]:
    """The keys whose value is a number or a choice, by name, in the list's order."""
    return {entry.key: entry for entry in entries() if isinstance(entry, Number | Choice)}


def number(key: str) -> Number:
    """The key of that name. The caller guarantees that its value is a number."""
    found = keys()[key]
    assert isinstance(found, Number), key
    return found


def choice(key: str) -> Choice:
    """The key of that name. The caller guarantees that its value is a choice."""
    found = keys()[key]
    assert isinstance(found, Choice), key
    return found


@cache
def columns() -> dict[str, Key | Column]:
    """The columns of the CSV files that tell the plan, by name and in order."""
    return {entry.column: entry for entry in entries() if not isinstance(entry, Word) and entry.column != NONE}


@cache
def counters() -> dict[str, Counter]:
    """The counters of bench/counters.def, by name, in the list's order."""
    every = {"COUNTER": "", "LATENCY_COUNTER": "latency", "AUDIT_COUNTER": "audit", "EXHAUST_COUNTER": "exhaust"}
    return {name: Counter(name, every[macro], file != NONE, unit, meaning)
            for macro, (name, file, unit, meaning) in entries_of(COUNTERS_DEF)}


@cache
def csv_counters() -> tuple[str, ...]:
    """The counters that samples.csv and summary.csv have as they are."""
    return tuple(name for name, counter in counters().items() if counter.in_csv)


@cache
def passes() -> dict[str, Pass]:
    """The passes of a trial, by name, in the order in which they run."""
    return {name: Pass(name, letter, meaning) for _, (name, _c, letter, meaning) in entries_of(PASSES_DEF)}


class Made:
    """A dataclass whose fields a list gives: see made_dataclass()."""

    if TYPE_CHECKING:
        __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

        def __init__(self, *values: Any, **named: Any) -> None: ...


def made_dataclass(defaults: Mapping[str, int | str], frozen: bool = False) -> Callable[[type[Class]], type[Class]]:
    """A decorator that makes a class a dataclass: its own fields, then one for each name of `defaults`.

    The class may declare some of these names again, which gives them a type for mypy: those that this
    program asks for by name.
    """
    def make(made: type[Class]) -> type[Class]:
        declared = made.__dict__.get("__annotations__", {})
        own = {name: kind for name, kind in declared.items() if name not in defaults}
        made.__annotations__ = {**own, **{name: type(value) for name, value in defaults.items()}}
        for name, value in defaults.items():
            setattr(made, name, value)
        return dataclass(frozen=frozen)(made)

    return make
