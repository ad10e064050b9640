"""`observe` on images whose locks are known: hartlock's own kernel, and Debian's firmware below it."""

import csv
import re

import pytest
from support.run import TOP, command

PLAN = ("hartlock: format=1 think=50 think_range=50 duration_us=2000 warmup_us=200 fairness_us=200 seed=1 "
        "run=ticket:4,ttas:4,tas:4,ttas-backoff:4")
MACHINE = ["-M", "virt", "-smp", "4", "-m", "256M", "-bios", "default"]
KERNEL_AT = 0x80200000
KERNEL = ["-kernel", str(TOP / "build/hartlock.elf"), "-append"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    out = tmp_path_factory.mktemp("observe") / "out"
    done = command("observe", "--elf", str(TOP / "build/hartlock.elf"), "--for", "60", "--out", str(out), "--",
                     *MACHINE, *KERNEL, PLAN)
    assert done.returncode == 0, done.stdout + done.stderr
    with open(out / "locks.csv", newline="", encoding="utf-8") as f:
        return done.stdout, list(csv.DictReader(f)), (out / "console.log").read_text(errors="replace")


def operations(log):
    """The operations that the kernel counted, by strategy."""
    counted, strategy = {}, ""
    for line in log.splitlines():
        if found := re.match(r"@pass .* strategy=(\S+)", line):
            strategy = found[1]
        elif found := re.match(r"@share .*? ops=(\d+)", line):
            counted[strategy] = counted.get(strategy, 0) + int(found[1])
    return counted


def test_acquisitions_are_the_operations_that_the_kernel_counted(watched):
    _, locks, log = watched
    counted = operations(log)
    assert set(counted) == {"ticket", "ttas", "tas", "ttas-backoff"}
    taken = {int(lock["taken"]): lock for lock in locks}
    assert set(counted.values()) <= set(taken), (counted, locks)


def test_the_firmware_s_lock_is_found_without_symbols(watched):
    _, locks, _ = watched
    firmware = [lock for lock in locks if int(lock["address"], 16) < KERNEL_AT]
    assert firmware and all(lock["lock"] == lock["address"] and lock["found_by"] == "instruction" for lock in firmware)


def test_the_counters_of_the_bench_are_no_locks(watched):
    said, locks, _ = watched
    assert not [lock for lock in locks if "someone" in lock["lock"] or "marks" in lock["lock"]]
    assert "both orders" not in said and "taken twice" not in said
    assert "./run-bench.sh sweep --smp" in said


@pytest.mark.parametrize("arguments, says", [
    (["--elf", "/bin/true", "--", "-M", "virt"], "for another processor"),
    (["--elf", str(TOP / "README.md"), "--", "-M", "virt"], "no ELF file"),
    (["--elf", str(TOP / "build/hartlock.elf")], "nothing to run"),
    (["--acquire", "spin_lok", "--", "-M", "virt"], "no function of that name"),
    (["--bias", "0x80000000", "--", "-M", "virt"], "--bias is given 1 times, and --elf 0"),
])
def test_what_cannot_be_watched_is_refused(arguments, says, tmp_path):
    done = command("observe", "--out", str(tmp_path / "out"), *arguments)
    assert done.returncode == 2 and says in done.stderr, done.stdout + done.stderr


def test_an_image_that_does_not_start(tmp_path):
    done = command("observe", "--out", str(tmp_path / "out"), "--", *MACHINE, "-kernel", "/nonexistent")
    assert done.returncode == 1 and "QEMU ended with status 1" in done.stdout and "/nonexistent" in done.stdout


def test_an_image_without_locks(tmp_path):
    done = command("observe", "--for", "1", "--out", str(tmp_path / "out"), "--", "-M", "virt", "-bios", "none", "-smp", "2")
    assert done.returncode == 1 and "no word was taken and let go again" in done.stdout
