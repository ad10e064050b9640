"""One of two codes that are compared: its instructions decoded, and a place in it.

worker.py walks through a function under proof and through a worker's loop side by side. Between
two accesses that other harts can see, a walk here follows what the code computes.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from verify.code import Function, Insn
from verify.errors import Unsupported
from verify.flow import Flow
from verify.ops import MASK, SP, Op, decode
from verify.terms import Term, compute

PARAMETERS = LOCK, NODE = "x10", "x11"
REGISTERS = frozenset(f"x{n}" for n in range(32))
LIMIT = 5_000  # steps of a walk
# Instructions that compute, or ask about the hart, and that no lock has.
_OWN = re.compile(r"(csr[rwcsi]+|rd(cycle|time|instret)|(div|rem)u?w?|mulhs?u?)$")


class Side:
    """One of the two codes, decoded."""

    def __init__(self, function: Function, ops: list[Op]):
        self.function, self.ops = function, ops
        memory = [op for op in ops if op.touches_memory and op.base != SP]
        self.touched = {(op.base, op.offset) for op in memory if op.base in PARAMETERS}  # parameter and offset of its accesses
        self.orders = [op.kind == "fence" or bool(op.order) for op in ops]
        self.atomics = {n for n, op in enumerate(ops) if op.kind in ("amo", "cas", "lr", "sc", "fence") or op.order}

    @property
    def fixed(self) -> set[tuple[str, int]]:
        """The accesses whose words do not change in the function: no store has their offset, or they belong to the node,
        no other hart gets to know the node, and the function does not store there. Nothing of a worker is fixed."""
        return set()


class Proved(Side):
    """A function under proof. Raises Unsupported for an instruction that is not known."""

    def __init__(self, function: Function):
        super().__init__(function, [decode(insn, function.name) for insn in function.insns])
        memory = [op for op in self.ops if op.touches_memory and op.base != SP]
        stored = [(op.base, op.offset) for op in memory if op.kind != "load"]
        private = not any(NODE in op.sources for op in self.ops) and NODE not in dict(stored)
        self._fixed = {(op.base, op.offset) for op in memory if op.kind == "load" and op.base in PARAMETERS
                       and (op.offset not in dict((o, b) for b, o in stored) or (private and op.base == NODE))}

    @property
    def fixed(self) -> set[tuple[str, int]]:
        return self._fixed


class Timed(Side):
    """A loop of a worker, in its image. `object_at`: the name of the object at an address."""

    def __init__(self, function: Function, object_at: Callable[[int], str]):
        super().__init__(function, [_timed(insn, function) for insn in function.insns])
        self.flow = Flow(function, self.ops, object_at)


def _timed(insn: Insn, function: Function) -> Op:
    """Decodes an instruction of a worker, where more may stand than in a lock: `call` of a function, `leave` for another
    one, `own` for what touches a register alone."""
    inside = range(function.insns[0].address, function.insns[-1].address + 1)
    if insn.mnemonic == "j" and insn.target not in inside:
        return Op("leave", insn)
    if insn.mnemonic == "jal" and insn.target not in inside:
        return Op("call", insn)
    if _OWN.match(insn.mnemonic):
        return Op("own", insn, rd=insn.operands[0] if insn.operands[0] in REGISTERS else "x0")
    return decode(insn, function.name)


@dataclass
class Place:
    """The place of a walk in one of the two codes."""

    at: int
    known: dict[str, Term]
    ordered: bool = False  # has anything ordered yet?
    equal: dict[Term, int] = field(default_factory=dict)  # loaded values that a branch found equal to a number

    def get(self, side: Side, source: str | int) -> Term:
        if isinstance(source, int):
            return source & MASK
        if source == "x0":
            return 0
        return self.known.get(source, ("?", source))


def _fixed(side: Side, place: Place, op: Op) -> Term | None:
    """The value of a load from a word that is never written while harts run: it is a parameter, too."""
    if op.kind != "load" or (op.base, op.offset) not in side.fixed or place.get(side, op.base) != ("?", op.base):
        return None
    return ("?", f"{op.base}+{op.offset}")


def advance(side: Side, place: Place) -> Place:
    """Go on to the next access, fence, branch or return, over everything that no other hart sees."""
    place = replace(place, known=dict(place.known))
    for _ in range(LIMIT):
        if place.at >= len(side.ops):
            return place
        op = side.ops[place.at]
        if op.kind == "own":
            place.known[op.rd] = ("?", f"{op.rd}@{place.at}")
        elif op.kind == "alu":
            place.known[op.rd] = compute(op.name, *(place.get(side, s) for s in op.sources))
        elif op.kind == "jump":
            place.at = side.function.at(op.insn.target)
            continue
        elif (fixed := _fixed(side, place, op)):
            place.known[op.rd] = fixed
        elif op.base == SP and op.kind == "store":
            place.known[f"stack{op.offset}"] = place.get(side, op.sources[0])
        elif op.base == SP and op.kind == "load":
            place.known[op.rd] = place.known.get(f"stack{op.offset}", ("?", f"stack{op.offset}"))
        elif op.kind != "hint":
            return place
        place.at += 1
    raise Unsupported(f"{side.function.name}: goes round for ever")
