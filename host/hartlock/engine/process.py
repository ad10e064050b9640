"""A source that is started here: QEMU with the kernel in it, or the bench on threads."""

import ctypes
import os
import select
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from hartlock.base.errors import UsageError
from hartlock.engine.own_time import LOOK_S, OwnTime
from hartlock.engine.source import Source
from hartlock.engine.temporary import Folder

GRACE_S = 5  # for a program to end in, after its last word
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here, because a child of several threads must not load anything


def dies_with_parent(number: int) -> Callable[[], None]:
    """Returns what a child calls to be sent that signal when its parent has died."""
    def ask() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)

    return ask


class Process(Source):
    """A running program, which never outlives the `with` block."""

    def __init__(self, command: Callable[[Path], list[str]]):
        """`command` is called with a folder that lasts as long as the process."""
        self._folder = Folder()
        self._errors = open(self._folder.path / "stderr", "w+b")
        super().__init__(command(self._folder.path))
        try:
            # A session of its own: Ctrl-C reaches hartlock, which then ends it.
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
                start_new_session=True, preexec_fn=dies_with_parent(signal.SIGKILL))
        except OSError as e:
            self._remove()
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
        self._remove()

    def _remove(self) -> None:
        """Remove its folder, if it is still there."""
        self._errors.close()
        self._folder.remove()

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
