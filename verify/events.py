"""Reduces a trace to what the memory model sees: accesses, fences, branches and dependencies.

Arithmetic goes: it leaves only which loads a value was computed from. Words that only one
hart ever touches (its stack, a node's private fields) are registers here, which orders
less than memory would.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from verify.memory import Location, Memory
from verify.ops import Op
from verify.traces import Step, Trace

Deps = frozenset[int]  # the items, by number, whose loads it depends on
NONE: Deps = frozenset()


@dataclass(frozen=True)
class Item:
    """One access (of AMOs: both halves), fence, or branch that depends on a load."""

    key: str  # names one execution of one instruction, alike in all traces that share it
    op: Op
    location: Location | None = None
    read: int | None = None  # the value it must find
    loads: bool = False
    wrote: int | None = None
    operand: int = 0  # the operand of a store or AMO
    address: Deps = NONE
    data: Deps = NONE
    branch: Deps = NONE
    pair: int | None = None  # an SC that stored: its LR's number

    @property
    def fence(self) -> tuple[str, str] | None:
        """The kinds of accesses before and after it."""
        if self.op.kind != "fence":
            return None
        if self.op.order == "tso":
            return "tso", ""
        before, after = (s.replace("i", "").replace("o", "") for s in self.op.order.split(","))
        return before, after

    def relies_on(self, gone: Deps) -> "Item":
        """The item without the dependencies on items that were left out."""
        if all(gone.isdisjoint(deps) for deps in (self.address, self.data, self.branch)):
            return self
        return replace(self, address=self.address - gone, data=self.data - gone, branch=self.branch - gone)


Items = Sequence[Item | None]  # one hart's items in program order; None: left out


class _Reader:
    """Goes through one trace."""

    def __init__(self, private: set[Location]):
        self.private = private
        self.items: list[Item | None] = []
        self.deps: dict[str, Deps] = {}
        self.slots: dict[Location, Deps] = {}
        self.control: Deps = NONE
        self.count: dict[str, int] = {}
        self.reserved: int | None = None
        self.call = ""
        self.calls = 0

    def of(self, *sources: str | int) -> Deps:
        return NONE.union(*(self.deps.get(s, NONE) for s in sources if isinstance(s, str)))

    def key(self, step: Step) -> str:
        if step.call != self.call:
            self.call, self.calls = step.call, self.calls + 1
        base = f"{self.calls}:{step.call}+{step.op.insn.address:x}"
        self.count[base] = self.count.get(base, 0) + 1
        return f"{base}#{self.count[base]}"

    def step(self, step: Step) -> None:
        op, key = step.op, self.key(step)
        if op.kind == "alu":
            self.set(op, self.of(*op.sources))
        elif op.kind == "fence":
            self.items.append(Item(key, op))
        elif op.kind == "branch":
            self.branch(key, op)
        elif not step.shared or step.location in self.private:
            self.slot(step)
        else:
            self.access(key, step)

    def set(self, op: Op, deps: Deps) -> None:
        if op.rd != "x0":
            self.deps[op.rd] = deps

    def branch(self, key: str, op: Op) -> None:
        new = self.of(*op.sources) - self.control
        if new:
            self.control |= new
            self.items.append(Item(key, op, branch=new))

    def slot(self, step: Step) -> None:
        assert step.location
        old = self.slots.get(step.location, NONE)
        if step.wrote is not None:
            self.slots[step.location] = self.of(*step.op.sources) | (old if step.op.kind == "amo" else NONE)
        if step.read is not None:
            self.set(step.op, old | self.of(step.op.base))
        elif step.op.kind == "sc":
            self.set(step.op, NONE)

    def access(self, key: str, step: Step) -> None:
        op = step.op
        if op.kind == "sc" and step.wrote is None:
            self.set(op, NONE)
            self.reserved = None
            return
        loads = step.read is not None
        if not loads and op.kind == "amo":  # an AMO whose value is not used is only a store
            op = replace(op, order="rl" if "rl" in op.order else "")
        item = Item(key, op, step.location, step.read, loads, step.wrote,
                    step.inputs[0] if step.inputs else 0, self.of(op.base),
                    self.of(op.sources[0]) if op.sources and step.wrote is not None else NONE,
                    pair=self.reserved if op.kind == "sc" else None)
        number = len(self.items)
        self.items.append(item)
        self.set(op, frozenset((number,)) if loads else NONE)
        if op.kind in ("lr", "sc"):
            self.reserved = number if op.kind == "lr" else None


def read(traces: Sequence[Trace], observed: Sequence[Location] = ()) -> list[Items]:
    """The items of each hart, in program order. `observed`: words whose final values matter."""
    touched: dict[Location, set[int]] = {}
    for hart, trace in enumerate(traces):
        for where in trace.accesses:
            touched.setdefault(where, set()).add(hart)
    private = {where for where, harts in touched.items() if len(harts) == 1} - set(observed)
    out: list[Items] = []
    for trace in traces:
        reader = _Reader(private)
        for step in trace.steps:
            reader.step(step)
        out.append(reader.items)
    return out


def without(harts: Sequence[Items], gone: set[tuple[int, int]]) -> list[Items]:
    """The harts' items without the (hart, number) of `gone`. An AMO loses only its load, the first
    time; an SC whose LR goes is a store."""
    out: list[Items] = []
    for hart, items in enumerate(harts):
        mine = frozenset(n for h, n in gone if h == hart)
        out.append([_without(n, item, mine) for n, item in enumerate(items)])
    return out


def _without(number: int, item: Item | None, gone: Deps) -> Item | None:
    if item is None or (number in gone and (item.wrote is None or not item.loads)):
        return None
    item = item.relies_on(gone)
    if number in gone:
        kept = "rl" if "rl" in item.op.order else ""
        item = replace(item, loads=False, read=None, op=replace(item.op, order=kept))
    if item.pair in gone:
        item = replace(item, pair=None)
    return item if item.op.kind != "branch" or item.branch else None


def bare(harts: Sequence[Items]) -> list[Items]:
    """The harts' items with no order at all: without fences, branches, dependencies and annotations."""
    return [[None if i is None or i.location is None else
             replace(i, address=NONE, data=NONE, op=replace(i.op, order="")) for i in items] for items in harts]


