"""The advice that a hypervisor's engineer gets in cases that docs/use/advise.md tells, each measured and asked as a user would type it."""

import re
import subprocess

import pytest
from support.run import TOP, run_here

LOCKS = "ticket,mcs,qspin,ttas,clh"


def measure(folder, *args, harts="4", scenario="frame-pool", trials="4"):
    done = subprocess.run(["./run-bench.sh", "sweep", "--smp", harts, "--harts", harts, "--scenario", scenario, "--trials", trials, *args,
                           "--out", str(folder)], cwd=TOP, capture_output=True, text=True, timeout=400, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def ask(folder, *args):
    return run_here("advise", folder, "--no-measure", *args).stdout


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    return measure(tmp_path_factory.mktemp("frames") / "r", "--allocator", "pool,cached-pool", "--lock", LOCKS)


@pytest.mark.deep
def test_page_frames_of_a_hypervisor_on_four_harts_want_a_store_and_then_any_fifo_lock(frames):
    said = ask(frames, "--scenario", "frame-pool")
    assert said.startswith("Not another lock: a store of 16 frames for each hart, then any FIFO lock. The slowest of these, ")
    assert re.search(r"Without the store:\nTake (mcs|ticket|clh): ", said) and "copy alloc/pool_cache.h" in said
    assert "another setting fits too" not in said


@pytest.mark.deep
def test_a_console_that_a_panic_must_be_able_to_use_rules_out_what_cannot_be_tried_or_taken_in_a_trap(frames):
    said = ask(frames, "--allocator", "pool", "--need", "trylock,is_locked,static-init,irq-safe")
    assert re.search(r"Without the store:\nTake (mcs|ticket): ", said)
    assert "clh: it has no trylock (its tail may be the same cell again" in said
    assert "qspin: it has no irq-safe (while a hart is queued, its one node is in use" in said


@pytest.mark.deep
def test_a_boot_allocator_on_sixty_four_harts_wants_a_queue_of_its_waiters(tmp_path):
    """The usual window is too short for it; five times as long tells."""
    how = {"harts": "64", "scenario": "boot-alloc", "trials": "1"}
    said = ask(measure(tmp_path / "r", "--lock", "ticket,mcs,ttas", "--boots", "3", "--model-duration", "1000", **how), "--scenario", "boot-alloc")
    assert re.match(r"Take mcs: by cycles and tail alike it is first on each of 3 machines that fit any-64; the next, ticket, has 1\.[1-6]", said)
    assert "ttas: whether it starves a hart cannot be told: " in said and "measure for longer (--duration; on the model, --model-duration)" in said


@pytest.mark.deep
def test_what_needs_no_lock_is_told_with_what_it_protects(tmp_path):
    folder = measure(tmp_path / "r", "--allocator", "pool", "--lock", "ticket,mcs,treiber")
    said = ask(folder, "--scenario", "frame-pool")
    assert "treiber: it protects one word only, and your section holds 120 instructions of other work" in said
    assert "No lock: treiber, if all that you protect is the list of free frames." in said
