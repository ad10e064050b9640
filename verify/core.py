"""Finds why a bad combination of traces cannot happen: the few accesses and orders that forbid it.

axioms.py finds that no execution of a combination is bad. Then loads, fences, branches and
whole locations are left out, one after the other, as long as that stays so. The rest is
small, and herd7 has the last word on it. That is sound: an execution of the whole would be
one of the part. A load or a fence that is not there orders nothing. A store may only go when
no load reads its location any more, for then it can neither be read from nor separate two
loads (preserved program order, rule 2).

Combinations have the same few reasons, so the rest of one is tried on the next one first.
"""

import itertools
from collections.abc import Sequence

from verify.axioms import Graph, allows
from verify.events import Deps, Items, without
from verify.memory import Memory
from verify.scenario import Condition

Kept = frozenset[tuple[int, str, bool]]  # (hart, key, is its load kept?)
Gone = set[tuple[int, int]]


def unordered(harts: Sequence[Items], memory: Memory, condition: Condition) -> bool:
    """Could the combination be bad if memory only kept each location coherent?"""
    graph = Graph(harts, memory)
    finals = []
    for where in condition.locations:
        stores = {c.stores[-1:] for c in graph.choices(where)}
        finals.append({graph.events[s[0]].wrote if s else memory.get(where, 0) for s in stores})
    return any(condition.is_bad(dict(zip(condition.locations, values, strict=True)))
               for values in itertools.product(*finals))


class Reasons:
    """The parts that forbade the combinations of one test so far."""

    def __init__(self, memory: Memory):
        self.memory = memory
        self.kept: list[Kept] = []
        self.known: dict[object, bool] = {}  # the answers of possible(), because combinations come to the same parts

    def possible(self, harts: Sequence[Items], condition: Condition, bad: bool = True) -> bool:
        asked = tuple(map(_facts, harts)), condition, bad
        if asked not in self.known:
            self.known[asked] = allows(harts, self.memory, condition.locations, lambda final: condition.is_bad(final) == bad)
        return self.known[asked]

    def reduce(self, harts: Sequence[Items], condition: Condition) -> list[Items] | None:
        """The part that forbids the combination; None when the whole is possible."""
        for n, kept in enumerate(self.kept[:12]):
            part = _keep(harts, kept, condition)
            if not self.possible(part, condition):
                self.kept.insert(0, self.kept.pop(n))
                return part
        if self.possible(harts, condition):
            return None
        part = self._smaller(list(harts), condition)
        self.kept.insert(0, frozenset((h, i.key, i.loads) for h, items in enumerate(part) for i in items if i))
        return part

    def _smaller(self, harts: list[Items], condition: Condition) -> list[Items]:
        for place in sorted({i.location for items in harts for i in items if i and i.location}):
            if place not in condition.locations:
                here = {(h, n) for h, items in enumerate(harts) for n, i in enumerate(items)
                        if i and i.location == place}
                part = without(without(harts, _loading(harts, here)), here)
                harts = harts if self.possible(part, condition) else part
        for h in range(len(harts)):
            for n in range(len(harts[h])):
                item = harts[h][n]
                if item and (item.loads or item.location is None):
                    part = without(harts, {(h, n)})
                    harts = harts if self.possible(part, condition) else part
        return harts


def _facts(items: Items) -> tuple[object, ...]:
    """All that axioms.py looks at in a hart's items. Those that were left out have no number."""
    left = {n: at for at, n in enumerate(n for n, i in enumerate(items) if i)}

    def numbers(deps: Deps) -> frozenset[int]:
        return frozenset(left[n] for n in deps) if deps else deps

    return tuple((i.op.kind == "fence", i.op.order, i.location, i.read, i.loads, i.wrote, numbers(i.address), numbers(i.data), numbers(i.branch),
                  left.get(i.pair) if i.pair is not None else None) for i in items if i)


def _loading(harts: Sequence[Items], which: Gone) -> Gone:
    """The items of `which` that are AMOs which load."""
    return {(h, n) for h, n in which if (i := harts[h][n]) and i.loads and i.wrote is not None}


def _keep(harts: Sequence[Items], kept: Kept, condition: Condition) -> list[Items]:
    """Leave out the items that are not in `kept`; a store goes only with its whole location."""
    every = [(h, n, i) for h, items in enumerate(harts) for n, i in enumerate(items) if i]
    names = {(h, key) for h, key, _ in kept}
    places = {i.location for h, n, i in every if i.location and (h, i.key) in names} | set(condition.locations)
    whole = {(h, n) for h, n, i in every if i.location and i.location not in places}
    loads = {(h, n) for h, n, i in every if i.loads and (h, i.key, True) not in kept} - whole
    rest = {(h, n) for h, n, i in every if i.location is None and (h, i.key) not in names}
    return without(without(harts, _loading(harts, whole) | loads | rest), whole)
