"""A run that was killed leaves no summary.csv: its rows are made of those of trials.csv, and say what those know."""

import json
import math

import pytest
from support.run import TOP, run_here
from support.synthetic import around, folder_of

from hartlock.figures import columns
from hartlock.figures.row_types import SummaryRow, TrialRow
from hartlock.folder.csv_rows import read_rows
from hartlock.folder.reader import load
from hartlock.folder.remade import summaries
from hartlock.report import plots

REFERENCE = TOP / "results/reference"
# Only the kernel's histograms and counters tell these.
UNKNOWN = {"wait_p90_cycles", "wait_p999_cycles", "overtaken_max", "bypass_p99_median", "distinct_owners_median", "handoff_p99_cycles_median",
           "handoff_max_cycles", "handoff_waiting_share_median", "handoff_resolution_cycles", "reacquire_grants_p50_median",
           "same_cluster_share_median"}


def key(row):
    return row.context.strategy, row.context.harts


def agree(one, other):
    return one == other or isinstance(one, float) and isinstance(other, float) and math.isclose(one, other, rel_tol=1e-4)


def test_the_rows_are_those_that_the_run_would_have_written():
    """The files have six digits of each figure."""
    made = {key(row): row for row in summaries(read_rows(REFERENCE / "trials.csv", TrialRow))}
    known = {key(row): row for row in read_rows(REFERENCE / "summary.csv", SummaryRow)}
    assert made.keys() == known.keys()
    for cell in known:
        if cell[0] == "clock":
            continue
        for name, was, now in zip(columns.header(SummaryRow), columns.values(known[cell]), columns.values(made[cell]), strict=True):
            unknown = name in UNKNOWN or name.endswith("_total") and name != "ops_window_total"
            assert agree(was, now) or unknown and now in (None, ""), (cell, name, was, now)


@pytest.fixture
def killed(tmp_path):
    """The folder of a run that was killed."""
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260), ("ticket", 8): around(400)})
    folder_of(folder, {("null", 8): around(50)}, check={"null": "fail"}, append=True, role="control")
    (folder / "run.json").write_text(json.dumps({"status": "running"}))
    for name in ("summary.csv", "waits.csv"):
        (folder / name).unlink()
    return folder


def test_the_results_of_a_run_that_was_killed_can_be_read(killed, monkeypatch):
    monkeypatch.setattr(plots, "PLOTS", {})  # a drawing takes a second, and decides nothing
    advice, report = run_here("advise", killed), run_here("report", killed)
    assert (advice.returncode, report.returncode) == (0, 0), advice.stderr + report.stderr
    assert advice.stdout.startswith("Take mcs")
    for said in (advice.stdout, (killed / "report.md").read_text()):
        assert "it was killed, or it still goes on. Its summary.csv is missing: the rows of it were made of trials.csv." in said
    (setting,) = load(killed).settings
    assert {c.summary.overlap_shown for c in load(killed).cells(setting)} == {"yes"}
    gate = run_here("compare", killed, killed, "--fail-if-worse", 1)
    assert gate.returncode == 1 and "FAIL" in gate.stdout


def test_a_trial_that_failed_is_not_forgotten(tmp_path):
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260), ("ticket", 8): around(400)}, check={"mcs": "fail"})
    (folder / "summary.csv").unlink()
    assert run_here("advise", folder).stdout.startswith("Take ticket")


def test_harts_that_took_turns_lost_updates_without_overlapping(tmp_path):
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260)}, evidence="emulated-oversubscribed")
    folder_of(folder, {("null", 8): around(50)}, check={"null": "fail"}, append=True, role="control", evidence="emulated-oversubscribed")
    (folder / "summary.csv").unlink()
    assert {c.summary.overlap_shown for c in load(folder)} == {"unknown"}


def test_a_table_of_several_runs_needs_its_summary(tmp_path):
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260)})
    text = (folder / "trials.csv").read_text().splitlines()
    (folder / "trials.csv").write_text("\n".join([*text, text[-1].replace("run", "other", 1)]) + "\n")
    (folder / "summary.csv").unlink()
    done = run_here("advise", folder)
    assert done.returncode == 2 and "cannot be made of trials.csv, which is of several runs" in done.stderr
