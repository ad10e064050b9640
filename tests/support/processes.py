"""Runs under way: start one, wait for its first trial, find its QEMU."""

import signal
import subprocess
from pathlib import Path

from support.run import QUICK, TOP

TWO = ("--smp", "2", "--lock", "cas")


def start(folder, *args):
    return subprocess.Popen(
        [str(TOP / "run-bench.sh"), *QUICK, "--trials", "50", "--engine", "tcg", *TWO, "--out", str(folder), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        # SIGINT acts as under a terminal: a shell's background job ignores it, and so would its children
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


def until_a_trial_is_kept(process):
    for line in process.stdout:
        if line.startswith("[3/"):
            return
    raise AssertionError("no trial ended")


def qemu_of(process):
    """The pid of the QEMU that this run started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return next(int(pid) for pid in children if Path(f"/proc/{pid}/comm").read_text().startswith("qemu"))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as f:
            return f.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
