"""A profile with ranges: several machines are measured, and figures are over machines."""

import csv

import pytest
from support.run import TOP, run_bench, run_here

TEXT = (TOP / "model/machines/generic-8.toml").read_text().replace("transfer = 50 ", "transfer = [20, 200] ").replace("op = 1 ", "op = [1, 3] ")
ON = ("--engine", "model", "--smp", "4", "--harts", "4", "--lock", "ticket,mcs", "--model-duration", "40")


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    path = tmp_path_factory.mktemp("machine") / "mine.toml"
    path.write_text(TEXT)
    return str(path)


def run(folder, machine, *args):
    return run_bench(folder, *ON, "--machine", machine, *args, quick=False)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, machine):
    done = run_bench(tmp_path_factory.mktemp("swept") / "run", "sweep", *ON, "--machine", machine, "--boots", "4", quick=False)
    assert done.status == 0, done.out + done.err
    return done


def members(folder):
    with open(folder / "members.csv", newline="", encoding="utf-8") as f:
        return {(r["member"], r["key"]): float(r["value"]) for r in csv.DictReader(f)}


def test_each_boot_is_another_machine_and_its_numbers_are_kept(swept):
    assert {(r["boot"], r["member"]) for r in swept.rows("trials.csv")} == {(n, n) for n in "1234"}
    known = members(swept.folder)
    assert {key for _, key in known} == {"transfer", "op"} and len(known) == 8
    assert len({known[n, "transfer"] for n in "1234"}) == 4 and all(20 <= known[n, "transfer"] <= 200 for n in "1234")
    assert {int(known[str(s["member"]), "transfer"]) == s["member_keys"]["transfer"] for s in swept.context["sessions"]} == {True}


def test_a_figure_is_the_median_over_machines_with_its_range(swept):
    values = sorted(float(r["cycles_per_op"]) for r in swept.rows("trials.csv") if r["strategy"] == "mcs")
    row = swept.row("mcs", 4, "model")
    assert row["machines"] == "4" and float(row["cycles_per_op_ci_low"]) == values[0] and float(row["cycles_per_op_ci_high"]) == values[-1]
    assert values[-1] > 1.5 * values[0]


def test_a_run_s_trials_are_on_other_machines_and_the_same_ones(swept, machine, tmp_path):
    done = run(tmp_path / "run", machine, "--trials", "2")
    assert done.status == 0, done.out + done.err
    assert [(r["strategy"], r["member"]) for r in done.rows("trials.csv") if r["strategy"] == "mcs"] == [("mcs", "1"), ("mcs", "2")]
    first = {key: value for key, value in members(swept.folder).items() if key[0] in "12"}
    assert members(done.folder) == first
    assert {p.name for p in done.folder.glob("*.log")} == {"uart-member1.log", "uart-member2.log"}


def test_two_sweeps_of_the_same_machines_are_compared_machine_by_machine(swept, machine, tmp_path):
    other = run_bench(tmp_path / "other", "sweep", *ON, "--machine", machine, "--boots", "4", "--think", "99", "--no-report", quick=False)
    again = run_bench(tmp_path / "again", "sweep", *ON, "--machine", machine, "--boots", "4", "--no-report", quick=False)
    assert "2 no difference" in run_here("compare", swept.folder, again.folder).stdout
    assert other.status == 0
    merged = tmp_path / "merged"
    assert run_here("collect", swept.folder, other.folder, "--out", merged).returncode == 0
    with open(merged / "members.csv", newline="", encoding="utf-8") as f:
        assert {r["run"] for r in csv.DictReader(f)} == {"run", "other"}
    assert run_here("report", merged).returncode == 0


@pytest.mark.parametrize("line, words", [("transfer = [0, 200]", "mine.toml:32: transfer: 0 is out of range"), ("transfer = [5, 1]", "the range goes from 5 to 1"),
                                         ("transfers = [1, 5]", "unknown key transfers")])
def test_a_range_that_the_machine_cannot_have_is_refused_by_its_line(tmp_path, line, words):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("transfer = [20, 200]", line))
    done = run(tmp_path / "run", str(path))
    assert done.status == 2 and words in done.out + done.err


def test_a_machine_that_may_have_fewer_harts_is_refused_before_it_is_measured(tmp_path):
    path, out = tmp_path / "mine.toml", tmp_path / "out"
    path.write_text(TEXT.replace("harts = 8 ", "harts = [2, 8] ", 1))
    for command in ((), ("sweep", "--no-report", "--out", str(out))):
        done = run_here(*command, *ON, "--machine", str(path))
        assert done.returncode == 2 and "has 8 harts, and on some of its machines 2" in done.stderr and not out.exists(), command


def test_a_base_that_is_no_profile_is_refused_before_anything_is_probed(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(TEXT.replace("l1_load", "[cache]\nl1_load"))
    done = run_here("probe", "--smp", "2", "--base", str(path), "--out", str(tmp_path / "out"))
    assert done.returncode == 2 and "no tables" in done.stderr and not (tmp_path / "out").exists()


@pytest.mark.parametrize("args, words", [(("--trace", "/dev/null", *ON), "a trace is of one"), (("probe", "--smp", "2"), "one is wanted here"),
                                         (("stress", "--engine", "model", "--for", "1s"), "one is wanted here")])
def test_what_needs_one_machine_refuses_many(machine, args, words):
    done = run_here(*args, "--machine", machine)
    assert done.returncode == 2 and words in done.stdout + done.stderr


def test_an_owner_s_amo_that_asks_lets_others_have_the_line(tmp_path):
    """The release of tas is a store of another hart than those that swap: it never came to its turn."""
    path = tmp_path / "asks.toml"
    path.write_text((TOP / "model/machines/generic-8.toml").read_text().replace("l1_load = ", "amo_asks = true\nl1_load = "))
    done = run_bench(tmp_path / "run", "--engine", "model", "--smp", "8", "--lock", "tas,faa", "--model-duration", "40", "--machine", str(path),
                     "--trials", "1", quick=False)
    assert done.status == 0, done.out + done.err
