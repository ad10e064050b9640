"""Finds out whether the tests of the memory model have in them all that harts can do at once.

schedules.py goes through every state that four harts reach. Two harts *meet* there if each is about to touch the same word, and
one of them stores: what then happens depends on who is first, and what the other sees on their orders. Every such pair of
accesses has to stand in some test that herd7 judges, in two harts of one execution. So the places where a test begins
(starts.py) are held against those that there are.
"""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from verify import cache, orders, subjects
from verify.coherence import together
from verify.errors import ProofError
from verify.memory import Location
from verify.ops import Op, decode
from verify.plans import ONE, Locks
from verify.rounds import traces
from verify.scenario import Test
from verify.schedules import Outcome, Plan, explore, explorer_hash, text_of
from verify.strategy import Subject
from verify.suite import suite
from verify.traces import Trace

Pair = tuple[str, str]  # two accesses, each by the lines of the header that it comes from
FILE = Path(__file__).parent / "unmet.txt"
ENOUGH = 20_000  # combinations of a test that are looked at


@dataclass(frozen=True)
class Meets:
    """The number of pairs of accesses that two harts can be about to make at once, and those pairs that no test has."""

    pairs: int
    lacking: list[tuple[str, str, str]]  # the two accesses, and the plan in which they meet


def _plans(s: Subject) -> Iterator[Plan]:
    """Plans of three and four harts. Some are in another cluster."""
    yield Locks(s, 3, far=[1]).plan("three", "", [ONE * 2, ONE, ONE])
    yield Locks(s, 4, far=[1, 3]).plan("four", "", [ONE] * 4)


def _kind(op: Op) -> str:
    return {"lr": "LR", "sc": "SC", "amo": "AMO"}.get(op.kind, op.kind)


def accesses(s: Subject) -> dict[str, str]:
    """The name of each access of the functions, by function and address: the lines of the header that it comes from. Copies that
    the compiler made of one access have one name."""
    found, path, header = dict[str, str](), subjects.FOLDER / f"{s.name}.o", f"{s.name.split('.')[0]}.h"
    for f in s.proved:
        ops = {i.address: op for i in f.insns if (op := decode(i, f.name)).touches_memory}
        name = f.name.removeprefix("subject_")
        for at, way in orders.ways(path, name, sorted(ops), header, subjects.cross()).items():
            found[f"{name}+{at:x}"] = f"{_kind(ops[at])} of {header}:{' in '.join(map(str, way))}"
    return found


def _pair(one: str, two: str) -> Pair:
    return (one, two) if one <= two else (two, one)


def reached(s: Subject, names: Mapping[str, str]) -> dict[Pair, str]:
    """The pairs in which harts of the schedules meet, each with the first plan that has it."""
    found = dict[Pair, str]()
    for plan in _plans(s):
        outcome: Outcome = explore(replace(plan, meets=True))
        for one, two in outcome.meets:
            found.setdefault(_pair(names[one], names[two]), plan.name)
    return found


Touched = dict[Location, set[tuple[str, bool]]]  # by word: the accesses to it, and whether they store


def _touched(trace: Trace, names: Mapping[str, str]) -> Touched:
    found: Touched = {}
    for where, steps in trace.accesses.items():
        found[where] = {(names[f"{s.call.removeprefix('subject_')}+{s.op.insn.address:x}"], s.wrote is not None) for s in steps if s.call}
    return found


def _pairs(one: Touched, other: Touched) -> Iterator[Pair]:
    for where in one.keys() & other.keys():
        for (a, stores), (b, also) in itertools.product(one[where], other[where]):
            if stores or also:
                yield _pair(a, b)


def of_test(test: Test, names: Mapping[str, str]) -> set[Pair]:
    """The pairs of accesses to one word that two harts of a test make in one execution."""
    mine = traces(test.harts, test.memory, test.turns, test.waits)
    touched = [[_touched(t, names) for t in each] for each in mine]
    known, found = set[tuple[int, int, int, int]](), set[Pair]()
    for chosen in itertools.islice(together(mine, test.memory), ENOUGH):
        for i, j in itertools.combinations(range(len(chosen)), 2):
            if (at := (i, chosen[i], j, chosen[j])) not in known:
                known.add(at)
                found.update(_pairs(touched[i][chosen[i]], touched[j][chosen[j]]))
    return found


def _key(s: Subject) -> str:
    """The hash of all that the answer depends on."""
    said = [cache.METHOD_HASH, cache.code_hash(s), Path(__file__).read_text(), explorer_hash(), *map(cache.definition, suite(s)),
            *map(text_of, _plans(s)), *(f"{at} {name}" for at, name in accesses(s).items())]
    return hashlib.sha256("\0".join(said).encode()).hexdigest()


def _asked(s: Subject) -> Meets:
    names = accesses(s)
    found = reached(s, names)
    lacking = dict(found)
    for test in suite(s):
        if lacking:
            here = of_test(test, names)
            lacking = {pair: plan for pair, plan in lacking.items() if pair not in here}
    return Meets(len(found), [(*pair, plan) for pair, plan in lacking.items()])


def meets(s: Subject) -> Meets:
    """Returns how many pairs harts of the schedules come to, and those that no test of the lock has. The answer is kept."""
    kept = cache.FOLDER / f"{_key(s)}.meets"
    try:
        return Meets(**json.loads(kept.read_text()))
    except (OSError, ValueError, TypeError):
        found = _asked(s)
    cache.FOLDER.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(asdict(found)))
    return found


def unmet() -> dict[str, tuple[int, str]]:
    """verify/unmet.txt: for a strategy the number of pairs that no test has, and why."""
    found = dict[str, tuple[int, str]]()
    for n, line in enumerate(FILE.read_text().splitlines(), 1):
        words = line.split(None, 2)
        if line.strip() and not line.startswith("#"):
            if len(words) != 3 or not words[1].isdigit():
                raise ProofError(f"{FILE.name}:{n}: not 'strategy NUMBER reason'")
            found[words[0]] = int(words[1]), words[2]
    return found


def table(names: Sequence[str], pool: Executor) -> int:
    """Print for each lock how much of what harts do at once its tests have. Returns how many locks are not as unmet.txt says."""
    failed, listed = 0, unmet()
    print(f"\n{'strategy':<20} {'pairs':>5} {'lacking':>7}")
    for name, found in zip(names, pool.map(_of_name, names), strict=True):
        wanted, why = listed.get(name, (0, ""))
        right = len(found.lacking) == wanted
        failed += not right
        print(f"{name:<20} {found.pairs:>5} {len(found.lacking):>7}  {why if right else f'verify/unmet.txt says {wanted}'}".rstrip(), flush=True)
        for one, two, plan in found.lacking:
            print(f"    {one} with {two}: {plan}")
    return failed


def _of_name(name: str) -> Meets:
    return meets(subjects.load(name))
