"""The schedules of allocators that take frames back: harts take and give them, in every order.

verify/freeing.json has the hash of the code that was explored, with the verdict and the states of each plan. verify/freeing.c says what is compiled. Each hart writes its number into a frame that it takes, and looks for it before it gives
the frame back. The last hart waits until all others are done, and counts the frames that are free.
"""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from verify import cache, code, subjects
from verify.herd import TOP
from verify.plans import ALONE, POISON
from verify.schedules import Actor, Outcome, Place, Plan, explore
from verify.strategy import Program, Subject
from verify.strategy import code as program

FOLDER = subjects.FOLDER / "freeing"
FILE = TOP / "verify" / "freeing.json"
LOCKFREE, BUDDY = "treiber", "buddy"
BUDDIES = 8  # frames of the buddy allocator: one block
LINK, ENTRY = 4, 12  # bytes of a frame's link, and of the buddy allocator's entry of it, where they lie beside it
REGISTER = {"A": "x24", "B": "x25", "C": "x26", "P": "x19"}  # the frames that a hart holds; P: two that lie side by side
WRONG, SELF, LEFT, GIVEN = "x27", "x23", "x22", "x21"
STORE = 2  # frames that a hart has in store at the most: FRAME_CACHE of freeing.c


def names(wanted: str | None) -> list[str]:
    """The allocators that were built, or the wanted one; none if it is none of them."""
    built = sorted(path.stem for path in FOLDER.glob("*.o"))
    return [name for name in built if wanted is None or name == wanted.replace("-", "_")]


def load(name: str) -> Subject:
    return Subject.of(name, code.read(FOLDER / f"{name}.o", subjects.cross()))


