"""A program that says records: QEMU with the kernel in it, or the bench on threads."""

import ctypes
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from hartlock.base.errors import UsageError

GRACE_S = 5  # to end in, after the last word
_PR_SET_PDEATHSIG = 1


@dataclass
class Limits:
    """No run waits for ever."""

    silence_s: float  # without a byte
    total_s: float


class Silent(Exception):
    """A limit ran out; carries where each hart was, a line each."""

    def __init__(self, why: str, harts: list[str]):
        super().__init__(why)
        self.harts = harts


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """Running. Use as a context manager: it never outlives the block."""

    name = ""  # what messages call it
    key = ""  # what its keys in run.json begin with
    speaker = ""  # whose words its standard output are

    def __init__(self, command: Callable[[Path], list[str]]):
        """`command` gets a folder that lasts as long as the process."""
        self._folder = tempfile.TemporaryDirectory(prefix="hartlock-")
        self._errors = open(Path(self._folder.name) / "stderr", "w+b")
        self.command = command(Path(self._folder.name))
        self.started = time.monotonic()
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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            with suppress(ProcessLookupError):
                self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._errors.close()
        self._folder.cleanup()

    def registers(self) -> dict[int, dict[str, int]]:
        """{hart id: {register: value}}, where harts have any that somebody can ask for."""
        return {}

    def where(self) -> list[str]:
        """Where each hart is now, a line each; or why that cannot be said."""
        raise NotImplementedError

    def chunks(self, limits: Limits) -> Iterator[bytes]:
        """What it says, as it says it, until it closes its output."""
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        heard = time.monotonic()
        while True:
            now = time.monotonic()
            left = min(heard + limits.silence_s, self.started + limits.total_s) - now
            if left <= 0:
                silent = now - heard >= limits.silence_s
                why = (f"nothing was heard from {self.speaker} for {limits.silence_s:.0f} s" if silent
                       else f"the run took more than {limits.total_s:.0f} s")
                raise Silent(why, self.where())
            if select.select([out], [], [], left)[0]:
                data = os.read(out, 65536)
                if not data:
                    return
                heard = time.monotonic()
                yield data

    def status(self) -> int:
        """Exit status of one that has closed its output; kills one that lingers."""
        try:
            return self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def errors(self) -> str:
        """What it said on its standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()
