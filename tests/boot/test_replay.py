"""A lock that was observed, and what the bench makes of it: the replay, observed again, is what it replays; its rows say
whose it is; and a command refuses what is no workload."""

import csv
import re
import shutil

import numpy as np
import pytest
from support.run import TOP, command, rows_of

from hartlock.plan import replay
from hartlock.plan.replay import HartClass, Seen, Source, Step

NEAR, TURN = 0.02, 2  # a replay is as near to what was observed, or a turn of the delay's loop: instructions
SEEN = Seen(taken=900, left_out=0, harts=4, image_harts=4, image_locks=3, busiest_share=0.25, hold_p50=300, hold_p99=900, gap_p50=400,
            gap_mean=1000, slept_share=0.0, held_share=0.3, written_p50=4, read_p50=2)
SOURCE = Source("fw.elf", "0" * 64, "heap_lock", "./run-bench.sh observe")
BURST = [Step(60, 260, 3, 1, 2), Step(60, 300, 5, 2, 3), Step(3000, 900, 8, 3, 6), Step(400, 200, 2, 2, 1)]  # pairs in order
CLASSES = [HartClass(1, tuple(BURST * 8)), HartClass(3, tuple(Step(2 * s.gap, *s[1:]) for s in BURST * 8))]


def near(instructions):
    return max(TURN, NEAR * instructions)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "workloads" / "heap_lock.toml"
    path.parent.mkdir()
    path.write_text(replay.text_of("heap_lock", SOURCE, SEEN, CLASSES))
    return path


def steps(of):
    """The steps of a workload as an array; the first, whose gap is not known, and the last, which may be cut off, are not in it."""
    return np.array([step for each in of.classes for step in each.steps])


def test_a_replay_that_is_observed_is_what_it_replays(file, tmp_path):
    """hartlock's own kernel replays bursts of two classes of harts: hold, gap and lines come back, and in their order. The
    lock is one that whoever runs can take: where harts share processors a FIFO lock waits for the one that the computer has stopped."""
    out = tmp_path / "out"
    plan = (f"hartlock: format=1 duration_us=30000 warmup_us=100 passes=t seed=1 replay={replay.read(file).word} run=ttas:4")
    done = command("observe", "--elf", str(TOP / "build/hartlock.elf"), "--for", "60", "--out", str(out), "--", "-M", "virt", "-smp", "4", "-m",
                   "256M", "-bios", "default", "-kernel", str(TOP / "build/hartlock.elf"), "-append", plan)
    assert done.returncode == 0, done.stdout + done.stderr
    again = next(w for w in map(replay.read, (out / "workloads").glob("*.toml")) if w.seen.taken > 100 and w.name.startswith("shared"))
    found = steps(again)
    for step in BURST:
        of = found[np.abs(found[:, 1] - step.hold) <= near(step.hold)]
        assert len(of) > 0.2 * len(found), (step, found[:20])
        assert np.mean((np.abs(of[:, 0] - step.gap) <= near(step.gap)) | (np.abs(of[:, 0] - 2 * step.gap) <= near(2 * step.gap))) > 0.9, (step, of)
        assert tuple(np.median(of[:, 2:4], axis=0)) == step[2:4], (step, of)
    after = found[1:][np.abs(found[:-1, 1] - 260) <= near(260)]
    assert np.mean(np.abs(after[:, 1] - 300) <= near(300)) > 0.9, "the order of a burst is not kept"


def test_rows_say_whose_they_are_and_the_answer_is_about_that_lock(file, tmp_path):
    out = tmp_path / "out"
    done = command("sweep", "--workload", str(file), "--lock", "ticket,mcs", "--machine", "generic-8", "--boots", "2", "--trials", "1",
                   "--no-report", "--out", str(out))
    assert done.returncode == 0, done.stdout + done.stderr
    known = replay.read(file)
    with open(out / "summary.csv", newline="", encoding="utf-8") as f:
        rows = list(csv.DictReader(f))
    assert {row["replay"] for row in rows} == {known.label} and {row["harts"] for row in rows if row["role"] == "candidate"} == {"4"}
    assert (out / "workloads/heap_lock.toml").read_bytes() == file.read_bytes()
    said = command("advise", str(out), "--workload", str(out / "workloads/heap_lock.toml"), "--no-measure")
    assert said.returncode == 0, said.stdout + said.stderr
    assert said.stdout.startswith("heap_lock of fw.elf: 900 acquisitions by 4 of 4 harts")
    assert "which lock it is: getting it takes" in said.stdout and "The image took 3 locks" in said.stdout
    other = tmp_path / "other.toml"
    other.write_text(replay.text_of("heap_lock", SOURCE, SEEN, CLASSES[:1]))
    refused = command("advise", str(out), "--workload", str(other), "--no-measure")
    assert refused.returncode == 1 and f"{replay.read(other).label} was not replayed there" in refused.stdout
    assert "sweep --workload" in refused.stdout


