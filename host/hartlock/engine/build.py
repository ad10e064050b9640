"""Builds the kernel image, the cost model and the bench on threads with make."""

import fcntl
import hashlib
import os
import subprocess
from pathlib import Path

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import BUILD, IMAGE, MACHINE, TOP, WATCHER
from hartlock.plan.lock_forms import RELAX, UNLOCK, formed

LIMIT_S = 300


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


def _make(target: str, what: str, folder: Path, relax: str, unlock: str) -> None:
    """Run make for one target. Two commands that build at once do so one after the other."""
    try:
        BUILD.mkdir(exist_ok=True)
        with open(BUILD / ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                ["make", "-s", "-C", str(TOP), f"BUILD={folder.relative_to(TOP)}",
                 f"RELAX={relax}", f"UNLOCK={unlock}", target],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except OSError as e:
        raise UsageError(f"cannot build {what} in {BUILD}: {e.strerror}") from e
    except subprocess.TimeoutExpired as e:
        raise UsageError(f"building {what} took more than {LIMIT_S} s") from e
    if done.returncode != 0:
        raise UsageError(f"{what} does not build (make says why):\n{done.stderr.strip()}")


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
