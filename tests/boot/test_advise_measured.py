"""Advice on what was just measured."""

import re
import shutil

import pytest
from support.run import command, first_line, run_bench, run_here
from support.synthetic import cells, folder_of


@pytest.mark.deep
def test_missing_cells_are_measured(tmp_path):
    """`--measure` runs on the model, into results/; the test removes that folder again."""
    from hartlock.base.paths import RESULTS

    folder = folder_of(tmp_path / "a", cells(2, ticket=300, tas=260))
    before = set(RESULTS.glob("*")) if RESULTS.exists() else set()
    try:
        done = command("advise", folder, "--harts", "2", "--hold", "40", "--measure", timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "hold 40, think 100, on 2 harts, evidence modelled" in done.stdout
        assert re.search(r"^Take (tas|ticket): ", done.stdout, re.M)
    finally:
        for path in set(RESULTS.glob("*")) - before:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


@pytest.mark.deep
def test_a_real_sweep(tmp_path):
    done = run_bench(tmp_path / "run", "sweep", "--smp", "8", "--harts", "8", "--lock", "spin,mcs,faa", "--engine", "model", "--boots", "3", "--trials", "1",
                     "--no-report", quick=False)
    assert done.status == 0, done.out
    assert "No lock: faa" in run_here("advise", done.folder).stdout
    held = run_here("advise", done.folder, "--need", "lock")
    assert first_line(held).startswith("Take mcs: ") and "ttas: it starves" in held.stdout
