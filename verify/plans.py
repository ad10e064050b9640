"""The tests of schedules.py: what harts do with compiled locks and allocators, in every order."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from hartlock.plan import traits

from verify import subjects
from verify.drawn_heaps import DrawnHeap, drawn_heaps
from verify.generators import random_words
from verify.code import Function
from verify.ops import Op
from verify.schedules import Actor, Outcome, Place, Plan, explore
from verify.steps import CALLS, WORK, one_node
from verify.strategy import SIZE, Program, Subject, code

POISON = 0xA5  # the byte that fills memory before it is initialised
ONE = "axA"  # steps of a hart (steps.py)
WON = {"t": "x25", "u": "x24"}  # the registers that count how often a hart has got the lock by a try
LINE_STATES = 50_000
TURNS = 62  # two less than the slots of anderson
MOST_ANSWERS = 512  # no plan of one hart has more, as verify/schedules/space.h says
ALONE = 200  # accesses in which a hart that is alone has its block


def _call(subject: Subject, function: str, **registers: int) -> Program:
    """A call of a function, with its arguments."""
    return [*code(";".join(f"li {r},{v}" for r, v in registers.items())), subject.functions[function]]


class Locks:
    """A lock's functions, with two locks and some harts. Every hart has a node for each lock, or one for both."""

    def __init__(self, subject: Subject, harts: int, locks: int = 1, far: Sequence[int] = ()):
        self.subject, self.harts, self.locks, self.far = subject, harts, locks, far
        self.shares = one_node(subject) or locks == 1
        sizes = {f"lock{n}": subject.sizes["lock"] for n in range(locks)} | {"space": subject.sizes["space"]}
        sizes |= {self.node(h, n): subject.sizes["node"] for h in range(harts) for n in range(locks)}
        self.place = Place(sizes | {"x": 8, "y": 8}, {name: POISON for name in sizes if name != "space"})

    def node(self, hart: int, lock: int) -> str:
        return f"node{hart}" if self.shares else f"node{hart}of{lock}"

    def ready(self) -> Actor:
        """Returns the hart that initialises the locks and lets all harts join."""
        program = Program()
        for n in range(self.locks):
            program += _call(self.subject, "init", x10=self.place.address(f"lock{n}"))
        nodes = [(h, n) for h in range(self.harts) for n in range(1 if self.shares else self.locks)]
        for number, (h, n) in enumerate(nodes):
            program += _call(self.subject, "join", x10=self.place.address(self.node(h, n)), x11=self.place.address("space"), x12=number,
                                  x13=int(h in self.far))
        return Actor(program, {})

    def hart(self, number: int, steps: str) -> Actor:
        program = Program()
        for step in steps:
            if step in WORK:
                program += code(WORK[step])
                continue
            function, n = CALLS[step]
            counted = {"x12": self.place.address("xy"[n])} if step in WON else {}
            program += _call(self.subject, function, x10=self.place.address(f"lock{n}"), x11=self.place.address(self.node(number, n)), **counted)
            program += code(f"add {WON[step]},{WON[step]},x10") if step in WON else []
        return Actor(program, {"x20": self.place.address("x"), "x21": self.place.address("y"), **dict.fromkeys(WON.values(), 0)})

    def plan(self, name: str, about: str, steps: Sequence[str], before: Sequence[tuple[str, int]] = (), queued: int = 0,
             done: int = 0) -> Plan:
        """The plan of harts that each make these steps. `before`: (steps, times) of hart 0, alone; `done`: how often it
        has incremented x then."""
        drawn = [self.place.address(self.node(h, n)) + offset for h in range(self.harts) for n in range(self.locks)
                 for draws in ("acquire", "trycount") if draws in self.subject.functions for offset in random_words(self.subject.functions[draws])]
        x, y = (sum(s.count(c) for s in steps) + (done if c == "x" else 0) for c in "xy")
        tries = [(h, kind, s.count(kind)) for h, s in enumerate(steps) for kind in WON if kind in s]
        good = frozenset((x + sum(n for n, (_, kind, _) in zip(won, tries, strict=True) if kind == "t"),
                          y + sum(n for n, (_, kind, _) in zip(won, tries, strict=True) if kind == "u"), *won)
                         for won in itertools.product(*(range(most + 1) for _, _, most in tries)))
        acts = [("act", self.ready(), 1), *(("act", self.hart(0, s), times) for s, times in before)]
        return Plan(name, about, self.place, acts, [self.hart(h, s) for h, s in enumerate(steps)],
                    [*(("word", self.place.address(w), 4) for w in "xy"), *(("register", h, WON[kind]) for h, kind, _ in tries)], good, queued=queued,
                    drawn=tuple(dict.fromkeys(drawn)))


