"""The mechanism of the CSV tables: a row is a dataclass, and its fields are the columns.

Each field says its unit, its meaning and what an empty cell stands for, once. From that the header, the
cells, the reader and the tables of docs/reference/columns.md are made. A column that does not exist is an
AttributeError, and mypy knows it.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeVar

from hartlock.base.intervals import NONE, Estimate

Row = TypeVar("Row")
Value = str | int | float | None
KEY = "column"  # the key of a field's metadata


@dataclass(frozen=True)
class Column:
    """One column of a CSV file."""

    name: str
    type: type[str] | type[int] | type[float]
    unit: str
    doc: str  # "": the sentence of the column before it is of this one, too
    unknown: Value = None  # the value of an empty cell, if it may be empty
    may_be_empty: bool = True  # whether a cell may be empty
    words: tuple[str, ...] = ()  # the only values, if not all are allowed
    names_a_file: bool = False  # besides those words, the name and the digest of a workload file
    least: float = 0  # the least value of a number
    most: float = math.inf  # the greatest value of a number
    is_new: bool = False  # files of earlier versions do not have it, and are read all the same
    earlier: Value = None  # its value for a row of such a file; None: unknown

    @property
    def values(self) -> str:
        """The unit, or the words that may stand there, as the documents show them."""
        return self.unit or ", ".join(f"`{word}`" for word in self.words if word)


@dataclass(frozen=True)
class Part:
    """Says that a field holds a further dataclass, whose columns stand in its place."""

    of: type[Any]
    columns: Mapping[str, Column] | None  # by field, of a class that does not declare them itself
    names: str  # a pattern such as {}_median
    before: str  # the column that they stand before; "": in their place


@dataclass(frozen=True)
class Mapped:
    """Says that a field holds a dict, whose keys are columns."""

    columns: tuple[Column, ...]
    names: str  # a pattern such as {}_total


@dataclass(frozen=True)
class Triple:
    """Says that a field holds an Estimate: three columns."""

    unit: str
    doc: str


@dataclass(frozen=True)
class Place:
    """One column of a row's class, and the way to its value."""

    column: Column
    path: tuple[str | int, ...]  # attributes, a key of a dict, an index into an Estimate

    def value(self, row: object) -> Value:
        """Returns what the row has in this column."""
        at: Any = row
        for step in self.path:
            at = at[step] if isinstance(step, int) or isinstance(at, dict) else getattr(at, step)
        known: Value = at
        return known


Said = Column | Part | Mapped | Triple


def declared(said: Said, default: Any = MISSING) -> Any:
    """Declares a column that is known as such; without a default a row has to be given it."""
    return field(default=default, metadata={KEY: said})


def text(doc: str = "", unit: str = "", words: Sequence[str] = (), needed: bool = False) -> Any:
    """Declares a column of words. `words` are the only ones ("" among them: it may be empty); `needed`: never empty."""
    needed = needed or bool(words) and "" not in words
    return declared(Column("", str, unit, doc, "", not needed, tuple(words)), MISSING if needed else "")


def count(unit: str = "", doc: str = "", least: int = 0, most: float = math.inf) -> Any:
    """Declares a column of whole numbers from `least` to `most`, which is never empty."""
    return declared(Column("", int, unit, doc, None, False, least=least, most=most), MISSING)


def count_if_known(unit: str = "", doc: str = "") -> Any:
    """Declares a column of whole numbers from 0 on; None: not known, an empty cell."""
    return declared(Column("", int, unit, doc), None)


def count_if_new(unit: str = "", doc: str = "") -> Any:
    """Declares a column of whole numbers from 1 on, which files of earlier versions lack; None: an empty cell, or no column."""
    return declared(Column("", int, unit, doc, least=1, is_new=True), None)


def number(unit: str = "", doc: str = "", least: float = 0) -> Any:
    """Declares a column of numbers from `least` on; nan: not known, an empty cell."""
    return declared(Column("", float, unit, doc, math.nan, least=least), math.nan)


def number_if_new(unit: str = "", doc: str = "") -> Any:
    """Declares a column of numbers from 0 on, which files of earlier versions lack; nan: not known, an empty cell, or no column."""
    return declared(Column("", float, unit, doc, math.nan, is_new=True), math.nan)


