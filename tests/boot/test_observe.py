"""`observe` on images whose locks are known: hartlock's own kernel, and Debian's firmware below it."""

import csv
import os
import re
import signal
import subprocess
import time

import pytest
from support.processes import qemu_of
from support.run import TOP, command, rows_of

from hartlock.plan import strategies

WORK = "hartlock: format=1 think=50 think_range=50 duration_us=1000 warmup_us=100 fairness_us=100 seed=1 run="
FOUND = ("tas", "ttas", "ttas-backoff", "ticket", "ticket-backoff", "twa", "qspin")  # by their instructions
QUICK = ("ttas", "ticket")
QUEUES = {"mcs", "clh", "hemlock", "cna", "anderson"}  # exact, too, where no two harts met: a busy computer runs them by turns
MACHINE = ["-M", "virt", "-smp", "4", "-m", "256M", "-bios", "default"]
KERNEL_AT = 0x80200000
KERNEL = ["-kernel", str(TOP / "build/hartlock.elf"), "-append"]


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    out = tmp_path_factory.mktemp("observe") / "out"
    done = command("observe", "--elf", str(TOP / "build/hartlock.elf"), "--for", "60", "--out", str(out), "--",
                     *MACHINE, *KERNEL, WORK + ",".join(f"{name}:4" for name in (*QUICK, "mcs")))
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
    said, locks, log = watched
    counted = operations(log)
    taken = {int(lock["taken"]) for lock in locks}
    assert QUEUES >= {strategy for strategy in counted if counted[strategy] in taken} - set(QUICK), (counted, locks)
    assert {counted[strategy] for strategy in QUICK} <= taken, (counted, locks)
    assert counted["mcs"] > 0 and re.search(r"name its functions with --acquire and --release: .*shared.lock at", said)


def all_locks():
    """The strategies that are locks, but for one that is none, and one that is called through pointers."""
    return [name for name, strategy in strategies.known().items() if not strategy.lockfree and name not in (strategies.CONTROL, "indirect")]


@pytest.mark.deep
def test_every_lock_that_is_said_to_be_found_by_its_instructions_is(tmp_path):
    done = command("observe", "--for", "100", "--out", tmp_path / "out", "--", *MACHINE, *KERNEL,
                   WORK + ",".join(f"{name}:4" for name in all_locks()))
    assert done.returncode == 0, done.stdout + done.stderr
    counted = operations((tmp_path / "out/console.log").read_text(errors="replace"))
    taken = {int(row["taken"]) for row in rows_of(tmp_path / "out", "locks.csv")}
    assert QUEUES >= {name for name in counted if counted[name] in taken} - set(FOUND)
    assert {counted[name] for name in FOUND} <= taken


@pytest.mark.slow
def test_by_its_functions_every_lock_is_exact(tmp_path):
    """In a kernel whose locks are functions: make all CALLED=1."""
    subprocess.run(["make", "-s", "-C", TOP, "all", "CALLED=1", "BUILD=build/called"], check=True, timeout=600)
    image, names = TOP / "build/called/hartlock.elf", all_locks()
    done = command("observe", "--elf", image, "--auto", "off", "--for", "100", "--out", tmp_path / "out", "--",
                   *MACHINE, "-kernel", image, "-append", WORK + ",".join(f"{name}:4" for name in names))
    assert done.returncode == 0, done.stdout + done.stderr
    counted = operations((tmp_path / "out/console.log").read_text(errors="replace"))
    assert sorted(counted.values()) == sorted(int(row["taken"]) for row in rows_of(tmp_path / "out", "locks.csv"))
    assert set(counted) == set(names)


