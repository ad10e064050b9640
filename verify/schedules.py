"""Executes compiled code in every order in which harts can go on, on memory that is sequentially consistent.

What RVWMO adds to that is for prove.py. Here there are more harts and more turns, several locks, and
memory that holds anything before `init`. verify/schedules/ goes through the states; this module writes
down for it what each hart executes, and says what it found.
"""

import hashlib
import json
import subprocess
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from itertools import accumulate
from pathlib import Path

from verify.code import Function
from verify.computing import OVER_LIMIT, limited
from verify.errors import ProofError
from verify.flow import Places, reached
from verify.herd import TOP
from verify.memory import APART, FIRST, STACK
from verify.ops import Op, decode
from verify.strategy import Program
from verify.turns import live

EXPLORER = TOP / "build" / "verify" / "schedules"
SOURCES = Path(__file__).parent / "schedules"
KEPT = TOP / "build" / "verify" / "results"
STACKS_APART = 0x100000  # as in verify/schedules/machine.c
MOST = 3_000_000  # states
LIMIT_S = 60  # seconds of computing of a search; it counts as unknown then
NO_REGISTER = 32


@dataclass(frozen=True)
class Actor:
    """A hart: its program, and the registers that it begins with."""

    program: Program
    registers: dict[str, int]


@dataclass(frozen=True)
class Place:
    """The objects of a test, one behind the other, far apart."""

    sizes: dict[str, int]
    fills: dict[str, int] = field(default_factory=dict)  # the byte that an object is full of; 0 if it is not named

    def address(self, name: str) -> int:
        return FIRST + APART * list(self.sizes).index(name)

    def word(self, address: int) -> str:
        which, offset = divmod(address - FIRST, APART)
        names = list(self.sizes)
        return f"{names[which]}+{offset}" if 0 <= which < len(names) and address < STACK else f"{address:#x}"


@dataclass(frozen=True)
class Plan:
    """A test: what acts before it, and the harts that then go on in every order."""

    name: str
    about: str
    place: Place
    before: Sequence[tuple[str, Actor, int]]  # ("act", hart, times) or ("queue", hart, 1)
    harts: Sequence[Actor]
    seen: Sequence[tuple[str, int, int | str]]  # ("word", address, bytes) or ("register", hart, name)
    good: frozenset[tuple[int, ...]]
    alone: int = 0  # accesses in which a hart that is alone ends its call; 0: it may wait for others
    lifted: tuple[int, int, int] | None = None  # behind what acts before: an object's address, what its counters hold, and what is added to them
    queued: int = 0  # the first so many of `harts` have gone on before, until they wait
    most: int = MOST
    drawn: tuple[int, ...] = ()  # addresses of words that hold random numbers
    smaller: "Plan | None" = None  # the plan that is asked instead where there are too many states
    meets: bool = False  # tell which accesses to one word two harts can be about to make at once


@dataclass
class Outcome:
    """The verdict on a plan."""

    plan: str
    verdict: str = "UNKNOWN"  # HOLDS, VIOLATED, UNKNOWN
    note: str = ""
    states: int = 0
    seconds: float = 0.0
    story: list[str] = field(default_factory=list)  # the accesses that lead to the fault
    about: str = ""  # the table prints it: it says what the plan's harts do
    meets: list[tuple[str, str]] = field(default_factory=list)  # pairs of accesses, if the plan asked for them

    @property
    def remark(self) -> str:
        return ": ".join(text for text in (self.about, self.note) if text)


def _ways(ops: Sequence[Op], targets: Sequence[int]) -> Places:
    """Returns, for each instruction, those that may follow. The last entry, from which none follows, is the end."""
    def after(at: int, op: Op) -> tuple[int, ...]:
        return (targets[at],) if op.kind == "jump" else (at + 1, targets[at]) if op.kind == "branch" else (at + 1,)

    return [*(after(at, op) for at, op in enumerate(ops)), ()]


def _register(name: str) -> int:
    return int(name[1:])


