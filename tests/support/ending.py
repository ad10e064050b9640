"""Commands that are ended from outside: what they leave of processes and temporary folders."""

import json
import os
import signal
import subprocess
import uuid
from pathlib import Path

from support.run import BUILDS, TOP, rows_of

MARK = "HARTLOCK_TEST_MARK"


def descendants(mark):
    """The command lines of the processes that have this mark in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if f"{MARK}={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except (OSError, ProcessLookupError):
            continue
    return found


class Command:
    """./run-bench.sh ARGS under way, with a folder of its own for temporary files, and a mark on all that it starts."""

    def __init__(self, tmp_path, *args, env=None, builds=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT):
        self.temporary, self.mark = tmp_path / "temporary", uuid.uuid4().hex
        self.temporary.mkdir(exist_ok=True)
        known = {**os.environ, **(BUILDS if builds else {}), "TMPDIR": str(self.temporary), MARK: self.mark, **(env or {})}
        self.process = subprocess.Popen(
            [str(TOP / "run-bench.sh"), *map(str, args)], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
            text=True, env=known, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.said = ""

    def until(self, words):
        """Read what it prints up to a line that has these words."""
        for line in self.process.stdout:
            self.said += line
            if words in line:
                return self
        raise AssertionError(self.said)

    def end(self, number):
        """Send it the signal, wait for its end, and hold it to what every command owes."""
        self.process.send_signal(number)
        return self.ended(128 + number, f"interrupted by {signal.Signals(number).name}")

    def ended(self, status, words):
        """Wait for its end, and hold it to what every command owes."""
        self.said += "".join(filter(None, self.process.communicate(timeout=60)))
        assert self.process.wait(60) == status, self.said
        assert words in self.said and "Traceback" not in self.said, self.said
        assert descendants(self.mark) == [] and list(self.temporary.iterdir()) == []
        return self


def holds_what_was_measured(folder, status="interrupted"):
    """Hold a results folder to its end: the status, and a summary of all its trials."""
    assert json.loads((folder / "run.json").read_text())["status"] == status
    trials, summary = rows_of(folder, "trials.csv"), rows_of(folder)
    assert len(trials) == sum(int(row["trials_measured"]) for row in summary)
    return len(trials)
