"""The tests of allocators that take frames back, under the memory model.

Harts take and give frames. Each writes its number into a frame that it took, and looks for it before it gives the frame back.
What all have left in registers and memory has to be what the same calls leave that are made one after another, in some order.
That those are right is shown by the schedules (freeing.py).
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from verify import freeing
from verify.alone import alone, begun, executed
from verify.code import Function
from verify.freeing import REGISTER, SELF, STORE, WRONG
from verify.memory import APART, Layout, Location, Memory
from verify.ops import Op
from verify.scenario import Condition, Test
from verify.strategy import Program, Subject
from verify.strategy import code as program
from verify.traces import Hart

SPARE = "x22"
STACK = freeing.LOCKFREE
Steps = tuple[tuple[Op | Function, ...], ...]  # the program of each step
End = tuple[Sequence[Hart], Memory, frozenset[Location]]  # harts that are done, memory, and the words that were stored on the way


class Freed(Subject):
    """An allocator's functions, of which takes and gives are proved."""

    @property
    def proved(self) -> list[Function]:
        return [self.functions["take"], self.functions["give"]]

    @property
    def is_stack(self) -> bool:
        return self.name == STACK


def names(wanted: str | None) -> list[str]:
    """The allocators that are proved, or the wanted one. A call of the buddy allocator has too many paths."""
    return [name for name in freeing.names(wanted) if name != freeing.BUDDY]


def load(name: str) -> Freed:
    read = freeing.load(name)
    return Freed(read.name, read.functions, read.sizes)


@dataclass(frozen=True)
class Frames:
    """An allocator over some frames, and harts. The steps of a hart: A, B, C take a frame into that register, a, b, c give it back,
    and m writes into frame A again."""

    subject: Freed
    harts: int
    frames: int

    @property
    def shape(self) -> freeing.Frames:
        return freeing.Frames(self.subject, self.frames, self.harts)

    @cached_property
    def layout(self) -> Layout:
        nodes = {f"node{h}": self.subject.sizes["node"] for h in range(self.harts)}
        return Layout({"lock": self.subject.sizes["lock"], **nodes, "heap": self.shape.room + self.shape.frame})

    def call(self, function: str, hart: int, more: str = "") -> Program:
        arguments = f"li x10,{self.layout.address('lock')};li x11,{self.layout.address(f'node{hart}')}{more}"
        return [*program(arguments), self.subject.functions[function]]

    def begin(self) -> tuple[Memory, int]:
        """The memory when all harts have joined, and a frame that is nobody's: a hart that is told that there is none goes on with it."""
        first = self.layout.address("heap")
        memory = alone(Hart(tuple([*program(f"li x10,{self.layout.address('lock')};li x11,{first};li x12,{first + self.shape.room}"), self.subject.functions["init"]]), {}), {})
        for h in range(self.harts):
            memory = alone(Hart(tuple([*program(f"li x10,{self.layout.address(f'node{h}')}"), self.subject.functions["join"]]), {}), memory)
        run, memory = executed(Hart(tuple(self.call("take", 0)), {}), memory)
        return memory, run.registers["x10"]

    def step(self, hart: int, letter: str) -> Program:
        register = REGISTER.get(letter.upper(), REGISTER["A"])
        if letter == "m":
            return program(f"sw {SELF},{self.shape.mark}({register})")
        if letter.isupper():
            none = f"seqz x28,x10;or {WRONG},{WRONG},x28;neg x28,x28;and x28,x28,{SPARE};or {register},x10,x28"
            return [*self.call("take", hart), *program(f"{none};sw {SELF},{self.shape.mark}({register})")]
        look = program(f"lw x28,{self.shape.mark}({register});xor x28,x28,{SELF};or {WRONG},{WRONG},x28")
        return [*look, *self.call("give", hart, f";mv x12,{register}"), *program(f"li {register},0")]

    def steps(self, hart: int, letters: str) -> Steps:
        return tuple(tuple(self.step(hart, letter)) for letter in letters)

    def ends(self, left: Sequence[Steps], harts: Sequence[Hart], memory: Memory, stored: frozenset[Location] = frozenset()) -> Iterator[End]:
        """Every end of harts that make these steps one after another, in every order."""
        if not any(left):
            yield harts, memory, stored
        for h, mine in enumerate(left):
            if mine:
                run, after = executed(replace(harts[h], program=mine[0]), memory)
                done = [*harts[:h], Hart((), dict(run.registers)), *harts[h + 1:]]
                words = {s.location for s in run.steps if s.location and s.shared and s.wrote is not None}
                yield from self.ends([*left[:h], mine[1:], *left[h + 1:]], done, after, stored | words)

    def alone(self, hart: int, letters: str, harts: Sequence[Hart], memory: Memory) -> tuple[Sequence[Hart], Memory]:
        """The harts and memory when a hart has made these steps by itself."""
        (harts, memory, _), = self.ends([self.steps(h, letters if h == hart else "") for h in range(self.harts)], harts, memory)
        return harts, memory

    def looked(self, harts: Sequence[Hart], memory: Memory) -> tuple[Sequence[Hart], Memory, Steps]:
        """Hart 0 takes a frame into A, and is about to touch the head for the second time: what is left of that is a step."""
        touched: list[Location] = []

        def again(where: Location) -> bool:
            touched.extend([where] * (where[0] == self.layout.address("lock")))
            return len(touched) == 2

        rest, memory = begun(replace(harts[0], program=tuple(self.step(0, "A"))), memory, again)
        return [replace(rest, program=()), *harts[1:]], memory, (rest.program,)

    def test(self, name: str, about: str, letters: Sequence[str], before: Sequence[str] = (), looked: bool = False) -> Test:
        """The test in which each hart has made the steps of `before` by itself, and then makes its steps. `looked`: hart 0 has looked at
        the head before all others, and begins with its swap."""
        memory, spare = self.begin()
        harts: Sequence[Hart] = [Hart((), {SELF: h + 1, WRONG: 0, SPARE: spare, **dict.fromkeys(REGISTER.values(), 0)}) for h in range(self.harts)]
        rest: Steps = ()
        if looked:
            harts, memory, rest = self.looked(harts, memory)
        for h, mine in enumerate(before):
            harts, memory = self.alone(h, mine, harts, memory) if mine else (harts, memory)
        steps = [(rest if h == 0 else ()) + self.steps(h, mine) for h, mine in enumerate(letters)]
        found = list(self.ends(steps, harts, memory))
        own = {self.layout.address(f"node{h}") for h in range(self.harts)}  # no other hart sees what is in store
        places = tuple(sorted({w for _, _, stored in found for w in stored if w[0] & -APART not in own}))
        seen = tuple((h, r) for h in range(self.harts) for r in (*REGISTER.values(), WRONG))
        good = frozenset((*(done[h].registers[r] for h, r in seen), *(after.get(w, 0) for w in places)) for done, after, _ in found)
        ready = [replace(hart, program=tuple(itertools.chain.from_iterable(mine))) for hart, mine in zip(harts, steps, strict=True)]
        return Test(name, about, self.layout, ready, memory, Condition(seen, places, good), turns=int(self.subject.is_stack), middle=looked)


