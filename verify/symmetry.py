"""Drops combinations that differ only in the numbers of harts that do the same: one is enough."""

import itertools
from collections.abc import Iterator, Sequence

from verify.memory import APART, FIRST
from verify.scenario import Test
from verify.traces import Trace

Signature = tuple[tuple[int, ...], tuple[tuple[int | None, ...], ...]]  # the way through the code, and what each access did


def _renamed(test: Test, value: int | None, to: Sequence[int]) -> int | None:
    """The value with a pointer to a hart's node turned into one to the node of the hart it becomes."""
    names = list(test.layout.sizes)
    if value is None or not 0 <= (value - FIRST) // APART < len(names):
        return value
    name = names[(value - FIRST) // APART]
    if not name.startswith("node") or int(name[4:]) >= len(to):
        return value
    return value + APART * (to[int(name[4:])] - int(name[4:]))


def _same(test: Test) -> bool:
    """Do all harts do the same, each with its node?"""
    first = test.harts[0]
    return all(h.program == first.program and h.pc == first.pc == 0 and
               {r: v for r, v in h.registers.items() if r != "x19"} ==
               {r: v for r, v in first.registers.items() if r != "x19"} for h in test.harts)


def _keeps_memory(test: Test, to: Sequence[int]) -> bool:
    renamed = {(_renamed(test, a, to), w): _renamed(test, v, to) for (a, w), v in test.memory.items()}
    places = set(renamed) | set(test.memory)
    return all(renamed.get(p, 0) == test.memory.get((p[0] or 0, p[1]), 0) for p in places)


def _signature(test: Test, trace: Trace, to: Sequence[int]) -> Signature:
    way = tuple(s.op.insn.address for s in trace.steps)  # the values do not tell it where it depends on a random number
    return way, tuple((_renamed(test, s.location[0], to), _renamed(test, s.read, to), _renamed(test, s.wrote, to),
                       s.result if s.op.kind == "sc" else None) for s in trace.steps if s.location)


def different(test: Test, traces: list[list[Trace]], combinations: Iterator[tuple[int, ...]]) -> Iterator[tuple[int, ...]]:
    """One of each set of combinations that differ only in the numbers of the harts."""
    n = len(test.harts)
    swaps = [p for p in itertools.permutations(range(n)) if p != tuple(range(n)) and _keeps_memory(test, p)]
    if not swaps or not _same(test):
        yield from combinations
        return
    own = [{_signature(test, t, range(n)): i for i, t in enumerate(mine)} for mine in traces]
    maps = [[[own[to[h]].get(_signature(test, t, to), -1) for t in mine] for h, mine in enumerate(traces)] for to in swaps]
    for combination in combinations:
        images = []
        for to, m in zip(swaps, maps, strict=True):
            image = [0] * n
            for h, i in enumerate(combination):
                image[to[h]] = m[h][i]
            images.append(tuple(image))
        if all(-1 in image or combination <= image for image in images):
            yield combination
