"""Comparing two folders: known changes are found, noise is not, kinds of evidence are kept apart."""

import csv
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from support.run import run_here
from support.sampling import turns
from support.synthetic import CONTEXT, folder_of

from hartlock.analysis import compare
from hartlock.base.errors import UsageError
from hartlock.folder import reader
from hartlock.folder.csv_rows import FILES


def run_compare(*args):
    return run_here("compare", *args)


def noisy(rng, middle, spread=0.01):
    return lambda boot, trial: middle * (1 + spread * rng.normal())


def words_of(a, b, figure="cycles_per_op"):
    return {c.a.strategy: c.word for c in compare.compare(reader.load(a), reader.load(b), figure, False)}


def test_a_change_is_found_and_noise_is_not(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300), ("mcs", 8): noisy(rng, 260), ("cas", 8): noisy(rng, 100)})
    b = folder_of(tmp_path / "b", {("ticket", 8): noisy(rng, 360), ("mcs", 8): noisy(rng, 260), ("cas", 8): noisy(rng, 80)}, seed=50)
    words = words_of(a, b)
    assert (words["ticket"], words["cas"]) == ("worse", "improved") and words["mcs"] in ("too close to call", "no difference")


def test_for_throughput_more_is_better(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 8): noisy(rng, 400)}, seed=50)
    assert words_of(a, b, "throughput_ops_per_second") == {"ticket": "worse"}


def test_the_same_values_are_no_difference_whatever_they_are(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300, 0.3)})
    shutil.copytree(a, tmp_path / "b")
    assert words_of(a, tmp_path / "b") == {"ticket": "no difference"}


@pytest.mark.repeated
def test_of_many_rows_without_a_change_hardly_one_is_called(tmp_path):
    """Comparisons of 20 rows: at the stated rate one in 20 of them has a false call."""
    rng, called = np.random.default_rng(8), 0
    names = [f"s{i}" for i in range(20)]
    for n in range(comparisons := turns(10, 40)):
        a, b = (folder_of(tmp_path / f"{n}{side}", {(s, 8): noisy(rng, 100, 0.02) for s in names}, seed=seed)
                for side, seed in (("a", 1), ("b", 50)))
        called += any(w in ("worse", "improved") for w in words_of(a, b).values())
    assert called <= comparisons / 8


def test_one_boot_with_another_seed_is_never_called(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300)}, boots=1, trials=5)
    b = folder_of(tmp_path / "b", {("ticket", 8): noisy(rng, 400)}, boots=1, trials=5, seed=9)
    assert words_of(a, b) == {"ticket": "too close to call"}
    assert "one boot is little" in run_compare(a, b).stdout
    b = folder_of(tmp_path / "c", {("ticket", 8): noisy(rng, 400)}, boots=1, trials=5)
    assert words_of(a, b) == {"ticket": "worse"}  # an equal seed gives an equal placement


def of_clusters(path, clusters, asked=0, ticket=300, machines=5, **more):
    """A folder of an ensemble whose machines of that run have so many clusters."""
    folder = folder_of(path, {("ticket", 8): lambda boot, trial: ticket + boot, ("mcs", 8): lambda boot, trial: 200 + boot}, trials=1,
                       boots=machines, machine="any-8", keys={"cluster_harts": [8 // clusters] * machines}, forms=replace(CONTEXT.forms, clusters=clusters), **more)
    (folder / "run.json").write_text(json.dumps({"status": "complete", "plan": {"clusters": asked}}))
    return folder


def test_another_seed_draws_machines_with_other_clusters(tmp_path):
    a, b = of_clusters(tmp_path / "a", 4), of_clusters(tmp_path / "b", 2, seed=500)
    told = of_clusters(tmp_path / "told", 2, asked=2, seed=500, ticket=310)
    assert "2 compared: 2 no difference" in run_compare(a, b).stdout
    assert "in common" in run_compare(a, told).stderr
    merged = tmp_path / "merged"
    assert run_here("collect", a, told, "--out", merged).returncode == 0
    assert sorted(s.context.forms.clusters for s in reader.load(merged).settings) == [0, 2]


@pytest.mark.parametrize("machines, word", [(2, "too close to call"), (4, "too close to call"), (6, "worse")])
def test_few_machines_of_another_draw_are_never_called(tmp_path, machines, word):
    """All of two machines were slower than all of two others, by chance, and `compare` said surely."""
    a, b = (of_clusters(tmp_path / str(seed), 2, ticket=300 + seed, seed=seed, machines=machines) for seed in (1, 500))
    assert words_of(a, b)["ticket"] == word


def test_emulated_times_have_to_differ_by_more_than_they_drift(tmp_path):
    rng = np.random.default_rng(3)
    kinds = {"engine": "tcg", "machine": "", "evidence": "emulated"}
    a = folder_of(tmp_path / "a", {("ticket", 2): noisy(rng, 300)}, **kinds)
    b = folder_of(tmp_path / "b", {("ticket", 2): noisy(rng, 330)}, seed=50, **kinds)
    c = folder_of(tmp_path / "c", {("ticket", 2): noisy(rng, 400)}, seed=50, **kinds)
    assert words_of(a, b)["ticket"] != "worse" and words_of(a, c) == {"ticket": "worse"}


@pytest.mark.parametrize("percent,status", [(0, 1), (10, 1), (15, 1), (25, 0)])
def test_fail_if_worse(tmp_path, percent, status):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300), ("mcs", 8): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 8): noisy(rng, 360), ("mcs", 8): noisy(rng, 200)}, seed=50)
    done = run_compare(a, b, "--fail-if-worse", percent)
    assert done.returncode == status, done.stdout
    assert ("FAIL: ticket on 8 (modelled) is worse by at least" in done.stdout) == bool(status)


