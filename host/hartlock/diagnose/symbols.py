"""Addresses in the kernel image, told as function, file and line."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.elf import Elf, ElfError
from hartlock.base.paths import IMAGE, TOP
from hartlock.base.toolchain import cross_compile, output_of


def locate(addresses: Sequence[int], image: Path = IMAGE, loaded_at: int = 0) -> list[str]:
    """Returns "0x80200a2c a32_load_acquire (lock/atomic.h:52) in ticket_acquire in throughput" for each
    address, by one call of addr2line. `loaded_at` is where the image says that it was loaded; 0 means
    where it was linked."""
    if not addresses:
        return []
    moved = loaded_at - _linked_at(image) if loaded_at else 0
    text = output_of(cross_compile() + "addr2line", "-a", "-f", "-i", "-e", str(image), *(hex(max(a - moved, 0)) for a in addresses))
    parts = re.split(r"^(0x[0-9a-f]+)\n", text, flags=re.MULTILINE)[1:]
    known = {int(at, 16): _place(frames.splitlines()) for at, frames in zip(parts[::2], parts[1::2], strict=True)}
    return [f"{a:#x} {known.get(max(a - moved, 0), '')}".rstrip() for a in addresses]


def _linked_at(image: Path) -> int:
    """Returns where the image was linked to run; 0, where nothing lies, without an image."""
    try:
        return Elf(image).load_address
    except ElfError:
        return 0


def _place(frames: list[str]) -> str:
    """Functions and their file:line, line by line, from the innermost inlined one outwards."""
    if len(frames) < 2 or frames[0] == "??":
        return "(not in the kernel)"
    path, _, line = frames[1].split(" (")[0].rpartition(":")
    where = os.path.normpath(path).removeprefix(f"{TOP}/")
    return f"{frames[0]} ({where}:{line})" + "".join(f" in {outer}" for outer in frames[2::2])
