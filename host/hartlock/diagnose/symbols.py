"""Addresses in the kernel image, told as function, file and line."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hartlock.base.elf import Elf, ElfError
from hartlock.base.paths import IMAGE, TOP
from hartlock.base.toolchain import cross_compile, output_of


@dataclass(frozen=True)
class Frame:
    """A function that an address is in."""

    function: str
    where: str  # file and line


def locate(addresses: Sequence[int], image: Path = IMAGE, loaded_at: int = 0) -> list[str]:
    """Returns "0x80200a2c a32_load_acquire (lock/atomic.h:52) in ticket_acquire in throughput" for each
    address, by one call of addr2line. `loaded_at` is where the image says that it was loaded; 0 means
    where it was linked."""
    if not addresses:
        return []
    moved = loaded_at - _linked_at(image) if loaded_at else 0
    known = frames([max(a - moved, 0) for a in addresses], image)
    return [f"{a:#x} {_place(known[max(a - moved, 0)])}".rstrip() for a in addresses]


def frames(addresses: Sequence[int], image: Path) -> dict[int, list[Frame]]:
    """Returns the functions that each address of the image is in, from the innermost inlined one outwards, by one call of
    addr2line: [] where it says nothing, and none is known where it says "??"."""
    text = output_of(cross_compile() + "addr2line", "-a", "-f", "-i", "-e", str(image), *map(hex, addresses))
    parts = re.split(r"^(0x[0-9a-f]+)\n", text, flags=re.MULTILINE)[1:]
    known = {int(at, 16): _frames(lines.splitlines()) for at, lines in zip(parts[::2], parts[1::2], strict=True)}
    return {a: known.get(a, []) for a in addresses}


def _linked_at(image: Path) -> int:
    """Returns where the image was linked to run; 0, where nothing lies, without an image."""
    try:
        return Elf(image).load_address
    except ElfError:
        return 0


def _frames(lines: list[str]) -> list[Frame]:
    return [Frame(function, _where(at)) for function, at in zip(lines[::2], lines[1::2])]


def _where(at: str) -> str:
    """Returns "lock/atomic.h:52": a path in the tree is told from there."""
    path, _, line = at.split(" (")[0].rpartition(":")
    return f"{os.path.normpath(path).removeprefix(f'{TOP}/')}:{line}"


def _place(found: list[Frame]) -> str:
    """Functions, and the innermost one's file and line."""
    if not found:
        return ""
    if found[0].function == "??":
        return "(not in the kernel)"
    return f"{found[0].function} ({found[0].where})" + "".join(f" in {outer.function}" for outer in found[1:])
