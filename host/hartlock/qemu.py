"""The tcg engine: the kernel in QEMU, harts on threads of this computer."""

import ctypes
import os
import select
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hartlock import qmp
from hartlock.errors import UsageError
from hartlock.tools import QEMU

MEMORY = "256M"
GRACE_S = 5  # for QEMU to end after the guest has
_PR_SET_PDEATHSIG = 1


@dataclass
class Limits:
    """No run waits for ever."""

    silence_s: float  # without a byte from the guest
    total_s: float


class Silent(Exception):
    """A limit ran out; carries where each hart was."""

    def __init__(self, why: str, harts: dict[int, dict[str, int]]):
        super().__init__(why)
        self.harts = harts


def command(image: Path, smp: int, bootargs: str, cpu: str, extra: Sequence[str], monitor: Path) -> list[str]:
    # -icount runs the harts in turns on one thread: it excludes thread=multi.
    threads = [] if {"-icount", "-accel"} & set(extra) else ["-accel", "tcg,thread=multi"]
    return [
        QEMU, "-machine", "virt", "-cpu", cpu, "-m", MEMORY, "-smp", str(smp), *threads, "-bios", "default", "-kernel", str(image),
        "-append", bootargs, "-display", "none", "-monitor", "none", "-serial", "stdio",
        "-no-reboot", "-qmp", f"unix:{monitor},server=on,wait=off", *extra,
    ]


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Machine:
    """A running QEMU. Use as a context manager: it never outlives the block."""

    def __init__(self, image: Path, smp: int, bootargs: str, cpu: str, extra: Sequence[str]):
        self._folder = tempfile.TemporaryDirectory(prefix="hartlock-")
        self._monitor = Path(self._folder.name) / "qmp"
        self._errors = open(Path(self._folder.name) / "stderr", "w+b")
        self.command = command(image, smp, bootargs, cpu, extra, self._monitor)
        self.started = time.monotonic()
        try:
            # A session of its own: Ctrl-C reaches hartlock, which then ends QEMU.
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._errors,
                start_new_session=True, preexec_fn=_die_with_parent)
        except OSError as e:
            self._folder.cleanup()
            raise UsageError(f"cannot start {QEMU}: {e.strerror}") from e

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> "Machine":
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

    def chunks(self, limits: Limits) -> Iterator[bytes]:
        """What the guest says, as it says it, until QEMU closes its console."""
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        heard = time.monotonic()
        while True:
            now = time.monotonic()
            left = min(heard + limits.silence_s, self.started + limits.total_s) - now
            if left <= 0:
                silent = now - heard >= limits.silence_s
                why = (f"nothing was heard from the kernel for {limits.silence_s:.0f} s" if silent
                       else f"the run took more than {limits.total_s:.0f} s")
                raise Silent(why, qmp.registers(self._monitor))
            if select.select([out], [], [], left)[0]:
                data = os.read(out, 65536)
                if not data:
                    return
                heard = time.monotonic()
                yield data

    def status(self) -> int:
        """Exit status of a QEMU that has closed its console; kills one that lingers."""
        try:
            return self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def errors(self) -> str:
        """What QEMU itself said on its standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace").strip()
