"""Builds the kernel image, the cost model and the bench on threads with make."""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TextIO

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import BUILD, IMAGE, MACHINE, TOP, WATCHER
from hartlock.engine import group
from hartlock.plan.lock_forms import RELAX, UNLOCK, formed

LIMIT_S = 300  # for a build, and for the end of another's
LOOK_S = 0.1  # between two looks whether another's has ended


def is_prebuilt() -> bool:
    """True if HARTLOCK_PREBUILT=1 says that the tree is built. Then no run starts make."""
    return os.environ.get("HARTLOCK_PREBUILT") == "1"


def _built(path: Path, target: str, what: str, folder: Path = BUILD, relax: str = RELAX, unlock: str = UNLOCK) -> Path:
    """`path`, which make's `target` builds; with HARTLOCK_PREBUILT=1 it has to be there already."""
    if not is_prebuilt():
        _make(target, what, folder, relax, unlock)
    elif not path.is_file():
        forms = "" if (relax, unlock) == (RELAX, UNLOCK) else f" RELAX={relax} UNLOCK={unlock}"
        raise UsageError(f"HARTLOCK_PREBUILT=1 says that {what} is built, but {path} is not there; make "
                         f"{target}{forms} builds it")
    return path


@cache
def _make(target: str, what: str, folder: Path, relax: str, unlock: str) -> None:
    """Run make for one target, once in a command. Two commands that build at once do so one after the other."""
    command = ["make", "-s", "-C", str(TOP), f"BUILD={folder.relative_to(TOP)}", f"RELAX={relax}",
               f"UNLOCK={unlock}", target]
    try:
        with _lock(what) as why_not:
            status, errors = group.run(command, LIMIT_S, lambda: _say(f"building {what}"))
    except subprocess.TimeoutExpired as e:
        raise UsageError(f"building {what} took more than {LIMIT_S} s") from e
    if status != 0 and why_not:
        raise UsageError(f"cannot build {what} in {BUILD}: {why_not}; and what is there is not up to date:\n{errors}")
    if status != 0:
        raise UsageError(f"{what} does not build (make says why):\n{errors}")


def _say(text: str) -> None:
    print(f"hartlock: {text}", file=sys.stderr, flush=True)


@contextmanager
def _lock(what: str) -> Iterator[str]:
    """A block that only one command at a time is in. Raises UsageError when another build does not end.

    Gives why there is no lock, which is where nothing can be built: make is content there if nothing has to be."""
    try:
        BUILD.mkdir(exist_ok=True)
        lock = open(BUILD / ".lock", "a+", encoding="ascii")
    except OSError as e:
        yield e.strerror or str(e)
        return
    with lock:
        _take(lock, what)
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield ""


def _take(lock: TextIO, what: str) -> None:
    """Take the lock, which another build may have for LIMIT_S at the most."""
    until, told = time.monotonic() + LIMIT_S, False
    while not _taken(lock):
        lock.seek(0)
        other = f"by process {lock.read(20).strip() or 'unknown'}"
        if time.monotonic() > until:
            raise UsageError(f"{what} was not built: another build, {other}, has held {lock.name} for {LIMIT_S} s")
        if not told:
            _say(f"waiting for another build, {other}, to end: {LIMIT_S} s at the most")
        told = True
        time.sleep(LOOK_S)


def _taken(lock: TextIO) -> bool:
    """Take the lock, unless somebody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def image(relax: str = RELAX, unlock: str = UNLOCK) -> Path:
    """The kernel image with these forms of the locks."""
    return _built(formed(BUILD, relax, unlock) / IMAGE.name, "all", "the kernel", relax=relax, unlock=unlock)


def machine() -> Path:
    """The cost model's machine."""
    return _built(MACHINE, "model", "the cost model's machine")


def watcher() -> Path:
    """The plugin for QEMU that watches locks."""
    return _built(WATCHER, "observe", "the watcher of locks")


def native(relax: str = RELAX, unlock: str = UNLOCK) -> Path:
    """The bench on threads. Each compiler (HOSTCC) has a build folder of its own."""
    folder = BUILD / Path(toolchain.hostcc()).name if toolchain.hostcc() != toolchain.HOSTCC else BUILD
    return _built(formed(folder / "native", relax, unlock) / "hartlock", "native", "the bench on threads", folder,
                  relax, unlock)


def file_hash(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
