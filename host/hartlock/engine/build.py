"""Builds the kernel image, the cost model and the bench on threads with make."""

import fcntl
import hashlib
import subprocess
from pathlib import Path

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import BUILD, IMAGE, PLUGIN, TOP

LIMIT_S = 300
RELAX, UNLOCK = "pause", "store"  # the forms of lock/forms.h that need no folder of their own


def _make(target: str, what: str, folder: Path = BUILD, relax: str = RELAX, unlock: str = UNLOCK) -> None:
    """One build at a time, whoever else starts one."""
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


def formed(folder: Path, relax: str, unlock: str) -> Path:
    """What is built with other forms than the usual ones is in a folder of its own."""
    return folder if (relax, unlock) == (RELAX, UNLOCK) else folder / f"{relax}-{unlock}"


def image(relax: str = RELAX, unlock: str = UNLOCK) -> Path:
    _make("all", "the kernel", relax=relax, unlock=unlock)
    return formed(BUILD, relax, unlock) / IMAGE.name


def plugin() -> Path:
    _make("model", "the cost model")
    return PLUGIN


def native(relax: str = RELAX, unlock: str = UNLOCK) -> Path:
    """Another compiler's program (HOSTCC) is kept beside this one's."""
    folder = BUILD / Path(toolchain.hostcc()).name if toolchain.hostcc() != toolchain.HOSTCC else BUILD
    _make("native", "the bench on threads", folder, relax, unlock)
    return formed(folder / "native", relax, unlock) / "hartlock"


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
