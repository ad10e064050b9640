"""A source that is started here: QEMU with the kernel in it, or the bench on threads."""

import ctypes
import fcntl
import functools
import os
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue

from hartlock.base.errors import UsageError
from hartlock.engine.own_time import LOOK_S, OwnTime
from hartlock.engine.source import Source

PREFIX = "hartlock-"  # begins the name of a process's folder
NEW_S = 60
GRACE_S = 5  # for a program to end in, after its last word
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)  # loaded here, because a child of several threads must not load anything


def dies_with_parent(number: int) -> Callable[[], None]:
    """Returns what a child calls to be sent that signal when its parent has died."""
    def ask() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)

    return ask


@functools.cache
def clean() -> None:
    """Remove, once, the folders of commands that were killed: nobody has them in use any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with suppress(OSError):
            _remove_left(folder)


def _remove_left(folder: Path) -> None:
    """Remove a folder of this user that has no command. A new one may be about to get it. Raises OSError."""
    known = folder.lstat()
    if known.st_uid != os.getuid() or known.st_mtime > time.time() - NEW_S:
        return
    fd = os.open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(fd)


class Process(Source):
    """A running program, which never outlives the `with` block."""

    def __init__(self, command: Callable[[Path], list[str]]):
        """`command` is called with a folder that lasts as long as the process."""
        clean()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self._in_use = os.open(self._folder.name, os.O_RDONLY)
        fcntl.flock(self._in_use, fcntl.LOCK_SH)
        self._errors = open(Path(self._folder.name) / "stderr", "w+b")
        super().__init__(command(Path(self._folder.name)))
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
        if not self._errors.closed:
            self._errors.close()
            self._folder.cleanup()
            os.close(self._in_use)

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
