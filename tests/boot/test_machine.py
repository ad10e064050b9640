"""The machine of the model's own: it runs the kernel's image by itself, and says what it cannot run."""

import struct
import subprocess
import tomllib
from pathlib import Path

import pytest
from support.protocol import steps
from support.run import EVERYWHERE, TOP

from hartlock.plan.machine_keys import machine_keys
from hartlock.records.parser import read

MACHINE = TOP / "build/model/hartlock-machine"
IMAGE = TOP / "build/hartlock.elf"
PLAN = "hartlock: format=1 think=100 think_range=100 duration_us=20 warmup_us=5 fairness_us=10 seed=1 "


def run(*arguments, smp=8, profile="generic-8", image=IMAGE, timeout=120):
    command = [MACHINE, "--machine", profile if isinstance(profile, Path) else TOP / f"model/machines/{profile}.toml", "--smp", smp, *arguments, image]
    return subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
                          check=False)


def measure(words, **kw):
    return run("--plan", PLAN + words, **kw)


def fields(done, kind):
    return [{key: value.decode() for key, value in record.fields().values.items()}
            for record in read(done.stdout.split(b"\n")) if record.type == kind]


def audited(done):
    """The counts of each hart in the audit passes."""
    return [share for share in fields(done, "share") if share["pass"] == "audit"]


@pytest.mark.parametrize("harts, profile", [(1, "generic-8"), (2, "generic-8"), (8, "generic-8"), (64, "mesh-64")])
def test_every_strategy_runs_and_loses_nothing(harts, profile):
    done = measure("run=" + ",".join(f"{name}:{harts}" for name in [*EVERYWHERE, "amocas"] if name not in ("null", "baseline")),
                   smp=harts, profile=profile)
    assert (done.returncode, done.stderr) == (0, b"")
    assert audited(done) and all(share["overlapping"] == share["outside"] == "0" for share in audited(done))
    assert {record["status"] for record in fields(done, "trial")} == {"done"}


def test_without_a_lock_updates_are_lost():
    done = measure("run=null:8")
    assert sum(int(share["overlapping"]) for share in audited(done)) > 20


def test_harts_that_only_wait_are_not_executed_and_nothing_changes():
    words = "run=ttas:8,ticket:8,mcs:8,clh:8,hemlock:8,qspin:8,cna:8"
    asleep, awake = measure(words), run("--no-sleep", "--plan", PLAN + words)
    assert asleep.stdout == awake.stdout


MECHANISMS = {
    "stores that are waited for": {"store_buffer": 0}, "stores that overlap": {"store_misses": 4, "fence_waits": "true"},
    "instructions of half a cycle": {"op": 0.5, "branch": 0.5, "jump": 0.1},
    "loads that are not waited for": {"load_ahead": 1000, "amo_ahead": 1000},
    "a bus": {"hot_transfer": 12, "hot_owner": 5, "hot_shared": 3, "bank_busy": 0, "copies_go": 3},
    "an LR whose .aq takes longer than its line is kept": {"lr_hold": 20, "aq": 22},
    "an owner that is asked late": {"hot_transfer": 30, "hot_owner": 29.5, "transfer": 34},
    "an LR that yields": {"lr_hold": 0, "sc_backoff": 40}, "an LR that shares": {"lr_hold": 0, "lr_shares": "true"},
    "an SC that takes": {"lr_hold": 0, "lr_shares": "true", "sc_takes": "true"},
    "AMOs that ask": {"amo_asks": "true", "amo_overlaps": "true", "l1_amo": 56, "l1_swap": 48, "aq": 22, "rl": 22},
    "AMOs that pass stores": {"amo_waits": "false"},
    "fences of their own": {"fence": 25, "fence_release": 10, "fence_acquire": 5, "pause": 25, "pause_waits": "true"}}


def profile_with(path, keys):
    """A profile like generic-8, with some keys changed, in the order of the list."""
    values = {**tomllib.loads((TOP / "model/machines/generic-8.toml").read_text()), **keys}
    path.write_text("".join(f"{key} = {str(values[key]).lower()}\n" for key in machine_keys() if key in values))
    return path