def in_order(harts: Sequence[Items], memory: Memory) -> list[Items] | None:
    """The harts joined into one, with the accesses in some order in which each finds the value it
    must; None: there is no such order. This is one of the possible executions, and herd7 finds
    it at once."""
    start: tuple[int, ...] = tuple(0 for _ in harts)
    known: set[tuple[tuple[int, ...], frozenset[tuple[Location, int]]]] = set()
    todo: list[tuple[tuple[int, ...], Memory, list[tuple[int, int]]]] = [(start, dict(memory), [])]
    while todo:
        at, held, way = todo.pop()
        if all(n == len(items) for n, items in zip(at, harts, strict=True)):
            return [_as_one(harts, way)]
        state = at, frozenset(held.items())
        if state in known:
            continue
        known.add(state)
        for hart, items in enumerate(harts):
            after = dict(held)
            end = _turn(items, at[hart])
            if at[hart] < len(items) and all(_sees(i, after) for i in items[at[hart]:end] if i):
                todo.append(((*at[:hart], end, *at[hart + 1:]), after, way + [(hart, n) for n in range(at[hart], end)]))
    return None


def _turn(items: Items, at: int) -> int:
    """The place behind the next step that a hart makes at once: an item, or an LR with its SC."""
    return next((n + 1 for n in range(at, len(items)) if (i := items[n]) and i.pair == at), at + 1)


def _as_one(harts: Sequence[Items], way: list[tuple[int, int]]) -> Items:
    """The items as those of one hart, which needs no order among them, and no load of a word that nobody stores."""
    place = {item: n for n, item in enumerate(way)}
    stored = {i.location for items in harts for i in items if i and i.wrote is not None}
    return [None if (i := harts[h][n]) is None or i.location not in stored else
            replace(i, address=NONE, data=NONE, pair=None if i.pair is None else place[h, i.pair]) for h, n in way]


def _sees(item: Item, held: Memory) -> bool:
    """Does the item find the value it must? If so, its store is made."""
    if item.location is None:
        return True
    found = held.get(item.location, 0)
    if item.wrote is not None:
        held[item.location] = item.wrote
    return item.read is None or item.read == found
