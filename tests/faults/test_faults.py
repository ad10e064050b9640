"""Faults of the machine: each run ends in bounded time, says what happened, exits non-zero and keeps
its rows."""

import os
import re
import shutil
import signal
import subprocess
import time

import pexpect
import pytest
from support.logs import recorded
from support.processes import alive, qemu_of, start, until_a_trial_is_kept
from support.records import with_crc
from support.run import QUICK, TOP, run_bench
from support.sampling import sampled
from support.trees import device_tree

TWO = ("--smp", "2", "--lock", "cas")


@sampled("fault,words", [
    ("panic", r"panicked on hart \d+, kernel/inject\.c:\d+: asked to panic"),
    ("stack", r"stack overflow: hart \d+ ran into its guard words"),
], quick=lambda fault, words: fault == "panic")
def test_a_panic_names_hart_file_and_line(bench, fault, words):
    done = bench(*TWO, "--inject", fault)
    assert done.status == 1
    assert re.search(words, done.out)
    assert "incomplete" in done.out and done.session()["qemu_exit_status"] == 1
    assert done.session()["trials_kept"] == 7 and done.rows()  # the fault came before the last of 8


@pytest.mark.deep
def test_a_panic_amid_a_record_is_heard_all_the_same(bench):
    done = bench(*TWO, "--inject", "record")
    assert done.status == 1
    assert re.search(r"panicked on hart \d, kernel/inject\.c:\d+: asked to panic in a record", done.out)
    assert "1 damaged record(s)" in done.out and done.session()["trials_kept"] == 7
    assert re.search(rb"name=never_to_be_ended[^*]*\n@panic n=", done.log)


def test_a_trap_names_the_function_and_line(bench):
    done = bench(*TWO, "--inject", "trap")
    assert done.status == 1
    assert re.search(r"hart [01]: trap, scause 0x7, stval 0x0, at 0x[0-9a-f]+ touch_nothing \(kernel/inject\.c:\d+\)", done.out)
    assert b"@trap n=" in done.log


def test_qemu_that_refuses_its_arguments(bench):
    done = bench(*TWO, "--", "-no-such-option")
    assert done.status == 1
    assert "-no-such-option: invalid option" in done.out


def test_a_hart_that_never_comes_is_named_and_the_rest_are_measured(bench, tmp_path):
    """It has fewer extensions than the others, which do not lose theirs by it."""
    def weaken(text):
        at = text.index("cpu@2 {")
        return text[:at] + re.sub(r'riscv,isa = "\w+"', 'riscv,isa = "rv64imac"', text[at:], count=1)

    done = bench(*TWO, "--trials", "1", "--", "-dtb", device_tree(tmp_path, 3, weaken))
    assert done.status == 1
    assert "hart 2: started_but_never_came (SBI error 0): 2 of 3 harts run" in done.out
    assert done.row("cas", 2)["check"] == "pass"
    assert done.session()["boot"]["extensions"] == ["zihintpause"]


@pytest.fixture
def replay(bench, tmp_path):
    """Runs hartlock on a QEMU that says what a given log says, and then does what `then`, a line of a shell, does."""
    def run(log, then="exit 0", *args):
        (tmp_path / "bin").mkdir()
        (tmp_path / "share").symlink_to("/usr/share")
        (tmp_path / "log").write_bytes(log)
        fake = tmp_path / "bin/qemu-system-riscv64"
        real = shutil.which("qemu-system-riscv64")
        fake.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exec {real} --version\ncat {tmp_path}/log\n{then}\n')
        fake.chmod(0o755)
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        return bench(*TWO, "--trials", "1", *args, env={"PATH": f"{tmp_path}/bin:{os.environ['PATH']}"})

    return run


DIED = b"sbi_trap_error: hart0: trap1: illegal instruction handler failed (error -2)"


@pytest.mark.parametrize("trials", [0, 2])
def test_firmware_that_gives_up_is_named_at_once(replay, trials):
    """Before and amid trials. Whoever waited for silence would wait for longer than the test may take."""
    log = recorded("run")
    ends = [0, *(m.end() for m in re.finditer(rb"@trial n=.*\n", log))]
    done = replay(log[: ends[trials]] + b"\r\n" + DIED + b"\r\nsbi_trap_error: hart0: trap1: mcause=0x2\r\n", "exec sleep 600",
                  "--time-limit", "3000")
    assert done.status == 1
    line = log[: ends[trials]].count(b"\n") + 2
    assert f"firmware gave up: {DIED.decode()} (uart.log, line {line})" in done.out.replace("\n", "")
    assert f"{trials} of 4 trials are kept" in done.out and "nothing was heard" not in done.out
    assert done.log.endswith(b"mcause=0x2\r\n"), "what follows is in the log"


