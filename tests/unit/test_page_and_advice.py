"""The page and `advise` say the same of the same data."""

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
