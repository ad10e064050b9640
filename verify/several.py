"""The tests of a lock beside those of suite.py: of two locks, and of memory that holds anything before `init`."""

from collections.abc import Collection, Iterator, Sequence

from verify.alone import alone
from verify.memory import Layout, Memory
from verify.scenario import Condition, Test
from verify.steps import CALLS, WORK, one_node
from verify.strategy import INCREMENT, Program, Subject, code
from verify.traces import Hart

SECOND = "lockb"  # the object that is the second lock
POISON = 0x2A2A2A2A  # a word of memory before `init`; herd7 has 31 bits
ARGUMENTS = ("mv x10,x18;mv x11,x19", "mv x10,x24;mv x11,x25")  # the first lock and a hart's node for it, and the second
COUNTED = (";mv x12,x20", ";mv x12,x21")  # the word that a try increments


class Two:
    """A lock's functions with two locks and two harts. A hart has a node for each lock, or one for both where the header says so."""

    def __init__(self, subject: Subject):
        self.subject = subject
        self.shares = one_node(subject)
        more = {} if self.shares else {f"second{n}": subject.sizes["node"] for n in range(2)}
        self.layout = Layout({**subject.layout(2).sizes, SECOND: subject.sizes["lock"], **more})

    def node(self, hart: int, lock: int) -> int:
        return self.layout.address(f"second{hart}" if lock and not self.shares else f"node{hart}")

    def begin(self) -> Memory:
        """The memory when both locks are initialised and both harts have joined."""
        memory: Memory = {}
        for name in ("lock", SECOND):
            memory = alone(Hart((self.subject.functions["init"],), {"x10": self.layout.address(name)}), memory)
        nodes = dict.fromkeys(self.node(h, n) for h in range(2) for n in range(2))
        for number, node in enumerate(nodes):
            arguments = {"x10": node, "x11": self.layout.address("space"), "x12": number, "x13": 0}
            memory = alone(Hart((self.subject.functions["join"],), arguments), memory)
        return memory

    def hart(self, number: int, steps: str) -> Hart:
        """The hart that makes these steps (steps.py). It notes in x26 whether its last try got the lock."""
        program = Program()
        for step in steps:
            if step in WORK:
                program += code(WORK[step])
                continue
            function, lock = CALLS[step]
            tries = function == "trycount"
            program += [*code(ARGUMENTS[lock] + (COUNTED[lock] if tries else "")), self.subject.functions[function]]
            program += code("mv x26,x10") if tries else []
        where = {"x18": "lock", "x20": "x", "x21": "y", "x24": SECOND}
        registers = {register: self.layout.address(name) for register, name in where.items()}
        return Hart(tuple(program), {**registers, "x19": self.node(number, 0), "x25": self.node(number, 1)},
                    drawn=self.subject.drawn(self.node(h, n) for h in range(2) for n in range(2)))

    def test(self, name: str, about: str, held: Sequence[str], steps: Sequence[str], waits: bool = False,
             tries: Collection[tuple[int, ...]] = ()) -> Test:
        """The test in which each hart has taken the locks of `held` by itself, and then makes its steps. `tries`: the good ends of one
        in which harts try, each as what the harts that do note, and then the two counts."""
        memory = self.begin()
        for number, taken in enumerate(held):
            memory = alone(self.hart(number, taken), memory)
        totals = tuple(sum(s.count(c) for s in steps) for c in "xy")
        noted = tuple((hart, "x26") for hart, s in enumerate(steps) if {"t", "u"} & set(s))
        good = Condition() if waits else Condition(noted, tuple((self.layout.address(w), 4) for w in "xy"), frozenset(tries or {totals}))
        return Test(name, about, self.layout, [self.hart(n, s) for n, s in enumerate(steps)], memory, good, waits)


def of_two_locks(test: Test) -> bool:
    return SECOND in test.layout.sizes


def _poisoned(s: Subject) -> Test:
    """The test that each of 2 harts increments once, on memory that is full of something else before `init` and `join`."""
    layout = s.layout(2)
    objects = [(layout.address(name), size) for name, size in layout.sizes.items() if name == "lock" or name.startswith("node")]
    memory: Memory = {(at + n, width): POISON for at, size in objects for width in (4, 8) for n in range(0, size, width)}
    memory = alone(Hart((s.functions["init"],), {"x10": layout.address("lock")}), memory)
    for n in range(2):
        arguments = {"x10": layout.address(f"node{n}"), "x11": layout.address("space"), "x12": n, "x13": 0}
        memory = alone(Hart((s.functions["join"],), arguments), memory)
    harts = [s.hart(n, 2, "acquire", INCREMENT, "release") for n in range(2)]
    return Test("poison2", "memory is not 0 before init: each of 2 harts increments once", layout, harts, memory,
                Condition(locations=((layout.address("x"), 4),), good=frozenset({(2,)})))


def several(s: Subject) -> Iterator[Test]:
    """The tests of a lock, in any form."""
    if s.lockfree:
        return
    two = Two(s)
    yield _poisoned(s)
    yield two.test("nested2", "one holds two locks and gives both up, another takes one and then the other", ("ab", ""), ("xyBA", "byBaxA"))
    yield two.test("crossed2", "each holds a lock, gives it up and takes the other's", ("a", "b"), ("xAbyB", "yBaxA"))
    yield two.test("crossed2ends", "neither waits for ever", ("a", "b"), ("xAbyB", "yBaxA"), waits=True)


def tried(s: Subject) -> Iterator[Test]:
    """The tests of a trylock with two locks: a hart tries one while it holds the other, as who would take them in the wrong order does."""
    two = Two(s)
    yield two.test("trynested2", "one holds two locks and gives both up, another takes one and gets the other by a try", ("ab", ""),
                   ("xyBA", "auxA"), tries={(1, 2, 2)})
    yield two.test("trycrossed2", "each holds a lock and tries the other's: at most one gets it", ("a", "b"), ("uxA", "tyB"),
                   tries={(0, 0, 1, 1), (1, 0, 1, 2), (0, 1, 2, 1)})
    yield two.test("trycrossed2ends", "each holds a lock, tries the other's, gives its own up and takes the other's: neither waits for ever",
                   ("a", "b"), ("uAbB", "tBaA"), waits=True)
