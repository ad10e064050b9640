"""The code of a linked image, told without the addresses at which the linker happened to put it.

Two images have the same text for a root if all that the root reaches in its own object file is the same
code: the same instructions, calls to functions of the same names, and references to the same data. A byte
that differs anywhere else in the images changes nothing.
"""

import struct
from bisect import bisect_right
from collections.abc import Iterator

from hartlock.base.elf import Elf, Symbol

_AUIPC, _JALR, _JAL, _BRANCH = 0x17, 0x67, 0x6F, 0x63
_LOADS, _STORES, _ADDI = (0x03, 0x07), (0x23, 0x27), 0x13  # opcodes
_LONGEST = 200  # bytes of a string


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def _bits(word: int, *pieces: tuple[int, int, int]) -> int:
    """Returns an immediate of pieces (lowest bit in the word, number of bits, lowest bit in the immediate)."""
    return sum((word >> low & (1 << count) - 1) << to for low, count, to in pieces)


def _way(word: int, size: int) -> int | None:
    """Returns how many bytes from here a branch or jump goes; None for any other instruction."""
    if size == 2:
        kind = word & 0xE003
        if kind == 0xA001:  # c.j
            return _signed(_bits(word, (3, 3, 1), (11, 1, 4), (2, 1, 5), (7, 1, 6), (6, 1, 7), (9, 2, 8), (8, 1, 10), (12, 1, 11)), 12)
        return _signed(_bits(word, (3, 2, 1), (10, 2, 3), (2, 1, 5), (5, 2, 6), (12, 1, 8)), 9) if kind in (0xC001, 0xE001) else None
    if word & 0x7F == _JAL:
        return _signed(_bits(word, (21, 10, 1), (20, 1, 11), (12, 8, 12), (31, 1, 20)), 21)
    return _signed(_bits(word, (8, 4, 1), (25, 6, 5), (7, 1, 11), (31, 1, 12)), 13) if word & 0x7F == _BRANCH else None


def _low(word: int) -> tuple[int, int] | None:
    """Returns the 12 low bits that an instruction adds to its base register, and the instruction without them."""
    opcode = word & 0x7F
    if opcode in (*_LOADS, _JALR) or (opcode == _ADDI and not word & 0x7000):
        return _signed(word >> 20, 12), word & 0xFFFFF
    if opcode in _STORES:
        return _signed(_bits(word, (7, 5, 0), (25, 7, 5)), 12), word & ~0xFE000F80
    return None


class Linked:
    """A linked image: a little-endian RV64 ELF file with its symbols."""

    def __init__(self, elf: Elf):
        self._elf, self._low = elf, elf.load_address
        self._symbols = sorted((s for s in elf.symbols() if s.address >= self._low and not s.name.startswith(("$", "."))),
                               key=lambda s: (s.address, s.size))  # below it are offsets of a hart's own storage
        self._starts = [s.address for s in self._symbols]
        self._high = max((s.address + s.size for s in self._symbols), default=0)

    def named(self, name: str) -> Symbol | None:
        """Returns the symbol that has its name for all object files; None if there is none."""
        return next((s for s in self._symbols if s.name == name and not s.unit), None)

    def at(self, address: int) -> Symbol | None:
        """Returns the symbol whose bytes have that address among them; None if there is none."""
        for i in range(bisect_right(self._starts, address) - 1, -1, -1):
            if address < self._symbols[i].address + self._symbols[i].size:
                return self._symbols[i]
            if self._symbols[i].size:
                break
        return None

    def reached(self, root: str) -> dict[Symbol, list[str]]:
        """Returns the lines of a global symbol, and of every function and constant of its object file that it reaches;
        {} if the image has no such symbol. A word of it that is an address names what lies there."""
        first = self.named(root)
        walk = _Walk(self)
        todo = [first] if first else []
        for symbol in todo:
            walk.found[symbol] = list(walk.lines(symbol))
            todo += [s for s in walk.met if s not in todo]
        return walk.found

    def text(self, root: str) -> str:
        """Returns all those lines; "" if the image has no such symbol."""
        return "".join(f"{symbol.name} {symbol.size}\n" + "".join(f" {line}\n" for line in lines)
                       for symbol, lines in self.reached(root).items())

    def bytes_of(self, symbol: Symbol) -> bytes:
        """Returns the bytes that are loaded for a symbol; b"" for memory that begins as zeros."""
        return self._elf.stored(symbol.address, symbol.size)

    def string(self, address: int) -> str:
        """Returns the characters from an address to the next NUL; "" if that is no text."""
        for size in range(_LONGEST, 0, -40):
            data = self._elf.stored(address, size)
            if data:
                text, end, _ = data.partition(b"\0")
                return ascii(text.decode("latin-1")) if end and text.isascii() else ""
        return ""

    def is_inside(self, address: int) -> bool:
        """Is it an address of the image?"""
        return self._low <= address < self._high


class _Walk:
    """One walk from a root: which object file is the root's, and what is still to be read."""

    def __init__(self, image: Linked):
        self.image, self.unit = image, 0
        self.met: list[Symbol] = []
        self.found: dict[Symbol, list[str]] = {}

    def lines(self, symbol: Symbol) -> Iterator[str]:
        """Yields the lines of a function or of a constant."""
        data = self.image.bytes_of(symbol)
        yield from self._code(symbol, data) if symbol.is_code else self._words(data)

    def _words(self, data: bytes) -> Iterator[str]:
        whole = len(data) // 8 * 8
        for (word,) in struct.iter_unpack("<Q", data[:whole]):
            yield self._name(word) if self.image.is_inside(word) else f"{word:x}"
        if data[whole:]:
            yield data[whole:].hex()

    def _code(self, symbol: Symbol, data: bytes) -> Iterator[str]:
        at, end = 0, len(data)
        while at < end:
            size = 4 if data[at] & 3 == 3 else 2
            word = int.from_bytes(data[at:at + size], "little")
            here = symbol.address + at
            pair = self._pair(here, word, data[at + 4:at + 8]) if size == 4 and word & 0x7F == _AUIPC else ""
            way = _way(word, size)
            if pair:
                yield pair
                size = 8
            elif way is not None and not 0 <= at + way < end:
                opcode = f"{word & 0xFFF:x}" if word & 0x7F == _JAL and size == 4 else f"{word:x}"
                yield f"{opcode} to {self._name(here + way)}"
            else:
                yield f"{word:0{2 * size}x}"
            at += size

    def _pair(self, here: int, word: int, after: bytes) -> str:
        """Returns the line of an auipc and the instruction behind it, which adds the address's low bits; "" if that does not."""
        following = int.from_bytes(after, "little")
        low = _low(following) if len(after) == 4 and following & 3 == 3 else None
        if low is None or following >> 15 & 31 != word >> 7 & 31:
            return ""
        return f"{word & 0xFFF:x} {low[1]:x} {self._name((here + _signed(word & ~0xFFF, 32) + low[0]) & (1 << 64) - 1)}"

    def _name(self, address: int) -> str:
        """Returns what lies at an address, in words that do not change when the linker puts it elsewhere."""
        symbol = self.image.at(address)
        if symbol is None:
            return self.image.string(address) or f"{address:x}"
        self.unit = self.unit or symbol.unit
        if symbol.unit == self.unit and self.image.bytes_of(symbol) and symbol not in self.met:
            self.met.append(symbol)
        offset = f"{symbol.name} + {address - symbol.address}"
        return offset if not symbol.unit else f"its own ({symbol.size} bytes) {offset}" if symbol.unit == self.unit else f"another file's {offset}"
