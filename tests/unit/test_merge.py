"""`collect` makes one table of several machines' folders, and of a sweep that Slurm ran."""

import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
from support.run import rows_of, run_here
from support.synthetic import folder_of

from hartlock.base.errors import UsageError
from hartlock.folder import reader
from hartlock.folder.whole import doubts
from hartlock.run import slurm


def machine(path, name, seed, **context):
    rng = np.random.default_rng(seed)
    folder = folder_of(path, {("ticket", 4): lambda boot, trial: 300 + rng.normal(), ("mcs", 4): lambda boot, trial: 250 + rng.normal()},
                       seed=seed, **context)
    (folder / "run.json").write_text(json.dumps({"status": "complete", "commit": "abc", "compiler": "gcc 12", "qemu": "7.2",
                                                 "host": {"processor": name, "system": "Debian"}}))
    return folder


def test_machines_are_told_apart_by_columns(tmp_path):
    a = machine(tmp_path / "a", "Left", 1, engine="native", machine="", evidence="hardware")
    b = machine(tmp_path / "b", "Right", 2, engine="native", machine="", evidence="hardware")
    done = run_here("collect", a, b, "--out", tmp_path / "both")
    assert done.returncode == 0, done.stderr
    merged = rows_of(tmp_path / "both")
    assert {(r["run"], r["host"], r["commit"]) for r in merged} == {("a", "Left, Debian", "abc"), ("b", "Right, Debian", "abc")}
    assert len(merged) == 4 and len(rows_of(tmp_path / "both", "trials.csv")) == 40
    data = reader.load(tmp_path / "both")
    assert len(data.settings) == 2 and {s.context.origin.host for s in data.settings} == {"Left, Debian", "Right, Debian"}
    assert run_here("report", tmp_path / "both").returncode == 0
    assert "host Left, Debian" in (tmp_path / "both/report.html").read_text()


def test_modelled_boots_of_two_machines_are_boots_of_one_model(tmp_path):
    a, b = machine(tmp_path / "a", "Left", 1), machine(tmp_path / "b", "Right", 50)
    assert run_here("collect", a, b, "--out", tmp_path / "both").returncode == 0
    data = reader.load(tmp_path / "both")
    (cells,) = data.settings.values()
    assert len(cells["ticket", 4].boots) == 10 and len(cells["ticket", 4].trials) == 20


def test_folders_of_one_name_stay_two_runs_and_a_merge_can_be_merged(tmp_path):
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    a, b = machine(tmp_path / "one/run", "Left", 1), machine(tmp_path / "two/run", "Right", 50)
    assert run_here("collect", a, b, "--out", tmp_path / "both").returncode == 0
    assert {r["run"] for r in rows_of(tmp_path / "both")} == {"run", "run-2"}
    c = machine(tmp_path / "c", "Third", 90)
    assert run_here("collect", tmp_path / "both", c, "--out", tmp_path / "all").returncode == 0
    assert {(r["run"], r["host"]) for r in rows_of(tmp_path / "all")} == {
        ("run", "Left, Debian"), ("run-2", "Right, Debian"), ("c", "Third, Debian")}


def test_no_two_runs_get_one_name(tmp_path):
    """A folder may be called what another would get a number for, and what a table that was merged before calls one of its runs."""
    for name in ("x", "y", "z"):
        (tmp_path / name).mkdir()
    runs = [machine(tmp_path / name, name, seed) for seed, name in enumerate(["x/a", "y/a", "z/a-2"], 1)]
    assert run_here("collect", *runs, "--out", tmp_path / "all").returncode == 0
    assert {(r["run"], r["host"]) for r in rows_of(tmp_path / "all")} == {
        ("a", "x/a, Debian"), ("a-2", "y/a, Debian"), ("a-2-2", "z/a-2, Debian")}
    fourth = machine(tmp_path / "a-2", "w", 4)
    assert run_here("collect", fourth, tmp_path / "all", "--out", tmp_path / "more").returncode == 0
    hosts = {"a-2": "w, Debian", "a": "x/a, Debian", "a-2-2": "y/a, Debian", "a-2-2-2": "z/a-2, Debian"}
    assert {r["run"]: r["host"] for r in rows_of(tmp_path / "more")} == hosts
    merged = json.loads((tmp_path / "more/run.json").read_text())["merged"]
    assert {run: f"{context['host']['processor']}, Debian" for run, context in merged.items()} == hosts
    assert not [problem for s in reader.load(tmp_path / "more").settings for problem in doubts(reader.load(tmp_path / "more"), s)]


