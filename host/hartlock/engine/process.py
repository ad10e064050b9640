"""A source that is started here: QEMU with the kernel in it, or the bench on threads."""

import ctypes
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.engine.source import Source

GRACE_S = 5  # for a program to end in, after its last word
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process(Source):
    """A running program, which never outlives the `with` block."""

    def __init__(self, command: Callable[[Path], list[str]]):
        """`command` is called with a folder that lasts as long as the process."""
        self._folder = tempfile.TemporaryDirectory(prefix="hartlock-")
        self._errors = open(Path(self._folder.name) / "stderr", "w+b")
        super().__init__(command(Path(self._folder.name)))
        try:
            # A session of its own: Ctrl-C reaches hartlock, which then ends it.
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
                start_new_session=True, preexec_fn=_die_with_parent)
        except OSError as e:
            self._errors.close()
            self._folder.cleanup()
            raise UsageError(f"cannot start {self.command[0]}: {e.strerror}") from e

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        """Kill it if it still runs, and remove its folder."""
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def read(self, patience_s: float) -> bytes | None:
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        return os.read(out, 65536) if select.select([out], [], [], patience_s)[0] else None

    def status(self) -> int:
        """The exit status. A program that has closed its output and lingers is killed."""
        try:
            return self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def errors(self) -> str:
        """The text that it wrote on its standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()