def _line(s: Subject, harts: int, *fewer: int) -> Plan:
    """The first of so many harts holds the lock, and the others wait, one behind the other. Where that has too many states,
    fewer harts do."""
    plan = Locks(s, harts).plan(f"line{harts}", f"{harts} harts have queued behind one another, and the first holds it", [ONE] * harts,
                                queued=harts)
    return replace(plan, most=LINE_STATES, smaller=_line(s, *fewer) if fewer else None)


def try_plans(s: Subject) -> Iterator[Plan]:
    """Plans of a lock with its trylock."""
    yield Locks(s, 2).plan("tries", "2 harts try it three times each, one takes it between", ["ttt", "t" + ONE + "t"])
    yield Locks(s, 3).plan("tries3", "3 harts: one tries it twice, one takes it and tries, one takes it twice", ["tt", ONE + "t", ONE * 2])
    yield _near(s, "trywrap", 1 << 32, "t" + ONE)
    yield Locks(s, 3, 2).plan("tryinner", "two take a lock each and try the other's within, one of them then its own; one takes both by turns", ["auxAt", "btyB", "axAbyB"])


def _lock_plans(s: Subject) -> Iterator[Plan]:
    far = [1, 3]
    yield Locks(s, 2).plan("two", "2 harts take it 3 times each", [ONE * 3] * 2)
    yield Locks(s, 3, far=far).plan("three", "3 harts take it, two of them twice", [ONE * 2, ONE * 2, ONE])
    yield Locks(s, 4, far=far).plan("four", "4 harts take it once each", [ONE] * 4)
    yield _line(s, 64, 10, 5)
    passed = Locks(s, 6, far=far).plan("passed", "6 harts have queued, of two clusters by turns; the first holds it", [ONE] * 6, queued=6)
    yield replace(passed, most=LINE_STATES, smaller=Locks(s, 5, far=far).plan("passed", passed.about, [ONE] * 5, queued=5))
    yield Locks(s, 2).plan("loses", "one takes it once, another 12 times", [ONE, ONE * 12])
    for times in (TURNS, 65534):
        yield Locks(s, 2).plan(f"after{times}", f"2 harts take it twice, after {times} turns", [ONE * 2] * 2, [(ONE, times)], done=times)
    for name, limit in (("sign", 1 << 31), ("wrap", 1 << 32)):
        yield _near(s, name, limit)
    yield from _several(s)


def _near(s: Subject, name: str, limit: int, steps: str = ONE * 2) -> Plan:
    """Two harts take a lock whose counters are about to pass a limit. TURNS turns leave each counter at TURNS; what is added is a multiple of
    the slots that a counter may choose among."""
    plan = Locks(s, 2).plan(name, f"2 harts take it, or try, where its counters are 2 below {limit}", [steps] * 2, [(ONE, TURNS)], done=TURNS)
    return replace(plan, lifted=(plan.place.address("lock0"), TURNS, limit - TURNS - 2))