@pytest.mark.deep
def test_two_runs_that_count_instructions_give_the_same_rows(tmp_path):
    for n in ("1", "2"):
        command("observe", "--elf", TOP / "build/hartlock.elf", "--for", "60", "--out", tmp_path / n, "--", *MACHINE,
                "-icount", "shift=0,sleep=off", *KERNEL, WORK.replace("_us=1000", "_us=200") + "ticket:1")
    # The page and its data name the folder they are in.
    names = {path.name for path in (tmp_path / "1").iterdir() if path.suffix in (".csv", ".dot", ".bin")}
    assert {"locks.csv", "sites.csv", "order.dot", "section.bin"} <= names
    assert all((tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes() for name in names)


def test_the_firmware_s_lock_is_found_without_symbols(watched):
    _, locks, _ = watched
    firmware = [lock for lock in locks if int(lock["address"], 16) < KERNEL_AT]
    assert firmware and all(lock["lock"] == lock["address"] and lock["found_by"] == "instruction" for lock in firmware)


def test_the_counters_of_the_bench_are_no_locks(watched):
    said, locks, _ = watched
    assert not [lock for lock in locks if "someone" in lock["lock"] or "marks" in lock["lock"]]
    assert "both orders" not in said and "taken twice" not in said
    assert "./run-bench.sh sweep --workload" in said


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
    assert "locks.csv" not in done.stdout


def test_a_disk_that_is_full(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(small)],
                                           capture_output=True, check=False).returncode != 0:
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    try:
        done = command("observe", "--for", "60", "--out", small / "out", "--", *MACHINE, *KERNEL, WORK + "ticket:1")
        assert done.returncode == 1
        assert re.search(r"\d+ of \d+ section records could not be written: No space left on device", done.stdout), done.stdout
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_a_qemu_that_dies(tmp_path):
    process = subprocess.Popen([TOP / "run-bench.sh", "observe", "--for", "60", "--out", tmp_path / "out", "--", *MACHINE],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = tmp_path / "out/console.log"
    until = time.monotonic() + 30
    while not (log.exists() and log.stat().st_size) and time.monotonic() < until:
        pass
    os.kill(qemu_of(process), signal.SIGKILL)
    said = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert "QEMU was killed by signal 9" in said and "nothing is known of the locks" in said, said


def test_an_interrupt_keeps_what_was_seen(tmp_path):
    process = subprocess.Popen([TOP / "run-bench.sh", "observe", "--for", "60", "--out", tmp_path / "out", "--", *MACHINE, *KERNEL,
                                WORK.replace("_us=1000", "_us=1000000000") + "ticket:4"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    log = tmp_path / "out/console.log"
    until = time.monotonic() + 30
    while not (log.exists() and b"@plan" in log.read_bytes()) and time.monotonic() < until:
        pass
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)[0]
    assert "making the tables of" in said and "locks, " in said and rows_of(tmp_path / "out", "locks.csv"), said


def test_a_long_watch_ends_when_its_records_are_many(tmp_path):
    """The image works for longer than it is watched, and its hart waits for nobody, so they are many however busy the computer is. The next
    look comes 0.2 s later, in which they become more."""
    done = command("observe", "--for", "60", "--most", "1", "--until", "never", "--out", tmp_path / "out", "--", *MACHINE, *KERNEL,
                   WORK.replace("_us=1000", "_us=100000000") + "ticket:1")
    assert done.returncode == 0 and "ended because the records take 1 MB (--most); the console did not say 'never'" in done.stdout, done.stdout
    assert (tmp_path / "out/section.bin").stat().st_size < 100e6 and rows_of(tmp_path / "out", "locks.csv")


def test_who_reads_only_the_first_line_has_all_files(tmp_path):
    with subprocess.Popen([TOP / "run-bench.sh", "observe", "--until", "Boot HART MEDELEG", "--out", tmp_path / "out", "--", *MACHINE],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline()
        process.stdout.close()
        process.stderr.read()
    assert {"locks.csv", "observe.json", "workloads"} <= {path.name for path in (tmp_path / "out").iterdir()}


def test_symbols_of_an_image_that_was_moved(tmp_path):
    symbols = tmp_path / "symbols"
    symbols.write_text("0000000000001000 T spin_lock\n0000000000001040 T spin_unlock\n")
    done = command("observe", "--symbols", symbols, "--until", "Boot HART MEDELEG", "--out", tmp_path / "out", "--", *MACHINE)
    assert done.returncode == 0 and "None of the 2 functions that take or let go of locks took one" in done.stdout, done.stdout + done.stderr


def test_an_image_without_locks(tmp_path):
    done = command("observe", "--for", "1s", "--out", str(tmp_path / "out"), "--", "-M", "virt", "-bios", "none", "-smp", "2")
    assert done.returncode == 1 and "Perhaps it did not boot" in done.stdout
    assert re.search(r"no word was taken and let go again: in \d+ instructions 0 words", done.stdout), done.stdout
