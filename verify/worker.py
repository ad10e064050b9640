"""Finds a function under proof in a worker's loop, to show that the timed code is the proved one.

Both codes are walked side by side. They have to make the same accesses and fences in the
same order, with the same order bits, to addresses and of values that are computed alike
from earlier loads, and to branch on the same conditions. Registers, the layout of
blocks and the origin of a constant may differ. The worker may also use its stack,
compute, and branch on values that do not come from the lock (the bench's delay).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from verify.code import Function
from verify.errors import Unsupported
from verify.ops import CONDITIONS, SP, Op
from verify.side import LIMIT, Place, Proved, Side, Timed, advance
from verify.terms import Term, agree, of_load, plus

NEGATED = {"beq": "bne", "bne": "beq", "blt": "bge", "bge": "blt", "bltu": "bgeu", "bgeu": "bltu"}
assert set(CONDITIONS) == set(NEGATED)
COMMUTE = {"add", "and", "or", "xor", "mul", "addw"}


@dataclass(frozen=True)
class Kept:
    """The accesses of a loop that have to stay on one side of a function: what the lock protects."""

    accesses: frozenset[int] = frozenset()
    behind: bool = True  # behind all that orders in the function; else before all of it


@dataclass(frozen=True)
class Match:
    """One place in a loop where a function stands."""

    start: int
    atomics: frozenset[int]  # the function's atomics and fences there
    ends: frozenset[int]  # the first accesses, fences or branches behind it
    parameters: dict[str, Term]


class Walk:
    """Tries to match the whole of one function from one instruction of the worker on."""

    def __init__(self, subject: Side, worker: Side, kept: Kept):
        self.subject, self.worker, self.kept = subject, worker, kept
        self.bound: dict[str, Term] = {}
        self.seen: set[tuple[int, int]] = set()
        self.steps = 0

    def same(self, a: Term | str, b: Term | str) -> bool:
        """Are the subject's value and the worker's the same?"""
        if isinstance(a, tuple) and a[0] == "?":
            return self._bind(str(a[1]), b)
        if isinstance(a, tuple) and a[0] == "+" and not isinstance(b, str):
            return self.same(a[1], plus(b, -a[2]))  # type: ignore[operator]
        before = dict(self.bound)
        if self._alike(a, b):
            return True
        self.bound = before
        return agree(a, b, self.bound)

    def _alike(self, a: Term | str, b: Term | str) -> bool:
        """Are both the same operations on the same values?"""
        if isinstance(a, tuple) and a[0] == "add" and isinstance(b, tuple) and b[0] == "+":
            b = ("add", *b[1:])  # a sum in which the worker knows one number, say the lock's address
        if not isinstance(a, tuple) or not isinstance(b, tuple):
            return a == b
        if len(a) != len(b) or a[0] != b[0] or a[0] == "load":
            return a == b
        before = dict(self.bound)
        if all(self.same(x, y) for x, y in zip(a[1:], b[1:], strict=True)):
            return True
        self.bound = before
        return a[0] in COMMUTE and len(a) == 3 and self.same(a[1], b[2]) and self.same(a[2], b[1])

    def _bind(self, name: str, value: Term | str) -> bool:
        """Bind a parameter to the value that the worker has for it the first time."""
        if isinstance(value, str):
            return False
        base, _, at = name.partition("+")
        if at and not isinstance(value, int) and value[0] != "?":  # loaded in the loop, or before it
            if value[0] != "cell" or isinstance(value[1], str):
                return False
            where = plus(value[1], -int(at))
            if self.bound.setdefault(base, where) != where:
                return False
        return self.bound.setdefault(name, value) == value

    def matches(self, s: Place, w: Place) -> bool:
        self.steps += 1
        if self.steps > LIMIT:
            raise Unsupported(f"{self.worker.function.name}: too many ways to compare")
        s, w = advance(self.subject, s), advance(self.worker, w)
        if (s.at, w.at) in self.seen:
            return True
        before = dict(self.bound), set(self.seen)
        self.seen.add((s.at, w.at))
        a = self.subject.ops[s.at] if s.at < len(self.subject.ops) else None
        b = self.worker.ops[w.at] if w.at < len(self.worker.ops) else None
        if a is None or (a.kind != "ret" and b is None):
            return False
        if a.kind == "ret" or (b is not None and self._step(a, b, s, w)):
            return True
        self.bound, self.seen = dict(before[0]), {*before[1], (s.at, w.at)}
        if b is not None and self._is_own(b, s, w):
            cell: Term = ("cell", plus(w.get(self.worker, b.base), b.offset))
            if self.matches(s, replace(w, at=w.at + 1, known={**w.known, b.rd: cell})):
                return True
        self.bound, self.seen = before
        return False

    def alike(self, s: int, w: int) -> bool:
        a, b = self.subject.ops[s], self.worker.ops[w]
        return (a.kind, a.name, a.width, a.order) == (b.kind, b.name, b.width, b.order)

    def _is_own(self, b: Op, s: Place, w: Place) -> bool:
        """May the worker make this access of its own here? It may load a word that is never written, and
        make accesses of before or after the function where nothing in it orders yet, or any more; those of the
        section only on its own side."""
        if b.kind not in ("load", "store") or b.order or len(self.seen) == 1:
            return False
        address = plus(w.get(self.worker, b.base), b.offset)
        mine = {(r, o): plus(self.bound[r], o) for r, o in self.subject.touched if r in self.bound}
        if b.kind == "load" and any(f not in mine or address == mine[f] for f in self.subject.fixed):
            return True
        early, late = not s.ordered, not self._orders_after(s.at)
        if w.at in self.kept.accesses:
            early, late = early and not self.kept.behind, late and self.kept.behind
        return address not in mine.values() and (early or late)

    def _orders_after(self, at: int) -> bool:
        """Can the subject still reach an instruction that orders?"""
        todo, known = [at], {at}
        for n in todo:
            op = self.subject.ops[n]
            if self.subject.orders[n]:
                return True
            after = {n + 1} if op.kind not in ("ret", "jump") else set()
            after |= {self.subject.function.at(op.insn.target)} if op.kind in ("jump", "branch") else set()
            todo += after - known
            known |= after
        return False

    def _step(self, a: Op, b: Op, s: Place, w: Place) -> bool:
        if a.kind == "branch" and b.kind == "branch" and self._branches(a, b, s, w):
            return True
        if b.kind == "branch" and not any(of_load(w.get(self.worker, x)) for x in b.sources):
            return all(self.matches(s, replace(w, at=to)) for to in self._open(self.worker, w, b))
        if a.kind == "branch" and not any(of_load(s.get(self.subject, x)) for x in a.sources):
            return any(self.matches(replace(s, at=to), w) for to in self._open(self.subject, s, a))
        if (a.kind, a.name, a.width, a.order, a.unsigned) != (b.kind, b.name, b.width, b.order, b.unsigned):
            return False
        return a.kind not in ("branch", "ret") and self._accesses(a, b, s, w)

    @staticmethod
    def _ways(side: Side, at: int, op: Op) -> tuple[int, int]:
        """Where a branch goes when it is taken, and when it is not."""
        return side.function.at(op.insn.target), at + 1

    def _open(self, side: Side, place: Place, op: Op) -> tuple[int, ...]:
        """Where a branch goes, without the ways that are known not to be taken."""
        ways = self._ways(side, place.at, op)
        a, b = (place.get(side, x) for x in op.sources)
        if isinstance(a, int) and isinstance(b, int):
            return ways[:1] if CONDITIONS[op.name](a, b) else ways[1:]
        return ways

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
                return all(self.matches(self._knowing(s, x, a, ours, taken), self._knowing(w, y, a, theirs, taken))
                           for taken, (x, y) in zip((True, False), pairs, strict=True))
            self.bound = before
        return False

    @staticmethod
    def _knowing(place: Place, at: int, branch: Op, values: list[Term], taken: bool) -> Place:
        """The place behind a branch that found a loaded value equal to a number: a store may then have
        the number instead."""
        x, y = values if isinstance(values[1], int) else reversed(values)  # a data or a control dependency
        same = branch.name == ("beq" if taken else "bne") and isinstance(y, int) and isinstance(x, tuple)
        return replace(place, at=at, equal={**place.equal, x: y} if same else place.equal)

    def _stores_same(self, a: Op, x: Term, y: Term, s: Place, w: Place) -> bool:
        return self.same(x, y) or (a.kind == "store" and self.same(s.equal.get(x, x), w.equal.get(y, y)))

    def _accesses(self, a: Op, b: Op, s: Place, w: Place) -> bool:
        if a.kind != "fence":
            to, its = (plus(p.get(side, op.base), op.offset) for side, op, p in ((self.subject, a, s), (self.worker, b, w)))
            given = [(s.get(self.subject, x), w.get(self.worker, y)) for x, y in zip(a.sources, b.sources, strict=True)]
            if not self.same(to, its) or not all(self._stores_same(a, x, y, s, w) for x, y in given):
                return False
        loaded: Term = ("load", s.at, ("w" if a.width == 4 else "d") + "u" * a.unsigned)
        return self.matches(replace(s, at=s.at + 1, known={**s.known, a.rd: loaded}, ordered=s.ordered or self.subject.orders[s.at]),
                            replace(w, at=w.at + 1, known={**w.known, b.rd: loaded}))


def matches(function: Proved, worker: Timed, kept: Kept = Kept()) -> Iterator[Match]:
    """Yields the places in the worker where the function stands."""
    for start, op in enumerate(worker.ops):
        if op.base == SP or not (op.touches_memory or op.kind == "fence"):
            continue
        walk = Walk(function, worker, kept)
        try:
            if walk.matches(Place(0, {}), Place(start, worker.flow.before(start))):
                returns = {n for n, each in enumerate(function.ops) if each.kind == "ret"}
                yield Match(start, frozenset(w for s, w in walk.seen if w in worker.atomics and walk.alike(s, w)),
                            frozenset(w for s, w in walk.seen if s in returns), dict(walk.bound))
        except Unsupported:
            continue


def find(function: Function, worker: Timed) -> Iterator[int]:
    """Yields the addresses in the worker at which the function stands."""
    yield from (worker.function.insns[match.start].address for match in matches(Proved(function), worker))
