"""Builds the kernel image, the cost model and the bench on threads with make."""

import fcntl
import hashlib
import subprocess
from pathlib import Path

from hartlock import tools
from hartlock.errors import UsageError
from hartlock.paths import BUILD, IMAGE, PLUGIN, TOP

LIMIT_S = 300


def _make(target: str, what: str, folder: Path = BUILD) -> None:
    """One build at a time, whoever else starts one."""
    try:
        BUILD.mkdir(exist_ok=True)
        with open(BUILD / ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                ["make", "-s", "-C", str(TOP), f"BUILD={folder.relative_to(TOP)}", target],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except OSError as e:
        raise UsageError(f"cannot build {what} in {BUILD}: {e.strerror}") from e
    except subprocess.TimeoutExpired as e:
        raise UsageError(f"building {what} took more than {LIMIT_S} s") from e
    if done.returncode != 0:
        raise UsageError(f"{what} does not build (make says why):\n{done.stderr.strip()}")


def image() -> Path:
    _make("all", "the kernel")
    return IMAGE


def plugin() -> Path:
    _make("model", "the cost model")
    return PLUGIN


def native() -> Path:
    """Another compiler's program (HOSTCC) is kept beside this one's."""
    folder = BUILD / Path(tools.hostcc()).name if tools.hostcc() != tools.HOSTCC else BUILD
    _make("native", "the bench on threads", folder)
    return folder / "native" / "hartlock"


def file_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