@pytest.mark.parametrize("keys", MECHANISMS.values(), ids=MECHANISMS)
def test_each_mechanism_changes_times_only(tmp_path, keys):
    """Locks hold, sleeping changes nothing, and the figures are others than without the mechanism."""
    words = PLAN + "run=cas:4,ttas:4,ticket:4,mcs:4"
    profile = profile_with(tmp_path / "x.toml", keys)
    done, awake = (run(*more, "--plan", words, profile=profile, smp=4) for more in ((), ("--no-sleep",)))
    assert (done.returncode, done.stderr) == (0, b"")
    assert audited(done) and all(share["overlapping"] == share["outside"] == "0" for share in audited(done))
    assert done.stdout == awake.stdout
    assert fields(done, "share") != fields(run("--plan", words, smp=4), "share")


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    one, again, other = (run("--seed", seed, "--plan", PLAN + "run=cas:8") for seed in (1, 1, 2))
    assert one.stdout == again.stdout != other.stdout


@pytest.mark.parametrize("fault, status, said", [
    ("panic", 1, b""), ("stack", 1, b""), ("trap", 1, b""),
    ("hang", 3, b"hartlock-machine: deadlock: every hart waits for another\n"),
    ("hang-all", 3, b"hartlock-machine: deadlock: every hart waits for another\n"),
    ("lost", 5, b"hartlock-machine: lost: a hart traps for ever")])
def test_a_kernel_that_goes_wrong_is_told_at_once(fault, status, said):
    done = measure(f"inject={fault} run=mcs:4", smp=4)
    assert done.returncode == status
    assert done.stderr.startswith(said)
    if status > 1:
        assert done.stderr.count(b"\nhartlock-machine: hart ") == 4


def elf(machine=243, kind=2, entry=0x80200000, at=0x80200000, code=b"\0\0\0\0"):
    head = struct.pack("<4s5B7xHHIQQQIHHHHHH", b"\x7fELF", kind, 1, 1, 0, 0, 2, machine, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    return head + struct.pack("<IIQQQQQQ", 1, 5, 120, at, at, len(code), len(code), 8) + code


@pytest.mark.parametrize("image, said", [
    (b"", "it is no ELF file"), (b"\x7fELF", "it is no ELF file"), (b"#!/bin/sh\n" * 20, "it is no ELF file"),
    (elf(machine=62), "it is no program for RV64"), (elf(kind=1), "it is no program for RV64"),
    (elf()[:-2], "it is cut short"), (elf()[:70], "it is cut short"), (elf(at=0x1000), "it does not fit the machine's memory"),
    (elf(entry=0x10), "it begins where the machine has no memory")])
def test_an_image_that_is_none_is_refused(tmp_path, image, said):
    path = tmp_path / "image"
    path.write_bytes(image)
    done = run(image=path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.decode().startswith(f"hartlock-machine: {path}: {said}")


@pytest.mark.parametrize("arguments, said", [
    (("--smp", "0"), "--smp 0: a number from 1 to 64 is wanted"), (("--smp", "65"), "--smp 65: a number"),
    (("--seed", "x"), "--seed x: a number"), (("--plan", "x" * 100_000), "--plan: the plan is too long"),
    (("--machine", "/nonesuch.toml"), "/nonesuch.toml: No such file"), (("--trace", "/nonesuch/x"), "/nonesuch/x: No such file")])
def test_odd_arguments_are_refused(arguments, said):
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr.decode().startswith(f"hartlock-machine: {said}")


def test_the_trace_has_a_line_for_each_access(tmp_path):
    done = run("--trace", tmp_path / "trace", "--plan", PLAN + "passes=t run=mcs:2")
    lines = traced(tmp_path / "trace")
    assert done.returncode == 0
    assert {"load", "store", "amo"} <= {line["access"] for line in lines}
    misses = [line for line in lines if line["how"] == "miss" and line["access"] == "load"]
    assert misses and all(int(line["cost"]) >= 300 and line["before"] == "I" for line in misses)


def traced(path):
    first, *lines = path.read_text().splitlines()
    return [dict(zip(first.split(), line.split(), strict=True)) for line in lines]


def test_the_trace_follows_the_protocol_s_table_and_changes_no_record(tmp_path):
    words = PLAN + "passes=t run=cas:4,ticket:4"
    done = run("--trace", tmp_path / "trace", "--plan", words)
    assert done.stdout == run("--plan", words).stdout
    seen = {" ".join((line["access"], line["before"], line["from"].rstrip("0123456789"), line["after"], line["how"]))
            for line in traced(tmp_path / "trace")}
    assert seen <= steps()
    assert len(seen) >= 20 and {"load I hart S miss", "amo S own M miss", "lr I hart M miss", "sc E own M hit"} <= seen


def test_a_trace_that_does_not_fit_is_told():
    done = run("--trace", "/dev/full", "--plan", PLAN + "passes=t run=mcs:2")
    assert (done.returncode, done.stderr) == (2, b"hartlock-machine: /dev/full: No space left on device\n")
