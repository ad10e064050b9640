"""Proves one test: every combination of traces that could be bad is shown to be impossible."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from verify.asking import ask
from verify.coherence import together
from verify.core import Reasons, unordered
from verify.errors import Unsupported
from verify.events import Items, bare, in_order, read
from verify.rounds import traces
from verify.litmus import render
from verify.memory import Location, check_overlap
from verify.scenario import Condition, Test, at_rest
from verify.symmetry import different
from verify.traces import Trace

WITNESSES = 4  # good executions that herd7 is asked to find, at most
CANDIDATES = 40  # bad combinations, of which the one that is least work is shown
EASY = 3_000  # ways to read, in good executions beyond the first
LIMIT_S = 60  # seconds that herd7 may compute in each call
# limit: herd7 computed for longer. paths: there are too many. code: an instruction or access that is not translated.
# suspect: verify/axioms.py found a bad execution, which herd7 did not confirm. disagreement: one of the two is wrong.
CAUSES = ("limit", "paths", "code", "suspect", "disagreement")


@dataclass
class Result:
    """The result of one test."""

    test: str
    verdict: str = "UNKNOWN"  # HOLDS, VIOLATED, VACUOUS, UNKNOWN
    paths: int = 0  # traces of one hart
    combinations: int = 0  # combinations of traces that coherence allows
    could_be_bad: int = 0  # combinations that would be bad if only coherence ordered
    reasons: int = 0  # different small tests that herd7 found impossible
    witnesses: int = 0  # good executions that herd7 found
    covered: list[str] = field(default_factory=list)  # instructions in them
    seconds: float = 0.0
    note: str = ""
    cause: str = ""  # the reason why it is UNKNOWN, one of CAUSES

    def unknown(self, cause: str, note: str) -> None:
        """The test stays UNKNOWN."""
        self.verdict, self.cause, self.note = "UNKNOWN", cause, note


@dataclass
class _Work:
    test: Test
    folder: Path
    result: Result
    reasons: Reasons
    parts: dict[str, tuple[Sequence[Items], Condition]] = field(default_factory=dict)
    bad: list[tuple[int, str]] = field(default_factory=list)  # (cost, litmus text)
    good: dict[frozenset[str], tuple[int, list[Items], Condition]] = field(default_factory=dict)

    def render(self, name: str, harts: Sequence[Items], condition: Condition, bad: bool = True) -> str:
        return render(name, self.test.layout, self.test.memory, harts, condition, bad)

    def add(self, chosen: Sequence[Trace]) -> None:
        """Take one combination of traces into account."""
        condition = self.test.condition.of(chosen)
        harts = read(chosen, condition.locations)
        if not unordered(harts, self.test.memory, condition):
            self._could_witness(chosen, harts, condition)
            return
        self.result.could_be_bad += 1
        part = self.reasons.reduce(harts, condition)
        if part is None:
            self.bad.append((_cost(harts), self.render("bad", harts, condition)))
        else:
            self.parts.setdefault(self.render("part", part, condition), (part, condition))

    def _could_witness(self, chosen: Sequence[Trace], harts: list[Items], condition: Condition) -> None:
        """Keep the combination if it is the least work for herd7 of all that execute its instructions."""
        ran = frozenset(f"{s.call}+{s.op.insn.address:x}" for t in chosen for s in t.steps if s.call)
        cost = _cost(harts)
        if (ran not in self.good or cost < self.good[ran][0]) and self.reasons.possible(harts, condition, bad=False):
            self.good[ran] = cost, harts, condition


def _cost(harts: Sequence[Items]) -> int:
    """The number of ways to let loads read from stores, all of which herd7 goes through."""
    stores: dict[Location, int] = {}
    for item in (i for items in harts for i in items if i and i.location and i.wrote is not None):
        assert item.location
        stores[item.location] = stores.get(item.location, 1) + 1
    return math.prod(stores.get(i.location, 1) for items in harts for i in items if i and i.location and i.loads)


def _violation(work: _Work) -> None:
    """Find the bad execution that is least work to find."""
    answer = ask({"bad": min(work.bad)[1]}, work.folder, LIMIT_S, "-speedcheck", "fast").get("bad")
    if answer is None:
        work.result.unknown("suspect", f"herd7 computed for more than {LIMIT_S} s on a bad execution")
    elif answer.meet:
        work.result.verdict = "VIOLATED"
    else:
        work.result.unknown("disagreement", "herd7 forbids what verify/axioms.py allows")


def _impossible(work: _Work) -> bool:
    """Does herd7 find each part impossible, and possible without its orders?"""
    parts = {f"part{n:03d}": p for n, p in enumerate(work.parts.values())}
    texts = {name: work.render(name, *p) for name, p in parts.items()}
    texts |= {f"{name}-bare": work.render(f"{name}-bare", bare(p[0]), p[1]) for name, p in parts.items()}
    answers = ask(texts, work.folder, LIMIT_S, "-speedcheck", "fast")
    work.result.reasons = len(parts)
    if len(answers) < len(texts):
        work.result.unknown("limit", f"herd7 computed for more than {LIMIT_S} s")
    for name in parts:
        if name in answers and answers[name].meet:
            work.result.unknown("disagreement", f"herd7 allows {name}, which verify/axioms.py forbids")
        if f"{name}-bare" in answers and not answers[f"{name}-bare"].meet:
            work.result.unknown("disagreement", f"{name} is impossible whatever the orders")
    return not work.result.note


def _found(work: _Work, name: str, harts: Sequence[Items], condition: Condition) -> bool:
    text = work.render(name, harts, condition, bad=False)
    answer = ask({name: text}, work.folder, LIMIT_S, "-speedcheck", "fast").get(name)
    return answer is not None and answer.meet > 0


def _witnesses(work: _Work, known: set[str]) -> None:
    """Find good executions, so that a test in which nothing can happen does not pass.

    herd7 finds the execution that is least work. It also finds the small ones of those that execute
    an instruction which no other test showed. The large ones count if the harts can make their
    accesses one at a time, in some order, because every memory allows that."""
    for ran, (cost, harts, condition) in sorted(work.good.items(), key=lambda g: g[1][0]):
        found = work.result.witnesses
        small = cost <= EASY and found < WITNESSES
        if found and ran <= known:
            continue
        order = None if small else in_order(harts, work.test.memory)
        if small or not (found or work.test.waits):  # a test of waiting needs none: see _prove()
            seen = _found(work, f"good{found}", order or harts, condition)
            work.result.witnesses += seen
        else:
            seen = order is not None
        if seen:
            known |= ran
            work.result.covered = sorted({*work.result.covered, *ran})


def prove(test: Test, folder: Path, known: set[str]) -> Result:
    """Prove one test. `known`: the instructions that good executions of other tests executed; those
    of this test are added."""
    began, result = time.monotonic(), Result(test.name)
    work = _Work(test, folder, result, Reasons(test.memory))
    try:
        _prove(work, known)
    except Unsupported as e:
        result.unknown(e.cause, str(e))
    except RecursionError:
        result.unknown("paths", "a loop counts while it waits, or a path is too long")
    result.seconds = round(time.monotonic() - began, 2)
    return result


def _prove(work: _Work, known: set[str]) -> None:
    test, result = work.test, work.result
    mine = traces(test.harts, test.memory, test.turns, test.waits)
    check_overlap(where for each in mine for t in each for where in t.accesses)
    result.paths = max(map(len, mine))
    for combination in different(test, mine, together(mine, test.memory)):
        chosen = [mine[h][i] for h, i in enumerate(combination)]
        if test.waits and not at_rest(chosen):
            continue
        result.combinations += 1
        work.add(chosen)
        if len(work.bad) == CANDIDATES:
            break
    if work.bad:
        _violation(work)
        return
    if not _impossible(work):
        return
    _witnesses(work, known)
    # If no hart can wait at all, none waits for ever: count2 sees them all come through.
    happens = result.combinations if test.waits else result.witnesses
    result.verdict = "HOLDS" if happens else "VACUOUS"
