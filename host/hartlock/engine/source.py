"""A source of records gives bytes and may fall silent. Programs and serial lines are sources."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self


@dataclass
class Limits:
    """The limits of waiting, in seconds: no run waits for ever."""

    silence_s: float  # without a byte
    total_s: float


class Silent(Exception):
    """Raised when a limit runs out. It carries a line for each hart that says where it was."""

    def __init__(self, why: str, harts: list[str]):
        super().__init__(why)
        self.harts = harts


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
        raise NotImplementedError

    def read(self, patience_s: float) -> bytes | None:
        """The next bytes, or None if none came within `patience_s`. b"" says that no more will come."""
        raise NotImplementedError

    def chunks(self, limits: Limits) -> Iterator[bytes]:
        """Yield the bytes as they come, until there are no more. Raises Silent when a limit runs out; both begin now."""
        begin = heard = time.monotonic()
        while True:
            now = time.monotonic()
            left = min(heard + limits.silence_s, begin + limits.total_s) - now
            if left <= 0:
                silent = now - heard >= limits.silence_s
                raise Silent(f"nothing was heard from {self.speaker} for {limits.silence_s:.0f} s" if silent
                             else f"the run took more than {limits.total_s:.0f} s", self.where())
            data = self.read(left)
            if data is None:
                continue
            if not data:
                return
            heard = time.monotonic()
            yield data

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
