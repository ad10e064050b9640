"""The tests of a strategy: what each hart does, around the calls under proof."""

import itertools
from collections.abc import Iterator

from verify.alone import alone
from verify.memory import Memory
from verify.scenario import Condition, Test
from verify.several import several
from verify.starts import middle, replaced
from verify.strategy import INCREMENT, MOST, SIZE, Subject


def _section(body: str) -> tuple[str, ...]:
    return "acquire", body, "release"


def _lock_tests(s: Subject) -> Iterator[Test]:
    def test(name: str, about: str, parts: list[tuple[str, ...]], condition: Condition, memory: Memory | None = None,
             waits: bool = False) -> Test:
        n = len(parts)
        return Test(name, about, s.layout(n), [s.hart(i, n, *p) for i, p in enumerate(parts)],
                    s.begin(n) if memory is None else memory, condition, waits)

    def counted(harts: int, total: int) -> Condition:
        return Condition(locations=((s.layout(harts).address("x"), 4),), good=frozenset({(total,)}))

    one, seen = _section(INCREMENT), ((1, "x26"), (1, "x27"))
    whole = Condition(registers=seen, good=frozenset({(0, 0), (1, 1)}))
    yield test("count2", "each of 2 harts increments once: none is lost", [one] * 2, counted(2, 2))
    yield test("section", "one section writes two words, another reads both: all or nothing",
               [_section("sw x22,0(x20);sw x22,0(x21)"), _section("lw x26,0(x20);lw x27,0(x21)")], whole)
    held = alone(s.hart(0, 2, "acquire"), s.begin(2))
    yield test("again", "the holder releases and takes the lock again, another takes it once",
               [(INCREMENT, "release") + one, one], counted(2, 3), held)
    yield test("handover", "the holder writes and releases, another takes the lock and reads",
               [("sw x22,0(x20)", "release"), _section("lw x26,0(x20)")],
               Condition(registers=((1, "x26"),), good=frozenset({(1,)})), held)
    yield test("ends2", "no hart of 2 waits for ever", [one] * 2, Condition(), waits=True)
    held = alone(s.hart(0, 3, "acquire"), s.begin(3))
    yield test("handover3", "the holder increments and releases, two others increment",
               [(INCREMENT, "release"), one, one], counted(3, 3), held)
    yield test("count3", "each of 3 harts increments once: none is lost", [one] * 3, counted(3, 3))


def _blocks(s: Subject, n: int, room: int, name: str, about: str, skip: int = 0, batch: int = 0, twice: bool = False) -> Test:
    """The test that each of n harts gets a block while there is room; `twice`: hart 0 gets two."""
    layout, first = s.layout(n), int(skip > 0)
    places = [layout.address("heap") + SIZE * k for k in range(first, room)]
    parts = [("alloc", "mv x27,x10") * (twice and i == 0) + ("alloc", "mv x26,x10") for i in range(n)]
    taken = [(i, "x26") for i in range(n)] + [(0, "x27")] * twice
    given = frozenset(itertools.permutations([*places, *[0] * max(0, len(taken) - len(places))], len(taken)))
    return Test(name, about, layout, [s.hart(i, n, *p) for i, p in enumerate(parts)],
                s.begin(n, room, skip=skip, batch=batch), Condition(tuple(taken), good=given), turns=1)


def _lockfree_tests(s: Subject) -> Iterator[Test]:
    yield _blocks(s, 2, 4, "blocks2", "2 harts are given different blocks")
    yield _blocks(s, 2, 1, "full2", "2 harts, room for 1 block: one is given it, the other nothing")
    yield _blocks(s, 2, 2 * MOST, "crooked2", "2 harts, and a heap that begins between two blocks", skip=SIZE // 2)
    if s.sizes["node"]:
        yield _blocks(s, 2, 2 * MOST, "batch2", "2 harts take two blocks at a time, one of them uses both", batch=2 * SIZE, twice=True)
        yield _blocks(s, 2, 4 * MOST, "crookedbatch2", "the same, and a heap as in crooked2", skip=SIZE // 2, batch=2 * SIZE)
        yield _blocks(s, 2, 3, "rest2", "2 harts, but room for one who takes two", batch=2 * SIZE)
    yield _publish(s)
    yield _blocks(s, 3, 6, "blocks3", "3 harts are given different blocks")


def _publish(s: Subject) -> Test:
    layout, memory = s.layout(2), s.begin(2)
    flag, old = layout.address("x"), layout.address("y")
    memory = {**memory, (flag, 8): old, (old, 4): 1}
    seen = {(b, 1) for b in (old, *(layout.address("heap") + SIZE * k for k in range(4)))}
    return Test("publish", "what is written into a block and published is seen; nobody else's block is the same", layout,
                [s.hart(0, 2, "alloc", "sw x22,0(x10);fence rw,w;sd x10,0(x20)"),
                 s.hart(1, 2, "alloc", "sw x23,0(x10);ld x26,0(x20);lw x27,0(x26)")], memory,
                Condition(((1, "x26"), (1, "x27")), good=frozenset(seen)))


def suite(subject: Subject) -> Iterator[Test]:
    if subject.lockfree:
        yield from _lockfree_tests(subject)
    else:
        yield from (test for test in _lock_tests(subject) if test.name not in replaced(subject))
        yield from middle(subject)
        yield from several(subject)
