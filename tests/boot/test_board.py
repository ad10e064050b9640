"""The board engine: a kernel that others start, heard over a serial line or read from a log."""

import os
import re
import subprocess
import threading
import time
import tomllib
import tty
import zlib

import pytest
from support.board import ASKED, IMAGE, heard, print_plan
from support.run import EVERYWHERE, TOP, run_here
from tools.record_logs import LOGS

from hartlock.engine import board
from hartlock.plan import parse, plan, profile

pytestmark = pytest.mark.usefixtures("terminal")  # each talks to a machine over one, here or there


def qemu(plan, *serial, smp=2, image=IMAGE):
    return ["qemu-system-riscv64", "-machine", "virt", "-m", "256M", "-smp", str(smp), "-display", "none", "-monitor", "none",
            "-no-reboot", "-kernel", str(image), "-append", plan, *serial]


@pytest.fixture
def log():
    """The log that a terminal program has recorded."""
    return LOGS / "board.log"


def test_a_log_gives_the_results_of_the_run(log, tmp_path):
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(log), here=True)
    assert done.status == 0, done.out + done.err
    assert {r["strategy"] for r in done.rows()} == {"ticket", "cas", "null", "clock"}
    row = done.row("ticket", 2, "board")
    assert (row["machine"], row["evidence"], row["trials_whole"]) == ("riscv-virtio,qemu", "emulated", "0")
    assert (row["trials"], row["duration_us"], row["think_instructions"], row["check"]) == ("2", "15000", "100", "pass")
    assert done.context["status"] == "complete" and done.context["image_sha256"] == ""
    assert done.log == log.read_bytes()[log.read_bytes().index(b"@boot n=0"):]


def test_of_several_runs_in_a_log_the_last_counts(log, tmp_path):
    twice = tmp_path / "twice"
    text = b"".join(b"12:00 " + line + b"\r\n" for line in log.read_bytes().split(b"\n"))  # a terminal's stamps, CR LF
    twice.write_bytes(b"noise\0\xff\n" + text[: len(text) // 2] + b"\r\n" + text)
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(twice), here=True)
    assert done.status == 0, done.out + done.err
    assert done.session("board")["records"]["faults"] == {} and done.row("cas", 2, "board")["trials_measured"] == "2"


def anew(text, old, new):
    """The text with `new` in the place of `old` in its one record that has it, and a new checksum."""
    record = next(line for line in text.split(b"\n") if line.startswith(b"@") and old in line)
    body = record.rpartition(b" *")[0].replace(old, new)
    return text.replace(record, b"%s *%08x" % (body, zlib.crc32(body)))


def test_an_image_of_other_forms_says_so(log, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(anew(log.read_bytes(), b" relax=pause unlock=store", b" relax=none unlock=amoswap"))
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(other), here=True)
    assert done.status == 0, done.out + done.err
    assert done.context["plan"]["relax"] == "none" and done.context["plan"]["unlock"] == "amoswap"


def test_evidence_is_hardware_unless_the_tree_says_qemu(log, tmp_path):
    other = tmp_path / "other"
    other.write_bytes(anew(log.read_bytes(), b"riscv-virtio,qemu", b"StarFive%20VisionFive%202"))
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(other), here=True)
    assert done.status == 0, done.out + done.err
    assert {r["evidence"] for r in done.rows()} == {"hardware"}
    assert done.row("cas", 2, "board")["machine"] == "StarFive VisionFive 2"
    assert "evidence hardware: 2 hart(s) of StarFive VisionFive 2" in done.out


def test_a_log_of_the_cost_model_is_no_evidence_of_hardware(bench, tmp_path):
    of_model = bench("--engine", "model", "--smp", "2", "--lock", "cas", "--trials", "1")
    (log,) = of_model.folder.glob("uart*.log")
    done = heard(tmp_path / "heard", "--engine", "board", "--from-log", str(log), here=True)
    assert done.status == 0, done.out + done.err
    assert {r["evidence"] for r in done.rows()} == {"modelled"}
    assert "evidence modelled: 2 hart(s) of the cost model's machine, whose profile the log does not name" in done.out


@pytest.mark.parametrize("spoil,status,words", [
    (lambda text: text[: text.rindex(b"@trial n=")], 1, "no end record: 9 of 10 trials are kept"),
    (lambda text: text.replace(b"@boot", b"@toob"), 2, "there is no @boot record"),
    (lambda text: text.replace(b"@asked", b"@aksed"), 2, "did not say what it was asked"),
    (lambda text: b"", 2, "there is no @boot record"),
    (lambda text: text[text.index(b"@pass"):], 2, "its beginning was not heard"),
    (lambda text: text[: text.index(b"@asked")] + b"nothing more\n", 2, "did not say what it was asked")])
