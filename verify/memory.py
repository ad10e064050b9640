"""Places a test's objects in memory, and names their words for a litmus test.

The addresses are made up: far apart, and larger than any number that a lock counts to.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from verify.errors import Unsupported
from verify.ops import MASK, Op, signed

Location = tuple[int, int]  # address, bytes
Memory = dict[Location, int]  # a location that is missing holds 0

FIRST, APART = 0x10_0000, 0x1_0000
STACK = 0x7F00_0000  # addresses from here on are a hart's own stack
MOST = 1 << 31  # numbers below it are the same signed and unsigned, in 32 bits and in 64
HALVES = 1 << 30  # numbers from here on stand, in a litmus test, for words of two halves
UPPER, LOWER = 1 << 8, 1 << 20  # the halves of such a word are below these


@dataclass(frozen=True)
class Layout:
    """The objects by name, with their sizes in bytes."""

    sizes: dict[str, int]

    def address(self, name: str) -> int:
        return FIRST + APART * list(self.sizes).index(name)

    def word(self, where: Location) -> str:
        """The word's name in a litmus test."""
        which, offset = divmod(where[0] - FIRST, APART)
        if not 0 <= which < len(self.sizes):
            raise Unsupported(f"an access of {where[1]} bytes at {where[0]:#x}, which is no object")
        name = list(self.sizes)[which]
        if offset + where[1] > self.sizes[name]:
            raise Unsupported(f"an access of {where[1]} bytes at {name}+{offset}, outside of it")
        return f"{name}_{offset}"


def location(op: Op, base: int) -> Location:
    address = (base + op.offset) & MASK
    if address % op.width or op.width < 4:
        raise Unsupported(f"{op.insn}: {op.width} bytes at {address:#x}: herd7 knows whole, aligned words only")
    return address, op.width


def check_overlap(locations: Iterable[Location]) -> None:
    """Check that no two accesses overlap in part: herd7, as it is used here, knows only whole words."""
    ordered = sorted(set(locations))
    for (low, size), (high, _) in zip(ordered, ordered[1:], strict=False):
        if low + size > high:
            raise Unsupported(f"accesses of different sizes meet at {high:#x}")


def written(value: int, width: int = 8) -> str:
    """The number as herd7 writes it. `width`: bytes of its word; herd7 keeps no more than those.

    herd7 and rv64 may differ beyond 31 bits. A word of two small halves, such as a counted pointer, is written as a number
    that stands for no other word: a litmus test stores and compares it, and never computes with it."""
    value = signed(value, 32) if width == 4 else value
    if width == 4 or abs(value) < HALVES or HALVES + UPPER * LOWER <= abs(value) < MOST:
        return str(value)
    upper, lower = divmod(value, 1 << 32)
    if not 0 < upper < UPPER or lower >= LOWER:
        raise Unsupported(f"the value {value:#x} has more than 31 bits, where herd7 and rv64 may differ")
    return str(HALVES + upper * LOWER + lower)