def suite(s: Freed) -> Iterator[Test]:
    if s.name == freeing.BUDDY:
        return
    store = STORE if s.sizes["node"] else 0

    def of(harts: int, frames: int) -> Frames:
        return Frames(s, harts, frames + store * harts)

    yield of(2, 3).test("takes2", "2 harts take: they have different frames", ["A", "A"])
    if store:
        yield of(1, 3).test("spill1", "a hart gives back what its store has room for, and one more, and takes", ["baA"], ["ABCc"])
        yield of(2, 3).test("spill2", "one whose store is full gives a frame back, another takes", ["a", "A"], ["ABCbc", ""])
    else:
        yield of(1, 3).test("worn1", "a hart takes a frame that came back", ["A"], ["Aa"])
        yield of(2, 3).test("gives2", "2 harts give a frame back: both are there", ["a", "a"], ["A", "A"])
        yield of(2, 3).test("pass2", "one writes into its frame and gives it back, another takes", ["ma", "B"], ["A", ""])
    if s.is_stack:
        yield of(2, 3).test("turns2", "one takes a frame and gives it back, another takes", ["Aa", "A"])
        yield of(2, 3).test("trades2", "one takes a frame and gives it back, another gives", ["Aa", "b"], ["", "B"])
        yield of(2, 4).test("late2", "one has looked; another has taken two since, and gives back the first", ["", "a"], ["", "AB"], looked=True)
        yield of(2, 4).test("aba2", "one takes; the other takes two and gives back the first", ["A", "ABa"])
        yield of(3, 4).test("takes3", "3 harts take: they have different frames", ["A", "A", "A"])
        yield of(3, 3).test("pass3", "one writes into its frame and gives it back, two others take", ["ma", "B", "B"], ["A", "", ""])
