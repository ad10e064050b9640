"""Executes compiled rv64 functions on one imaginary hart, and counts what it executes.

verify/code.py reads the functions and verify/ops.py says what each instruction does; this file adds
memory, and the calls and addresses of linked code. An instruction that they do not know ends the
walk with its name. A path that is longer than LIMIT is a wait, and an error, because nobody else
is there.
"""

import re
from pathlib import Path

from hartlock.base.elf import Elf
from verify import code
from verify.code import Insn
from verify.ops import ALU, CONDITIONS, MASK, SP, Op, decode, loaded, signed, stored

LIMIT = 20000  # instructions
BASE, STACK, RETURN = 0x10000, 0x7FFF0, 0xDEAD0  # addresses: image, top of stack, where the last ret goes
SIZE = 1 << 20  # bytes of memory, from BASE on
RA, RESULT, ARGUMENTS = "x1", "x10", 10  # registers of the calling convention; the number of the first argument's
NAMES = ("zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 "
         "t3 t4 t5 t6").split()  # x0 to x31 as people call them


class WalkError(Exception):
    """Raised when the walk meets something it cannot follow."""


def shown(insn: Insn) -> str:
    """Returns an instruction with its registers' usual names."""
    return re.sub(r"\bx(\d+)\b", lambda found: NAMES[int(found[1])], str(insn))


class Hart:
    """The image of an ELF file that is linked at BASE, and the registers of the hart that runs it."""

    def __init__(self, elf: Path, cross: str):
        """`cross`: the prefix of the compiler's tools."""
        file = Elf(elf)
        self.code = {insn.address: (insn, function.name) for function in code.read(elf, cross).functions.values() for insn in function.insns}
        self.symbols = {s.name: s.address for s in file.symbols()}
        self.sizes = {s.name: s.size for s in file.symbols()}  # bytes
        self.memory = bytearray(SIZE)
        for address, data in file.loaded():
            self.memory[address - BASE:address - BASE + len(data)] = data
        self.registers = {f"x{n}": 0 for n in range(32)}
        self.reserved: int | None = None

    @property
    def result(self) -> int:
        """The value that the last function returned."""
        return self.registers[RESULT]

    def load(self, address: int, size: int) -> int:
        self._check(address, size)
        return int.from_bytes(self.memory[address - BASE:address - BASE + size], "little")

    def store(self, address: int, size: int, value: int) -> None:
        self._check(address, size)
        self.memory[address - BASE:address - BASE + size] = (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")

    def _check(self, address: int, size: int) -> None:
        if not BASE <= address <= BASE + SIZE - size or address % size:
            raise WalkError(f"an access of {size} bytes at {address:#x}")

    def call(self, name: str, *arguments: int) -> list[Insn]:
        """Runs the function and returns what it executed, without its own last ret."""
        self.registers.update({f"x{ARGUMENTS + i}": value for i, value in enumerate(arguments)}, **{SP: STACK, RA: RETURN})
        at, path = self.symbols[name], list[Insn]()
        while at != RETURN:
            if at not in self.code or len(path) == LIMIT:
                raise WalkError(f"{name}: no code at {at:#x}" if at not in self.code else
                                f"{name}: still running after {LIMIT} instructions: it waits")
            insn, function = self.code[at]
            path.append(insn)
            at = self._step(insn, function)
        return path[:-1]

    def _set(self, register: str, value: int) -> None:
        if register != "x0":
            self.registers[register] = value & MASK

    def _value(self, source: str | int) -> int:
        return source & MASK if isinstance(source, int) else self.registers[source]

    def _step(self, insn: Insn, function: str) -> int:
        """Executes one instruction; returns the address of the next."""
        after = insn.address + insn.size
        if insn.mnemonic == "auipc":
            self._set(insn.operands[0], insn.address + signed(int(insn.operands[1], 16) << 12, 32))
            return after
        if insn.mnemonic in ("jal", "jr", "jalr"):
            return self._linked(insn, after)
        op = decode(insn, function)
        if op.kind == "ret":
            return self.registers[RA]
        if op.kind in ("jump", "branch"):
            taken = op.kind == "jump" or CONDITIONS[op.name](*map(self._value, op.sources))
            return insn.target if taken else after
        if op.kind == "alu":
            self._set(op.rd, ALU[op.name](*map(self._value, op.sources)))
        elif op.touches_memory:
            self._access(op)
        return after

    def _linked(self, insn: Insn, after: int) -> int:
        """Jumps out of the function, or by a register; returns where to."""
        *link, to = insn.operands
        if insn.mnemonic == "jal":
            address = int(to, 16)
        else:
            offset, register = re.fullmatch(r"(?:(-?\d*)\()?(x\d+)\)?", to).groups()  # type: ignore[union-attr]
            address = (int(offset or 0) + self.registers[register]) & MASK
        if insn.mnemonic != "jr":
            self._set(link[0] if link else RA, after)
        return address

    def _access(self, op: Op) -> None:
        at = (self.registers[op.base] + op.offset) & MASK
        given = [self._value(source) for source in op.sources]
        if op.kind == "store":
            self.store(at, op.width, given[0])
        elif op.kind == "sc":
            if self.reserved == at:
                self.store(at, op.width, given[0])
            self._set(op.rd, int(self.reserved != at))
            self.reserved = None
        else:
            old = loaded(op, self.load(at, op.width))
            new = stored(op, old, given)
            if new is not None:
                self.store(at, op.width, new)
            self._set(op.rd, old)
            self.reserved = at if op.kind == "lr" else self.reserved
