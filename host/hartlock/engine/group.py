"""Runs a program together with all that it starts: no process of them outlives the call."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from hartlock.base import ends
from hartlock.base.errors import UsageError
from hartlock.engine.process import dies_with_parent
from hartlock.engine.temporary import Folder

GRACE_S = 5  # for make, to remove what is half built


def run(command: Sequence[str], limit_s: float, told: Callable[[], None]) -> tuple[int, str]:
    """Returns the exit status, and what was written on standard error.

    Calls `told` when the first byte comes on standard output. Raises UsageError if it cannot be started, and
    TimeoutExpired."""
    with Folder() as folder, open(folder.path / "stderr", "w+b") as errors, ends.held():
        process = _start(command, errors, folder.path)
        try:
            with ends.released():
                _drain(process, limit_s, told)
                status = process.wait(GRACE_S)
        except BaseException:
            _end(process)
            raise
        finally:
            if process.stdout:
                process.stdout.close()
        errors.seek(0)
        return status, errors.read().decode("utf-8", "replace").strip()


def _start(command: Sequence[str], errors: IO[bytes], temporary: Path) -> "subprocess.Popen[bytes]":
    """A compiler that is ended leaves its temporary files: they get a folder that is removed."""
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors,
                                start_new_session=True, preexec_fn=dies_with_parent(signal.SIGTERM),
                                env={**os.environ, "TMPDIR": str(temporary)})
    except OSError as e:
        raise UsageError(f"cannot start {command[0]}: {e.strerror}") from e


def _drain(process: "subprocess.Popen[bytes]", limit_s: float, told: Callable[[], None]) -> None:
    """Read standard output to its end."""
    assert process.stdout is not None
    out, until, heard = process.stdout.fileno(), time.monotonic() + limit_s, False
    while (left := until - time.monotonic()) > 0:
        if not select.select([out], [], [], left)[0]:
            continue
        if not os.read(out, 65536):
            return
        if not heard:
            told()
        heard = True
    raise subprocess.TimeoutExpired(process.args, limit_s)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the whole group: first by SIGTERM, so that make can remove what is half built."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
