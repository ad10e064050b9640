"""A sweep of several scenarios: each has its own rows, verdict and part of the report, and an
open loop is ranked by its response times."""

import re

import pytest
from support.run import run_bench, run_here

from hartlock.analysis import rank, verdict
from hartlock.figures.row_types import TrialFigures
from hartlock.folder import reader

TWO = ("boot-alloc", "vm-exit-stats")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    done = run_bench(tmp_path_factory.mktemp("scenarios") / "run", "sweep", "--smp", "4", "--harts", "4", "--lock", "ticket,faa",
                     "--scenario", ",".join(TWO), "--boots", "3", "--trials", "1", "--engine", "model", quick=False)
    assert done.status == 0, done.out + done.err
    return done


@pytest.fixture(scope="module")
def data(swept):
    return reader.load(swept.folder)


def test_each_has_its_own_rows_with_what_it_sets(swept):
    rows = [r for r in swept.rows() if r["strategy"] == "ticket"]
    assert [(r["scenario"], r["arrival"], r["sizes"], r["trials"]) for r in rows] == [
        ("boot-alloc", "closed", "mixed", "3"), ("vm-exit-stats", "poisson", "fixed", "3")]


def test_the_table_the_controls_and_the_verdicts_say_which_they_are_of(swept):
    for name in TWO:
        assert re.search(rf"^{name} +ticket +4 ", swept.out, re.M)
        assert f"control (model, {name}): without a lock" in swept.out
        assert f"\nscenario {name}:\n" in swept.out
    assert "relax" not in re.search(r"^setting.*", swept.out, re.M)[0]


def test_rows_of_a_scenario_stand_together(swept):
    table = re.findall(rf"^({'|'.join(TWO)}) +\w+", swept.out, re.M)
    assert table == sorted(table) and set(table) == set(TWO)


def test_an_open_loop_is_ranked_by_its_responses(swept, data):
    closed, opened = (next(s for s in data.settings if s.workload.scenario == name) for name in TWO)
    figures = TrialFigures(cycles_per_op=1, response_p50_us=2)
    assert [setting.measures["throughput"].figure(figures) for setting in (closed, opened)] == [1, 2]
    said = verdict.judge(data, opened, 4)
    told = "\n".join([said.lead, *said.points])
    assert "µs from when the median operation was due" in told and "cycles an operation" not in told
    places = rank.standing(data.cells(opened, 4), opened.measures["tail"].figure)
    assert all(p.cell.median(lambda f: f.response_p999_us) >= p.cell.median(lambda f: f.response_p50_us) > 0 for p in places)
    assert [r["response_p50_us"] for r in swept.rows("trials.csv") if r["scenario"] == "boot-alloc"] == [""] * (3 * 5)


def test_the_report_has_a_part_for_each(swept):
    page, text = (swept.folder / "report.html").read_text(), (swept.folder / "report.md").read_text()
    for name in TWO:
        assert f"scenario {name}" in page and f"scenario {name}" in text
    assert "response p99.9, µs" in page


@pytest.mark.parametrize("name,work", [("vm-exit-stats", "hold 0, think 0, touch 2"), ("boot-alloc", "hold 200, think 512, touch 6")])
def test_advice_for_one_of_them(swept, name, work):
    done = run_here("advise", swept.folder, "--scenario", name, "--goal", "throughput")
    assert done.returncode == 0 and f"{work}, on 4 harts" in done.stdout
    assert ("µs from when" in done.stdout) == (name == "vm-exit-stats")


def test_advice_for_another_names_the_sweep_that_would_tell(swept):
    done = run_here("advise", swept.folder, "--scenario", "page-fault", "--no-measure")
    assert done.returncode == 1 and "scenario page-fault with hold 250 think 5000" in done.stdout
    assert re.search(r"sweep .*--scenario page-fault --machine generic-8$", done.stdout, re.M)
    assert run_here("advise", swept.folder, "--scenario", "pagefault").returncode == 2
