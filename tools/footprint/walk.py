"""Executes compiled rv64 functions on one imaginary hart, and counts the instructions.

It is small on purpose: it knows the integer instructions that GCC makes of lock/ and alloc/,
as objdump prints them. An instruction it does not know ends the walk with its name; nothing
is guessed. A path that is longer than LIMIT is a wait, and an error, because no other hart
is there.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LIMIT = 20000  # instructions
BASE, STACK, RETURN = 0x10000, 0x7FFF0, 0xDEAD0  # addresses: image, top of stack, where the last ret goes
WORD = (1 << 64) - 1

NAMES = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 "
         "t3 t4 t5 t6").split()

OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "and": lambda a, b: a & b, "or": lambda a, b: a | b,
    "xor": lambda a, b: a ^ b, "mul": lambda a, b: a * b, "sll": lambda a, b: a << (b & 63),
    "srl": lambda a, b: a >> (b & 63), "sra": lambda a, b: signed(a, 64) >> (b & 63),
    "sltu": lambda a, b: a < b, "slt": lambda a, b: signed(a, 64) < signed(b, 64),
}
WORD_SHIFTS: dict[str, Callable[[int, int], int]] = {
    "sllw": lambda a, b: a << (b & 31), "srlw": lambda a, b: (a & 0xFFFFFFFF) >> (b & 31),
    "sraw": lambda a, b: signed(a, 32) >> (b & 31),
}
BRANCHES: dict[str, Callable[[int, int], int]] = {
    "beq": lambda a, b: a == b, "bne": lambda a, b: a != b, "bltu": lambda a, b: a < b, "bgeu": lambda a, b: a >= b,
    "blt": lambda a, b: signed(a, 64) < signed(b, 64), "bge": lambda a, b: signed(a, 64) >= signed(b, 64),
    "bgtu": lambda a, b: a > b, "bleu": lambda a, b: a <= b,
    "bgt": lambda a, b: signed(a, 64) > signed(b, 64), "ble": lambda a, b: signed(a, 64) <= signed(b, 64),
}
UNARY: dict[str, Callable[[int], int]] = {
    "mv": lambda a: a, "not": lambda a: ~a, "neg": lambda a: -a, "seqz": lambda a: a == 0, "snez": lambda a: a != 0,
    "sext.w": lambda a: signed(a, 32), "zext.b": lambda a: a & 0xFF, "negw": lambda a: signed(-a, 32),
    "sltz": lambda a: signed(a, 64) < 0, "sgtz": lambda a: signed(a, 64) > 0,
}
LOADS = {"lb": (1, True), "lbu": (1, False), "lh": (2, True), "lhu": (2, False), "lw": (4, True), "lwu": (4, False),
         "ld": (8, False)}
STORES = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}
AMOS: dict[str, Callable[[int, int], int]] = {"amoadd": lambda a, b: a + b, "amoswap": lambda a, b: b, "amoor": lambda a, b: a | b,
        "amoand": lambda a, b: a & b}


class WalkError(Exception):
    """Raised when the walk meets something it cannot follow."""


def signed(value: int, bits: int) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@dataclass(frozen=True)
class Instruction:
    at: int
    size: int  # bytes
    mnemonic: str
    operands: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.mnemonic} {','.join(self.operands)}".strip()


def decode(line: str) -> Instruction | None:
    """The instruction of a line of objdump -d with raw words, or None."""
    m = re.match(r"\s*([0-9a-f]+):\s+((?:[0-9a-f]{4}|[0-9a-f]{8}))\s+(\S+)\s*([^#<]*)", line)
    if m is None:
        return None
    mnemonic, operands = m[3], tuple(word.strip() for word in m[4].split(",") if word.strip())
    word = int(m[2], 16)
    if mnemonic in (".4byte", ".insn") and word & 0xF800707F == 0x2800302F:
        mnemonic = "amocas.d"
        operands = (NAMES[word >> 7 & 31], NAMES[word >> 20 & 31], f"({NAMES[word >> 15 & 31]})")
    return Instruction(int(m[1], 16), len(m[2]) // 2, mnemonic, operands)


class Hart:
    """The image of an ELF linked at BASE, and the registers of the hart that runs it."""

    def __init__(self, elf: Path, cross: str):
        def tool(*words: str) -> str:
            return subprocess.run([f"{cross}{words[0]}", *words[1:]], check=True, capture_output=True, text=True,
                                  timeout=60).stdout

        code = (decode(line) for line in tool("objdump", "-d", "-w", str(elf)).splitlines())
        self.code = {i.at: i for i in code if i is not None}
        flat = elf.with_suffix(".bin")
        tool("objcopy", "-O", "binary", "--set-section-flags", ".bss=alloc,load,contents", str(elf), str(flat))
        self.memory = bytearray(flat.read_bytes().ljust(1 << 20, b"\0"))
        listed = [line.split() for line in tool("nm", "-S", str(elf)).splitlines()]
        self.symbols = {words[-1]: int(words[0], 16) for words in listed}
        self.sizes = {words[-1]: int(words[1], 16) for words in listed if len(words) == 4}
        self.registers = dict.fromkeys(NAMES, 0)
        self.reserved: int | None = None

    def load(self, address: int, size: int) -> int:
        self._check(address, size)
        return int.from_bytes(self.memory[address - BASE : address - BASE + size], "little")

    def store(self, address: int, size: int, value: int) -> None:
        self._check(address, size)
        self.memory[address - BASE : address - BASE + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def _check(self, address: int, size: int) -> None:
        if not BASE <= address <= BASE + len(self.memory) - size or address % size:
            raise WalkError(f"an access of {size} bytes at {address:#x}")

    def call(self, name: str, *arguments: int) -> list[Instruction]:
        """Run a function. Returns the instructions it executed, without its own last ret."""
        self.registers.update({f"a{i}": value for i, value in enumerate(arguments)}, sp=STACK, ra=RETURN)
        at, path = self.symbols[name], list[Instruction]()
        while at != RETURN:
            if at not in self.code or len(path) == LIMIT:
                raise WalkError(f"{name}: no code at {at:#x}" if at not in self.code else
                                f"{name}: still running after {LIMIT} instructions: it waits")
            path.append(self.code[at])
            at = self._step(self.code[at])
        return path[:-1]

    def _set(self, register: str, value: int) -> None:
        if register != "zero":
            self.registers[register] = int(value) & WORD

    def _value(self, operand: str) -> int:
        return self.registers[operand] if operand in self.registers else int(operand, 0) & WORD

    def _address(self, operand: str) -> int:
        offset, register = re.fullmatch(r"(-?\d*)\((\w+)\)", operand).groups()  # type: ignore[union-attr]
        return (int(offset or 0) + self.registers[register]) & WORD

    def _step(self, i: Instruction) -> int:
        """Execute one instruction. Returns the address of the next."""
        jump = self._jump(i)
        if jump is None:
            self._compute(i)
            return i.at + i.size
        return jump

    def _jump(self, i: Instruction) -> int | None:
        ops, after = i.operands, i.at + i.size
        if i.mnemonic == "ret":
            return self.registers["ra"]
        if i.mnemonic in ("j", "jal"):
            if i.mnemonic == "jal":
                self._set(ops[0] if len(ops) == 2 else "ra", after)
            return int(ops[-1], 16)
        if i.mnemonic in ("jr", "jalr"):
            to = self._address(ops[-1]) if "(" in ops[-1] else self.registers[ops[-1]]
            if i.mnemonic == "jalr":
                self._set(ops[0] if len(ops) == 2 else "ra", after)
            return to
        zero = i.mnemonic.endswith("z") and i.mnemonic[:-1] in BRANCHES
        if zero or i.mnemonic in BRANCHES:
            test = BRANCHES[i.mnemonic[:-1] if zero else i.mnemonic]
            values = (self._value(ops[0]), 0 if zero else self._value(ops[1]))
            return int(ops[-1], 16) if test(*values) else after
        return None

    def _compute(self, i: Instruction) -> None:
        name, ops = i.mnemonic, i.operands
        base, wide = (name[:-1], False) if name.endswith("w") and name[:-1] in OPERATIONS else (name, True)
        if name in LOADS:
            size, sign = LOADS[name]
            value = self.load(self._address(ops[1]), size)
            self._set(ops[0], signed(value, 8 * size) if sign else value)
        elif name in STORES:
            self.store(self._address(ops[1]), STORES[name], self._value(ops[0]))
        elif name in UNARY:
            self._set(ops[0], UNARY[name](self._value(ops[1])))
        elif name in WORD_SHIFTS:
            self._set(ops[0], signed(WORD_SHIFTS[name](self._value(ops[1]), self._value(ops[2])), 32))
        elif base in OPERATIONS:
            value = OPERATIONS[base](self._value(ops[1]), self._value(ops[2]))
            self._set(ops[0], value if wide else signed(value, 32))
        elif name in ("li", "lui", "auipc"):
            value = int(ops[1], 0) if name == "li" else signed(int(ops[1], 16) << 12, 32)
            self._set(ops[0], value + (i.at if name == "auipc" else 0))
        elif name.startswith(("amo", "lr.", "sc.")):
            self._atomic(i)
        elif name not in ("fence", "nop"):
            raise WalkError(f"an instruction that the walk does not know: {i}")

    def _atomic(self, i: Instruction) -> None:
        kind, width = i.mnemonic.split(".")[:2]
        size, ops = {"w": 4, "d": 8}[width], i.operands
        at = self._address(ops[-1])
        old = signed(self.load(at, size), 8 * size) & WORD
        if kind == "lr":
            self.reserved = at
        elif kind == "sc":
            if self.reserved == at:
                self.store(at, size, self._value(ops[1]))
            self._set(ops[0], self.reserved != at)
            self.reserved = None
            return
        elif kind == "amocas":
            if self._value(ops[0]) == old:
                self.store(at, size, self._value(ops[1]))
        elif kind in AMOS:
            self.store(at, size, AMOS[kind](old, self._value(ops[1])))
        else:
            raise WalkError(f"an instruction that the walk does not know: {i}")
        self._set(ops[0], old)
