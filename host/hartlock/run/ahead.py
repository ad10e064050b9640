"""Boots that run side by side: some are started before it is their turn to be listened to.

They are listened to one after the other, in their order. So what is written, and in which order, is the same
as if each had been started when the one before had ended.
"""

from collections.abc import Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import Self

from hartlock.base.errors import UsageError
from hartlock.run.boot import Session


class Ahead:
    """The boots that are still to be made. All that were started are closed at the block's end, whatever happens."""

    def __init__(self, sessions: Sequence[Session], image: Path, at_once: int):
        self._sessions, self._image, self._at_once = sessions, image, at_once

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for session in self._sessions:
            session.close()

    def start_from(self, session: Session) -> None:
        """Start this boot and the ones behind it, up to `at_once`, as long as their engines may run side by side."""
        at = self._sessions.index(session)
        for each in takewhile(lambda s: s.engine.is_deterministic, self._sessions[at:at + self._at_once]):
            with suppress(UsageError):  # it is told when it is this boot's turn, and it cannot start then either
                each.launch(self._image)
