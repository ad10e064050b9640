"""The tests of a strategy: what each hart does, around the calls under proof."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from verify.code import Function, Insn, Object
from verify.errors import ProofError
from verify.explore import alone
from verify.memory import Layout, Memory
from verify.ops import Op, decode
from verify.scenario import Condition, Test
from verify.traces import Hart

SIZE = 16  # bytes of a block, and its alignment
MOST = 3  # harts

Program = list[Op | Function]


def code(text: str) -> Program:
    """Instructions of a test's own, separated by semicolons."""
    out: Program = []
    for n, line in enumerate(text.split(";")):
        mnemonic, _, operands = line.strip().partition(" ")
        out.append(decode(Insn(n, 4, mnemonic, tuple(operands.split(",")) if operands else ()), "the test"))
    return out


INCREMENT = "lw x28,0(x20);addi x28,x28,1;sw x28,0(x20)"


@dataclass(frozen=True)
class Subject:
    """A strategy as its functions out of line."""

    name: str
    functions: dict[str, Function]
    sizes: dict[str, int]

    @staticmethod
    def of(name: str, obj: Object) -> "Subject":
        sizes = {k: obj.data_sizes.get(f"subject_{k}", 0) for k in ("lock", "space", "node")}
        functions = {k.removeprefix("subject_"): f for k, f in obj.functions.items() if k.startswith("subject_")}
        if not {"init", "join"} < set(functions):
            raise ProofError(f"the object of {name} lacks subject_init or subject_join")
        return Subject(name, functions, sizes)

    @property
    def lockfree(self) -> bool:
        return "alloc" in self.functions

    @property
    def proved(self) -> list[Function]:
        return [self.functions[n] for n in (("alloc",) if self.lockfree else ("acquire", "release"))]

    def layout(self, harts: int) -> Layout:
        nodes = {f"node{i}": self.sizes["node"] for i in range(harts)}
        return Layout({"lock": self.sizes["lock"], "space": self.sizes["space"], **nodes, "x": 8, "y": 8,
                       "heap": SIZE * 2 * MOST})

    def begin(self, harts: int, blocks: int = 2 * MOST) -> Memory:
        """Memory when all have joined."""
        layout = self.layout(harts)
        lock, heap = layout.address("lock"), layout.address("heap")
        memory = alone(Hart((self.functions["init"],), {"x10": lock, "x11": heap, "x12": heap + blocks * SIZE}), {})
        for i in range(harts):
            node = layout.address(f"node{i}")
            arguments = {"x10": node, "x11": 0} if self.lockfree else {
                "x10": node, "x11": layout.address("space"), "x12": i, "x13": 0}
            memory = alone(Hart((self.functions["join"],), arguments), memory)
        return memory

    def hart(self, number: int, harts: int, *parts: str) -> Hart:
        """`parts`: names of functions to call, and the test's own instructions between."""
        layout, program = self.layout(harts), Program()
        for part in parts:
            if part in self.functions:
                program += code("mv x10,x18;mv x11,x19" + (";mv x12,x21;mv x13,x21" if self.lockfree else ""))
                program.append(self.functions[part])
            else:
                program += code(part)
        return Hart(tuple(program), {
            "x18": layout.address("lock"), "x19": layout.address(f"node{number}"), "x20": layout.address("x"),
            "x21": SIZE if self.lockfree else layout.address("y"), "x22": 1, "x23": 2})


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


def _lockfree_tests(s: Subject) -> Iterator[Test]:
    heap = s.layout(MOST).address

    def blocks(n: int, room: int, name: str, about: str) -> Test:
        layout = s.layout(n)
        places = [layout.address("heap") + SIZE * k for k in range(room)]
        given = set(itertools.permutations([*places, *[0] * max(0, n - room)], n))
        return Test(name, about, layout, [s.hart(i, n, "alloc", "mv x26,x10") for i in range(n)], s.begin(n, room),
                    Condition(tuple((i, "x26") for i in range(n)), good=frozenset(given)), turns=1)

    yield blocks(2, 4, "blocks2", "2 harts are given different blocks")
    yield blocks(2, 1, "full2", "2 harts, room for 1 block: one is given it, the other nothing")
    layout, memory = s.layout(2), s.begin(2)
    flag, old = layout.address("x"), layout.address("y")
    memory = {**memory, (flag, 8): old, (old, 4): 1}
    seen = {(b, 1) for b in (old, *(layout.address("heap") + SIZE * k for k in range(4)))}
    yield Test("publish", "what is written into a block and published is seen; nobody else's block is the same", layout,
               [s.hart(0, 2, "alloc", "sw x22,0(x10);fence rw,w;sd x10,0(x20)"),
                s.hart(1, 2, "alloc", "sw x23,0(x10);ld x26,0(x20);lw x27,0(x26)")], memory,
               Condition(((1, "x26"), (1, "x27")), good=frozenset(seen)))
    del heap
    yield blocks(3, 6, "blocks3", "3 harts are given different blocks")


def suite(subject: Subject) -> Iterator[Test]:
    yield from _lockfree_tests(subject) if subject.lockfree else _lock_tests(subject)
