"""Two identical sweeps compared."""

import re

import pytest
from support.run import run_bench, run_here


@pytest.mark.deep
def test_two_identical_sweeps_of_the_model_do_not_differ_at_all(tmp_path):
    done = [run_bench(tmp_path / name, "sweep", "--smp", "4", "--harts", "2,4", "--lock", "tas,mcs,cas", "--engine", "model",
                      "--model-duration", "40", "--boots", "2", "--no-report", quick=False) for name in "ab"]
    assert all(d.status == 0 for d in done)
    out = run_here("compare", tmp_path / "a", tmp_path / "b", "--fail-if-worse", 0)
    assert out.returncode == 0 and "6 compared: 6 no difference" in out.stdout
    assert len(re.findall(r"1\.00 \[1\.00, 1\.00\]", out.stdout)) == 6 and "context:\n  no difference but the time" in out.stdout
