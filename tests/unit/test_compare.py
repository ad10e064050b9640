"""Comparing two folders: known changes are found, noise is not, kinds of evidence are kept apart."""

import csv
import json
import shutil

import numpy as np
import pytest
from support.run import run_here
from support.sampling import turns
from support.synthetic import folder_of

from hartlock.analysis import compare
from hartlock.base.errors import UsageError
from hartlock.folder import reader


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