def estimate(unit: str = "", doc: str = "") -> Any:
    """Declares the three columns of a median over trials and its interval."""
    return declared(Triple(unit, doc), NONE)


def part(of: type[Any], columns: Mapping[str, Column] | None = None, names: str = "{}", before: str = "", needed: bool = False) -> Any:
    """Declares the columns of another dataclass: here, or before a column; named by the pattern `names`."""
    said = Part(of, columns, names, before)
    return field(metadata={KEY: said}) if needed else field(default_factory=of, metadata={KEY: said})


def mapped(columns: Sequence[Column], names: str = "{}") -> Any:
    """Declares the columns of a dict, by key; named by the pattern `names`. Without a value each is None."""
    none = {column.name: None for column in columns}
    return field(default_factory=none.copy, metadata={KEY: Mapped(tuple(columns), names)})


def with_ci(name: str) -> tuple[str, str, str]:
    """Returns the names of an estimate's three columns."""
    return f"{name}_median", f"{name}_ci_low", f"{name}_ci_high"


def _named(column: Column, name: str) -> Column:
    return Column(name, *(getattr(column, f.name) for f in fields(Column)[1:]))


def _of_field(name: str, said: Said) -> Iterator[Place]:
    if isinstance(said, Column):
        yield Place(_named(said, name), (name,))
    elif isinstance(said, Triple):
        for i, each in enumerate(with_ci(name)):
            yield Place(Column(each, float, said.unit, "" if i else said.doc, math.nan, least=-math.inf), (name, i))
    elif isinstance(said, Mapped):
        for column in said.columns:
            yield Place(_named(column, said.names.format(column.name)), (name, column.name))
    else:
        for place in _places(said.of, said.columns):
            yield Place(_named(place.column, said.names.format(place.column.name)), (name, *place.path))


def _places(of: type[Any], columns: Mapping[str, Column] | None = None) -> list[Place]:
    out: list[Place] = []
    for f in fields(of):
        said = columns.get(f.name) if columns is not None else f.metadata.get(KEY)
        if said is None:
            continue  # a field that no file has
        here = list(_of_field(f.name, said))
        names = [place.column.name for place in out]
        at = names.index(said.before) if isinstance(said, Part) and said.before else len(out)
        out[at:at] = here
    return out


_KNOWN: dict[Any, tuple[Place, ...]] = {}  # places() of each class that was asked for


def places(of: type[Any]) -> tuple[Place, ...]:
    """Returns the columns of a row's class, in the order of the file, and the way to each value."""
    if of not in _KNOWN:
        _KNOWN[of] = tuple(_places(of))
    return _KNOWN[of]


def columns_of(of: type[Any]) -> list[Column]:
    """Returns the columns of a row's class, in the order of the file."""
    return [place.column for place in places(of)]


def header(of: type[Any]) -> list[str]:
    """Returns the names of the columns of a row's class, in the order of the file."""
    return [column.name for column in columns_of(of)]


def values(row: object) -> list[Value]:
    """Returns the cells of a row, in the order of the file; what an empty cell stands for is None."""
    out = []
    for place in places(type(row)):
        value = place.value(row)
        empty = value == place.column.unknown or value is None or isinstance(value, float) and not math.isfinite(value)
        out.append(None if empty else value)
    return out


def made(of: type[Row], known: Mapping[str, Value]) -> Row:
    """Returns the row that `known`, by column, is of: the reverse of values()."""
    return _made(of, known, None, "{}")


def _made(of: type[Row], known: Mapping[str, Value], columns: Mapping[str, Column] | None, names: str) -> Row:
    arguments: dict[str, Any] = {}
    for f in fields(of):
        said = columns.get(f.name) if columns is not None else f.metadata.get(KEY)
        if isinstance(said, Part):
            arguments[f.name] = _made(said.of, known, said.columns, said.names)
        elif isinstance(said, Triple):
            arguments[f.name] = Estimate(*(known[each] for each in with_ci(f.name)))  # type: ignore[arg-type]
        elif isinstance(said, Mapped):
            arguments[f.name] = {column.name: known[said.names.format(column.name)] for column in said.columns}
        elif said is not None:
            arguments[f.name] = known[names.format(f.name)]
    return of(**arguments)
