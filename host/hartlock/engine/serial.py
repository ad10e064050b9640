"""The line to a board: a serial port, or a log of what came over one. Neither starts the board."""

import fcntl
import os
import select
import termios
import time
import tty
from collections.abc import Iterator
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.engine import capture
from hartlock.engine.source import Limits, Source


class Line(Source):
    """The line from a board. It has no exit status, and cannot be asked where the harts are."""

    name, key, speaker = "the line to the board", "board", "the board"

    def __init__(self, command: list[str]):
        super().__init__(command)
        self._first, self._error = b"", ""
        self.remarks: list[str] = []  # about what was heard

    def unread(self, data: bytes) -> None:
        """Make chunks() begin with `data`, and let time count from now on."""
        self._first, self.started = data, time.monotonic()

    def chunks(self, limits: Limits) -> Iterator[bytes]:
        if self._first:
            yield self._first
        yield from super().chunks(limits)

    def seen(self) -> str:
        """A clause that says what was heard, for a line that can be looked at again; "" for another."""
        return ""

    def where(self) -> list[str]:
        return ["a board cannot be asked where its harts are"]

    def status(self) -> int:
        return 1 if self._error else 0

    def errors(self) -> str:
        return self._error


class Log(Line):
    """The log that a terminal program recorded of a run."""

    name = "the log"

    def __init__(self, path: Path):
        super().__init__(["from-log", str(path)])
        try:
            self._data = self._all = capture.lines_of(path.read_bytes())
        except OSError as e:
            raise UsageError(f"--from-log {path}: {e.strerror}") from e
        except UsageError as e:
            raise UsageError(f"--from-log {path}: {e}") from e

    def seen(self) -> str:
        return capture.seen(self._all)

    def read(self, patience_s: float) -> bytes | None:
        data, self._data = self._data, b""
        return data

    def close(self) -> None:
        pass


def speed(baud: int) -> int:
    """The constant of termios for `baud` bits a second."""
    known = {int(name[1:]): number for name, number in vars(termios).items() if name[0] == "B" and name[1:].isdigit()}
    if not baud or baud not in known:
        raise UsageError(f"--baud {baud}: this system has {', '.join(str(n) for n in sorted(known) if n >= 9600)}")
    return int(known[baud])


class Serial(Line):
    """A serial port, read raw; nobody else may open it meanwhile."""

    def __init__(self, device: str, baud: int):
        super().__init__(["serial", device, str(baud)])
        code = speed(baud)
        try:
            self._fd = os.open(device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except OSError as e:
            raise UsageError(f"--serial {device}: {e.strerror}") from e
        try:
            fcntl.ioctl(self._fd, termios.TIOCEXCL)  # no second program shall take some of the bytes
            tty.setraw(self._fd, termios.TCSANOW)  # bytes that have come in already stay
            mode = termios.tcgetattr(self._fd)
            mode[2] = (mode[2] | termios.CLOCAL | termios.CREAD) & ~(termios.CRTSCTS | termios.HUPCL)
            mode[4] = mode[5] = code
            termios.tcsetattr(self._fd, termios.TCSANOW, mode)
        except (OSError, termios.error) as e:
            os.close(self._fd)
            raise UsageError(f"--serial {device}: it cannot be set up as a serial line: {e.args[-1]}") from e

    def read(self, patience_s: float) -> bytes | None:
        if not select.select([self._fd], [], [], patience_s)[0]:
            return None
        try:
            data = os.read(self._fd, 65536)
        except BlockingIOError:
            return None
        except OSError as e:
            self._error = f"{self.command[1]}: {e.strerror}"
            return b""
        if not data:
            self._error = f"{self.command[1]}: it was closed"
        return data

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)