def test_what_fails_its_checks_fails_whatever_its_time(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 8): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 8): noisy(rng, 100)}, seed=50, check={"ticket": "fail"})
    done = run_compare(a, b, "--fail-if-worse", 50)
    assert done.returncode == 1 and "ticket on 8 (modelled) fails its checks" in done.stdout


def test_kinds_of_evidence_are_refused_unless_asked_for(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 2): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 2): noisy(rng, 300)}, engine="tcg", machine="", evidence="emulated")
    done = run_compare(a, b)
    assert done.returncode == 2 and "two kinds of evidence: a has modelled, b has emulated" in done.stderr
    assert run_compare(a, b, "--across-evidence").returncode == 0


def test_fewer_host_processors_make_another_evidence(tmp_path):
    rng = np.random.default_rng(3)
    a, b = (folder_of(tmp_path / name, {("ticket", 4): noisy(rng, 300)}, engine="tcg", evidence=evidence)
            for name, evidence in (("a", "emulated"), ("b", "emulated-oversubscribed")))
    with pytest.raises(UsageError, match="ticket on 4 is emulated in the one and emulated-oversubscribed in the other"):
        words_of(a, b)


def test_what_differs_in_context_comes_first(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 2): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 2): noisy(rng, 300)})
    for folder, commit, load in ((a, "aaaa", 2), (b, "bbbb", 3)):
        (folder / "run.json").write_text(json.dumps({
            "commit": commit, "qemu": "QEMU 7.2", "sessions": [{"engine": "model", "machine": "mine", "machine_profile": f"l1_load = {load}\nhop = 4\n"}]}))
    out = run_compare(a, b).stdout
    assert out.startswith("context:\n  commit: aaaa → bbbb\n  model, machine profile, l1_load: 2 → 3\n")
    assert "hop" not in out and "QEMU" not in out


def test_what_only_one_has_is_said(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 2): noisy(rng, 300), ("tas", 2): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 2): noisy(rng, 300), ("mcs", 4): noisy(rng, 300)})
    out = run_compare(a, b).stdout
    assert "only in a: tas on 2" in out and "only in b: mcs on 4" in out
    c = folder_of(tmp_path / "c", {("mcs", 4): noisy(rng, 300)})
    done = run_compare(a, c)
    assert done.returncode == 2 and "in common" in done.stderr


def test_other_workloads_are_other_cells(tmp_path):
    rng = np.random.default_rng(3)
    a = folder_of(tmp_path / "a", {("ticket", 2): noisy(rng, 300)})
    b = folder_of(tmp_path / "b", {("ticket", 2): noisy(rng, 300)}, hold_instructions=50)
    assert run_compare(a, b).returncode == 2


@pytest.mark.parametrize("args", [("--fail-if-worse", "-1"), ("--fail-if-worse", "nan"), ("--figure", "speed")])
def test_bad_input(tmp_path, args):
    a = folder_of(tmp_path / "a", {("ticket", 2): lambda boot, trial: 100})
    done = run_compare(a, a, *args)
    assert done.returncode == 2 and "Traceback" not in done.stderr


