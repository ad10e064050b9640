"""Addresses in the kernel image as function, file and line."""

import re
from collections.abc import Sequence
from pathlib import Path

from hartlock.paths import IMAGE, TOP
from hartlock.tools import cross_compile, output_of


def locate(addresses: Sequence[int], image: Path = IMAGE) -> list[str]:
    """"0x80200a2c ticket_acquire (lock/ticket.h:52) in throughput" for each address."""
    text = output_of(cross_compile() + "addr2line", "-a", "-f", "-i", "-e", str(image),
                     *(hex(a) for a in addresses)) if addresses else ""
    parts = re.split(r"^(0x[0-9a-f]+)\n", text, flags=re.MULTILINE)[1:]
    known = {int(at, 16): _place(frames.splitlines()) for at, frames in zip(parts[::2], parts[1::2], strict=True)}
    return [f"{a:#x} {known.get(a, '')}".rstrip() for a in addresses]


def _place(frames: list[str]) -> str:
    """Function and file:line, line by line, from the innermost inlined function outwards."""
    if len(frames) < 2 or frames[0] == "??":
        return "(not in the kernel)"
    where = frames[1].split(" (")[0].removeprefix(f"{TOP}/")
    outer = f" in {frames[-2]}" if len(frames) > 2 else ""
    return f"{frames[0]} ({where}){outer}"
