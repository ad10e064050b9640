"""The bytes of locks as they are copied: what sizeof says of their header, made for as many harts as there are.

lock/traits.toml has the bytes that a lock needs. A header may take more: what lies on lines of its own fills them, and a lock with room
for each hart has as many as a macro says.
"""

import re

from hartlock.base.text import significant
from hartlock.plan import strategies, traits

LINE = 64  # bytes of a line: LOCK_LINE of lock/port.h
KIB = 1024


def macro(name: str) -> str:
    """Returns the macro by which a strategy's header is made for a number of harts, as QSPIN_HARTS; "" where there is none."""
    found = re.search(r"^#ifndef (\w+_(?:SLOTS|HARTS))$", strategies.known()[name].header.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


def made_for(name: str, harts: int) -> int:
    """Returns the number of harts that a header is made for: where it has a macro, the next power of two, as anderson's slots must be."""
    return 1 << (harts - 1).bit_length() if macro(name) else harts


def of_one(name: str, harts: int) -> int:
    """Returns the bytes of one lock. One that is longer than a line has parts on lines of their own."""
    size = traits.known()[name].bytes_per_lock(made_for(name, harts))
    return size if size <= LINE else -(-size // LINE) * LINE


def of_all(name: str, harts: int, locks: int) -> int:
    """Returns the bytes of so many locks of a kind, with what they share; a node for each lock that is held at once is not in it."""
    known = traits.known()[name]
    return of_one(name, harts) * locks + known.once_bytes + known.once_bytes_per_hart * made_for(name, harts)


def _as_made(name: str, harts: int) -> str:
    return f" (with {macro(name)}={made_for(name, harts)})" if macro(name) else ""


def one_told(name: str, harts: int) -> str:
    """Returns the bytes of one lock in words, with the macro that they depend on."""
    return f"{of_one(name, harts)} bytes" + (_as_made(name, harts) if traits.known()[name].lock_bytes_per_hart else "")


def all_told(name: str, harts: int, locks: int) -> str:
    """Returns the bytes of so many locks of a kind in words, with the macro that they depend on."""
    size = of_all(name, harts, locks)
    return (f"{size} bytes" if size < KIB else f"{significant(size / KIB)} KiB") + _as_made(name, harts)