def test_columns_that_only_one_has_are_empty_in_the_other(tmp_path):
    a, b = machine(tmp_path / "a", "Left", 1), machine(tmp_path / "b", "Right", 50)
    text = (b / "summary.csv").read_text().replace("run,engine", "novel,run,engine").replace("b,model,generic", "7,b,model,generic")
    (b / "summary.csv").write_text(text)
    assert run_here("collect", a, b, "--out", tmp_path / "both").returncode == 0
    assert [r["novel"] for r in rows_of(tmp_path / "both")] == ["", "", "7", "7"]


def test_a_copy_does_not_pass_for_more_trials(tmp_path):
    a = machine(tmp_path / "a", "Left", 1)
    shutil.copytree(a, tmp_path / "b")
    done = run_here("collect", a, tmp_path / "b", "--out", tmp_path / "both")
    assert done.returncode == 2 and "would pass for more of them" in done.stderr and not list((tmp_path / "both").iterdir())


@pytest.mark.parametrize("count,words", [(1, "one folder is a table already"), (0, "the following arguments are required")])
def test_too_few_folders(tmp_path, count, words):
    done = run_here("collect", *[machine(tmp_path / "a", "Left", 1)][:count])
    assert done.returncode == 2 and words in done.stderr


def test_without_slurm_it_is_said(tmp_path, monkeypatch):
    path = tmp_path / "bin"
    path.mkdir()
    for directory in os.environ["PATH"].split(":"):
        for program in os.listdir(directory) if os.path.isdir(directory) else ():
            if program != "sbatch" and not (path / program).exists():
                (path / program).symlink_to(f"{directory}/{program}")
    monkeypatch.setenv("PATH", str(path))
    done = run_here("sweep", "--slurm", "--smp", "2", "--lock", "ticket", "--out", tmp_path / "run")
    assert done.returncode == 2 and "there is no sbatch here (Debian package slurm-client" in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_script_of_an_array(tmp_path):
    text = slurm.script(tmp_path / "a b", ["sweep", "--slurm", "--smp", "2", "--lock", "ticket", "--", "-icount", "shift=0"], 3, 7, 2)
    assert "--array=1-3" in text and "--slurm" not in text
    assert re.search(r"sweep --smp 2 --lock ticket --boots 1 --seed \$\(\(7 \+ SLURM_ARRAY_TASK_ID - 1\)\) .* -- -icount shift=0$", text, re.M)
    (tmp_path / "a b").mkdir()
    (tmp_path / "sweep.sh").write_text(text)
    assert subprocess.run(["sh", "-n", str(tmp_path / "sweep.sh")], check=False).returncode == 0


def test_boots_of_another_kernel_are_no_boots_of_this_sweep(tmp_path):
    (tmp_path / "slurm/boot-1").mkdir(parents=True)
    (tmp_path / "slurm/boot-1/run.json").write_text(json.dumps({"image_sha256": "1", "host": {"processors": 2}}))
    with pytest.raises(UsageError, match="its image_sha256 is not that of"):
        slurm.gather(tmp_path, {"image_sha256": "2"})
    shutil.rmtree(tmp_path / "slurm/boot-1")
    with pytest.raises(UsageError, match="no task has begun"):
        slurm.gather(tmp_path, {})
