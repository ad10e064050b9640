"""The standard streams of a command. A reader that goes away ends the command; a stream that takes no more does not."""

import io
import os
import sys
from signal import SIGPIPE
from typing import cast

from hartlock.base import ends


class Output(io.TextIOWrapper):
    """A stream to print on. What it cannot show is written out. When it takes no more, the rest is dropped."""

    lost: OSError | None = None  # the reason

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError as e:
            self._lose(e)
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except OSError as e:
            self._lose(e)

    def _lose(self, why: OSError) -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        self.lost = self.lost or why
        if isinstance(why, BrokenPipeError) and self is sys.stdout:
            ends.arrive(SIGPIPE)


def _open_closed() -> None:
    """Open the streams that were closed at the start: the next file that is opened would get the number of one."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free: this one
            setattr(sys, name, open(number, "r" if number == 0 else "w", encoding="utf-8", closefd=False))


def begin() -> None:
    """Make standard output and standard error an Output each."""
    _open_closed()
    for name in ("stdout", "stderr"):
        old = cast(io.TextIOWrapper, getattr(sys, name))
        encoding, by_line = old.encoding, old.line_buffering or name == "stderr"
        setattr(sys, name, Output(old.detach(), encoding, "backslashreplace", line_buffering=by_line))


def end() -> str:
    """Write what is left. Returns why not all was written, or ""."""
    sys.stdout.flush()
    lost = sys.stdout.lost if isinstance(sys.stdout, Output) else None
    return lost.strerror or str(lost) if lost else ""
