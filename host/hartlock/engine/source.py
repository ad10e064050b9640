"""A source of records gives bytes and may fall silent. Programs and serial lines are sources.

The limits of waiting count the source's own clock (worked()). A program's is its own time (own_time.py), which a busy computer
does not use up. For a board, of which no process is here, it is the wall clock.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from hartlock.engine.own_time import LOOK_S

FAR = 20  # so many times the limit on silence is waited by the wall clock, for a program that never gets to work


@dataclass
class Limits:
    """The limits of waiting, in seconds of the source's clock: no run waits for ever."""

    silence_s: float  # without a byte
    total_s: float


class Silent(Exception):
    """Raised when a limit runs out. It carries a line for each hart that says where it was."""

    def __init__(self, why: str, harts: list[str]):
        super().__init__(why)
        self.harts = harts


@dataclass
class Moment:
    """A moment by the source's clock and by the wall clock, both in seconds from some point on."""

    own: float
    wall: float

    def is_after(self, begin: "Moment", limit_s: float) -> bool:
        """True if a limit that began at `begin` has run out; far later by the wall clock it has run out in any case."""
        return self.own - begin.own >= limit_s or self.wall - begin.wall >= FAR * limit_s


class Source:
    """A source is used as a context manager, and is closed at the block's end whatever happens."""

    name = ""  # its name in messages
    key = ""  # the beginning of its keys in run.json
    speaker = ""  # the one who says its bytes, in messages

    def __init__(self, command: list[str]):
        """`command` says in run.json what was started or listened to."""
        self.command, self.started = command, time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what it listens to. A second time does nothing: a run closes whatever it started, too."""
        raise NotImplementedError

    def read(self, patience_s: float) -> bytes | None:
        """The next bytes, or None if none came within `patience_s`. b"" says that no more will come."""
        raise NotImplementedError

    def worked(self) -> float:
        """The seconds, from some point on, in which it could have said something: here those of the wall clock."""
        return time.monotonic()

    def clock(self) -> str:
        """The clock of worked(), in messages."""
        return "by the wall clock"

    def moment(self) -> Moment:
        """The moment now."""
        return Moment(self.worked(), time.monotonic())

    def chunks(self, limits: Limits) -> Iterator[bytes]:
        """Yield the bytes as they come, until there are no more. Raises Silent when a limit runs out; both begin now."""
        begin = heard = self.moment()
        while True:
            data = self.read(min(LOOK_S, limits.silence_s))
            if data == b"":
                return
            now = self.moment()
            if data:
                heard = now
                yield data
            elif now.is_after(heard, limits.silence_s):
                raise Silent(f"nothing was heard from {self.speaker} for {self._waited(heard, now, limits.silence_s)}", self.where())
            if now.is_after(begin, limits.total_s):
                raise Silent(f"the run took more than {self._waited(begin, now, limits.total_s)}", self.where())

    def _waited(self, begin: Moment, now: Moment, limit_s: float) -> str:
        """The time that ran out, in words."""
        own = now.own - begin.own
        return (f"{limit_s:.0f} s {self.clock()}" if own >= limit_s else
                f"{now.wall - begin.wall:.0f} s by the wall clock, and {self.name} could work in no more than {own:.1f} s of them")

    def facts(self) -> dict[str, object]:
        """Its own answers on what it is, once it runs, in run.json's keys; {} if nothing can be asked."""
        return {}

    def registers(self) -> dict[int, dict[str, int]]:
        """The registers of the harts as {hart id: {register: value}}; {} if nothing can be asked for them."""
        return {}

    def where(self) -> list[str]:
        """A line for each hart that says where it is now; or one line that says why that is not known."""
        raise NotImplementedError

    def status(self) -> int:
        """The exit status, once there are no more bytes; 0 is well."""
        raise NotImplementedError

    def errors(self) -> str:
        """The text that the source gave besides its records."""
        raise NotImplementedError
