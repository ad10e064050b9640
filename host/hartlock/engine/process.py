"""A source that is started here: QEMU with the kernel in it, or the bench on threads."""

import ctypes
import os
import select
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from hartlock.base.errors import UsageError
from hartlock.engine.own_time import LOOK_S, OwnTime
from hartlock.engine.source import Source

GRACE_S = 5  # for a program to end in, after its last word
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here, because a child of several threads must not load anything


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


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
        self._time = OwnTime(self.pid)

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

    def worked(self) -> float:
        """The process's own time, in seconds."""
        return self._time.seconds()

    def clock(self) -> str:
        return f"in which {self.name} could work"

    def read(self, patience_s: float) -> bytes | None:
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        return os.read(out, 65536) if select.select([out], [], [], patience_s)[0] else None

    def status(self) -> int:
        """The exit status. A program that has closed its output and lingers is killed."""
        begin = self.moment()
        while self._process.poll() is None and not self.moment().is_after(begin, GRACE_S):
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(LOOK_S)
        self._process.kill()  # does nothing to one that has ended
        return self._process.wait()

    def errors(self) -> str:
        """The text that it wrote on its standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()


class Drained(Process):
    """A running program whose bytes are taken as they come, so that it never waits for its reader."""

    def __init__(self, command: Callable[[Path], list[str]]):
        super().__init__(command)
        self._said: SimpleQueue[bytes] = SimpleQueue()
        self._drain = threading.Thread(target=self._take, daemon=True)
        self._drain.start()

    def _take(self) -> None:
        assert self._process.stdout is not None
        out, data = self._process.stdout.fileno(), b"?"
        while data:
            data = os.read(out, 65536)
            self._said.put(data)

    def read(self, patience_s: float) -> bytes | None:
        with suppress(Empty):
            return self._said.get(timeout=patience_s)
        return None

    def close(self) -> None:
        self._process.kill()  # does nothing to one that was waited for
        self._drain.join()
        super().close()
