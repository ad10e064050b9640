"""RVWMO in a few lines, to find out quickly what to ask herd7.

The rules are those of herd7's riscv.cat (the manual's appendix "Formal Memory Model
Specifications, axiomatic"). No verdict rests on this module: an execution that it calls
impossible is given to herd7 in a small test (core.py), and one that it calls possible as
a whole (prove.py).
"""

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from verify.events import Item, Items
from verify.memory import Location, Memory

INIT = -1  # instead of an event's number: the initial value


@dataclass(frozen=True)
class Event:
    number: int
    hart: int
    item: int
    location: Location
    is_read: bool
    value: int | None  # the value a read must find; None: anything
    wrote: int = 0
    atomic: bool = False  # half of an AMO, or of an LR/SC pair
    order: str = ""


@dataclass(frozen=True)
class Choice:
    """An order of the accesses to one location: its stores in order, and the store that each load reads."""

    stores: tuple[int, ...]
    reads: tuple[tuple[int, int], ...]  # (load, store or INIT)


def _events(harts: Sequence[Items]) -> list[Event]:
    out: list[Event] = []
    for hart, items in enumerate(harts):
        paired = {i.pair for i in items if i}
        for n, item in enumerate(items):
            if item is None or item.location is None:
                continue
            atomic = (item.loads and item.wrote is not None) or item.pair is not None or n in paired
            order = item.op.order
            if item.loads:
                out.append(Event(len(out), hart, n, item.location, True, item.read, 0, atomic, order))
            if item.wrote is not None:
                out.append(Event(len(out), hart, n, item.location, False, None, item.wrote, atomic, order))
    return out


Edge = tuple[int, int]  # two operations, of which the first comes earlier in the memory order
Way = tuple[frozenset[Edge], int]  # the edges of a choice, and the value that the location has in the end
Wanted = Callable[[Mapping[Location, int]], bool]


