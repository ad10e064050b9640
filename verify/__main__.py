"""`make prove`: proves every strategy, or one, and prints the tables. `make schedules` prints the first one alone."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from verify import cache, expected, freeing, herd, orders, plans, proofs, subjects
from verify.errors import ProofError, Unsupported
from verify.orders import TRYLOCK, Weaker
from verify.prove import Result, prove
from verify.schedules import Outcome
from verify.show import draw
from verify.suite import suite

# Small ones show most.
FIRST = ("handover", "head2", "lead2", "lead2ends", "count2", "section", "ends2", "far3", "far3ends", "again", "link2",
         "queue2ends", "mistake2", "queue3", "near3", "near3ends", "publish")
UNORDERED = ("null", "indirect")  # nothing is ordered, or nothing can be translated

HEAD = f"{'strategy':<28} {'test':<10} {'verdict':<9} {'paths':>6} {'combined':>8} {'risky':>6} {'reasons':>7} {'seen':>4} {'s':>6}"


def _line(name: str, r: Result, note: str) -> str:
    return (f"{name:<28} {r.test:<10} {r.verdict:<9} {r.paths:>6} {r.combinations:>8} {r.could_be_bad:>6} "
            f"{r.reasons:>7} {r.witnesses:>4} {r.seconds:>6.1f}  {note}").rstrip()


def _results(name: str) -> list[Result]:
    """The result of each test, or one UNKNOWN for all when the code cannot be translated."""
    subject, out = subjects.load(name), list[Result]()
    known: set[str] = set()
    try:
        for test in suite(subject):
            result = cache.load(subject, test.name)
            if result is None:
                result = prove(test, subjects.FOLDER / "litmus" / subject.name / test.name, known)
                cache.save(subject, test.name, result)
            known |= set(result.covered)
            out.append(result)
    except Unsupported as e:
        out.append(Result("*", "UNKNOWN", note=str(e), cause=e.cause))
    return out


SCHEDULES = f"{'strategy':<28} {'plan':<11} {'verdict':<9} {'states':>8} {'s':>6}"


def _explored(name: str) -> list[Outcome]:
    try:
        return freeing.outcomes(name) if name in freeing.names(None) else plans.outcomes(subjects.load(name))
    except Unsupported as e:
        return [Outcome("*", "UNKNOWN", str(e))]


def _schedules(names: list[str], freed: list[str]) -> set[str]:
    """Print what became of every schedule, of strategies and of allocators that take frames back, and note the latter's. Returns the
    strategies, forms and allocators of which one is not as it has to be."""
    failed, began = set[str](), time.monotonic()
    chosen = [n for n in names if n.split(".")[0] != "indirect"]  # the functions that it calls are ticket's
    chosen += freed
    print(SCHEDULES)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, found in zip(chosen, pool.map(_explored, chosen), strict=True):
            if name in freed:
                freeing.note(name, found)
            for o in found:
                is_wrong = plans.wrong(name, o)
                failed |= {name} if is_wrong else set()
                if is_wrong or "." not in name:
                    print(f"{name:<28} {o.plan:<11} {o.verdict:<9} {o.states:>8} {o.seconds:>6.1f}  {o.remark}".rstrip(), flush=True)
                for line in o.story if is_wrong else ():
                    print(f"    {line}")
    print(f"{len(chosen)} strategies, forms and allocators, {len(failed)} not as expected, {time.monotonic() - began:.0f} s\n")
    return failed


def _prove(names: list[str], fooled: set[str]) -> int:
    table, failed, began = expected.read(expected.FILE.read_text()), 0, time.monotonic()
    same = {name: cache.code_hash(subjects.load(name)) for name in names}
    first: dict[str, str] = {}  # hash -> the first subject with that code
    for name, text in same.items():
        first.setdefault(text, name)
    entries: dict[str, proofs.Entry] = {}  # by hash
    print(HEAD)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for text, results in zip(first, pool.map(_results, first.values()), strict=True):
            failed += _report(first[text], results, table)
            subject = subjects.load(first[text])
            if missed := proofs.missed(subject, results) if all(r.verdict == "HOLDS" for r in results) else []:
                print(f"{subject.name:<28} no good execution has {', '.join(missed)}")
            failed += bool(missed)
            if entry := proofs.entered(subject, results, table):
                entries[text] = entry
        entries = {text: entry for text, entry in entries.items() if not fooled & {n for n in names if same[n] == text}}
        for name in (n for n in names if first[same[n]] != n):
            print(f"{name:<28} is the same code as {first[same[name]]}")
        _enter({n: (same[n], entries.get(same[n])) for n in names}, pool)
    print(f"{len(first)} pieces of code, {failed} verdict(s) not as expected, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def _enter(found: dict[str, tuple[str, proofs.Entry | None]], pool: ProcessPoolExecutor) -> None:
    """Enter into verify/proofs.json, for each form that is proved, the workers with its code."""
    good = [name for name, (_, entry) in found.items() if entry]
    places = dict(zip(good, pool.map(proofs.where, good), strict=True))
    for strategy in sorted({name.split(".")[0] for name in found}):
        entries: dict[str, proofs.Entry] = {}
        for name in (n for n in good if n.split(".")[0] == strategy):
            text, entry = found[name]
            images, differences = places[name]
            known = entries.setdefault(text[:12], {**(entry or {}), "images": []})
            known["images"] = sorted({*known["images"], *images})
            for why in differences:
                print(f"{name:<28} is proved, but {why}")
        proofs.update(strategy, entries)


def _report(name: str, results: list[Result], table: dict[tuple[str, str], expected.Expected]) -> int:
    """Print the results. Returns how many are not as expected."""
    failed = 0
    for result in results:
        wanted = expected.of(table, name, result.test)
        as_expected = expected.fits(wanted, result)
        failed += not as_expected
        print(_line(name, result, wanted.reason if as_expected else f"expected {wanted.verdict}. {result.note}"))
    sys.stdout.flush()
    return failed


def _first_violated(weaker: Weaker, show: bool) -> Result:
    """The result of the first test that the weaker lock fails, else of the last test. `show`: draw it."""
    result = Result("-")
    by_name = {test.name: test for test in suite(weaker.subject)}
    for test in (by_name[name] for name in FIRST if name in by_name):
        folder = subjects.FOLDER / "litmus" / "weaker" / weaker.name / test.name
        known = None if show else cache.load(weaker.subject, test.name)
        result = known or prove(test, folder, set())
        cache.save(weaker.subject, test.name, result)
        if result.verdict == "VIOLATED" and show:
            result.note = f"drawn: {draw(folder / 'bad.litmus', weaker.name).relative_to(herd.TOP)}"
        if result.verdict != "HOLDS":
            break
    return result


def _weaker(name: str) -> list[Weaker]:
    subject = subjects.load(name)
    header = herd.TOP / ("alloc" if subject.lockfree else "lock") / f"{name}.h"
    return list(orders.weaker(subject, subjects.FOLDER / f"{name}.o", header, subjects.cross()))


def _orders(names: list[str], show: bool) -> int:
    """Is each memory order necessary, or listed in kept.txt?"""
    kept, failed, needed = orders.kept(), 0, set()
    print(f"\n{'order taken out':<22} {'at':<20} {'label':<26} {'verdict':<9} by")
    every = [weaker for name in names for weaker in _weaker(name)]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for weaker, result in zip(every, pool.map(_first_violated, every, [show] * len(every)), strict=True):
            key = weaker.subject.name, weaker.function, weaker.order, weaker.label
            by = f"{result.test} {result.note}".strip() if result.verdict == "VIOLATED" else result.note
            if result.verdict != "VIOLATED":
                needed.add(key)
                failed += key not in kept
                by = f"kept: {kept[key]}" if key in kept else f"{by}  <- not in kept.txt"
            print(f"{weaker.order:<22} {weaker.where:<20} {weaker.label:<26} {result.verdict:<9} {by}", flush=True)
    for key in sorted(k for k in kept if k[0] in names and k[1] != TRYLOCK and k not in needed):
        failed += 1
        print(f"kept.txt lists {'  '.join(key)}, which is necessary, or not there")
    print(f"{failed} order(s) for which verify/kept.txt is not right")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--lock", help="a strategy with its forms, or one form (mcs.wrs-store)")
    parser.add_argument("--only", choices=("schedules", "proofs", "orders"), help="one of the tables")
    parser.add_argument("--show", action="store_true", help="draw what happens without each order (build/verify/show/)")
    try:
        args = parser.parse_args()
        freed = freeing.names(args.lock)
        names = [] if args.lock and freed else subjects.names(args.lock)
        fooled = set[str]() if args.only == "orders" else _schedules(names, freed)
        if args.only == "schedules":
            return 1 if fooled else 0
        if not names:
            return 1 if fooled else 0
        herd.command()
        status = 0 if args.only == "orders" else _prove(names, fooled) | bool(fooled)
        plain = [n for n in names if "." not in n and n not in UNORDERED]
        return status | (0 if args.only == "proofs" else _orders(plain, args.show))
    except ProofError as e:
        print(f"hartlock: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
