"""`make prove-trylocks`: proves every trylock, and that each of its memory orders is necessary.

The lock that a trylock takes excludes; what a holder wrote is seen by who gets the lock by a try; and a try that fails leaves
nothing behind, so that nobody waits for ever behind it. verify/trylocks.json has the hash of each code that is proved.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

from verify import cache, claims, code, herd, order_table, orders, subjects
from verify.alone import alone
from verify.code import Function
from verify.errors import ProofError, Unsupported
from verify.ops import decode
from verify.orders import Judged, Site, Weaker
from verify.proofs import SEEN
from verify.prove import Result, prove
from verify.scenario import Condition, Test
from verify.several import tried
from verify.strategy import INCREMENT, Subject

FOLDER = subjects.FOLDER / "try"
FILE = Path(__file__).parent / "trylocks.json"
ONE = ("acquire", INCREMENT, "release")
TRY = ("mv x12,x20", "trycount", "mv x26,x10")  # x26: 1 if it got the lock, and counted
READ = ("mv x12,x20", "tryread", "mv x26,x10")  # x26: 0, or 2 and what it read
SMALL = ("tryread2", "try2", "tries2", "tryagain2", "tryends2", "tryqueue2")  # tests of which one has to fail without an order


class Tried(Subject):
    """A lock's functions with its trylock, which is proved as a part of `trycount`."""

    @property
    def proved(self) -> list[Function]:
        return [self.functions["trycount"]]


def names() -> list[str]:
    found = sorted(path.stem for path in FOLDER.glob("*.o"))
    if not found:
        raise ProofError("nothing is built: make prove-trylocks builds it")
    return found


def load(name: str) -> Tried:
    read = Subject.of(name, code.read(FOLDER / f"{name}.o", subjects.cross()))
    return Tried(read.name, read.functions, read.sizes)


def tests(s: Subject) -> Iterator[Test]:
    def test(name: str, about: str, parts: Sequence[tuple[str, ...]], good: set[tuple[int, ...]], tries: Sequence[int] = (0,),
             holder: int | None = None, word: bool = True, waits: bool = False) -> Test:
        n = len(parts)
        memory = s.begin(n) if holder is None else alone(s.hart(holder, n, "acquire"), s.begin(n))
        condition = Condition() if waits else Condition(
            tuple((hart, "x26") for hart in tries), ((s.layout(n).address("x"), 4),) if word else (), frozenset(good))
        return Test(name, about, s.layout(n), [s.hart(i, n, *p) for i, p in enumerate(parts)], memory, condition, waits)

    lets_go = (INCREMENT, "release")
    yield test("try2", "one hart tries, one takes the lock: each that has it counts", [TRY, ONE], {(1, 2), (0, 1)})
    yield test("tries2", "two harts try: one gets the lock, or both do", [TRY, TRY], {(1, 1, 2), (1, 0, 1), (0, 1, 1)}, tries=(0, 1))
    yield test("tryread2", "the holder writes and releases: who gets the lock by a try reads it",
               [("sw x22,0(x20)", "release"), READ], {(0,), (3,)}, tries=(1,), holder=0, word=False)
    yield test("tryagain2", "the holder releases and tries, another takes the lock", [(*lets_go, *TRY), ONE], {(1, 3), (0, 2)}, holder=0)
    yield test("tryends2", "a hart tries while another holds the lock, then takes it: nobody waits for ever",
               [(*TRY, *ONE), lets_go], set(), holder=1, waits=True)
    yield test("tryqueue2", "a hart tries, another takes the lock: nobody waits for ever", [TRY, ONE], set(), waits=True)
    yield test("try3", "the holder releases, one hart tries, one takes the lock", [lets_go, TRY, ONE], {(1, 3), (0, 2)}, tries=(1,), holder=0)
    yield from tried(s)


def _proved(s: Subject, test: Test, folder: Path, known: set[str]) -> Result:
    """The result of one test, which is kept."""
    found = cache.load(s, test)
    if found is None:
        found = prove(test, folder / test.name, known)
        cache.save(s, test, found)
    return found


def _results(name: str) -> list[Result]:
    subject, out, known = load(name), list[Result](), set[str]()
    try:
        for test in tests(subject):
            out.append(_proved(subject, test, FOLDER / "litmus" / name, known))
            known |= set(out[-1].covered)
    except Unsupported as e:
        out.append(Result("*", "UNKNOWN", note=str(e), cause=e.cause))
    return out


