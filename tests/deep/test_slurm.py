"""A sweep that Slurm ran is as one that was run here."""

import json
import re
import shutil

import pytest
from support import slurm_node
from support.run import command, rows_of, run_bench


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


SMALL = ("--smp", "2", "--lock", "ticket,cas", "--engine", "model", "--model-duration", "40", "--boots", "3", "--machine", "generic-8", "--no-report")


def test_a_sweep_by_slurm_is_the_same_as_one_here(node, tmp_path):
    folder = tmp_path / "run"
    done = command("sweep", "--slurm", *SMALL, "--out", folder, env=node.environment)
    assert done.returncode == 0, done.stdout + done.stderr
    job = re.search(r"submitted: job (\d+), 3 boots", done.stdout)[1]
    assert json.loads((folder / "run.json").read_text())["slurm_job"] == job
    node.wait(job)
    gathered = command("collect", folder)
    assert gathered.returncode == 0, gathered.stdout + gathered.stderr
    here = run_bench(tmp_path / "here" / "run", "sweep", *SMALL, quick=False)
    assert here.status == 0, here.out
    for name in ("trials.csv", "samples.csv", "waits.csv", "summary.csv"):
        assert (folder / name).read_bytes() == (here.folder / name).read_bytes(), name


def test_a_boot_that_did_not_run_is_missing_and_can_be_made_up(node, tmp_path):
    folder = tmp_path / "run"
    done = command("sweep", "--slurm", *SMALL, "--out", folder, env=node.environment)
    node.wait(re.search(r"job (\d+)", done.stdout)[1])
    shutil.rmtree(folder / "slurm/boot-2")
    gathered = command("collect", folder)
    assert gathered.returncode == 1 and "trials are left; to go on" in gathered.stdout
    resumed = command("sweep", "--resume", folder)
    assert resumed.returncode == 0 and {r["boots"] for r in rows_of(folder)} == {"3"}