def _is_only_a_look(ops: Sequence[Op], at: int, after: Places, parts: Sequence[int]) -> bool:
    """Is this an LR whose reservation no SC of the same part of the program uses?"""
    begins, ends = bisect_left(parts, parts[at]), bisect_right(parts, parts[at])
    others = frozenset(n for n in range(begins, ends) if ops[n].kind == "lr") | {ends}
    return not any(op.kind == "sc" for n in reached(after, after[at], others) for op in ops[n:n + 1])


def _flat(program: Program) -> tuple[list[Op], list[int], list[int]]:
    """A program as one piece of code: its instructions, where each jumps to, and the part of the program it is of."""
    ops, targets, parts = list[Op](), list[int](), list[int]()
    for number, item in enumerate(program):
        begins = len(ops)
        insns = [item] if isinstance(item, Op) else [decode(i, item.name) for i in item.insns]
        for op in insns:
            ops.append(op)
            parts.append(number)
            if op.kind == "ret":
                targets.append(begins + len(insns))
            elif op.kind in ("jump", "branch") and isinstance(item, Function):
                targets.append(begins + item.at(op.insn.target))
            else:
                targets.append(0)
    return ops, targets, parts


_KINDS = {"alu", "load", "store", "amo", "cas", "sc", "branch", "jump"}


def _kind(ops: Sequence[Op], at: int, after: Places, parts: Sequence[int]) -> str:
    op = ops[at]
    if op.kind == "lr":
        return "load" if _is_only_a_look(ops, at, after, parts) else "lr"
    if op.kind == "amo" and op.name == "swap" and op.rd == "x0":
        return "store"
    return op.kind if op.kind in _KINDS else ""


def _sources(op: Op) -> str:
    given = [*op.sources, 0, 0][:2]
    return " ".join(f"{NO_REGISTER:x} {s & (1 << 64) - 1:x}" if isinstance(s, int) else f"{_register(s):x} 0" for s in given)


@dataclass(frozen=True)
class Code:
    """A program as verify/schedules/main.c reads it, and what each instruction of it is for a reader. What only orders or
    hints is left out, so that most forms of a lock are one piece of code."""

    lines: list[str]
    told: list[str]


def _code(program: Program) -> Code:
    ops, targets, parts = _flat(program)
    ops = [Op("jump", op.insn) if op.kind == "ret" else op for op in ops]
    after = _ways(ops, targets)
    used, kinds = [sum(1 << _register(r) for r in each) for each in live(ops, after)], [_kind(ops, at, after, parts) for at in range(len(ops))]
    kept = [at for at in range(len(ops)) if kinds[at]]
    place = [0, *accumulate(1 if kind else 0 for kind in kinds)]
    lines, told = [f"program {len(kept):x}"], list[str]()
    for at in kept:
        op, item = ops[at], program[parts[at]]
        name = "-" if kinds[at] in ("load", "store") else op.name or "-"
        lines.append(f"op {kinds[at]} {name} {_register(op.rd):x} {_register(op.base or 'x0'):x} {op.width:x} "
                     f"{int(op.unsigned)} {_sources(op)} {op.offset & (1 << 64) - 1:x} {place[targets[at]]:x} {parts[at]:x} {used[at]:x}")
        told.append(f"{item.name.removeprefix('subject_')}+{op.insn.address:x} {op.insn}" if isinstance(item, Function) else str(op.insn))
    return Code(lines, told)


def _hart(number: int, actor: Actor) -> Iterator[str]:
    yield from _code(actor.program).lines
    yield f"hart {number:x}"
    for name, value in {**actor.registers, "x2": STACK + 0x8000 + number * STACKS_APART}.items():
        yield f"register {number:x} {_register(name):x} {value:x}"


