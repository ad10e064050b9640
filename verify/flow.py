"""Follows the registers of a worker's function on every way through it.

Before each instruction it says which value a register surely has, and which objects of the image, and which
pointers out of them, that value may be made of.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from verify.code import Function
from verify.errors import Unsupported
from verify.ops import SP, Op
from verify.terms import Term, compute, plus

CLOBBERED = [f"x{n}" for n in (1, 5, 6, 7, *range(10, 18), *range(28, 32))]  # registers that a called function may change
MOST = 60  # parts of a term; a larger one is taken as unknown
LIMIT = 100  # times that each instruction is gone through, on average

Places = Sequence[tuple[int, ...]]  # for each instruction, those that may follow it


@dataclass(frozen=True)
class Value:
    """A value, and where it may come from: names of objects, with a star for what was loaded from one."""

    term: Term
    origins: frozenset[str] = frozenset()


State = dict[str, Value]


def ways(function: Function, ops: Sequence[Op]) -> Places:
    """Returns, for each instruction, those that may follow. A call comes back; what leaves the function does not."""
    def after(at: int, op: Op) -> tuple[int, ...]:
        to = (function.at(op.insn.target),) if op.kind in ("jump", "branch") else ()
        goes_on = op.kind not in ("jump", "ret", "leave") and at + 1 < len(ops)
        return (*to, at + 1) if goes_on else to

    return [after(at, op) for at, op in enumerate(ops)]


def reached(after: Places, start: Sequence[int], stop: frozenset[int] = frozenset()) -> set[int]:
    """Returns the instructions on the ways from some on, without those of `stop` and what is only behind them."""
    todo = [at for at in start if at not in stop]
    known = set(todo)
    for at in todo:
        more = [to for to in after[at] if to not in known and to not in stop]
        known.update(more)
        todo += more
    return known


class Flow:
    """The values before each instruction. `object_at`: the name of the object at an address of the image; "": none."""

    def __init__(self, function: Function, ops: Sequence[Op], object_at: Callable[[int], str]):
        self._ops, self._object_at = ops, object_at
        self.ways = ways(function, ops)
        self._before: list[State | None] = [None] * len(ops)
        self._run()

    def before(self, at: int) -> dict[str, Term]:
        """Returns what the registers surely hold before an instruction, and the words of the stack."""
        return {name: value.term for name, value in (self._before[at] or {}).items()}

    def origins(self, at: int) -> frozenset[str]:
        """Returns the objects that a load, a store or an atomic may touch."""
        op = self._ops[at]
        return self._from(plus(self._get(at, op.base).term, op.offset)) | self._get(at, op.base).origins

    def address(self, at: int) -> Term:
        """Returns the address of a load, a store or an atomic."""
        return plus(self._get(at, self._ops[at].base).term, self._ops[at].offset)

    def _run(self) -> None:
        came: list[list[int]] = [[] for _ in self._ops]
        for at, after in enumerate(self.ways):
            for to in after:
                came[to].append(at)
        self._before[0], todo, left = {}, [0], LIMIT * len(self._ops)
        behind: dict[int, State] = {}
        while todo:
            at, left = todo.pop(), left - 1
            behind[at] = self._behind(at)
            for to in self.ways[at]:
                known = _meet(to, [behind[n] for n in came[to] if n in behind] + [{}] * (to == 0))
                if known != self._before[to]:
                    self._before[to] = known
                    todo.append(to)
            if not left:
                raise Unsupported("the registers cannot be followed")

    def _get(self, at: int, source: str | int) -> Value:
        if isinstance(source, int) or source == "x0":
            return Value(0 if isinstance(source, str) else source & (1 << 64) - 1)
        return (self._before[at] or {}).get(source, Value(("?", source)))

    def _behind(self, at: int) -> State:
        op, state = self._ops[at], dict(self._before[at] or {})
        if op.kind == "call":
            state.update({name: Value(("?", f"{name}@{at}")) for name in CLOBBERED})
        elif op.kind == "store" and op.base == SP:
            state[f"stack{op.offset}"] = self._get(at, op.sources[0])
        elif op.rd != "x0":
            state[op.rd] = self._result(at, op, state)
        if op.rd == SP:
            state = {name: value for name, value in state.items() if not name.startswith("stack")}
        return state

    def _result(self, at: int, op: Op, state: State) -> Value:
        if op.kind == "load" and op.base == SP:
            return state.get(f"stack{op.offset}", Value(("?", f"stack{op.offset}")))
        if op.kind == "alu":
            sources = [self._get(at, s) for s in op.sources]
            term = compute(op.name, *(s.term for s in sources))
            found = frozenset[str]() if op.insn.mnemonic == "auipc" else self._from(term)  # the upper half of an address is none
            return Value(term if _fits(term, [MOST]) else ("?", f"{op.rd}@{at}"), found.union(*(s.origins for s in sources)))
        if op.touches_memory:
            term = ("cell", self.address(at)) if op.kind == "load" else ("?", f"{op.rd}@{at}")
            return Value(term, frozenset(f"{name.removesuffix('*')}*" for name in self.origins(at)))
        return Value(("?", f"{op.rd}@{at}"))

    def _from(self, term: Term) -> frozenset[str]:
        """Returns the object that an address lies in, or begins in before an index is added."""
        number = term if isinstance(term, int) else term[2] if term[0] == "+" else 0
        name = self._object_at(number) if isinstance(number, int) else ""
        return frozenset({name} if name else ())


def _fits(term: Term | str, left: list[int]) -> bool:
    """Has a term no more parts than are left?"""
    left[0] -= 1
    return left[0] >= 0 and (not isinstance(term, tuple) or all(_fits(part, left) for part in term[1:]))


def _meet(at: int, states: Sequence[State]) -> State:
    """Returns what is known where several ways meet."""
    if len(states) == 1:
        return states[0]
    known: State = {}
    for name in {name for state in states for name in state}:
        values = [state.get(name, Value(("?", name))) for state in states]
        terms = {value.term for value in values}
        known[name] = Value(terms.pop() if len(terms) == 1 else ("?", f"{name}@{at}"),
                            frozenset().union(*(value.origins for value in values)))
    return known
