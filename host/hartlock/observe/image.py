"""The image that is watched: its symbols, and the names of its addresses."""

import bisect
import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hartlock.base.elf import Elf, ElfError, Symbol
from hartlock.base.errors import UsageError
from hartlock.base.paths import TOP
from hartlock.base.text import words
from hartlock.diagnose.symbols import Frame, frames

FUNCTIONS = TOP / "observe" / "functions.toml"
ACQUIRE, TRY, RELEASE = "acquire", "try", "release"
KINDS = (ACQUIRE, TRY, RELEASE)
FIRMWARE = 0x80000000  # where the machine `virt` has it
FAR = 1 << 16  # bytes: who is farther than this behind a symbol without a size is not a part of it
_COPY = re.compile(r"(\.(constprop|isra|lto_priv|llvm)\.\d+)+$")  # GCC and LLVM write so
_KALLSYMS = re.compile(r"^([0-9a-f]{8,16}) ([A-Za-z]) (\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Function:
    """A function that takes or lets go of a lock."""

    kind: str  # acquire, try, release
    name: str
    begin: int
    end: int  # the address of the byte behind its last


def plain(name: str) -> str:
    """The name of a function in its source: compilers append what they did to a copy."""
    return _COPY.sub("", name) if "." in name else name


@dataclass(frozen=True)
class File:
    """An ELF file, and how many bytes above where it was linked it is loaded."""

    path: Path
    bias: int
    elf: Elf

    def frames(self, addresses: Sequence[int]) -> dict[int, list[Frame]]:
        """The functions that each address is in, from the innermost inlined one outwards, if their lines are known."""
        found = frames([address - self.bias for address in addresses], self.path)
        return {at + self.bias: [_shortened(frame) for frame in those] for at, those in found.items()
                if those and not any("?" in frame.function + frame.where for frame in those)}


def _shortened(frame: Frame) -> Frame:
    """The frame, its path told by the last three parts."""
    return Frame(frame.function, "/".join(frame.where.split("/")[-3:]))


@dataclass
class Image:
    """The symbols of all the files that were given, in the order of their addresses."""

    symbols: list[Symbol] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    objects: dict[int, str] = field(default_factory=dict)  # names with members, of the addresses that learn() was told
    frames: dict[int, list[Frame]] = field(default_factory=dict)  # functions with file and line, the same
    code: list[tuple[int, int]] = field(default_factory=list)  # the first address of code of each file or list, and the one behind

    def add_file(self, file: File) -> None:
        self.files.append(file)
        self.add(Symbol(s.name, s.address + file.bias, s.size, s.is_code) for s in file.elf.symbols())

    def learn(self, locks: Iterable[int], sites: Iterable[int]) -> None:
        """Look up in the files' debug information what lies at the addresses of locks, and which lines the sites are of."""
        times = Counter(symbol.name for symbol in self.symbols)
        behind = {address: symbol for address in locks if (symbol := self._behind(address))}
        # A symbol tells too little if it does not begin at the lock, or if several objects have its name.
        vague = {address: symbol.address for address, symbol in behind.items() if symbol.address != address or times[symbol.name] > 1}
        for file in self.files:
            own = {address - file.bias: begin - file.bias for address, begin in vague.items() if file.elf.holds(address - file.bias)}
            self.objects |= {address + file.bias: name for address, name in file.elf.objects(own).items()} if own else {}
            code = [address for address in sites if file.elf.holds(address - file.bias)]
            self.frames |= file.frames(code)

    def place(self, address: int) -> str:
        """"pair (heap.c:90) in sbi_malloc (lib/sbi/sbi_heap.c:80)": the function, and the last one that is inlined into
        it; the name where no line is known."""
        return " in ".join(f"{frame.function} ({frame.where})" for frame in self.frames.get(address, [])[-2:]) or self.name(address)

    def chain(self, address: int) -> str:
        """All functions that are inlined there, the innermost first; "" where no line is known."""
        return " in ".join(f"{frame.function} ({frame.where})" for frame in self.frames.get(address, []))

    def add(self, symbols: Iterable[Symbol]) -> None:
        kept = [s for s in symbols if s.name and not s.name.startswith(("$", ".L"))]
        if code := [s for s in kept if s.is_code and s.address]:
            self.code.append((min(s.address for s in code), max(s.address + max(s.size, 1) for s in code)))
        self.symbols = sorted([*self.symbols, *kept], key=lambda s: (s.address, bool(s.size), s.name))
        self._at = [s.address for s in self.symbols]

    def name(self, address: int) -> str:
        """"spin_lock", "heap.lock", "heap+0x18", or the address where no symbol is."""
        found = self._behind(address)
        if address in self.objects:
            return self.objects[address]
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
        """The symbol that the address is of: one that says it is so long, else the nearest before it."""
        i = bisect.bisect_right(self._at, address) if self.symbols else 0
        before = [s for s in reversed(self.symbols[max(0, i - 8):i]) if address - s.address < (s.size or FAR)]
        return next((s for s in before if s.size), before[0] if before else None)

    def end(self, symbol: Symbol) -> int:
        """The address behind a function; without a size, where the next symbol begins."""
        if symbol.size:
            return symbol.address + symbol.size
        i = bisect.bisect_right(self._at, symbol.address)
        return self._at[i] if i < len(self._at) else symbol.address + FAR

    def find(self, kind: str, names: Sequence[str], is_asked: bool) -> list[Function]:
        """The functions of these names. If the user asked for them, each has to be there."""
        wanted = set(names)
        found = [s for s in self.symbols if s.is_code and plain(s.name) in wanted]
        missing = sorted(wanted - {plain(s.name) for s in found}, key=names.index)
        if is_asked and missing:
            near = difflib.get_close_matches(missing[0], sorted({s.name for s in self.symbols if s.is_code}), 3)
            raise UsageError(f"--{kind} {missing[0]}: the image has no function of that name"
                             + (f"; is it {words(near)}?" if near else ""))
        return [Function(kind, s.name, s.address, self.end(s)) for s in found]


def of_elf(path: Path, bias: int | None) -> File:
    """An ELF file that is loaded `bias` bytes above where it was linked; None: where QEMU's `virt` puts what can be moved, its firmware."""
    try:
        elf = Elf(path)
    except ElfError as e:
        raise UsageError(f"--elf {e}") from None
    if elf.machine != "EM_RISCV":
        raise UsageError(f"--elf {path}: it is for another processor ({elf.machine.removeprefix('EM_')}), not for RISC-V")
    return File(path, (FIRMWARE if elf.is_movable else 0) if bias is None else bias, elf)


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
    found = [function for project in _projects() for function in _functions_of(project, image)]
    return list({f.begin: f for f in found}.values())


def never_inlined(image: Image) -> list[tuple[int, int]]:
    """The code, from its first address to the one behind, of the projects in the image whose locks are always functions."""
    takers = [f.begin for project in _projects() if not project.get("inlined", True)
              for f in _functions_of(project, image) if f.kind == ACQUIRE]
    return [(begin, end) for begin, end in image.code if any(begin <= taker < end for taker in takers)]


def _projects() -> list[dict[str, Any]]:
    return list(tomllib.loads(FUNCTIONS.read_text(encoding="utf-8")).values())


def _functions_of(project: dict[str, Any], image: Image) -> list[Function]:
    return [function for kind in KINDS for function in image.find(kind, project.get(kind, ()), False)]