def text_of(plan: Plan) -> str:
    """A plan as verify/schedules/main.c reads it."""
    lines = [f"object {plan.place.address(n):x} {size:x} {plan.place.fills.get(n, 0):x}" for n, size in plan.place.sizes.items() if size]
    actors = [*plan.harts, *(actor for _, actor, _ in plan.before)]
    for number, actor in enumerate(actors):
        lines += _hart(number, actor)
    for number, (what, _, times) in enumerate(plan.before, len(plan.harts)):
        lines.append(f"{what} {number:x} {times:x}")
    lines += [f"lift {' '.join(f'{n:x}' for n in plan.lifted)}"] if plan.lifted else []
    lines += [f"queue {number:x} {_held(plan.harts[number]):x} {int(number == 0)}" for number in range(plan.queued)]
    lines += [f"forget {address:x}" for address in plan.drawn]
    lines += [f"active {len(plan.harts):x}", f"most {plan.most:x}", f"alone {plan.alone:x}", *(["meets 1"] if plan.meets else [])]
    for what, a, b in plan.seen:
        lines.append(f"see-{what} {a:x} {_register(b) if isinstance(b, str) else b:x}")
    lines += ["good " + " ".join(f"{v:x}" for v in values) for values in sorted(plan.good)]
    return "\n".join(lines) + "\n"


def _held(actor: Actor) -> int:
    """The part of a hart's program behind its first acquire."""
    return 1 + next(n for n, item in enumerate(actor.program) if isinstance(item, Function))


def _told(plan: Plan, line: str) -> str:
    """One access of the story, for a reader."""
    hart, at, address, before, after, happened = line.split()[1:]
    where, old, new = plan.place.word(int(address, 16)), int(before, 16), int(after, 16)
    change = f"{old:#x}" if old == new else f"{old:#x} -> {new:#x}"
    return f"hart {hart}  {_code(plan.harts[int(hart)].program).told[int(at)]}: {where} {change if happened == '1' else '(nothing)'}"


def _meets(plan: Plan, lines: Sequence[str]) -> list[tuple[str, str]]:
    """The pairs of accesses of the functions that two harts can be about to make at once, each by its function and address."""
    told = [[text.split(" ")[0] for text in _code(hart.program).told] for hart in plan.harts]
    found = set[tuple[str, str]]()
    for hart, at, other, there in (map(int, line.split()[1:]) for line in lines if line.startswith("meet ")):
        one, two = sorted((told[hart][at], told[other][there]))
        found.add((one, two))
    return sorted(pair for pair in found if all("+" in name for name in pair))


def _search(plan: Plan, text: str) -> Outcome | None:
    """Returns what the explorer says. None: it had to be ended after LIMIT_S."""
    began = time.monotonic()
    if not EXPLORER.is_file():
        raise ProofError(f"{EXPLORER} is not there: make prove builds it")
    done = subprocess.run([str(EXPLORER)], input=text, capture_output=True, text=True, check=False, preexec_fn=limited(LIMIT_S))
    if done.returncode in OVER_LIMIT:
        return None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or not lines or not lines[0].startswith("verdict "):
        raise ProofError(f"{EXPLORER.name} ended with {done.returncode}: {done.stderr.strip()[:200]}")
    verdict, _, why = lines[0].removeprefix("verdict ").partition(" ")
    states = next((int(line.split()[1]) for line in lines if line.startswith("states ")), 0)
    story = [_told(plan, line) for line in lines if line.startswith("step ")]
    return Outcome(plan.name, verdict, why.strip(), states, round(time.monotonic() - began, 2), story, meets=_meets(plan, lines))


@cache
def explorer_hash() -> str:
    """The hash of the explorer's sources."""
    return hashlib.sha256(b"".join(p.read_bytes() for p in sorted(SOURCES.glob("*.[ch]")))).hexdigest()


def explore(plan: Plan) -> Outcome:
    """Go through every schedule of a plan; where there are too many, of the smaller one. A result is kept under the
    hash of all that it depends on, but for the speed of this computer: a search that took too long is begun anew."""
    text = text_of(plan)
    kept = KEPT / f"{hashlib.sha256(f'{explorer_hash()}{text}'.encode()).hexdigest()}.schedules"
    try:
        outcome = Outcome(**json.loads(kept.read_text()))
    except (OSError, ValueError, TypeError):
        found = _search(plan, text)
        outcome = found or Outcome(plan.name, note=f"more than {LIMIT_S} s of computing", seconds=LIMIT_S)
        if found:
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(asdict(found)))
    return explore(plan.smaller) if outcome.verdict == "UNKNOWN" and plan.smaller else replace(outcome, plan=plan.name, about=plan.about)
