"""Reading the CSV files of a results folder back into typed rows.

A file that is not what its columns say is refused by a sentence with file, line and column.
"""

import csv
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from hartlock.base.errors import UsageError
from hartlock.base.text import printable
from hartlock.figures import columns
from hartlock.figures.columns import Column, Value
from hartlock.figures.row_types import Origin, SampleRow, SummaryRow, TrialRow, WaitRow
from hartlock.plan import replay

Row = TypeVar("Row")
CsvRow = dict[str, str]  # cells as they stand in a file

FILES: dict[str, type[Any]] = {
    "summary.csv": SummaryRow, "trials.csv": TrialRow, "samples.csv": SampleRow, "waits.csv": WaitRow}
ORIGIN = [f.name for f in fields(Origin)]  # further columns of a merged table


@contextmanager
def _opened(path: Path) -> Iterator["csv.DictReader[str]"]:
    try:
        with open(path, newline="", encoding="utf-8") as f:
            yield csv.DictReader(f)
    except (OSError, UnicodeDecodeError, csv.Error) as e:
        raise UsageError(f"cannot read {path}: {getattr(e, 'strerror', None) or e}; a results folder has "
                         f"{', '.join(FILES)}") from e


def _has(path: Path, reader: "csv.DictReader[str]", needed: Sequence[str]) -> None:
    names = reader.fieldnames or []
    missing = [name for name in needed if name not in names]
    if missing:
        raise UsageError(f"{path}: there is no column {missing[0]}")
    if twice := [name for name, times in Counter(names).items() if times > 1]:
        raise UsageError(f"{path}: there are two columns {printable(twice[0])}")


def _lines(path: Path, reader: "csv.DictReader[str]") -> Iterator[CsvRow]:
    """Yields the rows. Raises UsageError for one that has more cells than there are columns, or fewer: what stands in the wrong one
    is not known."""
    for cells in reader:
        if None in cells or None in cells.values():
            raise UsageError(f"{path}, line {reader.line_num}: it has {'more' if None in cells else 'fewer'} cells than there are columns")
        yield cells


def read_cells(path: Path, needed: Sequence[str] = ()) -> list[CsvRow]:
    """Returns the rows as they stand in a file. Raises UsageError: it cannot be read, or lacks a column that is needed."""
    with _opened(path) as reader:
        _has(path, reader, needed)
        return list(_lines(path, reader))


def _whole(column: Column, text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < column.least:
        raise ValueError(f"no whole number from {column.least} on")
    if int(text) > column.most:
        raise ValueError(f"more than {column.most}")
    return int(text)


def _number(column: Column, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("no number") from None
    if not math.isfinite(value):
        raise ValueError("no number")
    if value < column.least:
        raise ValueError(f"less than {column.least}")
    return value


def parsed(column: Column, text: str) -> Value:
    """Returns the value of a cell. Raises ValueError, with what it is not."""
    if not text:
        if not column.may_be_empty:
            raise ValueError("empty")
        return column.unknown
    if column.words and text not in column.words and not (column.names_a_file and replay.is_label(text)):
        raise ValueError(f"none of {', '.join(filter(None, column.words))}")
    if column.type is str:
        if not text.isprintable():
            raise ValueError("no text that can be printed")
        return text
    return _whole(column, text) if column.type is int else _number(column, text)


def _row(path: Path, line: int, of: type[Row], cells: Mapping[str, str]) -> Row:
    known: dict[str, Value] = {}
    for column in columns.columns_of(of):
        if column.is_new and column.name not in cells:
            known[column.name] = column.unknown if column.earlier is None else column.earlier
            continue
        text = cells.get(column.name) or ""
        try:
            known[column.name] = parsed(column, text)
        except ValueError as e:
            why = "is empty" if not text else f"holds {text!r}, which is {e}"
            raise UsageError(f"{path}, line {line}: column {column.name} {why}") from None
    return columns.made(of, known)


def read_rows(path: Path, of: type[Row]) -> list[Row]:
    """Returns the rows of a file, typed. Columns that the class does not have are left alone. Raises UsageError, with
    file, line and column, for what cannot stand there."""
    with _opened(path) as reader:
        _has(path, reader, [column.name for column in columns.columns_of(of) if not column.is_new])
        merged = "host" in (reader.fieldnames or []) and "engine" in columns.header(of)
        out = []
        for cells in _lines(path, reader):
            row: Any = _row(path, reader.line_num, of, cells)
            if merged:
                origin = Origin(**{name: printable(cells.get(name) or "") for name in ORIGIN})
                row = replace(row, context=replace(row.context, origin=origin))
            out.append(row)
        return out
