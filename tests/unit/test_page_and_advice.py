"""The page and `advise` say the same of the same data."""

import re

import pytest
from support.run import run_here
from support.synthetic import around, folder_of

from hartlock.analysis import verdict
from hartlock.folder import reader
from hartlock.report import table
from hartlock.report.markdown import markdown

N = 16


def page_of(folder):
    """The Markdown page of a folder's first setting, on its most harts."""
    data = reader.load(folder)
    setting = next(iter(data.settings))
    return markdown(data, verdict.judge(data, setting, max(data.harts(setting))), "")


def cell_of(folder, title):
    """The entry of the first row of the page's table in the column of that title."""
    data = reader.load(folder)
    return table.rows(data)[0].cells[[column.title for column in table.columns(data)].index(title)]


def test_a_percentile_is_the_same_in_the_page_and_in_the_advice(tmp_path):
    """One machine of sixteen has long waits: they are most of the longest thousandth of all machines together."""
    tail = {("mcs", 8): lambda boot, trial: 90000 if boot == 7 else 1234}
    folder = folder_of(tmp_path / "a", {("mcs", 8): around(200)}, tail=tail, boots=N, trials=1, keys={"transfer": list(range(N))}, machine="any-8")
    assert "p99.9 wait 1230," in run_here("advise", folder, "--no-measure").stdout
    assert "| 1230 | 100" in page_of(folder)
    entry = cell_of(folder, "p99.9")
    assert (entry.text, entry.interval) == ("1230", "1230 – 90.0k")


def test_no_lock_is_fifo_where_nobody_queues(tmp_path):
    folder = folder_of(tmp_path / "a", {("mcs", 8): around(200), ("ticket", 8): around(300)}, waiters="try", irq="off")
    said = run_here("advise", folder, "--need", "fifo", "--no-measure").stdout
    assert said.startswith("None: ") and "  mcs: it is not FIFO (fairness: no order: with --waiters try nobody queues)" in said
    assert "8 bytes a lock, no order: with --waiters try nobody queues, " in run_here("advise", folder, "--no-measure").stdout
    assert cell_of(folder, "family").text == "lock"
    queued = folder_of(tmp_path / "b", {("mcs", 8): around(200), ("ticket", 8): around(300)})
    assert run_here("advise", queued, "--need", "fifo", "--no-measure").stdout.startswith("Take mcs: ")
    assert cell_of(queued, "family").text == "FIFO lock"


@pytest.mark.parametrize("work,said", [
    ({"touch_lines": 16}, "writes to 16 further cache line(s)"),
    ({"touch_lines": 2, "hold_instructions": 50}, "50 instructions of other work and writes to 2 further cache line(s)")])
def test_what_does_not_protect_the_lines_of_a_section_is_not_ranked(tmp_path, work, said):
    folder = folder_of(tmp_path / "a", {("faa", 4): around(100), ("mcs", 4): around(200), ("ticket", 4): around(300)}, **work)
    answer = run_here("advise", folder, "--no-measure").stdout
    assert answer.startswith("Take mcs: ") and "\n  1. mcs: " in answer and f"touch {work['touch_lines']}, on 4 harts" in answer
    assert f"  faa: it protects one word only, and your section holds {said}\n" in answer and "No lock: faa, if all" in answer
    page = page_of(folder)
    assert f"faa protect one word only, and the section holds {said}: they do that side by side" in page
    assert re.search(r"^\| mcs \| \S+ \[.*\] \| first \|", page, re.M) and re.search(r"^\| faa \| \S+ \[.*\] \| – \|", page, re.M)
    assert f"instructions of further work and writes to {work['touch_lines']} further cache line(s) inside" in page
    assert cell_of(folder, "against the first").text == "–" and cell_of(folder, "strategy").text == "faa"


OPEN = {"arrival": "poisson", "arrival_ops_per_second": 2000}
THREE = {("faa", 8): around(100), ("mcs", 8): around(200), ("ticket", 8): around(300)}


def test_an_open_loop_is_told_in_its_own_words(tmp_path):
    folder = folder_of(tmp_path / "a", THREE, **OPEN)
    said = run_here("advise", folder, "--goal", "throughput", "--no-measure").stdout
    assert said.startswith("Take mcs: by the median response it is first; the next, ticket, ") and "times its median response" in said
    page = page_of(folder)
    assert "By the median and the p99.9 response alike it is first" in page and "| strategy | response p50, µs | against the first |" in page
    assert "by cycles" not in said + page.split("What this cannot tell")[0].lower() and "Behind schedule" not in said + page


def test_a_lock_that_falls_behind_its_schedule_is_not_ranked_where_others_keep_up(tmp_path):
    folder = folder_of(tmp_path / "a", THREE, backlog={"mcs": 900.0}, **OPEN)
    said = run_here("advise", folder, "--no-measure").stdout
    assert said.startswith("Take ticket: ") and "  mcs: it falls behind the schedule: 900 operations were due at the end and not begun" in said
    page = page_of(folder)
    assert "### Take ticket on 8 harts" in page and "- Behind schedule on 8 harts: mcs had operations due" in page and "; they are not ranked." in page
    assert re.search(r"^\| mcs \| \S+ \[.*\] \| – \|", page, re.M) and "ticket is first of the locks: 0." in page


def test_where_no_lock_keeps_up_cycles_rank(tmp_path):
    folder = folder_of(tmp_path / "a", THREE, backlog={"faa": 500.0, "mcs": 900.0, "ticket": 900.0}, **OPEN)
    said, page = run_here("advise", folder, "--goal", "throughput", "--no-measure").stdout, page_of(folder)
    assert said.startswith("Take mcs: by cycles an operation it is first") and "Ranked by cycles an operation; " in said
    assert "  WARNING: Behind schedule on 8 harts: faa, mcs and ticket had operations due" in said and "as none keeps up, the rank is by cycles" in page
    assert re.search(r"mcs is first of the locks: \d+ \[.*\] cycles an operation; ", page) and "| strategy | cycles/op | against the first |" in page
