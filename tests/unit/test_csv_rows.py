"""Rows are written and read back with their types; a file that cannot be is refused by file, line and column."""

import csv
import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.run import TOP, run_here
from support.synthetic import CONTEXT, context_of, folder_of

from hartlock.base.errors import UsageError
from hartlock.base.intervals import Estimate
from hartlock.figures import columns
from hartlock.figures.row_types import COUNTERS, SampleRow, SummaryRow, TrialFigures, TrialRow, WaitRow
from hartlock.folder.csv_rows import FILES, read_cells, read_rows
from hartlock.folder.reader import load
from hartlock.folder.run_json import context_of as run_json
from hartlock.folder.writer import write_rows


def same(a, b):
    """Equal cell by cell: nan is not equal to itself."""
    return columns.values(a) == columns.values(b) and type(a) is type(b)


@pytest.mark.parametrize("change, words", [
    (lambda lines: [*lines, lines[-1] + ",7"], "line 4: it has more cells than there are columns"),
    (lambda lines: [*lines, lines[-1].rpartition(",")[0]], "line 4: it has fewer cells than there are columns"),
    (lambda lines: [line + "," + line.rpartition(",")[2] for line in lines], "there are two columns "), (lambda lines: [], "there is no column run")])
def test_rows_that_do_not_fit_their_columns_are_refused(tmp_path, change, words):
    """One cell too many shifts those behind it; `collect` ended in a traceback, and the others left it alone."""
    path = write_rows(tmp_path / "waits.csv", WaitRow, [WaitRow(context=CONTEXT, percent=p, wait_cycles=12, waits=4) for p in (1, 2)])
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    for read in (lambda: read_rows(path, WaitRow), lambda: read_cells(path, ["run"])):
        with pytest.raises(UsageError, match=words):
            read()


SUMMARY = SummaryRow(context=CONTEXT, boots=1, trials=2, trials_measured=2, check="pass", cycles_per_op=Estimate(1.5, 1.25, 2))


@pytest.mark.parametrize("row", [
    TrialRow(context=CONTEXT, boot=1, trial=0, repetition=1, figures=TrialFigures(check="pass", cycles_per_op=2.5, overlap=-0.5)),
    SampleRow(context=CONTEXT, boot=1, trial=0, repetition=1, hart=0, ops_window=7, counters={
        column.name: 3 for column in COUNTERS}),
    WaitRow(context=context_of(sizes="mixed", size_bytes=0), percent=99.9, wait_cycles=12, waits=4), SUMMARY])
def test_a_row_comes_back_as_it_was(tmp_path, row):
    back, = read_rows(write_rows(tmp_path / "a.csv", type(row), [row]), type(row))
    assert same(back, row) and back.context == row.context


@pytest.mark.parametrize("name", FILES)
def test_the_committed_files_come_back_cell_by_cell(tmp_path, name):
    """A number may come back in other digits, 1.5e+09 as 1500000000, and is the same number."""
    committed = TOP / "results/reference" / name
    again = write_rows(tmp_path / name, FILES[name], read_rows(committed, FILES[name]))
    was_there, is_there = ([*csv.reader(path.read_text().splitlines())] for path in (committed, again))
    kept = [i for i, column in enumerate(columns.columns_of(FILES[name])) if column.name in was_there[0] or not column.is_new]
    for was, now in zip(was_there, ([row[i] for i in kept] for row in is_there), strict=True):
        assert was == now or all(a == b or float(a) == float(b) for a, b in zip(was, now, strict=True))


@settings(deadline=None)  # each example writes a file, on a computer that others keep busy
@given(st.floats(0, 1e14), st.floats(-1e9, 1e9))
def test_six_digits_of_a_number_come_back(tmp_path_factory, median, low):
    path = tmp_path_factory.mktemp("digits") / "summary.csv"
    row = replace(SUMMARY, cycles_per_op=Estimate(median, low, math.nan))
    back, = read_rows(write_rows(path, SummaryRow, [row]), SummaryRow)
    assert back.cycles_per_op.median == pytest.approx(median, rel=1e-5) and back.cycles_per_op.low == pytest.approx(low, rel=1e-5)
    assert math.isnan(back.cycles_per_op.high)