def _header(name: str) -> Path:
    return herd.TOP / "lock" / f"{name}.h"


def _own_lines(name: str) -> range:
    """Returns the lines of the header that are the trylock's."""
    text = _header(name).read_text()
    begins = text.index(f" {name}_trylock(")
    return range(text.count("\n", 0, begins), text.count("\n", 0, text.index("\n}\n", begins)) + 2)


def missed(name: str, results: Sequence[Result]) -> list[str]:
    """Returns the accesses and fences of the trylock that no good execution of any test has."""
    covered = {c for r in results for c in r.covered}
    function, own = load(name).functions["trycount"], _own_lines(name)
    lost = [i for i in function.insns if decode(i, function.name).kind in SEEN and f"{function.name}+{i.address:x}" not in covered]
    at = orders.lines(FOLDER / f"{name}.o", "trycount", [i.address for i in lost], f"{name}.h", subjects.cross())
    return [f"{i.address:x} ({i})" for i in lost if at.get(i.address) in own]


def _sites(name: str) -> Iterator[Site]:
    """The orders of a trylock; those of the release are judged with the lock."""
    for site in orders.sites(load(name), FOLDER / f"{name}.o", _header(name), subjects.cross()):
        if site[0].line in _own_lines(name):
            yield tuple(replace(weaker, function=orders.TRYLOCK) for weaker in site)


def _first_violated(weaker: Weaker) -> Result:
    """The result of the first test that the weaker trylock fails, else of the last test."""
    result = Result("-")
    by_name = {test.name: test for test in tests(weaker.subject)}
    for name in SMALL:
        result = _proved(weaker.subject, by_name[name], FOLDER / "litmus" / "weaker" / weaker.name, set())
        if result.verdict != "HOLDS":
            break
    return result


def _judged(site: Site) -> list[Judged]:
    return orders.judged(site, _first_violated)


def _prove(chosen: Sequence[str], pool: ProcessPoolExecutor) -> int:
    """Prove the trylocks, print the table and write what is proved. Returns how many verdicts are not HOLDS."""
    failed, entries = 0, dict[str, dict[str, object]]()
    print(f"{'trylock':<16} {'test':<10} {'verdict':<9} {'paths':>6} {'risky':>6} {'reasons':>7} {'seen':>4} {'s':>6}")
    for name, results in zip(chosen, pool.map(_results, chosen), strict=True):
        for r in results:
            print(f"{name:<16} {r.test:<10} {r.verdict:<9} {r.paths:>6} {r.could_be_bad:>6} {r.reasons:>7} {r.witnesses:>4} {r.seconds:>6.1f}  {r.note}".rstrip())
        bad = sum(r.verdict != "HOLDS" for r in results)
        if lost := missed(name, results):
            print(f"{name:<16} no good execution has {', '.join(lost)}")
        failed += bad + bool(lost)
        if not bad and not lost:
            entries[name] = {"code": cache.code_hash(load(name))[:12], "tests": [r.test for r in results]}
    known = json.loads(FILE.read_text()) if FILE.is_file() else {}
    merged = {name: said for name, said in {**known, **entries}.items() if name not in chosen or name in entries}
    FILE.write_text("{\n" + ",\n".join(f" {json.dumps(name)}: {json.dumps(merged[name])}" for name in sorted(merged)) + "\n}\n")
    return failed


def _orders(chosen: Sequence[str], pool: ProcessPoolExecutor) -> int:
    """Print what the headers claim of their trylocks and the code does not order, and how much of each order is necessary. Returns
    how many orders are not as they should be."""
    refused = [why for name in chosen for why in claims.refused(load(name), FOLDER / f"{name}.o", _header(name), subjects.cross())]
    for why in refused:
        print(why)
    every = [site for name in chosen for site in _sites(name)]
    return len(refused) + order_table.asked(every, _judged, pool, lambda key: key[0] in chosen and key[1] == orders.TRYLOCK)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove-trylocks", description=__doc__)
    parser.add_argument("--lock", help="one lock")
    try:
        args = parser.parse_args()
        herd.command()
        chosen = [args.lock.replace("-", "_")] if args.lock else names()
        if unknown := [name for name in chosen if name not in names()]:
            raise ProofError(f"{unknown[0]} has no trylock; {', '.join(names())} have one")
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            failed = _prove(chosen, pool) + _orders(chosen, pool)
        print(f"{failed} not as it should be")
        return 1 if failed else 0
    except ProofError as e:
        print(f"hartlock: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