def test_logs_that_are_not_whole(log, tmp_path, spoil, status, words):
    bad = tmp_path / "bad"
    bad.write_bytes(spoil(log.read_bytes()))
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(bad), here=True)
    assert done.status == status and words in done.out + done.err
    assert status == 1 or not done.folder.exists()


def test_a_panic_before_the_plan_is_said(tmp_path):
    to = tmp_path / "capture"
    subprocess.run(qemu("hartlock: run=tiket:2", "-serial", f"file:{to}"), stdin=subprocess.DEVNULL, check=False, timeout=60)
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(to), here=True)
    assert done.status == 2 and "tiket" in done.err


def on_a_line(folder, device, *args):
    return heard(folder, "--engine", "board", "--serial", device, *args)


def test_a_serial_line(tmp_path):
    """QEMU's UART writes to one end of a line. The test keeps that end open when QEMU is gone, as a
    board's end stays plugged in when it is powered off."""
    plan, _ = print_plan(*ASKED)
    master, slave = os.openpty()
    tty.setraw(slave)
    listener = subprocess.Popen([str(TOP / "run-bench.sh"), "--engine", "board", "--serial", os.ttyname(slave), "--out",
                                 str(tmp_path / "run")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    assert "start the board now" in listener.stdout.readline()
    subprocess.run(qemu(plan, "-serial", "stdio"), stdin=subprocess.DEVNULL, stdout=master, check=True, timeout=60)
    out = listener.communicate(timeout=90)[0]
    os.close(master), os.close(slave)
    assert listener.returncode == 0, out
    assert re.search(r"^ticket +2 ", out, re.M) and "summary.csv" in out


class Throttled:
    """A serial line of a limited rate that loses a byte now and then."""

    def __init__(self, data, rate, lose=()):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        self.name = os.ttyname(self.slave)
        self._thread = threading.Thread(target=self._send, args=(data, rate, set(lose)), daemon=True)

    def _send(self, data, rate, lose):
        begun = time.monotonic()
        for at in range(0, len(data), 64):
            while (time.monotonic() - begun) * rate < at:
                time.sleep(0.001)
            os.write(self.master, bytes(b for i, b in enumerate(data[at:at + 64], at) if i not in lose))

    def start(self):
        self._thread.start()


def test_a_slow_line_that_loses_bytes_keeps_the_other_trials(log, tmp_path):
    data = log.read_bytes()
    in_share = data.index(b"@share", data.index(b"@trial n="))
    line = Throttled(data, 28_800, lose=[in_share + 30])  # 288,000 baud
    line.start()
    done = on_a_line(tmp_path / "run", line.name)
    assert done.status == 1, done.out + done.err
    assert re.search(r"1 damaged record\(s\), the first at line \d+", done.out)
    assert "is left out: some of its records did not arrive" in done.out
    assert done.session("board")["trials_kept"] == 9


def test_a_line_that_goes_dead_is_given_up(log, tmp_path):
    data = log.read_bytes()
    line = Throttled(data[: len(data) // 2], 1_000_000)
    line.start()
    done = on_a_line(tmp_path / "run", line.name, "--time-limit", "3")
    assert done.status == 1, "the last record is damaged, too"
    assert "gave up: nothing was heard from the board for 3 s by the wall clock" in done.out
    assert 0 < done.session("board")["trials_kept"] < 10


def test_a_line_on_which_nobody_speaks(tmp_path):
    done = on_a_line(tmp_path / "run", Throttled(b"", 1).name, "--time-limit", "1")
    assert done.status == 2 and "nothing was heard from the board for 1 s" in done.err


@pytest.mark.deep
def test_an_image_with_its_plan_in_it(tmp_path):
    plan, _ = print_plan(*ASKED)
    subprocess.run(["make", "-s", "board", f"PLAN={plan}"], cwd=TOP, check=True, timeout=120, capture_output=True)
    out = subprocess.run(qemu("console=ttyS0 quiet", "-serial", "stdio", image=TOP / "build/board.bin"), check=True, timeout=60,
                         stdin=subprocess.DEVNULL, capture_output=True).stdout
    (tmp_path / "capture").write_bytes(out)
    assert re.search(rb"@asked n=\d+ from=image plan=hartlock:", out)
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(tmp_path / "capture"))
    assert done.status == 0, done.out + done.err
    given = subprocess.run(qemu("x hartlock: run=clock:1", "-serial", "stdio", image=TOP / "build/board.bin"), check=True,
                           stdin=subprocess.DEVNULL, timeout=60, capture_output=True).stdout
    assert re.search(rb"@asked n=\d+ from=bootargs", given) and b"strategy=ticket" not in given


def test_make_board_refuses_what_is_no_plan():
    done = subprocess.run(["make", "-s", "board", "PLAN=run=cas:4"], cwd=TOP, timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and "a plan begins with hartlock:" in done.stderr


@pytest.mark.deep
def test_a_default_plan_leaves_out_what_needs_an_extension(tmp_path):
    to = tmp_path / "capture"
    plan, _ = print_plan("--smp", "1", "--trials", "1")
    subprocess.run(qemu(plan, "-serial", f"file:{to}", smp=1), stdin=subprocess.DEVNULL, check=True, timeout=60)
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(to), here=True)
    assert done.status == 0, done.out + done.err
    assert {r["strategy"] for r in done.rows()} >= set(EVERYWHERE)


def test_the_volume_is_not_more_than_was_said(log):
    read, _ = parse.read(print_plan(*ASKED)[0], 2)
    data = log.read_bytes()
    assert 0.4 * board.volume(read) < len(data) - data.index(b"@boot n=0") <= board.volume(read)


def probe_log(to, smp):
    """Make the log of a board that was asked to probe. Returns its text."""
    asked, _ = print_plan("probe", "--smp", str(smp))
    subprocess.run(qemu(asked, "-serial", f"file:{to}", smp=smp), stdin=subprocess.DEVNULL, check=True, timeout=110)
    return to.read_bytes()


@pytest.fixture(scope="module")
def probed(tmp_path_factory):
    """The log of a board of one hart. Two emulated ones may take turns for seconds."""
    to = tmp_path_factory.mktemp("probed") / "capture"
    probe_log(to, 1)
    return to


def heard_probe(folder, *args, **kw):
    return heard(folder, "probe", "--engine", "board", *args, **kw)


def test_a_log_of_a_probe_gives_a_profile(probed, tmp_path):
    done = heard_probe(tmp_path / "run", "--from-log", str(probed), "--base", "inorder-4", here=True)
    assert done.status == 0, done.out + done.err
    text = (done.folder / "profile.toml").read_text()
    assert "probed on 1 hart(s) of riscv-virtio,qemu" in text and "from inorder-4" in text
    assert re.search(r"^l1_amo = [0-9.]+  # measured: probed", text, re.M) and tomllib.loads(text)["harts"] == 1
    assert "evidence emulated" in done.out and done.context["sessions"][0]["engine"] == "board"
    assert re.search(r"^# isa: rv64i\w+$", text, re.M) and profile.isa_of(text).startswith("rv64i")


def test_a_probe_names_the_commands_that_answer_and_its_folder_names_the_first(probed, tmp_path):
    done = heard_probe(tmp_path / "run", "--from-log", str(probed), here=True)
    command = f"./run-bench.sh sweep --machine {done.folder}/profile.toml"
    assert re.search(rf"next, .*\n +{re.escape(command)}\n +\./run-bench\.sh advise$", done.out.rstrip())
    said = run_here("advise", done.folder)
    assert said.returncode == 2 and f"a probe's folder, with a machine profile and no lock's times; measure these first: {command}" in said.stderr


@pytest.mark.deep
def test_a_log_of_two_harts_has_their_hand_offs(tmp_path):
    probe_log(tmp_path / "capture", 2)
    done = heard_probe(tmp_path / "run", "--from-log", str(tmp_path / "capture"), here=True)
    assert done.status == 0, done.out + done.err
    assert {(r["a"], r["b"]) for r in done.rows("probe.csv") if r["kind"] == "handoff"} == {("0", "1"), ("1", "0")}


def test_a_probe_is_heard_over_a_line(probed, tmp_path):
    line = Throttled(probed.read_bytes(), 28_800)
    line.start()
    done = heard_probe(tmp_path / "run", "--serial", line.name)
    assert done.status == 0 and (done.folder / "profile.toml").exists(), done.out + done.err


def test_a_probe_that_lost_a_record_gives_no_profile(probed, tmp_path):
    record = next(line for line in probed.read_bytes().split(b"\n") if b"kind=mul" in line)
    (tmp_path / "torn").write_bytes(probed.read_bytes().replace(record, record[:40]))
    done = heard_probe(tmp_path / "run", "--from-log", str(tmp_path / "torn"), here=True)
    assert done.status == 1 and "1 measurements did not arrive, the first is mul 0 0" in done.out
    assert not (done.folder / "profile.toml").exists()


def test_a_log_is_read_by_the_command_that_it_is_of(probed, log, tmp_path):
    done = heard(tmp_path / "run", "--engine", "board", "--from-log", str(probed), here=True)
    assert done.status == 2 and "./run-bench.sh probe reads that" in done.err
    done = heard_probe(tmp_path / "run", "--from-log", str(log), here=True)
    assert done.status == 2 and "was not asked to probe" in done.err
    done = heard_probe(tmp_path / "run", "--from-log", str(probed), "--smp", "2", here=True)
    assert done.status == 2 and "--smp: the board has its plan already" in done.err and "probe --engine board --print-plan" in done.err


def test_the_volume_of_a_probe_is_not_more_than_was_said(probed):
    data = probed.read_bytes()
    assert len(data) - data.index(b"@boot n=0") <= board.volume(plan.probe(1, 1))