def _several(s: Subject) -> Iterator[Plan]:
    """Two locks, a hart in both."""
    yield Locks(s, 3, 2).plan("inner", "one takes two locks, one each of the two", ["abxyBA", "axA", "byB"])
    yield Locks(s, 3, 2).plan("outer", "the same; it gives up first what it took first", ["abxyAB", "axA", "byB"])
    yield Locks(s, 2, 2).plan("both", "two take both locks, twice", ["abxyBA" * 2] * 2)
    yield Locks(s, 3, 2).plan("hand", "one takes the locks by turns, the others both", ["axAbyB", "abxyBA", "abxyAB"])


class Heaps:
    """An allocator, which has no lock."""

    def __init__(self, subject: Subject, harts: int, blocks: int, skip: int = 0, batch: int = 0):
        self.subject, self.harts, self.blocks, self.skip, self.batch = subject, harts, blocks, skip, batch
        sizes = {"lock0": subject.sizes["lock"], **{f"node{h}": subject.sizes["node"] for h in range(harts)}}
        self.place = Place({**sizes, "heap": SIZE * (blocks + 1)}, {name: POISON for name in sizes})

    def ready(self) -> Actor:
        heap = self.place.address("heap")
        program = _call(self.subject, "init", x10=self.place.address("lock0"), x11=heap + self.skip, x12=heap + self.blocks * SIZE)
        for h in range(self.harts):
            program += _call(self.subject, "join", x10=self.place.address(f"node{h}"), x11=self.batch)
        return Actor(program, {})

    def _alloc(self, number: int, register: str, size: int = SIZE) -> Program:
        return [*_call(self.subject, "alloc", x10=self.place.address("lock0"), x11=self.place.address(f"node{number}"), x12=size, x13=SIZE),
                *code(f"mv {register},x10")]

    def _hart(self, number: int, times: int) -> Actor:
        return Actor([op for n in range(times) for op in self._alloc(number, f"x{24 + n}")], {})

    def plan(self, name: str, about: str, times: Sequence[int], alone: int = 0) -> Plan:
        """The plan of harts that each allocate so often: all blocks differ, and while there is room none goes without."""
        start = self.place.address("heap")
        places = [start + SIZE * k for k in range(int(self.skip > 0), self.blocks)]
        asked = sum(times)
        good = frozenset(itertools.permutations([*places, *[0] * max(0, asked - len(places))], asked))
        seen = [("register", h, f"x{24 + n}") for h, count in enumerate(times) for n in range(count)]
        return Plan(name, about, self.place, [("act", self.ready(), 1)], [self._hart(h, t) for h, t in enumerate(times)], seen, good, alone)

    def huge(self) -> Plan:
        """Two harts ask for half of all addresses each, while a third one allocates twice."""
        harts = [*(Actor(self._alloc(h, "x24", 1 << 63), {}) for h in range(2)), self._hart(2, 2)]
        start = self.place.address("heap")
        seen = [("register", 0, "x24"), ("register", 1, "x24"), ("register", 2, "x24"), ("register", 2, "x25")]
        good = frozenset((0, 0, *both) for both in itertools.permutations([start + SIZE * k for k in range(self.blocks)], 2))
        return Plan("huge", "2 harts ask for half of all addresses, a third for 2 blocks", self.place, [("act", self.ready(), 1)], harts, seen, good)

    def life(self) -> Plan:
        """One hart's: what the functions do that are no part of an attempt."""
        heap, node, start = (self.place.address(n) for n in ("lock0", "node0", "heap"))
        program = [*self._alloc(0, "x24"), *self._alloc(0, "x25"), *_call(self.subject, "free", x10=heap, x11=start), *_call(self.subject, "used", x10=heap),
                   *code("mv x26,x10"), *_call(self.subject, "reset", x10=heap), *_call(self.subject, "join", x10=node, x11=0), *self._alloc(0, "x27"),
                   *_call(self.subject, "used", x10=heap), *code("mv x28,x10")]
        seen = [("register", 0, f"x{n}") for n in range(24, 29)]
        return Plan("life", "2 blocks, their bytes, a reset, a block again", self.place, [("act", self.ready(), 1)], [Actor(program, {})], seen,
                    frozenset({(start, start + SIZE, 2 * SIZE, start, SIZE)}))


    def drawn(self) -> Plan:
        """One hart's: heaps anywhere, and requests of any size and alignment, each of which has one right answer."""
        place = Place({**{name: size for name, size in self.place.sizes.items() if name != "heap"}, "out": 8 * MOST_ANSWERS}, self.place.fills)
        heaps = drawn_heaps(self.subject.name)
        program = [op for h in heaps for op in self._on(h)]
        answers = [answer for h in heaps for answer in h.answers]
        stores = [op if op is not None else code(f"sd x10,{8 * n}(x20)")[0] for op, n in _numbered(program)]
        seen = [("word", place.address("out") + 8 * n, 8) for n in range(len(answers))]
        return Plan("drawn", f"1 hart, {len(heaps)} heaps, {len(answers)} requests of drawn sizes and alignments", place, [],
                    [Actor(stores, {"x20": place.address("out")})], seen, frozenset({tuple(answers)}))

    def _on(self, heap: DrawnHeap) -> list[Op | Function | None]:
        """Returns the requests of a drawn heap; None stands where an answer is kept."""
        at, node = self.place.address("lock0"), self.place.address("node0")
        out: list[Op | Function | None] = [*_call(self.subject, "init", x10=at, x11=heap.start, x12=heap.end), *_call(self.subject, "join", x10=node, x11=heap.batch)]
        for size, align in heap.requests:
            out += [*_call(self.subject, "alloc", x10=at, x11=node, x12=size, x13=align), None]
        return [*out, *_call(self.subject, "used", x10=at), None]


