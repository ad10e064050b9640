"""The own time of a process: the seconds in which it could work. Limits on silence count it, not the wall clock.

On a busy computer a process waits for a processor, and can say nothing meanwhile. Its own time stands still then, and while it
is stopped (SIGSTOP). It passes like the wall clock's while the process gets every processor that it wants, and while it
sleeps: then it could work, but has nothing to do.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from hartlock.base import toolchain

LOOK_S = 0.25  # from one look at a process to the next, at the least
_TICKS_HZ = os.sysconf("SC_CLK_TCK")
_STATE, _UTIME, _STIME = 0, 11, 12  # the words of /proc/PID/stat, counted behind the name


class Look(NamedTuple):
    """The state of a process, with its descendants, at one moment."""

    cpu_s: float  # processor time that it has used
    wanting: int  # threads that run, or wait for a processor or a disk
    stopped: bool


def _stat(path: Path) -> list[str]:
    """The words of a stat file behind the name; [] if the process is gone."""
    with suppress(OSError):
        return path.read_text(errors="replace").rpartition(")")[2].split()
    return []


def _family(pid: int) -> Iterator[Path]:
    """The /proc folders of a process and of its descendants."""
    folder = Path(f"/proc/{pid}")
    yield folder
    for task in folder.glob("task/*/children"):
        with suppress(OSError):
            for child in task.read_text().split():
                yield from _family(int(child))


def look(pid: int) -> Look | None:
    """Look at a process; None if it is gone."""
    folders = {folder: stat for folder in _family(pid) if (stat := _stat(folder / "stat"))}
    if not folders:
        return None
    states = [stat[_STATE] for folder in folders for task in folder.glob("task/*/stat") if (stat := _stat(task))]
    ticks = sum(int(stat[_UTIME]) + int(stat[_STIME]) for stat in folders.values())
    return Look(ticks / _TICKS_HZ, sum(state in "RD" for state in states),
                any(stat[_STATE] in "Tt" for stat in folders.values()))


class OwnTime:
    """A clock of a process's own time, in seconds from its making on."""

    def __init__(self, pid: int, looking: Callable[[int], Look | None] = look,
                 wall: Callable[[], float] = time.monotonic):
        self._pid, self._looking, self._wall = pid, looking, wall
        self._processors = toolchain.host_processors()
        self._seconds, self._at, self._last = 0.0, wall(), looking(pid)

    def seconds(self) -> float:
        """The own time until now. It is brought up to date four times a second."""
        elapsed = self._wall() - self._at
        if elapsed >= LOOK_S:
            seen = self._looking(self._pid)
            self._seconds += min(elapsed, self._passed(elapsed, seen))
            self._at, self._last = self._at + elapsed, seen
        return self._seconds

    def _passed(self, elapsed: float, seen: Look | None) -> float:
        """The own time that passed in `elapsed` seconds, at whose end the process was as `seen`."""
        if seen is None or self._last is None:
            return elapsed
        if not seen.wanting and not seen.stopped:
            return elapsed
        used = max(0.0, seen.cpu_s - self._last.cpu_s)  # a child that has ended takes its time with it
        return used / max(1, min(seen.wanting, self._processors))
