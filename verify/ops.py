"""Decodes instructions: objdump's aliases and forms are reduced to a few kinds.

An instruction that is not known here is an error that names it; none is ever dropped.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from verify.code import HINTS, Insn
from verify.errors import Unsupported

MASK = (1 << 64) - 1
SP = "x2"


def signed(value: int, bits: int = 64) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def _word(f: Callable[[int, int], int]) -> Callable[[int, int], int]:
    """The function on the low 32 bits, sign-extended, as addw and its like have it."""
    return lambda a, b: signed(f(a & 0xFFFFFFFF, b & 0xFFFFFFFF), 32)


# Unprivileged manual, chapters RV32I, RV64I and M. Arguments are unsigned 64-bit.
ALU: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "and": lambda a, b: a & b,
    "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b,
    "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: a >> (b & 63),
    "sra": lambda a, b: signed(a) >> (b & 63),
    "slt": lambda a, b: int(signed(a) < signed(b)),
    "sltu": lambda a, b: int(a < b),
    "mul": lambda a, b: a * b,
    "addw": _word(lambda a, b: a + b),
    "subw": _word(lambda a, b: a - b),
    "sllw": _word(lambda a, b: a << (b & 31)),
    "srlw": _word(lambda a, b: a >> (b & 31)),
    "sraw": lambda a, b: signed(a, 32) >> (b & 31),
    "mulw": _word(lambda a, b: a * b),
}

CONDITIONS: dict[str, Callable[[int, int], bool]] = {
    "beq": lambda a, b: a == b,
    "bne": lambda a, b: a != b,
    "blt": lambda a, b: signed(a) < signed(b),
    "bge": lambda a, b: signed(a) >= signed(b),
    "bltu": lambda a, b: a < b,
    "bgeu": lambda a, b: a >= b,
}

# The value that an AMO stores, computed from the old one (sign-extended) and its register.
AMO: dict[str, Callable[[int, int], int]] = {
    "swap": lambda old, new: new,
    "add": lambda old, new: old + new,
    "and": lambda old, new: old & new,
    "or": lambda old, new: old | new,
    "xor": lambda old, new: old ^ new,
    "max": lambda old, new: max(signed(old), signed(new)),
    "min": lambda old, new: min(signed(old), signed(new)),
    "maxu": lambda old, new: max(old, new),
    "minu": lambda old, new: min(old, new),
}

# alias -> (operation, first source, second source); "1" is the alias's own source register.
_ONE_SOURCE: dict[str, tuple[str, str | int, str | int]] = {
    "mv": ("add", "1", 0), "not": ("xor", "1", -1), "neg": ("sub", "x0", "1"), "negw": ("subw", "x0", "1"),
    "sext.w": ("addw", "1", 0), "seqz": ("sltu", "1", 1), "snez": ("sltu", "x0", "1"),
    "sltz": ("slt", "1", "x0"), "sgtz": ("slt", "x0", "1"), "zext.b": ("and", "1", 255),
}
# alias -> (condition, is the register the second operand?)
_ZERO_BRANCH = {"beqz": ("beq", 0), "bnez": ("bne", 0), "bgez": ("bge", 0), "bltz": ("blt", 0),
                "blez": ("bge", 1), "bgtz": ("blt", 1)}
_SWAPPED_BRANCH = {"bgt": "blt", "ble": "bge", "bgtu": "bltu", "bleu": "bgeu"}

_MEMORY = re.compile(r"(l[bhw]u?|ld|s[bhwd])$")
_ATOMIC_NAME = re.compile(r"(lr|sc|amo([a-z]+))\.([wd])(?:\.(aq|rl|aqrl))?$")
_BASE = re.compile(r"(-?\d+)?\((x\d+)\)$")
_WIDTH = {"b": 1, "h": 2, "w": 4, "d": 8}
_FENCE = {"r", "w", "rw", "ir", "ow", "iorw", "i", "o", "io"}


@dataclass(frozen=True)
class Op:
    """A decoded instruction. `kind` is alu, load, store, amo, cas, lr, sc, fence, branch,
    jump, ret or hint; fields that a kind does not have are empty."""

    kind: str
    insn: Insn
    name: str = ""  # the name of an ALU operation, a condition or an AMO's operation
    rd: str = "x0"
    sources: tuple[str | int, ...] = ()  # registers, or an ALU operation's immediate
    base: str = ""
    offset: int = 0
    width: int = 0  # bytes
    unsigned: bool = False
    order: str = ""  # aq, rl, aqrl; a fence's predecessor,successor sets

    @property
    def touches_memory(self) -> bool:
        return self.kind in ("load", "store", "amo", "cas", "lr", "sc")

    @property
    def registers(self) -> set[str]:
        """Every register that the instruction names."""
        named = {self.rd, self.base, *(s for s in self.sources if isinstance(s, str))}
        return named - {"", "x0"}


def loaded(op: Op, value: int) -> int:
    """Returns a word of memory as its load or AMO leaves it in a register."""
    return value if op.unsigned else signed(value, 8 * op.width) & MASK


def stored(op: Op, old: int, given: Sequence[int]) -> int | None:
    """Returns what an AMO or a CAS stores that loaded `old`, with `given` in its sources; None: nothing."""
    if op.kind == "amo":
        return AMO[op.name](old, given[0])
    return given[0] if op.kind == "cas" and old == loaded(op, given[1]) else None


def _value(text: str) -> str | int:
    return text if text.startswith("x") and text[1:].isdigit() else int(text, 0)


def _alu(insn: Insn) -> Op | None:
    m, o = insn.mnemonic, insn.operands
    if m == "li":
        return Op("alu", insn, "add", o[0], ("x0", int(o[1], 0)))
    if m == "auipc":
        return Op("alu", insn, "add", o[0], ("x0", insn.address + signed(int(o[1], 0) << 12, 32)))
    if m == "lui":
        return Op("alu", insn, "add", o[0], ("x0", signed(int(o[1], 0) << 12, 32)))
    if m in _ONE_SOURCE:
        name, *sources = _ONE_SOURCE[m]
        return Op("alu", insn, str(name), o[0], tuple(o[1] if s == "1" else s for s in sources))
    name = m if m in ALU else m.replace("i", "", 1)  # addi, sltiu, srliw
    if name not in ALU or len(o) != 3:
        return None
    return Op("alu", insn, name, o[0], (o[1], _value(o[2])))


def _branch(insn: Insn) -> Op | None:
    m, o = insn.mnemonic, insn.operands
    if m in CONDITIONS:
        return Op("branch", insn, m, sources=o[:2])
    if m in _ZERO_BRANCH:
        name, second = _ZERO_BRANCH[m]
        return Op("branch", insn, name, sources=("x0", o[0]) if second else (o[0], "x0"))
    if m in _SWAPPED_BRANCH:
        return Op("branch", insn, _SWAPPED_BRANCH[m], sources=(o[1], o[0]))
    return None


def _memory(insn: Insn) -> Op | None:
    where = _BASE.match(insn.operands[-1]) if insn.operands else None
    op = _plain(insn) or _atomic(insn) if where else None
    return replace(op, base=where[2], offset=int(where[1] or 0)) if op and where else None


def _plain(insn: Insn) -> Op | None:
    m, o = insn.mnemonic, insn.operands
    if not _MEMORY.match(m):
        return None
    if m[0] == "l":
        return Op("load", insn, rd=o[0], width=_WIDTH[m[1]], unsigned=m.endswith("u"))
    return Op("store", insn, sources=(o[0],), width=_WIDTH[m[1]])


def _atomic(insn: Insn) -> Op | None:
    found, o = _ATOMIC_NAME.match(insn.mnemonic), insn.operands
    if not found:
        return None
    what, operation, width, order = found[1], found[2], _WIDTH[found[3]], found[4] or ""
    if what == "lr":
        return Op("lr", insn, rd=o[0], width=width, order=order)
    if what == "sc":
        return Op("sc", insn, rd=o[0], sources=(o[1],), width=width, order=order)
    if operation == "cas":
        return Op("cas", insn, rd=o[0], sources=(o[1], o[0]), width=width, order=order)
    return Op("amo", insn, operation, o[0], (o[1],), width=width, order=order) if operation in AMO else None


def _other(insn: Insn) -> Op | None:
    m, o = insn.mnemonic, insn.operands
    if m == "ret":
        return Op("ret", insn)
    if m == "j":
        return Op("jump", insn)
    if m in HINTS:
        return Op("hint", insn)
    if m == "fence" and (not o or (len(o) == 2 and set(o) <= _FENCE)):
        return Op("fence", insn, order=",".join(o) or "iorw,iorw")
    if m == "fence.tso":
        return Op("fence", insn, order="tso")
    return None


def decode(insn: Insn, where: str) -> Op:
    """Decode an instruction. `where`: the function, for the message when it is not known."""
    if insn.symbol:
        raise Unsupported(f"{where}+{insn.address:#x}: {insn}: refers to {insn.symbol}")
    try:
        op = _alu(insn) or _branch(insn) or _memory(insn) or _other(insn)
    except (ValueError, IndexError) as e:
        raise Unsupported(f"{where}+{insn.address:#x}: {insn}: {e}") from e
    if op is None:
        raise Unsupported(f"{where}+{insn.address:#x}: the translator does not know '{insn}'")
    return op