def _numbered(program: Sequence[Op | Function | None]) -> Iterator[tuple[Op | Function | None, int]]:
    """Yields what is in a program, each with the number of the answers before it."""
    answers = 0
    for op in program:
        yield op, answers
        answers += op is None


def _heap_plans(s: Subject) -> Iterator[Plan]:
    yield Heaps(s, 1, 4).life()
    yield Heaps(s, 1, 4).drawn()
    yield Heaps(s, 2, 4).plan("two", "2 harts allocate twice each, and one that is alone has its block soon", [2, 2], ALONE)
    yield Heaps(s, 3, 4).plan("three", "the same of 3, one of them twice", [2, 1, 1], ALONE)
    yield Heaps(s, 3, 2).plan("full", "3 harts, room for 2 blocks", [1, 1, 1])
    yield Heaps(s, 3, 12, skip=SIZE // 2).plan("crooked", "3 harts, and a heap that begins between two blocks", [1, 1, 1])
    yield Heaps(s, 3, 4).huge()
    if s.sizes["node"]:
        yield Heaps(s, 2, 8, batch=2 * SIZE).plan("batch", "2 harts that take two blocks at a time allocate twice each", [2, 2], ALONE)


def plans(subject: Subject) -> Iterator[Plan]:
    yield from _heap_plans(subject) if subject.lockfree else _lock_plans(subject)
    own = traits.known().get(subject.name.replace("_", "-"))
    if own and "trylock" in own.has:  # not in every form: no form of waiting or of letting go is in a trylock
        yield from try_plans(subjects.load_with_trylock(subject.name))


CONTROLS = {"null": (), "baseline": ("life", "drawn", "huge")}  # they lose updates in every plan, but for these


def wrong(name: str, outcome: Outcome) -> bool:
    """Is an outcome not what it has to be?"""
    right = CONTROLS.get(name.split(".")[0])
    return outcome.verdict != ("HOLDS" if right is None or outcome.plan in right else "VIOLATED")


def outcomes(subject: Subject) -> list[Outcome]:
    """The outcome of each plan, up to the first that is wrong."""
    found = list[Outcome]()
    for plan in plans(subject):
        found.append(explore(plan))
        if wrong(subject.name, found[-1]):
            break
    return found
