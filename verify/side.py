"""One of two codes that are compared: its instructions decoded, and a place in it.

worker.py walks through a function under proof and through a worker's loop side by side. Between
two accesses that other harts can see, a walk here follows what the code computes.
"""

from dataclasses import dataclass, field, replace

from verify.code import Function
from verify.errors import Unsupported
from verify.ops import MASK, SP, Op, decode
from verify.terms import Term, compute

PARAMETERS = LOCK, NODE = "x10", "x11"
LIMIT = 5_000  # steps of a walk


@dataclass
class Side:
    """One of the two codes, decoded as far as possible, with its constants."""

    function: Function
    worker: bool
    ops: list[Op | None] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)
    touched: set[tuple[str, int]] = field(default_factory=set)  # parameter and offset of its accesses
    fixed: set[tuple[str, int]] = field(default_factory=set)  # accesses whose words do not change in the function

    def __post_init__(self) -> None:
        for insn in self.function.insns:
            try:
                self.ops.append(decode(insn, self.function.name))
            except Unsupported:
                self.ops.append(None)
        self._memory()
        saved = {(op.sources[0], op.offset) for op in self.ops if op and op.kind == "store" and op.base == SP}
        written = ["" if op and op.base == SP and (op.rd, op.offset) in saved else op.rd if op else i.operands[0] if i.operands else ""
                   for op, i in zip(self.ops, self.function.insns, strict=True)]
        for op in self.ops:
            if self.worker and op and op.kind == "alu" and op.sources[0] == "x0" and isinstance(op.sources[1], int):
                if op.name == "add" and written.count(op.rd) == 1:
                    self.constants[op.rd] = op.sources[1] & MASK

    @property
    def atomics(self) -> set[int]:
        return {n for n, op in enumerate(self.ops) if op and (op.kind in ("amo", "cas", "lr", "sc", "fence") or op.order)}

    def _memory(self) -> None:
        """Find the fixed words. A word is fixed if no store has its offset, or if it belongs to the node,
        no other hart gets to know the node, and the function does not store there."""
        memory = [op for op in self.ops if op and op.touches_memory and op.base != SP]
        self.touched = {(op.base, op.offset) for op in memory if op.base in PARAMETERS}
        stored = [(op.base, op.offset) for op in memory if op.kind != "load"]
        private = not any(NODE in op.sources for op in self.ops if op) and NODE not in dict(stored)
        self.fixed = {(op.base, op.offset) for op in memory if op.kind == "load" and op.base in PARAMETERS
                      and (op.offset not in dict((o, b) for b, o in stored) or (private and op.base == NODE))}


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
        return self.known.get(source, side.constants.get(source, ("?", source)))


def _fixed(side: Side, place: Place, op: Op) -> Term | None:
    """The value of a load from a word that is never written while harts run: it is a parameter, too."""
    if side.worker or op.kind != "load" or (op.base, op.offset) not in side.fixed or place.get(side, op.base) != ("?", op.base):
        return None
    return ("?", f"{op.base}+{op.offset}")


def advance(side: Side, place: Place) -> Place:
    """Go on to the next access, fence, branch or return, over everything that no other hart sees."""
    place = replace(place, known=dict(place.known))
    for _ in range(LIMIT):
        if place.at >= len(side.ops):
            return place
        op = side.ops[place.at]
        if op is None:  # an address being made
            operands = side.function.insns[place.at].operands
            place.known[operands[0]] = ("?", f"{operands[0]}@{place.at}")
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


def way_in(side: Side, start: int) -> dict[str, Term]:
    """The registers' values on the straight way from the function's beginning."""
    place = Place(0, {})
    for at in range(start):
        op, operands = side.ops[at], side.function.insns[at].operands
        if op is None or op.rd != "x0":
            rd = op.rd if op else operands[0]
            value: Term = ("?", f"{rd}@{at}")
            if op and op.kind == "alu":
                value = compute(op.name, *(place.get(side, s) for s in op.sources))
            elif op is None and side.function.insns[at].mnemonic not in ("auipc", "lui"):
                value = place.get(side, operands[1]) if len(operands) > 1 else value
            place.known[rd] = value
    return place.known
