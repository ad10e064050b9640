"""The tables of columns in docs/, made from the rows' classes, which say each column once."""

from collections.abc import Iterator, Sequence
from typing import Any

from hartlock.figures.columns import Column, columns_of
from hartlock.figures.row_types import Context


def _grouped(columns: Sequence[Column]) -> Iterator[list[Column]]:
    """A column without a sentence of its own shares that of the one before it, and its line."""
    group: list[Column] = []
    for column in columns:
        if column.doc and group:
            yield group
            group = []
        group.append(column)
    yield group


def _line(group: Sequence[Column]) -> str:
    names = ", ".join(f"`{column.name}`" for column in group)
    return f"| {names} | {group[0].values}{' ' if group[0].values else ''}| {group[0].doc} |"


def columns_table(of: type[Any], title: str = "column") -> str:
    """Returns the table of a class's columns; those that every file has are not in it, unless it is about them."""
    common = set() if of is Context else {column.name for column in columns_of(Context)}
    columns = [column for column in columns_of(of) if column.name not in common or not _has_context(of)]
    return "\n".join([f"| {title} | unit, values | meaning |", "|---|---|---|", *map(_line, _grouped(columns))])


def _has_context(of: type[Any]) -> bool:
    return "context" in of.__dataclass_fields__
