"""The functions of an object file, instruction by instruction, as objdump prints them."""

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hartlock.base.elf import Elf, ElfError
from verify.errors import ProofError, Unsupported

_INSN = re.compile(r"^\s+([0-9a-f]+):\s+([0-9a-f]{4}|[0-9a-f]{8})\s+(\S+)\s*(.*)$")
_LABEL = re.compile(r"^[0-9a-f]+ <([^>]+)>:$")
_RELOCATION = re.compile(r"^\s+([0-9a-f]+): (R_RISCV_\w+)(?:\s+(\S+))?")

# Relocations that only say where a branch inside the function goes, or allow relaxing.
_LOCAL = re.compile(r"R_RISCV_(BRANCH|RVC_BRANCH|RVC_JUMP|JAL|RELAX|ALIGN)$")

HINTS = ("nop", "pause", "wrs.nto", "wrs.sto")

# Instructions that Debian 12's objdump does not know, by their encoding.
_ENCODED = {0x0100000F: "pause", 0x00D00073: "wrs.nto", 0x01D00073: "wrs.sto"}


@dataclass(frozen=True)
class Insn:
    """One instruction; registers are x0 ... x31, a branch's last operand is its target."""

    address: int
    size: int  # bytes
    mnemonic: str
    operands: tuple[str, ...]
    symbol: str = ""  # its relocation's symbol and addend: an address that is not yet known

    def __str__(self) -> str:
        return f"{self.mnemonic} {','.join(self.operands)}".strip()

    @property
    def jumps(self) -> bool:
        return self.mnemonic == "j" or self.mnemonic.startswith("b")

    @property
    def target(self) -> int:
        return int(self.operands[-1], 16)


@dataclass(frozen=True)
class Function:
    name: str
    insns: tuple[Insn, ...]

    def at(self, address: int) -> int:
        """The index of the instruction at an address."""
        for i, insn in enumerate(self.insns):
            if insn.address == address:
                return i
        raise Unsupported(f"{self.name}: goes to {address:#x}, which is outside")

    def text(self) -> str:
        """The code and nothing else, for hashes. Hints and addresses are left out."""
        kept = [i for i in self.insns if i.mnemonic not in HINTS]
        number = {i.address: sum(k.address < i.address for k in kept) for i in self.insns}
        lines = []
        for insn in kept:
            operands = list(insn.operands)
            if insn.jumps and insn.target in number:
                operands[-1] = f"line {number[insn.target]}"
            lines.append(f"{insn.mnemonic} {','.join(operands)} {insn.symbol}\n")
        return "".join(lines)


@dataclass(frozen=True)
class Object:
    functions: dict[str, Function]
    data_sizes: dict[str, int]  # bytes of each data symbol; symbols without a size are left out


def _tool(name: str, *args: str) -> str:
    try:
        return subprocess.run([name, *args], check=True, capture_output=True, text=True, timeout=60).stdout
    except FileNotFoundError as e:
        raise ProofError(f"{name} is not installed: ./host/setup run") from e
    except subprocess.SubprocessError as e:
        raise ProofError(f"{name} {' '.join(args)} failed") from e


def _amocas(word: int) -> tuple[str, tuple[str, ...]] | None:
    """amocas.w, .d (Zacas): opcode AMO, funct5 00101."""
    if word & 0x7F != 0x2F or word >> 27 != 0b00101 or word >> 12 & 7 not in (2, 3):
        return None
    suffix = ("", ".rl", ".aq", ".aqrl")[word >> 25 & 3]
    rd, rs1, rs2 = (f"x{word >> shift & 31}" for shift in (7, 15, 20))
    return f"amocas.{'w' if word >> 12 & 7 == 2 else 'd'}{suffix}", (rd, rs2, f"({rs1})")


def _insn(address: int, raw: str, mnemonic: str, operands: str) -> Insn:
    word, size = int(raw, 16), len(raw) // 2
    if size == 4 and word in _ENCODED:
        return Insn(address, size, _ENCODED[word], ())
    if size == 4 and (cas := _amocas(word)):
        return Insn(address, size, *cas)
    plain = re.sub(r"\s*(<[^>]*>|#.*)", "", operands)
    return Insn(address, size, mnemonic, tuple(o for o in plain.split(",") if o))


def _lines(text: str) -> Iterator[tuple[str, Insn | None]]:
    """(label, None) where a function starts, ("", insn) for each instruction."""
    pending: Insn | None = None
    for line in text.splitlines():
        relocation = _RELOCATION.match(line)
        if relocation and pending:
            if not _LOCAL.match(relocation[2]):
                pending = Insn(pending.address, pending.size, pending.mnemonic, pending.operands,
                               f"{relocation[2]} {relocation[3]}")
            continue
        label, insn = _LABEL.match(line), _INSN.match(line)
        if (label or insn) and pending:
            yield "", pending
            pending = None
        if label and not label[1].startswith("."):
            yield label[1], None
        elif insn:
            pending = _insn(int(insn[1], 16), insn[2], insn[3], insn[4])
    if pending:
        yield "", pending


def parse(disassembly: str, sizes: dict[str, int]) -> dict[str, Function]:
    """The functions in the output of `objdump -dr -M numeric`. `sizes`: the bytes of each in the
    symbol table; a function with a byte that was not found is an error."""
    found: dict[str, list[Insn]] = {}
    here: list[Insn] = []
    for label, insn in _lines(disassembly):
        if insn is None:
            here = found.setdefault(label, [])
        else:
            here.append(insn)
    for name, size in sizes.items():
        got = sum(i.size for i in found.get(name, []))
        if got != size:
            raise ProofError(f"the disassembly of {name} is truncated: {got} of its {size} bytes")
    return {name: Function(name, tuple(found[name])) for name in sizes}


def whole(path: Path, cross: str) -> Iterator[Insn]:
    """Returns every instruction of a linked file. `cross`: the tools' prefix."""
    return (insn for _, insn in _lines(_tool(f"{cross}objdump", "-d", "-M", "numeric", str(path))) if insn)


def read(path: Path, cross: str) -> Object:
    """Every function and data symbol of an object file. `cross`: the tools' prefix."""
    if not path.is_file():
        raise ProofError(f"{path} is not there: make prove builds it")
    try:
        symbols = [s for s in Elf(path).symbols() if s.size and not s.name.startswith(".")]
    except ElfError as e:
        raise ProofError(str(e)) from None
    code = {s.name: s.size for s in symbols if s.is_code}
    data = {s.name: s.size for s in symbols if not s.is_code}
    return Object(parse(_tool(f"{cross}objdump", "-dr", "-M", "numeric", str(path)), code), data)