@dataclass(frozen=True)
class Frames:
    """An allocator over some frames, and harts. The steps of a hart: A, B, C take a frame into that register, and P takes two; a, b, c
    and p give it back; d gives back the frame that another hart has taken, and e what is in store."""

    subject: Subject
    frames: int
    harts: int

    @property
    def lockfree(self) -> bool:
        return self.subject.name == LOCKFREE

    @property
    def frame(self) -> int:
        """The bytes of a frame."""
        return 4 if self.subject.name in (LOCKFREE, BUDDY) else 16

    @property
    def mark(self) -> int:
        """The place in a frame where its hart's number stands: behind what the allocator keeps there."""
        return 0 if self.frame == 4 else 8

    @property
    def room(self) -> int:
        """The bytes of so many frames, and of the table beside them."""
        if self.subject.name == BUDDY:
            return self.frames * (self.frame + ENTRY) + 8
        return self.frames * (self.frame + LINK) + LINK if self.lockfree else self.frames * self.frame

    @property
    def place(self) -> Place:
        sizes = {"lock0": self.subject.sizes["lock"], **{f"node{h}": self.subject.sizes["node"] for h in range(self.harts)}}
        return Place({**sizes, "done": 8, "heap": self.room + 2 * (self.frame + LINK)}, dict.fromkeys(sizes, POISON))

    @property
    def first(self) -> int:
        return self.place.address("heap")

    def _call(self, function: str, hart: int, then: str = "") -> Program:
        arguments = f"li x10,{self.place.address('lock0')};li x11,{self.place.address(f'node{hart}')}{then}"
        return [*program(arguments), self.subject.functions[function]]

    def ready(self) -> Actor:
        """Returns the hart that makes the heap of that many frames, and lets all harts join."""
        steps = [*program(f"li x10,{self.place.address('lock0')};li x11,{self.first};li x12,{self.first + self.room}"), self.subject.functions["init"]]
        for h in range(self.harts):
            steps += [*program(f"li x10,{self.place.address(f'node{h}')}"), self.subject.functions["join"]]
        return Actor(steps, {})

    def _steps(self, hart: int, steps: str, marks: bool) -> Program:
        out, mark = Program(), self.mark
        for step in steps:
            register = REGISTER.get(step.upper(), "")
            if step == "e":
                out += self._call("empty", hart)
            elif step == "d":
                out += self._call("give", hart, f";mv x12,{GIVEN}")
            elif step.isupper():
                out += [*self._call("pair" if step == "P" else "take", hart), *program(f"mv {register},x10" + (f";sw {SELF},{mark}(x10)" if marks else ""))]
            else:
                look = f"lw x28,{mark}({register});xor x28,x28,{SELF};or {WRONG},{WRONG},x28;" if marks else ""
                out += [*(program(look.rstrip(";")) if look else []), *self._call("give", hart, f";mv x12,{register}"), *program(f"li {register},0")]
        return out

    def _hart(self, hart: int, steps: str, marks: bool, given: int, waits: bool, last_call: str) -> Actor:
        last = hart == self.harts - 1 and waits
        out = [*self._steps(hart, steps + "e", marks), *program(f"li x20,{self.place.address('done')};li x28,1")]
        if last:
            out += [_wait(self.harts - 1), *self._call(last_call, hart), *program(f"mv {LEFT},x10")]
        else:
            out += program("amoadd.w x29,x28,(x20)")
        return Actor(out, {SELF: hart + 1, WRONG: 0, GIVEN: given, LEFT: 0, **dict.fromkeys(REGISTER.values(), 0)})

    def plan(self, name: str, about: str, steps: Sequence[str], before: str = "", given: Sequence[int] = (), lacks: int = 0,
             alone: int = 0, whole: bool = False) -> Plan:
        """The plan of harts with these steps. `before`: those of hart 0, alone; `given`: for each hart the frame, from 0, that d gives
        back; `lacks`: so many harts may be told that there is none; `alone`: the accesses in which a hart that is alone ends its call:
        then the last one waits for nobody and counts nothing; `whole`: it does not count, but takes all frames as one block."""
        start = [("act", self.ready(), 1)]
        if before:
            start.append(("act", Actor(self._steps(0, before, False), dict.fromkeys(REGISTER.values(), 0)), 1))
        harts = [self._hart(h, s, not lacks, self.first + self.frame * given[h] if given else 0, not alone,
                            "whole" if whole else "left") for h, s in enumerate(steps)]
        held = [(h, register) for h, s in enumerate(steps) for letter, register in REGISTER.items() if s.count(letter) > s.count(letter.lower())]
        seen = [("register", h, r) for h, r in held] + [("register", h, WRONG) for h in range(self.harts)]
        seen.append(("register", self.harts - 1, LEFT))
        pairs = sum(register == REGISTER["P"] for _, register in held)
        left = self.first if whole else 0 if alone else self.frame * (self.frames - len(held) - pairs + lacks)
        ends = (taken for taken in itertools.permutations([*range(self.frames), *[None] * lacks], len(held))
                if taken.count(None) == lacks and self._fit(held, taken))
        good = frozenset((*(0 if n is None else self.first + self.frame * n for n in taken), *[0] * self.harts, left) for taken in ends)
        return Plan(name, about, self.place, start, harts, seen, good, alone)

    @staticmethod
    def _fit(held: Sequence[tuple[int, str]], taken: Sequence[int | None]) -> bool:
        """Do frames with these numbers not overlap, and does each pair begin at an even one?"""
        pairs = [n for n, (_, register) in zip(taken, held, strict=True) if register == REGISTER["P"] and n is not None]
        return all(n % 2 == 0 and n + 1 not in taken for n in pairs)


def _wait(others: int) -> code.Function:
    """A function that waits until the word at x20 says that so many harts are done."""
    lines = ["lw x29,0(x20)", f"li x30,{others}", "bne x29,x30,0", "ret"]
    parts = [line.partition(" ") for line in lines]
    return code.Function("wait", tuple(code.Insn(n, 1, word, tuple(rest.split(",")) if rest else ()) for n, (word, _, rest) in enumerate(parts)))


