"""Builds the kernel image with make."""

import fcntl
import hashlib
import subprocess
from pathlib import Path

from hartlock.errors import UsageError
from hartlock.paths import BUILD, IMAGE, TOP

LIMIT_S = 300


def build() -> Path:
    """The image, up to date. One build at a time, whoever else starts one."""
    try:
        BUILD.mkdir(exist_ok=True)
        with open(BUILD / ".lock", "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            done = subprocess.run(
                ["make", "-s", "-C", str(TOP), f"BUILD={BUILD.relative_to(TOP)}", "all"],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_S, check=False)
    except OSError as e:
        raise UsageError(f"cannot build the kernel in {BUILD}: {e.strerror}") from e
    except subprocess.TimeoutExpired as e:
        raise UsageError(f"building the kernel took more than {LIMIT_S} s") from e
    if done.returncode != 0:
        raise UsageError(f"the kernel does not build (make says why):\n{done.stderr.strip()}")
    return IMAGE


def image_hash(image: Path) -> str:
    return hashlib.sha256(image.read_bytes()).hexdigest()