def test_a_number_that_is_none_is_named(tmp_path):
    a = folder_of(tmp_path / "a", {("ticket", 2): lambda boot, trial: 100})
    with open(a / "trials.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    rows[0]["cycles_per_op"] = "fast"
    with open(a / "trials.csv", "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = run_compare(a, a)
    assert done.returncode == 2 and "column cycles_per_op holds 'fast'" in done.stderr


def rewritten(path, keep=lambda row: True, **cells):
    """Rewrites the rows of a CSV file: those that `keep` says, with `cells` in the rows of mcs."""
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    with open(path, "w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, rows[0])
        writer.writeheader()
        writer.writerows({**row, **(cells if row["strategy"] == "mcs" else {})} for row in rows if keep(row))


def without_mcs(row):
    return row["strategy"] != "mcs"


def all_but_the_trials(folder):
    rewritten(folder / "trials.csv", without_mcs)


def nothing(folder):
    for name in FILES:
        rewritten(folder / name, without_mcs)


GATES = {
    "absent": (nothing, "mcs on 8 is in A and not in B"),
    "no summary": (lambda b: rewritten(b / "summary.csv", without_mcs), "mcs on 8 is in A and not in B"),
    "no trials": (all_but_the_trials, "mcs on 8 in B: summary.csv claims 10 trials in 5 boots, and trials.csv has 0 in 0"),
    "some trials": (lambda b: rewritten(b / "trials.csv", lambda r: r["strategy"] != "mcs" or r["boot"] != "2"), "trials.csv has 8 in 4"),
    "no figures": (lambda b: rewritten(b / "trials.csv", cycles_per_op=""), "mcs on 8 in B: 10 of its 10 trials lack a figure"),
    "no checks": (lambda b: rewritten(b / "trials.csv", check=""), "not all of its rows say whether their checks passed"),
    "interrupted": (lambda b: (b / "run.json").write_text('{"status": "interrupted"}'), "The run in b is interrupted"),
    "incomplete": (lambda b: (b / "run.json").write_text('{"status": "incomplete"}'), "The run in b is incomplete"),
    "killed": (lambda b: (b / "run.json").write_text('{"status": "running"}'), "it was killed, or it still goes on"),
    "no run.json": (lambda b: (b / "run.json").unlink(), "is not known"),
}


@pytest.mark.parametrize("case", GATES)
def test_the_gate_fails_when_something_is_missing_and_says_what(tmp_path, case):
    damage, words = GATES[case]
    a, b = (folder_of(tmp_path / name, {("ticket", 8): lambda boot, trial: 300, ("mcs", 8): lambda boot, trial: 260}) for name in "ab")
    assert run_compare(a, b, "--fail-if-worse", 1).returncode == 0
    damage(b)
    done = run_compare(a, b, "--fail-if-worse", 1)
    assert done.returncode == 1 and words in done.stdout and "FAIL: " in done.stdout, done.stdout
    assert run_compare(a, b, "--fail-if-worse", 1, "--allow-missing").returncode == 0
    assert run_compare(a, b).returncode == 0


def test_what_is_missing_hides_nothing_that_is_worse(tmp_path):
    a = folder_of(tmp_path / "a", {("ticket", 8): lambda boot, trial: 300, ("mcs", 8): lambda boot, trial: 260})
    b = folder_of(tmp_path / "b", {("ticket", 8): lambda boot, trial: 400})
    done = run_compare(a, b, "--fail-if-worse", 1, "--allow-missing")
    assert done.returncode == 1 and "ticket on 8 (modelled) is worse" in done.stdout and "mcs on 8 is in A" not in done.stdout


def test_a_strategy_that_is_missing_in_one_of_two_workloads_is_missing(tmp_path):
    a, b = (folder_of(tmp_path / name, {("ticket", 8): lambda boot, trial: 300, ("mcs", 8): lambda boot, trial: 260}) for name in "ab")
    folder_of(a, {("ticket", 8): lambda boot, trial: 500, ("mcs", 8): lambda boot, trial: 460}, append=True, hold_instructions=50)
    folder_of(b, {("ticket", 8): lambda boot, trial: 500}, append=True, hold_instructions=50)
    done = run_compare(a, b, "--fail-if-worse", 1)
    assert done.returncode == 1 and "FAIL: mcs on 8 is in A and not in B" in done.stdout