@pytest.mark.deep
def test_interrupts_that_are_kept_off_cost_what_two_instructions_cost(file, tmp_path):
    """The section is the same; before it and behind it stands an instruction more."""
    cycles = {}
    for irq in ("on", "off"):
        done = command("--engine", "model", "--workload", str(file), "--lock", "ticket", "--machine", "generic-8", "--trials", "1", "--smp", "1",
                       "--irq", irq, "--out", str(tmp_path / irq))
        assert done.returncode == 0, done.stdout + done.stderr
        row, = [row for row in rows_of(tmp_path / irq, "summary.csv") if row["role"] == "candidate"]
        assert row["irq"] == irq
        cycles[irq] = float(row["cycles_per_op_median"])
    assert 0 < cycles["off"] - cycles["on"] < 0.05 * cycles["on"]


@pytest.mark.deep
def test_sizes_that_were_observed_are_handed_out_and_audited(tmp_path):
    path = tmp_path / "heap.toml"
    path.write_text(replay.text_of("heap", SOURCE, SEEN, CLASSES, ((24, 3), (100, 60), (5000, 1))))
    for allocator in ("bump", "buddy"):
        out = tmp_path / allocator
        done = command("--engine", "model", "--size", str(path), "--allocator", allocator, "--lock", "ticket", "--machine", "generic-8", "--trials", "1",
                       "--smp", "4", "--out", str(out))
        assert done.returncode == 0, done.stdout + done.stderr
        row, = [row for row in rows_of(out, "summary.csv") if row["role"] == "candidate"]
        assert (row["sizes"], row["size_bytes"], row["check"]) == (replay.read(path).label, "", "pass")
        assert command("advise", str(out), "--no-measure").returncode == 0


def test_allocators_without_a_lock_are_left_out_or_refused(file):
    said = command("--workload", str(file), "--engine", "model", "--print-plan")
    assert said.returncode == 0, said.stderr
    run = re.search(r"run=(\S+)", said.stdout)[1]
    assert "mcs:4" in run and not re.search(r"\b(cas|lrsc|amocas|faa|magazine|baseline):", run)
    refused = command("--workload", str(file), "--lock", "cas,ticket")
    assert refused.returncode == 2 and "--lock cas with --workload" in refused.stderr


@pytest.mark.parametrize("options, says", [
    (["--hold", "100"], "--hold with --workload"), (["--scenario", "page-fault"], "--scenario with --workload"),
    (["--touch", "0"], "--touch with --workload"), (["--size", "mixed"], "--size mixed with --workload")])
def test_options_that_the_file_says(file, options, says):
    refused = command("--workload", str(file), *options)
    assert refused.returncode == 2 and says in refused.stderr


@pytest.mark.parametrize("old, new, says", [
    ("gap_p50 = 400", "gap_p50 = 401", "it was changed or damaged"), ("format = 1", "format = 2", "no format = 1"),
    ("[[class]]", "[[klass]]", "it was changed or damaged"), ('name = "heap_lock"', "name = ", "no TOML, or damaged"),
    ("# The", "\xff", "no text")], ids=["a figure", "format", "typo", "cut off", "bytes"])
@pytest.mark.parametrize("how", [["sweep"], ["advise"], ["run"]], ids=["sweep", "advise", "run"])
def test_a_damaged_file_is_a_sentence(file, old, new, says, how):
    file.write_bytes(file.read_text().replace(old, new, 1).encode("latin-1"))
    refused = command(*([] if how == ["run"] else how), "--workload", str(file))
    assert refused.returncode == 2 and says in refused.stderr, refused.stderr
    shutil.rmtree(file.parent)
    refused = command(*([] if how == ["run"] else how), "--workload", str(file))
    assert refused.returncode == 2 and "No such file" in refused.stderr
