"""A function that is asked for memory, as --sizes and observe/functions.toml tell it."""

import re
from dataclasses import dataclass

from hartlock.base.option_types import OptionError

_ALLOCATOR = re.compile(r"([^\s:,]+)(?::a([0-7]))?(?::(bytes|pages|order))?")


@dataclass(frozen=True)
class Allocator:
    """A function that is asked for memory, and where it is told for how much."""

    name: str
    argument: int  # 0 to 7: the register a0 to a7
    unit: str  # bytes; pages of 4 KiB; order: of a power of two of pages

    @classmethod
    def of(cls, text: str) -> "Allocator":
        """The function that NAME[:REGISTER[:UNIT]] tells. Raises OptionError."""
        found = _ALLOCATOR.fullmatch(text)
        if not found:
            raise OptionError(f"{text!r} is not NAME[:a0 to a7[:bytes, pages or order]]")
        return cls(found[1], int(found[2] or 0), found[3] or "bytes")
