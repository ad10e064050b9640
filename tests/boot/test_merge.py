"""`collect` makes one table of several machines' folders, and of a sweep that Slurm ran."""

import csv
import json
import os
import re
import shlex
import shutil
import subprocess

import numpy as np
import pandas
import pytest
from support import slurm_node
from support.run import TOP, run_bench
from support.synthetic import folder_of

from hartlock.folder import reader
from hartlock.run import slurm
from hartlock.base.errors import UsageError


def run(*args, env=None, timeout=120):
    return subprocess.run([str(TOP / "run-bench.sh"), *map(str, args)], capture_output=True, text=True, timeout=timeout, check=False,
                          env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL)


def machine(path, name, seed, **context):
    rng = np.random.default_rng(seed)
    folder = folder_of(path, {("ticket", 4): lambda boot, trial: 300 + rng.normal(), ("mcs", 4): lambda boot, trial: 250 + rng.normal()},
                       seed=seed, **context)
    (folder / "run.json").write_text(json.dumps({"status": "complete", "commit": "abc", "compiler": "gcc 12", "qemu": "7.2",
                                                 "host": {"processor": name, "system": "Debian"}}))
    return folder


def rows(folder, name="summary.csv"):
    with open(folder / name, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_machines_are_told_apart_by_columns(tmp_path):
    a = machine(tmp_path / "a", "Left", 1, engine="native", machine="", evidence="hardware")
    b = machine(tmp_path / "b", "Right", 2, engine="native", machine="", evidence="hardware")
    done = run("collect", a, b, "--out", tmp_path / "both")
    assert done.returncode == 0, done.stderr
    merged = rows(tmp_path / "both")
    assert {(r["run"], r["host"], r["commit"]) for r in merged} == {("a", "Left, Debian", "abc"), ("b", "Right, Debian", "abc")}
    assert len(merged) == 4 and len(rows(tmp_path / "both", "trials.csv")) == 40
    data = reader.load(tmp_path / "both")
    assert len(data.settings) == 2 and {s["host"] for s in data.settings} == {"Left, Debian", "Right, Debian"}
    assert run("report", tmp_path / "both").returncode == 0
    assert "host Left, Debian" in (tmp_path / "both/report.html").read_text()


def test_modelled_boots_of_two_machines_are_boots_of_one_model(tmp_path):
    a, b = machine(tmp_path / "a", "Left", 1), machine(tmp_path / "b", "Right", 50)
    assert run("collect", a, b, "--out", tmp_path / "both").returncode == 0
    data = reader.load(tmp_path / "both")
    (cells,) = data.settings.values()
    assert len(cells["ticket", 4].boots) == 10 and len(cells["ticket", 4].trials) == 20


def test_folders_of_one_name_stay_two_runs_and_a_merge_can_be_merged(tmp_path):
    (tmp_path / "one").mkdir(), (tmp_path / "two").mkdir()
    a, b = machine(tmp_path / "one/run", "Left", 1), machine(tmp_path / "two/run", "Right", 50)
    assert run("collect", a, b, "--out", tmp_path / "both").returncode == 0
    assert {r["run"] for r in rows(tmp_path / "both")} == {"run", "run-2"}
    c = machine(tmp_path / "c", "Third", 90)
    assert run("collect", tmp_path / "both", c, "--out", tmp_path / "all").returncode == 0
    assert {(r["run"], r["host"]) for r in rows(tmp_path / "all")} == {
        ("run", "Left, Debian"), ("run-2", "Right, Debian"), ("c", "Third, Debian")}


def test_columns_that_only_one_has_are_empty_in_the_other(tmp_path):
    a, b = machine(tmp_path / "a", "Left", 1), machine(tmp_path / "b", "Right", 50)
    text = (b / "summary.csv").read_text().replace("run,engine", "novel,run,engine").replace("b,model,generic", "7,b,model,generic")
    (b / "summary.csv").write_text(text)
    assert run("collect", a, b, "--out", tmp_path / "both").returncode == 0
    assert [r["novel"] for r in rows(tmp_path / "both")] == ["", "", "7", "7"]


def test_a_copy_does_not_pass_for_more_trials(tmp_path):
    a = machine(tmp_path / "a", "Left", 1)
    shutil.copytree(a, tmp_path / "b")
    done = run("collect", a, tmp_path / "b", "--out", tmp_path / "both")
    assert done.returncode == 2 and "would pass for more of them" in done.stderr and not list((tmp_path / "both").iterdir())


@pytest.mark.parametrize("count,words", [(1, "one folder is a table already"), (0, "the following arguments are required")])
def test_too_few_folders(tmp_path, count, words):
    done = run("collect", *[machine(tmp_path / "a", "Left", 1)][:count])
    assert done.returncode == 2 and words in done.stderr


def test_the_lines_of_the_docs_run(tmp_path):
    """The document's one-liners for pandas, R and gnuplot run, as far as the programs are installed."""
    folder = machine(tmp_path / "latest", "Left", 1)
    text = (TOP / "docs/use/collect.md").read_text()
    lines = {m[1]: m[0] for m in re.finditer(r"^    (python3|Rscript|gnuplot) .*(?:\n      .*)*$", text, re.M)}
    assert set(lines) == {"python3", "Rscript", "gnuplot"}
    for program, line in lines.items():
        words = shlex.split(line.strip().replace("results/latest", str(folder)))
        words[0] = {"python3": "/usr/bin/python3"}.get(program, program)
        if shutil.which(words[0]):
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0 and ("ticket" in done.stdout or "ticket" in done.stderr), (program, done.stdout, done.stderr)
    assert pandas.read_csv(folder / "summary.csv").strategy.tolist() == ["ticket", "mcs"]


def test_without_slurm_it_is_said(tmp_path):
    path = tmp_path / "bin"
    path.mkdir()
    for directory in os.environ["PATH"].split(":"):
        for program in os.listdir(directory) if os.path.isdir(directory) else ():
            if program != "sbatch" and not (path / program).exists():
                (path / program).symlink_to(f"{directory}/{program}")
    done = run("sweep", "--slurm", "--smp", "2", "--lock", "ticket", "--out", tmp_path / "run", env={"PATH": str(path)})
    assert done.returncode == 2 and "there is no sbatch here (Debian package slurm-client" in done.stderr
    assert not (tmp_path / "run").exists()


def test_the_script_of_an_array(tmp_path):
    text = slurm.script(tmp_path / "a b", ["sweep", "--slurm", "--smp", "2", "--lock", "ticket", "--", "-icount", "shift=0"], 3, 7, 2)
    assert "--array=1-3" in text and "--slurm" not in text
    assert re.search(r"sweep --smp 2 --lock ticket --boots 1 --seed \$\(\(7 \+ SLURM_ARRAY_TASK_ID - 1\)\) .* -- -icount shift=0$", text, re.M)
    (tmp_path / "a b").mkdir()
    (tmp_path / "sweep.sh").write_text(text)
    assert subprocess.run(["sh", "-n", str(tmp_path / "sweep.sh")], check=False).returncode == 0


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    if why := slurm_node.why_not():
        pytest.skip(f"no Slurm: {why}")
    try:
        node = slurm_node.Slurm(tmp_path_factory.mktemp("node") / "slurm")
        with node:
            yield node
    except RuntimeError as e:
        pytest.skip(f"no Slurm: {e}")


SMALL = ("--smp", "2", "--lock", "ticket,cas", "--engine", "model", "--model-duration", "40", "--boots", "3", "--no-report")


def test_a_sweep_by_slurm_is_the_same_as_one_here(node, tmp_path):
    folder = tmp_path / "run"
    done = run("sweep", "--slurm", *SMALL, "--out", folder, env=node.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    job = re.search(r"submitted: job (\d+), 3 boots", done.stdout)[1]
    assert json.loads((folder / "run.json").read_text())["slurm_job"] == job
    node.wait(job)
    gathered = run("collect", folder)
    assert gathered.returncode == 0, gathered.stdout + gathered.stderr
    here = run_bench(tmp_path / "here" / "run", "sweep", *SMALL, quick=False)
    assert here.status == 0, here.out
    for name in ("trials.csv", "samples.csv", "waits.csv", "summary.csv"):
        assert (folder / name).read_bytes() == (here.folder / name).read_bytes(), name


def test_a_boot_that_did_not_run_is_missing_and_can_be_made_up(node, tmp_path):
    folder = tmp_path / "run"
    done = run("sweep", "--slurm", *SMALL, "--out", folder, env=node.environment)
    node.wait(re.search(r"job (\d+)", done.stdout)[1])
    shutil.rmtree(folder / "slurm/boot-2")
    gathered = run("collect", folder)
    assert gathered.returncode == 1 and "trials are left; to go on" in gathered.stdout
    resumed = run("sweep", "--resume", folder)
    assert resumed.returncode == 0 and {r["boots"] for r in rows(folder)} == {"3"}


def test_boots_of_another_kernel_are_no_boots_of_this_sweep(tmp_path):
    (tmp_path / "slurm/boot-1").mkdir(parents=True)
    (tmp_path / "slurm/boot-1/run.json").write_text(json.dumps({"image_sha256": "1", "host": {"processors": 2}}))
    with pytest.raises(UsageError, match="its image_sha256 is not that of"):
        slurm.gather(tmp_path, {"image_sha256": "2"})
    shutil.rmtree(tmp_path / "slurm/boot-1")
    with pytest.raises(UsageError, match="no task has begun"):
        slurm.gather(tmp_path, {})
