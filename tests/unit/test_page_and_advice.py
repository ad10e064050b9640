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


def test_a_percentile_is_the_same_in_the_page_and_in_the_advice(tmp_path):
    """One machine of sixteen has long waits: they are most of the longest thousandth of all machines together."""
    tail = {("mcs", 8): lambda boot, trial: 90000 if boot == 7 else 1234}
    folder = folder_of(tmp_path / "a", {("mcs", 8): around(200)}, tail=tail, boots=N, trials=1, keys={"transfer": list(range(N))}, machine="any-8")
    assert "p99.9 wait 1230," in run_here("advise", folder, "--no-measure").stdout
    assert "| 1230 | 100" in page_of(folder)
    data = reader.load(folder)
    at = [column.title for column in table.columns(data)].index("p99.9")
    entry, = (row.cells[at] for row in table.rows(data))
    assert (entry.text, entry.interval) == ("1230", "1230 – 90.0k")
