"""The bench on threads of this computer: every strategy, the claims of its rows, and its failures."""

import os
import platform
import re
import shutil
import signal
import subprocess
import time
import tomllib
from pathlib import Path

import pytest
from support.documents import record_keys
from support.processes import alive, until_a_trial_is_kept
from support.records import bucket
from support.run import ANYWHERE, QUICK, TOP, path_without, run_bench, until_overlap_is_shown
from support.sampling import sampled
from support.threads import LOCKED, NATIVE, PROCESSORS, PROGRAM, SHARED, TWO, make, program, records

from hartlock.engine import build
from hartlock.engine.threads import stacks
from hartlock.probe.measured import Measure, Probe
from hartlock.records.histogram import Histogram


@pytest.fixture(scope="module")
def threads(tmp_path_factory):
    """Every strategy on one and two threads."""
    return run_bench(tmp_path_factory.mktemp("threads") / "run", *TWO, "--harts", "1,2", "--lock", "all")


@pytest.fixture(scope="module")
def overlapped(tmp_path_factory):
    """A run in which threads overlapped."""
    return until_overlap_is_shown(lambda n: run_bench(tmp_path_factory.mktemp("overlap") / str(n), *TWO, "--lock", "null"), "native")


@pytest.fixture(scope="module")
def built():
    if not build.is_prebuilt():
        make()


def test_every_strategy_is_measured_and_checked(threads):
    assert threads.status == 0, threads.out + threads.err
    assert threads.context["status"] == "complete"
    for name in LOCKED:
        for harts in (1, 2) if name in SHARED else (1,):
            row = threads.row(name, harts, "native")
            assert (row["check"], row["trials_measured"]) == ("pass", "2"), (name, harts)


@pytest.mark.timing
def test_without_a_lock_updates_are_lost(overlapped):
    if PROCESSORS < 2:
        pytest.skip("one processor runs two overlapped in turns, which lose hardly anything")
    row = overlapped.row("null", 2, "native")
    assert (row["check"], row["overlap_shown"]) == ("fail", "yes")
    assert float(row["lost_updates_share_median"]) > 0
    assert "they really overlapped" in overlapped.out


@pytest.mark.timing
def test_two_threads_wait_for_each_other(bench):
    held = bench(*TWO, "--lock", "ticket", "--hold", "2000", "--think", "0")
    assert held.row("ticket", 2, "native")["contended"] == "yes"


def test_rows_say_what_they_are_evidence_of(threads):
    for row in threads.rows():
        assert row["evidence"] == ("hardware" if int(row["harts"]) <= PROCESSORS else "hardware-oversubscribed")
        assert (row["engine"], row["machine"]) == ("native", "")
    assert "evidence hardware" in threads.out and "cycles (native) are" in threads.out


