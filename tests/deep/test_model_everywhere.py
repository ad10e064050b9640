"""The model gives the same figures under load, and shows where a broken lock's harts wait."""

import re
import subprocess

import pytest
from support.run import run_bench
from tools import copied

MODEL = ("--engine", "model", "--trials", "2", "--model-duration", "60")


def figures(done):
    """Both CSV files without the columns that tell where and when: run and host_processors."""
    out = []
    for name in ("samples.csv", "summary.csv"):
        for row in done.rows(name):
            row.pop("run"), row.pop("host_processors")
            out.append(row)
    return out


@pytest.fixture
def load():
    """Two processes that keep both processors busy."""
    busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)]
    yield
    for process in busy:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return run_bench(tmp_path_factory.mktemp("quiet") / "run", "--smp", "8", "--lock", "all", *MODEL)


def test_the_model_gives_the_same_figures_under_load(quiet, tmp_path, load):
    again = run_bench(tmp_path / "run", "--smp", "8", "--lock", "all", *MODEL)
    assert quiet.status == again.status == 0, quiet.out + again.out
    assert figures(quiet) == figures(again)


def test_another_seed_gives_other_figures(quiet, tmp_path):
    other = run_bench(tmp_path / "run", "--smp", "8", "--lock", "all", "--seed", "2", *MODEL)
    ticket = [d.row("ticket", 8, "model")["cycles_per_op_median"] for d in (quiet, other)]
    assert figures(quiet) != figures(other)
    assert float(ticket[1]) == pytest.approx(float(ticket[0]), rel=0.3)


def run_broken(tmp_path, header, right, wrong, *args):
    """Runs run-bench.sh of a copy of the tree in which a header has one mistake."""
    with copied.mistaken(tmp_path / "copy", header, right, wrong) as copy:
        return subprocess.run([str(copy / "run-bench.sh"), *args], env=copied.environment(), capture_output=True, text=True,
                              timeout=120, check=False)


def test_a_deadlock_names_each_hart_and_where_it_waits(tmp_path):
    """The MCS lock of this copy is never handed over."""
    done = run_broken(tmp_path, "lock/mcs.h", "a32_store_unlock(&next->waiting, 0);", "", "--smp", "2", "--lock", "mcs", *MODEL)
    assert done.returncode == 1, done.stdout
    assert "deadlock: every hart waits for another" in done.stdout
    for hart in "01":
        assert re.search(rf"hart {hart}: at 0x\w+ .*mcs_acquire.* line 0x", done.stdout), done.stdout


def test_a_livelock_is_ended_and_each_hart_is_located(tmp_path):
    """The test-and-set lock of this copy is never released; its waiters write, so none sleeps."""
    done = run_broken(tmp_path, "lock/tas.h", "a32_store_unlock(&l->held, 0);", "(void)l;", "--smp", "2", "--lock", "tas", *MODEL)
    assert done.returncode == 1, done.stdout
    assert "livelock" in done.stdout
    assert re.search(r"hart 1: at 0x\w+ .*tas_acquire", done.stdout), done.stdout
