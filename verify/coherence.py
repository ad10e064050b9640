"""Finds which traces can belong to one execution, as far as each location by itself tells.

RVWMO keeps every location coherent: its accesses have one order that agrees with each
hart's program order, in which a load sees the last store before it (axiom "Coherence" of
herd7's riscv.cat), and nothing comes between the halves of an atomic. Traces whose accesses
to one location have no such order are left out, which are most; no others are.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

from verify.memory import Location, Memory
from verify.ops import MASK
from verify.traces import Step, Trace

LIMIT_STATES = 50_000

# An access for coherence: the value it must find (None: anything) and the value it leaves (None: no store).
Access = tuple[int | None, int | None]


def seen(steps: Sequence[Step]) -> tuple[Access, ...]:
    """One hart's accesses to one location. An LR and its SC are one, if nothing is between."""
    out: list[Access] = []
    for i, step in enumerate(steps):
        if step.op.kind == "sc" and step.wrote is None:
            continue
        read = step.read
        if step.op.kind == "sc" and i > 0 and steps[i - 1].op.kind == "lr":
            read, _ = out.pop()
        out.append((read, step.wrote))
    return tuple(out)


Tree = list[dict[Access, int]]  # for each place: access -> the place behind it


def _tree(sequences: Iterable[tuple[Access, ...]]) -> tuple[Tree, dict[int, int]]:
    """A tree in which sequences share a common beginning, and where each ends: place -> its number."""
    tree: Tree = [{}]
    ends: dict[int, int] = {}
    for number, sequence in enumerate(sequences):
        at = 0
        for access in sequence:
            if access not in tree[at]:
                tree[at][access] = len(tree)
                tree.append({})
            at = tree[at][access]
        ends[at] = number
    return tree, ends


def _walk(trees: Sequence[Tree], initial: int) -> Iterator[tuple[tuple[int, ...], int | None]]:
    """Every state that the harts can reach with each access finding the value it must. A state is
    where each hart is, and hart << 64 | value of a store on the way there, else None."""
    start = tuple(0 for _ in trees), initial
    todo, known = [start], {start}
    while todo:
        at, value = todo.pop()
        yield at, None
        for hart, tree in enumerate(trees):
            for (finds, leaves), child in tree[at[hart]].items():
                if finds is not None and finds != value:
                    continue
                if leaves is not None:
                    yield at, hart << 64 | leaves
                state = (*at[:hart], child, *at[hart + 1:]), value if leaves is None else leaves
                if state not in known:
                    known.add(state)
                    todo.append(state)


def fitting(harts: Sequence[Iterable[tuple[Access, ...]]], initial: int) -> set[tuple[int, ...]]:
    """The combinations of the harts' sequences, by number, that have an order in which every
    access finds the value it must."""
    trees = [_tree(sequences) for sequences in harts]
    return {tuple(ends[n] for n, (_, ends) in zip(at, trees, strict=True))
            for at, stored_here in _walk([tree for tree, _ in trees], initial)
            if stored_here is None and all(n in ends for n, (_, ends) in zip(at, trees, strict=True))}


def stored(harts: list[set[tuple[Access, ...]]], initial: int) -> set[tuple[int, int]] | None:
    """The (hart, value) that can be stored in one location when each hart makes one of these
    sequences of accesses to it, or begins one. None: there are too many to tell."""
    found, states = set(), 0
    for _, what in _walk([_tree(sequences)[0] for sequences in harts], initial):
        if what is not None:
            found.add((what >> 64, what & MASK))
        states += what is None
        if states > LIMIT_STATES:
            return None
    return found


class _Place:
    """One location: the accesses of each hart's traces to it, by number, and which go together."""

    def __init__(self, where: Location, traces: list[list[dict[Location, tuple[Access, ...]]]], initial: int):
        kinds: list[dict[tuple[Access, ...], int]] = [{} for _ in traces]
        self.of = [[known.setdefault(trace.get(where, ()), len(known)) for trace in mine]
                   for mine, known in zip(traces, kinds, strict=True)]
        self.fits = fitting(kinds, initial)
        self.share = len(self.fits) / math.prod(map(len, kinds))


def together(traces: list[list[Trace]], memory: Memory) -> Iterator[tuple[int, ...]]:
    """The combinations, one trace of each hart (by index), that every location allows."""
    accesses = [[{where: seen(steps) for where, steps in t.accesses.items()} for t in mine] for mine in traces]
    locations = sorted({where for mine in accesses for each in mine for where in each})
    places = sorted((_Place(where, accesses, memory.get(where, 0)) for where in locations), key=lambda p: p.share)
    yield from _split([list(range(len(mine))) for mine in traces], places)


def _split(left: list[list[int]], places: list[_Place]) -> Iterator[tuple[int, ...]]:
    """Group each hart's traces by their accesses to the first place, and go on with the groups
    that fit together there."""
    if not places:
        yield from itertools.product(*left)
        return
    groups = []
    for mine, of in zip(left, places[0].of, strict=True):
        group: dict[int, list[int]] = {}
        for i in mine:
            group.setdefault(of[i], []).append(i)
        groups.append(group)
    fits, few = places[0].fits, math.prod(map(len, groups)) < len(places[0].fits)
    for kinds in itertools.product(*groups) if few else fits:
        if kinds in fits and all(k in g for g, k in zip(groups, kinds, strict=True)):
            yield from _split([g[k] for g, k in zip(groups, kinds, strict=True)], places[1:])
