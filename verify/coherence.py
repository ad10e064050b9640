"""Which traces can belong to one execution, as far as each location by itself tells.

RVWMO keeps every location coherent: its accesses have one order that agrees with each
hart's program order, in which a load sees the last store before it (axiom "Coherence" of
herd7's riscv.cat), and nothing comes between the halves of an atomic. Traces whose accesses
to one location have no such order are left out; nothing else is. Most are.
"""

import itertools
from collections.abc import Iterator, Sequence

from verify.memory import Location, Memory
from verify.traces import Step, Trace

LIMIT_STATES = 50_000

# What coherence sees of an access: what it must find (None: anything) and what it leaves.
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


def possible(harts: tuple[tuple[Access, ...], ...], initial: int) -> bool:
    """Is there an order in which every access finds what it must?"""
    todo, known = [(tuple(0 for _ in harts), initial)], set()
    while todo:
        at, value = todo.pop()
        if all(n == len(h) for n, h in zip(at, harts, strict=True)):
            return True
        for i, accesses in enumerate(harts):
            if at[i] == len(accesses):
                continue
            finds, leaves = accesses[at[i]]
            if finds is not None and finds != value:
                continue
            state = (at[:i] + (at[i] + 1,) + at[i + 1:], value if leaves is None else leaves)
            if state not in known:
                known.add(state)
                todo.append(state)
    return False


def stored(harts: list[set[tuple[Access, ...]]], initial: int) -> set[tuple[int, int]] | None:
    """(hart, value): what may come to be stored in one location, if each hart does one of
    these to it, or begins to. None: too much to tell."""
    trees: list[list[dict[Access, int]]] = []
    for sequences in harts:
        tree: list[dict[Access, int]] = [{}]
        for sequence in sequences:
            at = 0
            for access in sequence:
                if access not in tree[at]:
                    tree[at][access] = len(tree)
                    tree.append({})
                at = tree[at][access]
        trees.append(tree)
    start = (*(0 for _ in harts), initial)
    todo, known, found = [start], {start}, set()
    while todo:
        *at_each, value = todo.pop()
        for hart, tree in enumerate(trees):
            for (finds, leaves), child in tree[at_each[hart]].items():
                if finds is not None and finds != value:
                    continue
                if leaves is not None:
                    found.add((hart, leaves))
                state = (*at_each[:hart], child, *at_each[hart + 1:], value if leaves is None else leaves)
                if state not in known:
                    known.add(state)
                    todo.append(state)
        if len(known) > LIMIT_STATES:
            return None
    return found


def together(traces: list[list[Trace]], memory: Memory) -> Iterator[tuple[int, ...]]:
    """The combinations, one trace of each hart (by index), that every location allows."""
    accesses = [[{where: seen(steps) for where, steps in t.accesses().items()} for t in mine] for mine in traces]
    places = sorted({where for mine in accesses for each in mine for where in each})
    yield from _split([list(range(len(mine))) for mine in traces], accesses, places, memory)


def _split(left: list[list[int]], accesses: list[list[dict[Location, tuple[Access, ...]]]], places: list[Location],
           memory: Memory) -> Iterator[tuple[int, ...]]:
    """Group each hart's traces by what they do to the first place; go on with the groups
    that fit together there."""
    if not places:
        yield from itertools.product(*left)
        return
    where, groups = places[0], []
    for mine, of in zip(left, accesses, strict=True):
        group: dict[tuple[Access, ...], list[int]] = {}
        for i in mine:
            group.setdefault(of[i].get(where, ()), []).append(i)
        groups.append(group)
    for keys in itertools.product(*groups):
        if possible(keys, memory.get(where, 0)):
            yield from _split([g[k] for g, k in zip(groups, keys, strict=True)], accesses, places[1:], memory)
