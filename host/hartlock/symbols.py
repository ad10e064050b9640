"""Addresses in the kernel image as function, file and line."""

from collections.abc import Sequence
from pathlib import Path

from hartlock.paths import IMAGE, TOP
from hartlock.tools import cross_compile, output_of


def locate(addresses: Sequence[int], image: Path = IMAGE) -> list[str]:
    """"function (file:line)" for each address; hex for what is not in the image."""
    if not addresses:
        return []
    lines = output_of(cross_compile() + "addr2line", "-f", "-e", str(image),
                      *(hex(a) for a in addresses)).splitlines()
    if len(lines) != 2 * len(addresses):
        return [hex(a) for a in addresses]
    return [_place(a, *lines[2 * i: 2 * i + 2]) for i, a in enumerate(addresses)]


def _place(address: int, function: str, at: str) -> str:
    if function == "??":
        return f"{address:#x} (not in the kernel)"
    return f"{address:#x} {function} ({at.split(' (')[0].removeprefix(f'{TOP}/')})"
