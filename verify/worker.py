"""Is what is timed what is proved? Finds a function under proof inside a worker's loop.

Both codes are walked side by side. They have to make the same accesses and fences in the
same order, with the same order bits, to addresses and of values that are computed alike
from what was loaded before, and to branch on the same conditions. Registers, the layout of
blocks and where a constant comes from may differ. The worker may besides use its stack,
compute, and branch on what does not come from the lock (the bench's delay).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from verify.code import Function
from verify.errors import Unsupported
from verify.ops import ALU, CONDITIONS, MASK, SP, Op, decode

# A value: a number, a parameter or register of unknown value ("?", name), what an instruction
# loaded ("load", index), base + number ("+", base, number), or an operation on two.
Term = int | tuple["Term | str", ...]

NEGATED = {"beq": "bne", "bne": "beq", "blt": "bge", "bge": "blt", "bltu": "bgeu", "bgeu": "bltu"}
COMMUTE = {"add", "and", "or", "xor", "mul", "addw"}
LIMIT = 20_000


def _plus(base: Term, number: int) -> Term:
    if isinstance(base, int):
        return (base + number) & MASK
    if base[0] == "+":
        return _plus(base[1], base[2] + number)  # type: ignore[arg-type,operator]
    return ("+", base, number) if number else base


def _compute(name: str, a: Term, b: Term) -> Term:
    if isinstance(a, int) and isinstance(b, int):
        return ALU[name](a, b) & MASK
    if name == "add" and isinstance(b, int):
        return _plus(a, b - (1 << 64) if b >> 63 else b)
    if name == "add" and isinstance(a, int):
        return _compute(name, b, a)
    if name == "add" and isinstance(a, tuple) and a[0] == "+":
        return _plus(_compute(name, a[1], b), a[2])  # type: ignore[arg-type]
    if name == "add" and isinstance(b, tuple) and b[0] == "+":
        return _plus(_compute(name, a, b[1]), b[2])  # type: ignore[arg-type]
    return (name, a, b)


def _of_load(term: Term | str) -> bool:
    """Does it come from what the lock loaded?"""
    return isinstance(term, tuple) and (term[0] == "load" or any(_of_load(t) for t in term[1:]))


@dataclass
class Side:
    """One of the two codes: decoded as far as it can be, and its constants."""

    function: Function
    worker: bool
    ops: list[Op | None] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for insn in self.function.insns:
            try:
                self.ops.append(decode(insn, self.function.name))
            except Unsupported:
                self.ops.append(None)
        written = [op.rd if op else i.operands[0] if i.operands else ""
                   for op, i in zip(self.ops, self.function.insns, strict=True)]
        for op in self.ops:
            if self.worker and op and op.kind == "alu" and op.sources[0] == "x0" and isinstance(op.sources[1], int):
                if op.name == "add" and written.count(op.rd) == 1:
                    self.constants[op.rd] = op.sources[1] & MASK


@dataclass
class Place:
    """Where a walk is on one side."""

    at: int
    known: dict[str, Term]

    def get(self, side: Side, source: str | int) -> Term:
        if isinstance(source, int):
            return source & MASK
        if source == "x0":
            return 0
        return self.known.get(source, side.constants.get(source, ("?", source)))


def _advance(side: Side, place: Place) -> Place:
    """Over everything that no one else sees, to the next access, fence, branch or return."""
    place = Place(place.at, dict(place.known))
    for _ in range(LIMIT):
        if place.at >= len(side.ops):
            return place
        op = side.ops[place.at]
        if op is None:  # an address being made
            operands = side.function.insns[place.at].operands
            place.known[operands[0]] = ("?", f"{operands[0]}@{place.at}")
        elif op.kind == "alu":
            place.known[op.rd] = _compute(op.name, *(place.get(side, s) for s in op.sources))
        elif op.kind == "jump":
            place.at = side.function.at(op.insn.target)
            continue
        elif op.base == SP and op.kind == "store":
            place.known[f"stack{op.offset}"] = place.get(side, op.sources[0])
        elif op.base == SP and op.kind == "load":
            place.known[op.rd] = place.known.get(f"stack{op.offset}", ("?", f"stack{op.offset}"))
        elif op.kind != "hint":
            return place
        place.at += 1
    raise Unsupported(f"{side.function.name}: goes round for ever")


class Walk:
    """Tries to match the whole of one function from one instruction of the worker on."""

    def __init__(self, subject: Side, worker: Side, parameters: dict[str, Term]):
        self.subject, self.worker, self.bound = subject, worker, dict(parameters)
        self.seen: set[tuple[int, int]] = set()

    def same(self, a: Term | str, b: Term | str) -> bool:
        """Is the subject's value the worker's?"""
        if isinstance(a, tuple) and a[0] == "?":
            return self._bind(str(a[1]), b, 0)
        if isinstance(a, tuple) and a[0] == "+" and isinstance(a[1], tuple) and a[1][0] == "?":
            return self._bind(str(a[1][1]), b, a[2])  # type: ignore[arg-type]
        if not isinstance(a, tuple) or not isinstance(b, tuple):
            return a == b
        if len(a) != len(b) or a[0] != b[0]:
            return False
        if all(self.same(x, y) for x, y in zip(a[1:], b[1:], strict=True)):
            return True
        return a[0] in COMMUTE and len(a) == 3 and self.same(a[1], b[2]) and self.same(a[2], b[1])

    def _bind(self, name: str, value: Term | str, offset: int) -> bool:
        """A parameter is whatever the worker has for it the first time."""
        if isinstance(value, str):
            return False
        value = _plus(value, -offset)
        return self.bound.setdefault(name, value) == value

    def matches(self, s: Place, w: Place) -> bool:
        s, w = _advance(self.subject, s), _advance(self.worker, w)
        if (s.at, w.at) in self.seen:
            return True
        before = dict(self.bound)
        self.seen.add((s.at, w.at))
        a = self.subject.ops[s.at] if s.at < len(self.subject.ops) else None
        b = self.worker.ops[w.at] if w.at < len(self.worker.ops) else None
        if a is None or (a.kind != "ret" and b is None):
            return False
        if a.kind == "ret" or (b is not None and self._step(a, b, s, w)):
            return True
        self.bound = before
        self.seen.discard((s.at, w.at))
        return False

    def _step(self, a: Op, b: Op, s: Place, w: Place) -> bool:
        if a.kind == "branch" and b.kind == "branch" and self._branches(a, b, s, w):
            return True
        if b.kind == "branch" and not any(_of_load(w.get(self.worker, x)) for x in b.sources):
            return all(self.matches(s, Place(to, w.known)) for to in self._ways(self.worker, w.at, b))
        if a.kind == "branch" and not any(_of_load(s.get(self.subject, x)) for x in a.sources):
            return any(self.matches(Place(to, s.known), w) for to in self._ways(self.subject, s.at, a))
        if (a.kind, a.name, a.width, a.order, a.unsigned) != (b.kind, b.name, b.width, b.order, b.unsigned):
            return False
        return a.kind not in ("branch", "ret") and self._accesses(a, b, s, w)

    @staticmethod
    def _ways(side: Side, at: int, op: Op) -> tuple[int, int]:
        return side.function.at(op.insn.target), at + 1

    def _branches(self, a: Op, b: Op, s: Place, w: Place) -> bool:
        ours = [s.get(self.subject, x) for x in a.sources]
        theirs = [w.get(self.worker, x) for x in b.sources]
        for name, flip in ((b.name, False), (NEGATED[b.name], True)):
            before = dict(self.bound)
            alike = all(self.same(x, y) for x, y in zip(ours, theirs, strict=True))
            if not alike and a.name in ("beq", "bne"):
                self.bound = dict(before)
                alike = all(self.same(x, y) for x, y in zip(ours, reversed(theirs), strict=True))
            if name == a.name and alike:
                ways = self._ways(self.worker, w.at, b)
                pairs = zip(self._ways(self.subject, s.at, a), reversed(ways) if flip else ways, strict=True)
                return all(self.matches(Place(x, s.known), Place(y, w.known)) for x, y in pairs)
            self.bound = before
        return False

    def _accesses(self, a: Op, b: Op, s: Place, w: Place) -> bool:
        if a.kind != "fence":
            ours, theirs = ((_plus(p.get(side, op.base), op.offset), *(p.get(side, x) for x in op.sources))
                            for side, op, p in ((self.subject, a, s), (self.worker, b, w)))
            if not all(self.same(x, y) for x, y in zip(ours, theirs, strict=True)):
                return False
        loaded: Term = ("load", s.at)
        return self.matches(Place(s.at + 1, {**s.known, a.rd: loaded}), Place(w.at + 1, {**w.known, b.rd: loaded}))


def _way_in(side: Side, start: int) -> dict[str, Term]:
    """What the registers have on the straight way from the function's begin."""
    place = Place(0, {})
    for at in range(start):
        op, operands = side.ops[at], side.function.insns[at].operands
        if op is None or op.rd != "x0":
            rd = op.rd if op else operands[0]
            value: Term = ("?", f"{rd}@{at}")
            if op and op.kind == "alu":
                value = _compute(op.name, *(place.get(side, s) for s in op.sources))
            elif op is None and side.function.insns[at].mnemonic not in ("auipc", "lui"):
                value = place.get(side, operands[1]) if len(operands) > 1 else value
            place.known[rd] = value
    return place.known


def find(function: Function, worker: Function) -> Iterator[int]:
    """The addresses in the worker at which the function stands."""
    subject, other = Side(function, False), Side(worker, True)
    for start, insn in enumerate(worker.insns):
        op = other.ops[start]
        if op is None or not (op.touches_memory or op.kind == "fence"):
            continue
        try:
            if Walk(subject, other, {}).matches(Place(0, {}), Place(start, _way_in(other, start))):
                yield insn.address
        except Unsupported:
            continue


assert set(CONDITIONS) == set(NEGATED)