def test_a_misspelt_column_is_an_error():
    for name in ("cycles_per_ops", "cycles_per_op_median"):
        with pytest.raises(AttributeError):
            getattr(SUMMARY, name)
    with pytest.raises(TypeError):
        replace(SUMMARY, cycles_per_ops=1)


def test_every_file_begins_with_the_context_and_has_each_column_once():
    for of in FILES.values():
        names = columns.header(of)
        assert names[:len(columns.header(type(CONTEXT)))] == columns.header(type(CONTEXT)) and len(names) == len(set(names))


def damaged(tmp_path, name, change):
    """A folder of which `change` was done to one row of a file."""
    folder = folder_of(tmp_path / "run", {("ticket", 2): lambda boot, trial: 100})
    with open(folder / name, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    change(rows[0])
    with open(folder / name, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder


@pytest.mark.parametrize("name,column,text,words", [
    ("trials.csv", "cycles_per_op", "fast", "holds 'fast', which is no number"),
    ("trials.csv", "cycles_per_op", "inf", "holds 'inf', which is no number"),
    ("trials.csv", "cycles_per_op", "nan", "holds 'nan', which is no number"),
    ("trials.csv", "cycles_per_op", "-1", "holds '-1', which is less than 0"),
    ("summary.csv", "harts", "1.5", "holds '1.5', which is no whole number from 1 on"),
    ("summary.csv", "harts", "0", "holds '0', which is no whole number from 1 on"),
    ("summary.csv", "harts", "", "is empty"),
    ("waits.csv", "harts", "65", "holds '65', which is more than 64"),
    ("summary.csv", "evidence", "x", "holds 'x', which is none of modelled, emulated"),
    ("samples.csv", "ops_window", "-3", "holds '-3', which is no whole number from 0 on"),
    ("summary.csv", "role", "winner", "holds 'winner', which is none of candidate, control, harness"),
    ("summary.csv", "check", "maybe", "holds 'maybe', which is none of pass, fail"),
    ("waits.csv", "sizes", "huge", "holds 'huge', which is none of fixed, small, pages, mixed"),
])
def test_what_cannot_stand_there_is_named_by_file_line_and_column(tmp_path, name, column, text, words):
    folder = damaged(tmp_path, name, lambda row: row.update({column: text}))
    for command in (("report", folder), ("advise", folder), ("compare", folder, folder)):
        done = run_here(*command)
        assert done.returncode == 2 and f"{folder / name}, line 2: column {column} {words}" in done.stderr.replace("\n", " "), command


@pytest.mark.parametrize("name", FILES)
def test_a_missing_column_is_named(tmp_path, name):
    folder = damaged(tmp_path, name, lambda row: None)
    path = folder / name
    path.write_text(path.read_text().replace(",strategy,", ",stratgy,"))
    with pytest.raises(UsageError, match=f"{path}: there is no column strategy"):
        load(folder)


@pytest.mark.parametrize("text,words", [
    ("null", "it holds null, not an object"), ("[]", "not an object"), ("[" * 100_000, "cannot read"), ('{"a":', "cannot read"),
    ('{"host": null}', "host is null, not an object"), ('{"sessions": [null]}', "one of sessions is null, not an object"),
    ('{"command": "x"}', 'command is "x", not a list')])
def test_a_run_json_that_is_none_is_refused(tmp_path, text, words):
    folder = folder_of(tmp_path / "run", {("ticket", 2): lambda boot, trial: 100})
    (folder / "run.json").write_text(text)
    done = run_here("compare", folder, folder)
    assert done.returncode == 2 and str(folder / "run.json") in done.stderr and words in done.stderr


def test_keys_that_nobody_reads_may_be_anything(tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"novel": None, "status": "complete"}))
    assert run_json(tmp_path)["status"] == "complete" and run_json(tmp_path / "none") == {}