def test_threads_that_share_a_processor_are_called_so(tmp_path):
    """The run has only one processor, the first one that this test may use."""
    one = min(os.sched_getaffinity(0))
    done = subprocess.run(["taskset", "-c", str(one), str(TOP / "run-bench.sh"), *QUICK, *TWO, "--harts", "1,2", "--lock", "cas",
                           "--out", str(tmp_path / "run")], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout
    text = (tmp_path / "run/summary.csv").read_text()
    assert re.search(r",hardware-oversubscribed,cas,none,candidate,2,", text) and re.search(r",hardware,cas,none,candidate,1,", text)
    assert "2 threads shared 1 processor(s)" in done.stdout
    hart = re.findall(r"^@hart .* id=(\d+) state=online", (tmp_path / "run/uart.log").read_text(), re.MULTILINE)
    assert hart == [str(one)] * 2


@pytest.mark.deep
def test_what_a_magazine_has_in_store_is_no_lost_block(bench):
    """A window that ends by time leaves batches that are only begun; here blocks do not fill them."""
    done = bench(*TWO, "--lock", "magazine", "--size", "24", "--align", "8", "--think", "3000")
    assert done.status == 0, done.out
    assert {r["ended"] for r in done.rows("samples.csv") if r["strategy"] == "magazine"} == {"time"}


@pytest.mark.deep
def test_the_default_is_a_thread_for_each_processor(bench):
    done = bench(*NATIVE, "--lock", "faa", "--trials", "1")
    assert done.status == 0, done.out
    assert done.row("faa", min(PROCESSORS, 64), "native")["check"] == "pass"


@pytest.mark.deep
def test_more_threads_than_there_are_processors(bench):
    done = bench(*NATIVE, "--smp", str(PROCESSORS + 3), "--lock", "mcs,ticket", "--trials", "1")
    assert done.status == 0, done.out
    assert done.row("mcs", PROCESSORS + 3, "native")["check"] == "pass"


def tasks(pid):
    """The threads of a process, as {name: (ticks of processor time, processors it may use)}."""
    out = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        stat, status = ((task / name).read_text() for name in ("stat", "status"))
        used = stat.rsplit(")", 1)[1].split()[11:13]
        out[(task / "comm").read_text().strip()] = (
            sum(map(int, used)), re.search(r"^Cpus_allowed_list:\t(.*)$", status, re.MULTILINE)[1])
    return out


def test_threads_are_kept_on_processors_in_turn_and_sleep_without_work(built):
    """One hart of five works until it has had 300 ms of a processor; the others have had none."""
    with subprocess.Popen([str(PROGRAM), "smp=5", "hartlock:", "duration_us=60000000", "passes=t", "size=1", "align=1",
                           "think=100000", "run=ticket:1"], stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while (seen := tasks(process.pid)).get("hart 0", (0, ""))[0] < 30:
            assert time.monotonic() < deadline and process.poll() is None, seen
        process.kill()
    allowed = sorted(os.sched_getaffinity(0))
    assert {name: on for name, (_, on) in seen.items() if name.startswith("hart ")} == {
        f"hart {i}": str(allowed[i % len(allowed)]) for i in range(5)}
    assert sum(seen[f"hart {i}"][0] for i in range(1, 5)) <= 3


@pytest.mark.skipif(platform.machine() == "riscv64", reason="it has LR and SC")
def test_what_is_made_of_riscv_s_instructions_is_left_out_and_that_is_said(threads, bench):
    assert "left out of --lock all: lrsc needs Zalrsc of RISC-V, which not every processor of this computer has" in threads.out
    done = bench(*TWO, "--lock", "lrsc,cas", "--trials", "1")
    assert done.status == 1 and {row["strategy"] for row in done.rows() if row["role"] == "candidate"} == {"cas"}
    assert "--lock lrsc was refused: it needs Zalrsc of RISC-V, which not every processor of this computer has" in done.out


def test_the_context_is_whole(threads):
    c, s = threads.context, threads.session("native")
    assert c["qemu"] == "" and len(c["image_sha256"]) == 64 and "(" in c["compiler"]
    assert s["native_exit_status"] == 0 and s["native_command"][-1] == s["bootargs"]
    assert s["boot"]["native"]["cycles"] and s["boot"]["timebase_hz"] > 10**6
    ran = [trial for trial in c["plan"]["order"] if trial.split(":")[0] in (*ANYWHERE, "clock")]
    assert s["records"]["faults"] == {} and s["trials_kept"] == len(ran)


def test_every_record_key_is_documented(threads):
    documented = record_keys()
    seen = records(threads.log.decode())
    for kind, all_of_it in seen.items():
        assert {key for fields in all_of_it for key in fields} - {"n"} <= documented[kind], kind
    assert {"native", "usage"} <= set(seen)
    for kind in ("native", "usage"):
        assert set(seen[kind][0]) - {"n"} == documented[kind]


@pytest.mark.parametrize("args,words", [
    (("--machine", "generic-8"), "--machine generic-8"), (("--cpu", "rv64"), "--cpu rv64"),
    (("--", "-icount", "shift=0"), "-- -icount shift=0")])
def test_what_would_mean_nothing_is_refused_by_name(refused, args, words):
    done = refused(*TWO, *args)
    assert done.status == 2 and words in done.err and "--engine native" in done.err
    assert not done.folder.exists()


def test_neither_qemu_nor_the_cross_compiler_is_needed(bench, tmp_path):
    done = bench(*TWO, "--lock", "cas", "--trials", "1",
                 env=path_without(tmp_path, "qemu-system-riscv64", "riscv64-unknown-elf-gcc"))
    assert done.status == 0, done.err


def test_a_compiler_that_is_not_there_gets_the_command(bench):
    done = bench(*TWO, env={"HOSTCC": "no-such-cc"})
    assert done.status == 2
    assert "missing: no-such-cc" in done.err and "--no-install-recommends gcc libc6-dev" in done.err
    assert "--setup --engine native" in done.err


def test_setup_for_threads_wants_no_qemu(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(TOP / "host", copy / "host", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(TOP / "run-bench.sh", copy)
    (copy / "host/packages.txt").write_text("base no-such-base is missing\nrun no-such-run too\n")
    (copy / "host/find-python").write_text("#!/bin/sh\nexit 1\n")
    for args, wanted in ((TWO, {"no-such-base"}), (("--engine=native",), {"no-such-base"}),
                         (("--smp", "2"), {"no-such-base", "no-such-run"})):
        done = subprocess.run([str(copy / "run-bench.sh"), *args], capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2
        assert set(re.findall(r"no-such-\w+", done.stderr)) == wanted


def test_a_panic_names_file_and_line(bench):
    done = bench(*TWO, "--trials", "1", "--inject", "panic")
    assert done.status == 1
    assert re.search(r"the bench panicked on hart 0, native/port\.c:\d+: asked to panic", done.out)


def test_a_crash_is_said(bench):
    done = bench(*TWO, "--trials", "1", "--inject", "trap")
    assert done.status == 1
    assert "the bench was killed by signal 11 (Segmentation fault)" in done.out and "no end record" in done.out


@pytest.mark.deep
def test_a_hang_is_given_up_and_each_thread_is_located(bench):
    done = bench(*TWO, "--inject", "hang", "--time-limit", "2")
    assert done.status == 3
    assert "nothing was heard from the bench for 2 s" in done.out
    assert re.search(r"^  hart 0: .*hart_idle \(native/hart\.c:\d+\) in hart_main", done.out, re.MULTILINE), done.out
    assert re.search(r"^  hart 1: .*spin_forever \(native/port\.c:\d+\) in hart_main", done.out, re.MULTILINE), done.out


def test_without_gdb_a_hang_is_given_up_all_the_same(bench, tmp_path):
    done = bench(*TWO, "--trials", "1", "--inject", "hang", "--time-limit", "2", env=path_without(tmp_path, "gdb"))
    assert done.status == 3
    assert "there is no gdb here (Debian package gdb)" in done.out


def test_backtraces_are_read():
    text = """
Thread 2 (Thread 0x7f (LWP 7) "hart 10"):
#0  clock_counter () at native/port_clock.h:45
#1  0x0000 in ticket_acquire (l=0x1, node=0x2) at bench/../lock/ticket.h:48
#2  hart_main (arg=0x3) at native/hart.c:83
#3  0x7f in clone3 () from /lib/libc.so.6

Thread 1 (Thread 0x7f (LWP 6) "hart 9"):
#0  0x7f in syscall () from /lib/libc.so.6
#1  0x55 in futex_wait (value=0, word=0x1) at native/futex.c:12
"""
    assert stacks(text) == [
        "hart 9: syscall in futex_wait (native/futex.c:12)",
        "hart 10: clock_counter (native/port_clock.h:45) in ticket_acquire (bench/../lock/ticket.h:48) in hart_main (native/hart.c:83)"]


def start(folder):
    return subprocess.Popen(
        [str(TOP / "run-bench.sh"), *QUICK, "--trials", "100", *TWO, "--lock", "cas", "--out", str(folder)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def child_of(process):
    with open(f"/proc/{process.pid}/task/{process.pid}/children", encoding="ascii") as f:
        pids = f.read().split()
    return next(int(pid) for pid in pids if open(f"/proc/{pid}/comm", encoding="ascii").read() == "hartlock\n")


@sampled("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], quick=lambda number, status: status == 130)
def test_an_interrupted_run_keeps_what_it_had_and_leaves_no_program(tmp_path, number, status):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    pid = child_of(process)
    process.send_signal(number)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == status, out
    assert "interrupted" in out and out.splitlines()[-1].endswith("summary.csv")
    assert not alive(pid)
    assert (tmp_path / "run/samples.csv").read_text().count("\n") > 3
    assert (tmp_path / "run/summary.csv").read_text().count("\n") > 1


@pytest.mark.deep
def test_a_program_that_is_killed_is_said(tmp_path):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    os.kill(child_of(process), signal.SIGKILL)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == 1 and "killed by signal 9" in out and "no end record" in out


@pytest.mark.parametrize("words,message", [
    (["smp=0", "hartlock:"], "threads from 1 to 64"), (["smp=65", "hartlock:"], "threads from 1 to 64"),
    (["smp=2x", "hartlock:"], "threads from 1 to 64"), (["smp=2", "hartlock:", "run=spam:2"], "unknown strategy"),
    (["smp=1", "hartlock:", "size=0"], "not a number in range, at \"size%3d0\"")])
def test_by_hand_a_wrong_plan_is_a_panic_that_quotes_it(built, words, message):
    done = program(*words)
    assert done.returncode == 1
    (panic,) = records(done.stdout)["panic"]
    assert message in panic["msg"].replace("%20", " ") and "end" not in records(done.stdout)


def test_by_hand_too_few_threads_are_said(built):
    done = program("smp=1", "hartlock:", "run=cas:2")
    assert done.returncode == 0
    assert records(done.stdout)["trial"][0]["status"] == "too_few_harts"


# The probe.

@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    if PROCESSORS < 2:
        pytest.skip("a hand-off takes two processors")
    return run_bench(tmp_path_factory.mktemp("probe") / "run", "probe", *TWO, quick=False)


@pytest.mark.timing
def test_the_probe_writes_a_profile_of_this_computer(probed):
    assert probed.status == 0, probed.out + probed.err
    text = (probed.folder / "profile.toml").read_text()
    found = tomllib.loads(text)
    assert found["harts"] == 2 and "of this computer" in text
    assert re.search(r"^transfer = .* # measured: probed", text, re.MULTILINE)
    assert found["transfer"] > 3 * found["l1_load"], "a line of another processor is far away"
    assert found["memory"] > 3 * found["l1_load"]
    assert "evidence hardware" in probed.out and "cycles (native) are" in probed.out
    assert probed.context["qemu"] == ""


def one_load(fast, slow, real):
    """The probe's answer to dirty loads of which a prefetcher brought `fast` (4 cycles above the
    clock's 20), while `slow` came from the other hart (200 above it)."""
    p = Probe(2, real=real)
    for kind, b, counts in [("clock", 0, {20: 1024}), ("loop", 0, {0: 4}), ("load", 0, {3: 4}), ("shared", 0, {30: 100}),
                            ("dirty", 1, {24: fast, 220: slow})]:
        buckets = {c if c < 32 else bucket(c): n for c, n in counts.items() if n}
        p.add(Measure(kind, 0, b, 1, Histogram(sum(counts.values()), sum(c * n for c, n in counts.items()), min(counts), max(counts), buckets)))
    return p.cost("dirty", 0, 1)


def test_lines_that_a_prefetcher_brought_are_no_misses():
    assert one_load(60, 68, real=True) == pytest.approx(200, rel=0.02)
    assert one_load(127, 1, real=True) is None


@pytest.mark.timing
def test_the_model_runs_on_what_the_probe_wrote(probed, bench):
    done = bench("--smp", "2", "--lock", "ticket", "--engine", "model", "--trials", "1", "--model-duration", "20",
                 "--machine", str(probed.folder / "profile.toml"))
    assert done.status == 0, done.out + done.err


def test_the_probe_refuses_threads_that_share_a_processor(tmp_path):
    if PROCESSORS >= 64:
        pytest.skip("64 threads have a processor each here")
    done = run_bench(tmp_path / "run", "probe", *NATIVE, "--smp", "64", quick=False)
    assert done.status == 2 and "scheduler" in done.err and not done.folder.exists()


def test_the_probe_refuses_a_machine(tmp_path):
    done = run_bench(tmp_path / "run", "probe", *NATIVE, "--machine", "generic-8", quick=False)
    assert done.status == 2 and "--machine generic-8" in done.err and not done.folder.exists()
