"""Rows whose trials are gone are no evidence, and a run that did not end well is said to be so."""

import csv
import json
import re

import pytest
from support.run import first_line, run_here
from support.synthetic import around, cells, folder_of

# On 8 harts clh and mcs are too close to call; ticket is surely behind.
CYCLES = {("clh", 8): around(255, 0.05, 1), ("mcs", 8): around(257, 0.05, 2), ("ticket", 8): around(400)}


def without(folder, names, keep):
    """Leaves those rows of the files out that `keep` does not want."""
    for name in names:
        with open(folder / name, newline="", encoding="utf-8") as f:
            rows = list(csv.DictReader(f))
        with open(folder / name, "w", newline="", encoding="utf-8") as f:
            writer = csv.DictWriter(f, rows[0])
            writer.writeheader()
            writer.writerows(row for row in rows if keep(row))


@pytest.fixture
def folder(tmp_path):
    return folder_of(tmp_path / "run", CYCLES)


def markdown(folder):
    assert run_here("report", folder).returncode == 0
    return (folder / "report.md").read_text()


@pytest.mark.parametrize("column,value,why", [
    ("evidence", "emulated", "its rows do not agree on what they are: candidate, emulated, candidate, modelled"),
    ("role", "harness", "its rows do not agree on what they are: candidate, modelled, harness, modelled")])
def test_a_cell_whose_rows_do_not_agree_on_what_they_are_is_no_evidence(folder, column, value, why):
    with open(folder / "summary.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    for row in rows:
        row[column] = value if row["strategy"] == "clh" else row[column]
    with open(folder / "summary.csv", "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = run_here("advise", folder)
    assert f"clh: {why}." in done.stdout and "Take" not in done.stdout, done.stdout


@pytest.mark.parametrize("names,why", [
    (["trials.csv"], "summary.csv claims 10 trials in 5 boots, and trials.csv has 0 in 0"), (["summary.csv"], "summary.csv has no row of it"),
    (["trials.csv", "summary.csv"], "summary.csv has no row of it")])
def test_a_cell_whose_rows_are_gone_is_no_evidence(folder, names, why):
    assert first_line(run_here("advise", folder)).startswith("Take mcs: by cycles and tail alike clh and mcs are too close to call")
    without(folder, names, lambda row: row["strategy"] != "mcs")
    done = run_here("advise", folder)
    assert first_line(done) == "The data cannot decide: what they have of mcs does not suffice." and f"  mcs: {why}." in done.stdout
    assert "Take" not in done.stdout and "To use" not in done.stdout
    said = markdown(folder)
    assert said.startswith("### The data cannot decide on 8 harts") and f"mcs on 8 harts is no evidence: {why}." in said
    assert f"mcs on 8 in B: {why}" in run_here("compare", folder, folder).stdout or "summary.csv" in names


def test_a_cell_that_is_ruled_out_anyhow_needs_no_trials(folder):
    folder_of(folder, {("tas", 8): around(900)}, append=True)
    without(folder, ["trials.csv"], lambda row: row["strategy"] != "tas")
    assert first_line(run_here("advise", folder)).startswith("The data cannot decide")
    assert first_line(run_here("advise", folder, "--need", "fifo")).startswith("Take mcs: by cycles and tail alike clh and mcs are too close to call")


def test_the_rows_of_other_harts_are_whole_all_the_same(folder):
    folder_of(folder, {("clh", 4): around(100), ("mcs", 4): around(200)}, append=True)
    without(folder, ["trials.csv"], lambda row: (row["strategy"], row["harts"]) != ("mcs", "8"))
    assert first_line(run_here("advise", folder, "--harts", 4)) .startswith("Take clh: ")


@pytest.mark.parametrize("status,words", [
    ("interrupted", "The run in run is interrupted: what it measured until then is all there is"),
    ("incomplete", "The run in run is incomplete"), ("given-up", "The run in run is given up"), ("running", "The run in run never said how it ended"), (None, "its run.json does not say")])
def test_a_run_that_did_not_end_well_is_said_to_be_so(folder, status, words):
    (folder / "run.json").write_text(json.dumps({"status": status} if status else {}))
    assert words in markdown(folder) and words in (folder / "report.html").read_text()
    said = run_here("advise", folder).stdout
    assert re.search(rf"^  WARNING: .*{words}", said, re.M) and words in run_here("compare", folder, folder).stdout
    (folder / "run.json").write_text('{"status": "complete"}')
    assert words not in markdown(folder) and words not in run_here("advise", folder).stdout


def doubled(path, line=1):
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[line]]) + "\n")


@pytest.mark.parametrize("file, why", [("trials.csv", "and trials.csv has"), ("samples.csv", "samples.csv has one of its harts twice in a trial"),
                                       ("summary.csv", "summary.csv claims")])
def test_a_row_that_stands_there_twice_is_no_evidence(tmp_path, file, why):
    folder = folder_of(tmp_path / "a", cells(4, mcs=260, ticket=400))
    doubled(folder / file)
    done = run_here("advise", folder, "--no-measure")
    assert why in done.stdout and not done.stdout.startswith("Take mcs:"), done.stdout


def test_a_time_that_was_changed_in_one_of_two_files_is_no_evidence(folder):
    """The median of the trials ranked, and the summary still said what was measured."""
    with open(folder / "summary.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    with open(folder / "summary.csv", "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows({**row, "cycles_per_op_median": "90"} for row in rows)
    done = run_here("advise", folder, "--no-measure")
    assert "summary.csv says 90.0 cycles an operation, and the median of its trials is" in done.stdout and not done.stdout.startswith("Take")


def test_a_trial_in_the_place_of_another_is_no_evidence(tmp_path):
    folder = folder_of(tmp_path / "a", cells(4, mcs=260, ticket=400))
    lines = (folder / "trials.csv").read_text().splitlines()
    (folder / "trials.csv").write_text("\n".join([*lines[:2], lines[1], *lines[3:]]) + "\n")
    assert "trials.csv has one of its trials twice" in run_here("advise", folder, "--no-measure").stdout


@pytest.mark.parametrize("kept", ["null", "baseline"])
def test_a_folder_without_a_candidate_gets_a_sentence(tmp_path, kept):
    folder = folder_of(tmp_path / "run", {(kept, 8): around(100)}, role="control" if kept == "null" else "harness")
    done = run_here("advise", folder)
    assert done.returncode == 1 and "The data cannot decide: no strategy was measured there" in done.stdout
    done = run_here("report", folder)
    assert done.returncode == 2 and "no strategy has finished a trial" in done.stderr
    assert run_here("compare", folder, folder).returncode == 2