class Graph:
    """The events of a combination of traces, and the order among them that does not
    depend on who reads from whom.

    An AMO is two events, a load and a store, but one operation of the memory order: "a single memory operation that is
    both a load operation and a store operation simultaneously" (unprivileged manual, chapter RVWMO). What orders
    its load therefore orders its store, too."""

    def __init__(self, harts: Sequence[Items], initial: Memory):
        self.harts, self.initial = harts, initial
        self.events = _events(harts)
        self.operation = [e.number for e in self.events]  # the operation of each event; both halves of an AMO have one
        self.of: dict[tuple[int, int], list[Event]] = {}
        for e in self.events:
            here = self.of.setdefault((e.hart, e.item), [])
            here.append(e)
            self.operation[e.number] = here[0].number
        self.after = [0] * len(self.events)  # bit sets: the operations that come later, by ppo
        self.pairs: dict[int, int] = {}  # write of an atomic -> its read
        self.forwards: list[tuple[int, int]] = []  # rule 12: (source, store)
        for hart, items in enumerate(harts):
            self._hart(hart, items)

    def _edge(self, a: Event, b: Event) -> None:
        first, second = self.operation[a.number], self.operation[b.number]
        if first != second:
            self.after[first] |= 1 << second

    def _hart(self, hart: int, items: Items) -> None:
        mine = [e for e in self.events if e.hart == hart]
        for a, b in itertools.combinations(mine, 2):
            if a.item != b.item and (self._same_location(a, b) or self._annotated(a, b)):
                self._edge(a, b)
        for n, item in enumerate(items):
            if item is not None:
                self._atomic(hart, n, item)
                self._fence(mine, n, item)
                self._dependencies(hart, mine, n, item)

    @staticmethod
    def _same_location(a: Event, b: Event) -> bool:
        return a.location == b.location and not b.is_read  # rule 1

    @staticmethod
    def _annotated(a: Event, b: Event) -> bool:
        both = bool(a.order and b.order and a.atomic and b.atomic)
        return "aq" in a.order or "rl" in b.order or both  # rules 5, 6, 7

    def _atomic(self, hart: int, n: int, item: Item) -> None:
        here = self.of.get((hart, n), [])
        if item.pair is not None:
            read = self.of[hart, item.pair][0]
            self._edge(read, here[-1])  # rule 8
            self.pairs[here[-1].number] = read.number
        elif len(here) == 2:
            self.pairs[here[1].number] = here[0].number

    def _fence(self, mine: list[Event], n: int, item: Item) -> None:
        sets = item.fence
        if sets is None:
            return
        for a, b in itertools.product(mine, mine):
            if a.item < n < b.item:
                if sets[0] == "tso":
                    if a.is_read or not b.is_read:
                        self._edge(a, b)
                elif ("r" if a.is_read else "w") in sets[0] and ("r" if b.is_read else "w") in sets[1]:
                    self._edge(a, b)

    def _dependencies(self, hart: int, mine: list[Event], n: int, item: Item) -> None:
        here = self.of.get((hart, n), [])
        for source, kinds in ((item.address, "address"), (item.data, "data"), (item.branch, "branch")):
            for number in source:
                load = self.of[hart, number][0]
                if kinds == "branch":
                    targets = [e for e in mine if e.item > n and not e.is_read]  # rule 11
                elif kinds == "data":
                    targets = [e for e in here if not e.is_read]  # rule 10
                else:  # rules 9, 13
                    targets = here + [e for e in mine if e.item > n and not e.is_read]
                for e in targets:
                    self._edge(load, e)
                if kinds != "branch":
                    self.forwards += [(load.number, e.number) for e in here if not e.is_read]

    def choices(self, where: Location) -> set[Choice]:
        """Every coherent way to order the accesses to one location."""
        mine = [[e for e in self.events if e.hart == h and e.location == where] for h in range(len(self.harts))]
        found: set[Choice] = set()
        known: set[tuple[tuple[int, ...], frozenset[tuple[int, int]]]] = set()  # states tried

        def go(at: tuple[int, ...], stores: tuple[int, ...], reads: tuple[tuple[int, int], ...], value: int) -> None:
            if (state := (stores, frozenset(reads))) in known:
                return
            known.add(state)
            if all(n == len(m) for n, m in zip(at, mine, strict=True)):
                found.add(Choice(stores, tuple(sorted(reads))))
            for h, events in enumerate(mine):
                if at[h] == len(events):
                    continue
                e, further = events[at[h]], at[:h] + (at[h] + 1,) + at[h + 1:]
                last = stores[-1] if stores else INIT
                if e.is_read:
                    if e.value is None or e.value == value:
                        go(further, stores, (*reads, (e.number, last)), value)
                    continue
                source = dict(reads).get(self.pairs[e.number]) if e.number in self.pairs else last
                if source == last or (last != INIT and self.events[last].hart == h):
                    go(further, (*stores, e.number), reads, e.wrote)

        go(tuple(0 for _ in mine), (), (), self.initial.get(where, 0))
        return found

    def _communication(self, choice: Choice) -> list[tuple[int, int]]:
        """The edges co, rfe and fr, and those of ppo that depend on rf (rules 2, 3, 12)."""
        order = {store: n for n, store in enumerate(choice.stores)}
        edges = list(zip(choice.stores, choice.stores[1:], strict=False))
        source = dict(choice.reads)
        for load, store in choice.reads:
            later = order.get(store, -1) + 1
            if later < len(choice.stores):
                edges.append((load, choice.stores[later]))
            if store != INIT:
                edges += self._from(self.events[load], self.events[store])
        for (a, from_a), (b, from_b) in itertools.permutations(source.items(), 2):
            first, second = self.events[a], self.events[b]
            if first.hart == second.hart and first.item < second.item and from_a != from_b:
                between = [s for s in choice.stores if self.events[s].hart == first.hart
                           and first.item <= self.events[s].item < second.item]
                if not between:
                    edges.append((a, b))
        return [(a, b) for a, b in edges if a != b]

    def _from(self, load: Event, store: Event) -> list[tuple[int, int]]:
        if store.hart != load.hart:
            return [(store.number, load.number)]
        edges = [(a, load.number) for a, s in self.forwards if s == store.number]
        return [*edges, (store.number, load.number)] if store.atomic else edges

    def _ways(self, where: Location) -> list[Way]:
        """The choices at one location, each as what it orders and leaves. Those that order alike are one."""
        found = dict[Way, None]()
        for choice in self.choices(where):
            edges = ((self.operation[a], self.operation[b]) for a, b in self._communication(choice))
            value = self.events[choice.stores[-1]].wrote if choice.stores else self.initial.get(where, 0)
            found[frozenset((a, b) for a, b in edges if a != b), value] = None
        return list(found)

    def executions(self, observed: Sequence[Location] = (), wanted: Wanted | None = None) -> Iterator[dict[Location, int]]:
        """The final values of the observed locations, of every execution that the model allows and that is `wanted`. Executions that
        order alike are one."""
        untouched = {where: self.initial.get(where, 0) for where in observed}
        left = {where: self._ways(where) for where in sorted({e.location for e in self.events})}
        seen = frozenset(left) & frozenset(observed)

        def go(before: Sequence[int], left: dict[Location, list[Way]], final: dict[Location, int]) -> Iterator[dict[Location, int]]:
            if wanted and not seen & left.keys() and not wanted(final):
                return
            if not left:
                yield final
                return
            still = {where: [w for w in ways if not _against(before, w[0])] for where, ways in left.items()}
            where = min(still, key=lambda w: (len(still[w]) > 0, wanted is not None and w not in seen, len(still[w])))
            ways = still.pop(where)
            for edges, value in ways:
                if (more := _with(before, edges)) is not None:
                    yield from go(more, still, {**final, where: value})

        if (start := _with([0] * len(self.events), [(a, b) for a, later in enumerate(self.after) for b in _bits(later)])) is not None:
            yield from go(start, left, untouched)


def _bits(number: int) -> Iterator[int]:
    return (n for n in range(number.bit_length()) if number >> n & 1)


def _against(after: Sequence[int], edges: Iterable[Edge]) -> bool:
    """Does one of the edges contradict the order?"""
    return any(after[b] >> a & 1 for a, b in edges)


def _with(after: Sequence[int], edges: Iterable[Edge]) -> list[int] | None:
    """The order with the edges, and with all that follows from them; None: they make a circle. `after`: bit sets of all
    the operations that come later than each."""
    out = list(after)
    for a, b in edges:
        if out[b] >> a & 1:
            return None
        if not out[a] >> b & 1:
            bit, more = 1 << a, out[b] | 1 << b
            for n, later in enumerate(out):
                if later & bit or n == a:
                    out[n] = later | more
    return out


def allows(harts: Sequence[Items], initial: Memory, observed: Sequence[Location], wanted: Wanted) -> bool:
    """Is there an execution whose final values meet the condition?"""
    return any(True for _ in Graph(harts, initial).executions(observed, wanted))
