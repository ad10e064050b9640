"""A command that is ended says a sentence, whenever that is, and loses no row. It leaves no process and no temporary folder."""

import fcntl
import os
import pty
import shutil
import signal
import subprocess
import tty

import pexpect
import pytest
from support.ending import Command, descendants, holds_what_was_measured
from support.run import QUICK, TOP
from support.sampling import sampled
from support.synthetic import around, folder_of

from hartlock.base.errors import UsageError
from hartlock.engine import build, temporary

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MODEL = ("--engine", "model", "--machine", "generic-8", "--smp", "2", "--lock", "cas,mcs", "--model-duration", "20")
MEASURING = {
    "run": (("--trials", "200", *MODEL), "[3/"),
    "tcg": (("--engine", "tcg", "--smp", "2", "--lock", "cas", *QUICK, "--trials", "50"), "[3/"),
    "sweep": (("sweep", *MODEL, "--trials", "40", "--boots", "3", "--no-report"), "["),
    "native": (("--engine", "native", "--smp", "2", "--lock", "cas", *QUICK, "--trials", "50"), "[3/"),
}


@sampled("kind,number", [(kind, number) for kind in MEASURING for number in SIGNALS],
         quick=lambda kind, number: (kind, number) in (("run", signal.SIGHUP), ("tcg", signal.SIGTERM), ("sweep", signal.SIGTERM)))
def test_a_signal_while_it_measures(tmp_path, kind, number):
    words, first = MEASURING[kind]
    Command(tmp_path, *words, "--out", tmp_path / "run").until(first).end(number)
    assert holds_what_was_measured(tmp_path / "run") >= 1


@pytest.mark.parametrize("words", [("stress", "--engine", "model", "--for", "1h"), ("probe", "--engine", "model")])
def test_a_signal_to_a_command_that_says_nothing_meanwhile(tmp_path, words):
    one = Command(tmp_path, *words, "--smp", "2", "--out", tmp_path / "run")
    while not (tmp_path / "run/run.json").exists() or not any("hartlock-machine" in line for line in descendants(one.mark)):
        assert one.process.poll() is None
    one.process.send_signal(signal.SIGTERM)
    one.ended(143, "interrupted")
    assert '"status": "interrupted"' in (tmp_path / "run/run.json").read_text()

@pytest.fixture
def line():
    """A serial line: what the board sends is written to it; and the device that it is heard by."""
    board, host = pty.openpty()
    tty.setraw(host)
    yield lambda data: os.write(board, data), os.ttyname(host)
    os.close(board)
    os.close(host)


def test_a_signal_before_a_board_has_said_anything(tmp_path, terminal, line):
    Command(tmp_path, "--serial", line[1], "--out", tmp_path / "run").until("start the board now").end(signal.SIGTERM)
    assert not (tmp_path / "run").exists()


