"""The image that is watched: its symbols, and the names of its addresses."""

import bisect
import difflib
import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hartlock.base.elf import Elf, ElfError, Symbol
from hartlock.base.errors import UsageError
from hartlock.base.paths import TOP
from hartlock.base.text import words

FUNCTIONS = TOP / "observe" / "functions.toml"
ACQUIRE, TRY, RELEASE = "acquire", "try", "release"
KINDS = (ACQUIRE, TRY, RELEASE)
FAR = 1 << 16  # bytes: who is farther than this behind a symbol without a size is not a part of it
_KALLSYMS = re.compile(r"^([0-9a-f]{8,16}) ([A-Za-z]) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    """A function that takes or lets go of a lock."""

    kind: str  # acquire, try, release
    name: str
    begin: int
    end: int  # the address of the byte behind its last


@dataclass
class Image:
    """The symbols of all the files that were given, in the order of their addresses."""

    symbols: list[Symbol] = field(default_factory=list)

    def add(self, symbols: Iterable[Symbol]) -> None:
        kept = [s for s in symbols if s.name and not s.name.startswith(("$", ".L"))]
        self.symbols = sorted([*self.symbols, *kept], key=lambda s: (s.address, not s.size, s.name))
        self._at = [s.address for s in self.symbols]

    def name(self, address: int) -> str:
        """"spin_lock", "heap+0x18", or the address where no symbol is."""
        found = self._behind(address)
        if found is None:
            return f"{address:#x}"
        return found.name if found.address == address else f"{found.name}+{address - found.address:#x}"

    def function(self, address: int) -> str:
        """The name of the function that an instruction is in; its address where that is not known."""
        found = self._behind(address)
        return found.name if found is not None else f"{address:#x}"

    def is_named(self, address: int) -> bool:
        return self._behind(address) is not None

    def _behind(self, address: int) -> Symbol | None:
        i = bisect.bisect_right(self._at, address) if self.symbols else 0
        for symbol in reversed(self.symbols[max(0, i - 8):i]):
            if address - symbol.address < (symbol.size or FAR):
                return symbol
        return None

    def end(self, symbol: Symbol) -> int:
        """The address behind a function; without a size, where the next symbol begins."""
        if symbol.size:
            return symbol.address + symbol.size
        i = bisect.bisect_right(self._at, symbol.address)
        return self._at[i] if i < len(self._at) else symbol.address + FAR

    def find(self, kind: str, names: Sequence[str], is_asked: bool) -> list[Function]:
        """The functions of these names. If the user asked for them, each has to be there."""
        code = [s for s in self.symbols if s.is_code]
        missing = [name for name in names if all(s.name != name for s in code)]
        if is_asked and missing:
            near = difflib.get_close_matches(missing[0], sorted({s.name for s in code}), 3)
            raise UsageError(f"--{kind} {missing[0]}: the image has no function of that name"
                             + (f"; is it {words(near)}?" if near else ""))
        return [Function(kind, s.name, s.address, self.end(s)) for s in code if s.name in names]


def of_elf(path: Path, bias: int) -> list[Symbol]:
    """The symbols of an ELF file that is loaded `bias` bytes above where it was linked."""
    try:
        elf = Elf(path)
    except ElfError as e:
        raise UsageError(f"--elf {e}") from None
    if elf.machine != "EM_RISCV":
        raise UsageError(f"--elf {path}: it is for another processor ({elf.machine.removeprefix('EM_')}), not for RISC-V")
    return [Symbol(s.name, s.address + bias, s.size, s.is_code) for s in elf.symbols()]


def of_list(path: Path) -> list[Symbol]:
    """The symbols of a text like /proc/kallsyms, System.map or nm's."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as e:
        raise UsageError(f"--symbols {path}: {e.strerror}") from e
    found = [Symbol(name, int(at, 16), 0, kind in "tTwW") for at, kind, name in _KALLSYMS.findall(text)]
    if not any(s.address for s in found):
        raise UsageError(f"--symbols {path}: no line of it is `address type name` with an address that is not 0 "
                         f"(/proc/kallsyms shows addresses to root only)")
    return found


def known_functions(image: Image) -> list[Function]:
    """The functions of common projects that the image has."""
    projects = tomllib.loads(FUNCTIONS.read_text(encoding="utf-8"))
    found = [function for project in projects.values() for kind in KINDS
             for function in image.find(kind, project.get(kind, ()), False)]
    return list({f.begin: f for f in found}.values())