def test_the_first_panic_is_the_one_that_is_shown(replay):
    log = recorded("run")
    n = int(re.findall(rb"@\w+ n=(\d+)", log)[-1])
    panics = [b"@panic n=%d hart=%d file=kernel/x.c line=%d msg=%s" % (n + i, i, 7 + i, msg) for i, msg in enumerate((b"cause", b"effect"))]
    done = replay(log[: log.rindex(b"@end")] + b"".join(with_crc(p) + b"\n" for p in panics))
    assert "hartlock: the kernel panicked on hart 0, kernel/x.c:7: cause" in done.out
    assert "hartlock: after that, the kernel panicked on hart 1, kernel/x.c:8: effect" in done.out


@pytest.mark.deep
def test_a_finisher_that_refuses_its_store_hides_no_panic(bench, tmp_path):
    """The device of the tree is where S-mode may not write. The machine is stopped in the next way."""
    tree = device_tree(tmp_path, 2, lambda text: re.sub(r"test@100000 \{(.*?)reg = <[^>]*>", r"test@50000 {\1reg = <0x00 0x50000 0x00 0x1000>",
                                                        text, flags=re.S))
    ended = bench(*TWO, "--trials", "1", "--", "-dtb", tree)
    assert ended.status == 0 and b"sbi_trap_error" in ended.log, "firmware uses the device, too; after the end that is no fault of the run"
    shutil.rmtree(tmp_path / "run")
    done = bench(*TWO, "--trials", "1", "--inject", "panic", "--", "-dtb", tree)
    assert done.status == 1 and "firmware gave up" not in done.out
    assert re.search(r"panicked on hart \d, kernel/inject\.c:\d+: asked to panic", done.out), done.out
    assert "after that" not in done.out and "unexpected trap" not in done.out and done.log.count(b"@panic") == 1


@pytest.mark.parametrize("slept,status,words", [
    ("1", 1, "hartlock: no hart got on for 1 s: 1 of 2 harts have not come back"),
    ("0", 3, "hartlock: gave up: no hart got on for 1 s: 1 of 2 harts have not come back; but it could work in no more than 0.0 s of them"),
])
def test_a_hang_is_none_if_the_emulator_could_not_work(replay, tmp_path, slept, status, words):
    """A kernel cannot tell a hang from an emulator that gets no processor: its clock goes on in both."""
    log = recorded("run")[: recorded("run").index(b"@trial")]
    n = int(re.findall(rb"@\w+ n=(\d+)", log)[-1]) + 1
    found = [b"stuck n=%d hart=1 id=1 answered=1" % n, b"hang n=%d harts=2 stuck=1 silent=0 ms=1000 by=0" % (n + 1),
             b"panic n=%d hart=0 file=kernel/hang.c line=1 msg=hang" % (n + 2)]
    (tmp_path / "hang").write_bytes(b"".join(with_crc(b"@" + record) + b"\n" for record in found))
    done = replay(log, f"sleep {slept}; cat {tmp_path}/hang")
    assert done.status == status and words in done.out, done.out
    assert done.context["status"] == ("given-up" if status == 3 else "incomplete")


def test_a_hart_that_hsm_refuses_is_named_with_its_error(replay):
    log = recorded("run")
    hart = re.search(rb"(@hart n=\d+ id=1) .*", log)
    done = replay(log.replace(hart[0], with_crc(hart[1] + b" state=failed sbi_error=-3 error=invalid_param")))
    assert done.status == 1
    assert "hart 1: invalid_param (SBI error -3): 1 of 2 harts run" in done.out


def test_a_log_that_ends_early_keeps_its_trials(replay):
    log = recorded("run")
    second = [m.end() for m in re.finditer(rb"@trial n=.*\n", log)][1]
    done = replay(log[: second + 200])
    assert done.status == 1
    assert "no end record: 2 of 4 trials are kept" in done.out
    assert done.context["status"] == "incomplete" and done.session()["trials_kept"] == 2


def test_lost_and_repeated_records_are_named(replay):
    lines = recorded("run").split(b"\n")
    shares = [i for i, line in enumerate(lines) if line.startswith(b"@share")]
    del lines[shares[1]]
    lines.insert(shares[-1], lines[shares[-1] - 1])
    done = replay(b"\n".join(lines))
    assert done.status == 1
    assert f"uart.log: 1 missing record(s), the first at line {shares[1] + 1}" in done.out
    assert "1 repeated record(s)" in done.out
    assert done.session()["records"]["faults"] == {"missing": 1, "repeated": 1}


def test_a_candidate_that_loses_a_block_fails_the_run(replay):
    """A log with one operation more than bytes were handed out fails, as a broken lock's would."""
    log = recorded("run")
    share = re.search(rb"(@share n=\d+ trial=1 pass=throughput hart=0 ops=)(\d+)( .*) \*\w+", log)
    assert b"trial=1 pass=throughput strategy=cas" in log
    done = replay(log.replace(share[0], with_crc(share[1] + b"%d" % (int(share[2]) + 1) + share[3])))
    assert done.status == 1
    assert "CHECK FAILED: cas on 2 hart(s), in 1 of 1 trial(s): throughput pass" in done.out
    assert done.row("cas", 2)["check"] == "fail"


