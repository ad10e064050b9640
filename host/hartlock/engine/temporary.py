"""The temporary folders of a command. The next command removes those of one that was killed."""

import fcntl
import functools
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Self

PREFIX = "hartlock-"
NEW_S = 60


class Folder:
    """A folder that is removed at the end of the `with` block, or by remove()."""

    def __init__(self) -> None:
        clean()
        self._folder = tempfile.TemporaryDirectory(prefix=PREFIX)
        self.path = Path(self._folder.name)
        self._in_use = os.open(self.path, os.O_RDONLY)
        fcntl.flock(self._in_use, fcntl.LOCK_SH)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove it, if it is still there."""
        if self._in_use >= 0:
            self._folder.cleanup()
            os.close(self._in_use)
            self._in_use = -1


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