def _buddies(s: Subject) -> Iterator[Plan]:
    """The plans of blocks that are halved, and joined again."""
    def of(harts: int) -> Frames:
        return Frames(s, BUDDIES, harts)

    yield of(2).plan("split", "one takes a frame, the other two that lie side by side", ["A", "P"])
    yield of(2).plan("splits", "each takes a frame and two, in different order", ["AP", "PA"])
    yield of(3).plan("three", "3 harts take a frame or two", ["A", "P", "B"])
    yield of(2).plan("turns", "2 harts take, give and take", ["AaA", "PpP"])
    yield of(2).plan("worn", "2 harts take and give where blocks have come back in another order", ["AaA", "APa"], "ABCPbpac")
    yield of(2).plan("remote", "each gives back a frame that another one took, and takes", ["dA", "dP"], "AB", (1, 0))
    yield of(2).plan("half", "one gives back two frames beside a block of which one half is free; the other takes", ["PABap", "A"])
    yield of(2).plan("joined", "2 harts take and give all back: all is one block again", ["AaPp", "AaBb"], whole=True)
    yield of(2).plan("across", "each holds a half of a block, and gives it back: they are joined once", ["dAa", "dPp"], "AB", (1, 0), whole=True)


def plans(s: Subject) -> Iterator[Plan]:
    if s.name == BUDDY:
        yield from _buddies(s)
        return
    store = STORE if s.sizes["node"] else 0  # frames that another hart may have in store
    yield Frames(s, 2 + 2 * store, 2).plan("turns", "2 harts take, give and take", ["AaA", "AaA"])
    yield Frames(s, 3 + 3 * store, 3).plan("three", "3 harts take, one of them again", ["AaA", "A", "A"])
    yield Frames(s, 4 + 2 * store, 2).plan("aba", "one takes two; the other takes two and gives back the first", ["AB", "ABa"])
    yield Frames(s, 4 + 2 * store, 2).plan("worn", "2 harts take and give where frames have come back in another order", ["AaA", "ABa"], "ABCbac")
    yield Frames(s, 4 + 2 * store, 2).plan("remote", "each gives back a frame that another one took, and takes", ["dA", "dA"], "AB",
                                           (1, 0) if not store else (0, 1))
    yield Frames(s, 5 + 2 * store, 2).plan("more", "one takes three, gives all back and takes one, which fills a store; the other takes and gives",
                                           ["ABCabcA", "ABb"])
    if s.name == LOCKFREE:
        yield Frames(s, 3, 2).plan("alone", "2 harts take, give and take; one that is alone has its frame soon", ["AaA", "AaA"], alone=ALONE)
    if not store:
        yield Frames(s, 2, 3).plan("last", "3 harts, 2 frames: one is told that there is none", ["A", "A", "A"], lacks=1)


def outcomes(name: str) -> list[Outcome]:
    """The outcome of each plan, up to the first that does not hold."""
    found = list[Outcome]()
    for plan in plans(load(name)):
        found.append(explore(plan))
        if found[-1].verdict != "HOLDS":
            break
    return found


def _known() -> dict[str, dict[str, Any]]:
    known: dict[str, dict[str, Any]] = json.loads(FILE.read_text()) if FILE.is_file() else {}
    return known


def _write(known: dict[str, dict[str, Any]]) -> None:
    FILE.write_text("{\n" + ",\n".join(f" {json.dumps(n)}: {json.dumps(known[n])}" for n in sorted(known)) + "\n}\n")


def note(name: str, found: Sequence[Outcome]) -> None:
    """Enter into freeing.json what became of an allocator's plans, if all hold; else take out what stands there of it."""
    known, code_now = _known(), cache.code_hash(load(name))[:12]
    old = known.pop(name, {})
    if found and all(o.verdict == "HOLDS" for o in found):
        tests = old.get("tests", []) if old.get("code") == code_now else []
        known[name] = {"code": code_now, "plans": {o.plan: o.states for o in found}, "tests": tests}
    _write(known)


def note_tests(name: str, held: Sequence[str]) -> None:
    """Enter into freeing.json the tests of the memory model that hold, beside the plans of the same code."""
    known = _known()
    if name in known and known[name]["code"] == cache.code_hash(load(name))[:12]:
        known[name]["tests"] = list(held)
        _write(known)