def test_a_device_tree_without_memory_is_a_panic_with_a_message(bench, tmp_path):
    tree = device_tree(tmp_path, 2, lambda text: text.replace('device_type = "memory"', 'device_type = "rom"'))
    done = bench(*TWO, "--", "-dtb", tree)
    assert done.status == 1
    assert re.search(r"panicked on hart \d, kernel/main.c:\d+: device tree at 0x\w+: no memory in the tree", done.out)


@pytest.mark.deep
def test_trials_that_need_a_hart_that_is_not_there_are_said(bench, tmp_path):
    tree = device_tree(tmp_path, 3, lambda text: text)
    done = bench("--smp", "2", "--harts", "1", "--lock", "cas", "--trials", "1", "--", "-dtb", tree, "-smp", "1")
    assert done.status == 1 and "1 of 3 harts run" in done.out
    assert done.row("cas", 1)["check"] == "pass"


@pytest.mark.deep
def test_sparse_hart_ids(bench, tmp_path):
    """Hart 1 of 0, 1, 2 is disabled, and the two others are found by their ids."""
    def disable(text):
        at = text.index("cpu@1 {")
        return text[:at] + text[at:].replace('status = "okay"', 'status = "disabled"', 1)

    done = bench("--smp", "3", "--harts", "2", "--lock", "cas", "--trials", "1", "--",
                 "-dtb", device_tree(tmp_path, 3, disable))
    if b"boot_hart=1" in done.log:
        pytest.skip("OpenSBI chose the disabled hart to boot on")
    assert done.status == 0, done.out
    assert re.search(rb"@hart n=\d+ id=2 state=online index=1", done.log)


@pytest.mark.deep
def test_too_little_memory_is_a_panic_with_a_message(bench, tmp_path):
    tree = device_tree(tmp_path, 2, lambda text: text.replace("0x80000000 0x00 0x10000000", "0x80000000 0x00 0x4000000"))
    done = bench(*TWO, "--", "-dtb", tree)
    assert done.status == 1
    assert "kernel and heap need" in done.out


@sampled("number,status,words", [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "interrupted")],
         quick=lambda number, *said: number == signal.SIGINT)
def test_an_interrupted_run_keeps_what_it_had_and_leaves_no_qemu(tmp_path, number, status, words):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    pid = qemu_of(process)
    process.send_signal(number)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == status, out
    assert words in out and out.splitlines()[-1].endswith("summary.csv")
    assert not alive(pid)
    assert (tmp_path / "run/samples.csv").read_text().count("\n") > 3
    assert (tmp_path / "run/summary.csv").read_text().count("\n") > 1
    assert '"status": "interrupted"' in (tmp_path / "run/run.json").read_text()


def test_a_qemu_that_is_killed_is_said_and_what_was_measured_is_kept(tmp_path):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    os.kill(qemu_of(process), signal.SIGKILL)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == 1
    assert "killed by signal 9" in out and "no end record" in out
    assert (tmp_path / "run/summary.csv").read_text().count("\n") > 1


def test_no_qemu_outlives_a_hartlock_that_is_killed(tmp_path):
    process = start(tmp_path / "run")
    until_a_trial_is_kept(process)
    pid = qemu_of(process)
    process.kill()
    process.communicate(timeout=30)
    deadline = time.monotonic() + 10
    while alive(pid) and time.monotonic() < deadline:
        pass
    assert not alive(pid)


def test_a_full_disk_ends_the_run_with_a_message(tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96k", "tmpfs", str(small)],
                                           capture_output=True, check=False).returncode != 0:
        pytest.skip("a small tmpfs cannot be mounted here (needs root)")
    try:
        done = run_bench(small / "run", *TWO, "--trials", "100")
        assert done.status == 1, done.out
        assert "No space left on device" in done.out
        assert (small / "run/uart.log").stat().st_size > 10_000
    finally:
        subprocess.run(["umount", str(small)], check=False)


def test_a_damaged_log_is_counted_by_line(replay):
    log = recorded("run")
    done = replay(log.replace(b"pass=latency hart=1", b"pass=latency hrt=1"))
    assert done.status == 1
    assert re.search(r"uart.log: 2 damaged record\(s\), the first at line \d+: a damaged record: its checksum", done.out)
    assert "is left out: some of its records did not arrive" in done.out
    assert done.row("null", 1)["check"] == "pass"  # one hart: none of its records was hit


def test_on_a_terminal_there_is_a_bar_and_the_csv_comes_last(tmp_path, terminal):
    child = pexpect.spawn(str(TOP / "run-bench.sh"), [*QUICK, *TWO, "--engine", "both", "--out", str(tmp_path / "run")],
                          dimensions=(40, 80), timeout=60, encoding="utf-8", env={**os.environ, "TERM": "xterm"})
    child.expect("━")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", child.before)
    assert "…" not in plain  # nothing is cut off at 80 columns
    assert plain.rstrip().splitlines()[-1].endswith("summary.csv")