def test_a_signal_while_a_board_is_heard(tmp_path, terminal, line):
    one = Command(tmp_path, "--serial", line[1], "--out", tmp_path / "run").until("start the board now")
    said = (TOP / "tests/support/logs/board.log").read_bytes()
    for at in range(0, said.index(b"@trial n=", 3 * len(said) // 4), 1024):
        line[0](said[at:at + 1024])
    one.until("[2/").end(signal.SIGINT)
    assert holds_what_was_measured(tmp_path / "run") >= 2


@pytest.fixture
def fifo(tmp_path):
    """A pipe by which a program waits for the test: the path, and a function that lets it go on."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path, lambda: path.write_text("go\n")


@sampled("number", SIGNALS, quick=lambda number: number == signal.SIGTERM)
def test_a_signal_while_it_builds(tmp_path, fifo, number):
    """The compiler waits for ever, as a child of make."""
    compiler = tmp_path / f"slow-{os.getpid()}-cc"
    compiler.write_text(f'#!/bin/sh\ncase "$*" in *" -c "*) echo >$TMPDIR/left; read line <{fifo[0]};; esac\nexec cc "$@"\n')
    compiler.chmod(0o755)
    try:
        one = Command(tmp_path, "--engine", "native", "--smp", "1", "--lock", "cas", "--out", tmp_path / "run", builds=True,
                      env={"HOSTCC": str(compiler)})
        one.until("building the bench on threads").end(number)
    finally:
        shutil.rmtree(build.BUILD / compiler.name, ignore_errors=True)
    assert not (tmp_path / "run").exists()


def test_a_signal_while_it_waits_for_another_build(tmp_path):
    with open(build.BUILD / ".lock", "a+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        Command(tmp_path, *MODEL, builds=True).until("waiting for another build").end(signal.SIGTERM)


def test_the_wait_for_another_build_has_an_end(monkeypatch):
    monkeypatch.setattr(build, "LIMIT_S", 0)
    with open(build.BUILD / ".lock", "a+", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="was not built: another build, by process .*, has held .*lock for 0 s"), build._lock("it"):
            pass


@pytest.mark.parametrize("stage", ["find_spec", "hartlock"])
def test_a_signal_before_python_has_begun(tmp_path, fifo, stage):
    """A signal that comes while Python is looked for, or begins, waits for somebody who can say a sentence."""
    here, python = tmp_path / "here", tmp_path / "python"
    os.mkfifo(here)
    python.write_text(f'#!/bin/sh\ncase "$*" in *{stage}*) echo >{here}; read line <{fifo[0]};; esac\nexec /usr/bin/python3 "$@"\n')
    python.chmod(0o755)
    one = Command(tmp_path, "--list-locks", env={"PYTHON": str(python)})
    here.read_text()
    one.process.send_signal(signal.SIGTERM)
    fifo[1]()
    assert one.ended(143, "").said == "hartlock: interrupted by SIGTERM\n"


@pytest.mark.deep
@pytest.mark.parametrize("turn", range(30))
def test_a_signal_at_any_moment(tmp_path, turn):
    """Moments that lie 50 ms apart; every third time with a second signal."""
    number = SIGNALS[turn % 3]
    one = Command(tmp_path, *MODEL, "--trials", "100", "--out", tmp_path / "run")
    try:
        one.process.wait(0.05 * turn)
    except subprocess.TimeoutExpired:
        pass
    one.process.send_signal(number)
    if turn % 3 == 2:
        one.process.send_signal(signal.SIGTERM)
    said, status = one.process.communicate(timeout=60)[0], one.process.returncode
    assert "Traceback" not in said and descendants(one.mark) == [] and list(one.temporary.iterdir()) == []
    assert status in (128 + number, -number, 143), said
    if (tmp_path / "run").exists():
        holds_what_was_measured(tmp_path / "run", "complete" if "by SIG" not in said.partition("results:")[0] else "interrupted")


def test_a_reader_that_goes_away(tmp_path):
    words, first = MEASURING["run"]
    one = Command(tmp_path, *words, "--out", tmp_path / "run", stderr=subprocess.PIPE).until(first)
    one.process.stdout.close()
    one.process.stdout = None
    one.ended(141, "nobody reads the output any more: what was measured until then is kept")
    assert holds_what_was_measured(tmp_path / "run") >= 1


def test_a_terminal_that_is_hung_up(tmp_path, terminal):
    """The end of an ssh connection: SIGHUP, and every later write fails."""
    words, _ = MEASURING["run"]
    child = pexpect.spawn(str(TOP / "run-bench.sh"), [*words, "--out", str(tmp_path / "run")], encoding="utf-8", timeout=60)
    child.expect("mcs on 2")
    child.ptyproc.fileobj.close()
    assert os.waitstatus_to_exitcode(os.waitpid(child.pid, 0)[1]) == 129
    assert holds_what_was_measured(tmp_path / "run") >= 1


def test_standard_output_that_is_full(tmp_path):
    """It is no reason to stop measuring; but somebody has to be told."""
    with open("/dev/full", "w", encoding="utf-8") as full:
        Command(tmp_path, *MODEL, "--trials", "2", "--out", tmp_path / "run", stdout=full, stderr=subprocess.PIPE).ended(
            1, "hartlock: not all could be printed: No space left on device")
    assert holds_what_was_measured(tmp_path / "run", "complete") == 10


def test_standard_output_that_is_closed(tmp_path):
    done = subprocess.run(["sh", "-c", f"exec {TOP}/run-bench.sh {' '.join(MODEL)} --trials 1 --out {tmp_path}/run >&-"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "") and holds_what_was_measured(tmp_path / "run", "complete") == 5


@pytest.mark.parametrize("words", [("report",), ("advise",), ("--list-locks",)])
def test_a_full_output_of_a_command_that_only_prints(tmp_path, words):
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260), ("ticket", 8): around(400)})
    with open("/dev/full", "w", encoding="utf-8") as full:
        Command(tmp_path, *words, *([folder] if words[0][0] != "-" else []), stdout=full, stderr=subprocess.PIPE).ended(
            1, "hartlock: not all could be printed: No space left on device")


def test_the_folders_of_a_command_that_was_killed_are_removed_by_the_next(tmp_path, monkeypatch):
    words, first = MEASURING["run"]
    one = Command(tmp_path, *words, "--out", tmp_path / "run").until(first)
    one.process.kill()
    one.process.communicate(timeout=60)
    left = list(one.temporary.iterdir())
    monkeypatch.setattr(temporary.tempfile, "tempdir", str(one.temporary))
    while descendants(one.mark):
        pass
    temporary.clean.__wrapped__()
    assert left and list(one.temporary.iterdir()) == left  # they are new: somebody may be about to use one
    for folder in left:
        os.utime(folder, (0, 0))
    in_use = one.temporary / "hartlock-in-use"
    in_use.mkdir()
    fd = os.open(in_use, os.O_RDONLY)
    fcntl.flock(fd, fcntl.LOCK_SH)
    os.utime(in_use, (0, 0))
    temporary.clean.__wrapped__()
    assert list(one.temporary.iterdir()) == [in_use]
    os.close(fd)
