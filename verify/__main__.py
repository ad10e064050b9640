"""`make prove`: proves every strategy, or one, and prints the tables. `make schedules` prints the first one alone."""

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from verify import cache, expected, frames, freeing, herd, meets, order_table, plans, proofs, subjects
from verify.computing import told
from verify.errors import ProofError, Unsupported
from verify.orders import TRYLOCK
from verify.prove import Result, prove
from verify.schedules import Outcome

UNORDERED = ("null", "indirect")  # nothing is ordered, or nothing can be translated

HEAD = f"{'strategy':<28} {'test':<10} {'verdict':<9} {'paths':>6} {'combined':>8} {'risky':>6} {'reasons':>7} {'seen':>4} {'s':>6}"


def _line(name: str, r: Result, note: str) -> str:
    return (f"{name:<28} {r.test:<10} {r.verdict:<9} {r.paths:>6} {r.combinations:>8} {r.could_be_bad:>6} "
            f"{r.reasons:>7} {r.witnesses:>4} {r.seconds:>6.1f}  {note}").rstrip()


def _results(name: str) -> list[Result]:
    """The result of each test, or one UNKNOWN for all when the code cannot be translated."""
    (subject, _), out = order_table.loaded(name), list[Result]()
    known: set[str] = set()
    try:
        for test in order_table.tests_of(subject):
            result = cache.load(subject, test)
            if result is None:
                result = prove(test, subjects.FOLDER / "litmus" / subject.name / test.name, known)
                cache.save(subject, test, result)
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


def _frames(names: list[str]) -> int:
    """Print what became of the tests of allocators that take frames back, and note those that hold. Returns how many are not as expected."""
    failed, began = 0, time.monotonic()
    print(f"\n{HEAD}")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for name, results in zip(names, pool.map(_results, names), strict=True):
            missed = proofs.missed(frames.load(name), results)
            wrong = _report(name, results, {}) + bool(missed)
            if missed:
                print(f"{name:<28} no good execution has {', '.join(missed)}")
            freeing.note_tests(name, [] if wrong else [r.test for r in results])
            failed += wrong
    print(f"{len(names)} allocators that take frames back, {failed} verdict(s) not as expected, {time.monotonic() - began:.0f} s\n")
    return failed


TABLES = ("schedules", "proofs", "frames", "starts", "claims", "orders")


def _starts(names: list[str]) -> int:
    """Have the tests of the memory model in them what harts of the locks can do at once?"""
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        failed = meets.table([n for n in names if not subjects.load(n).lockfree], pool)
    print(f"{failed} lock(s) for which verify/unmet.txt is not right\n")
    return 1 if failed else 0


def _orders(names: list[str], tables: set[str], show: bool, whole: bool) -> int:
    """Are the orders of the compiled code those that the headers claim, and is each necessary, or listed in kept.txt?"""
    ordered = [n for n in names if n.split(".")[0] not in UNORDERED]
    failed = order_table.claimed(ordered) if "claims" in tables else 0
    if "orders" in tables:
        herd.command()
        plain = [n for n in ordered if "." not in n]
        with ProcessPoolExecutor(os.cpu_count()) as pool:
            failed += order_table.asked(list(order_table.sites(plain)), order_table.judged, pool,
                                        lambda key: key[1] != TRYLOCK and (whole or key[0] in plain), show)
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--lock", help="a strategy with its forms, or one form (mcs.wrs-store)")
    parser.add_argument("--only", choices=TABLES, help="one of the tables")
    parser.add_argument("--show", action="store_true", help="draw what happens without each order (build/verify/show/)")
    try:
        args = parser.parse_args()
        tables, freed = {args.only} if args.only else set(TABLES), freeing.names(args.lock)
        names = [] if args.lock and freed else subjects.names(args.lock)
        if names and "proofs" in tables:
            herd.command()
        fooled = told("schedules", lambda: _schedules(names, freed)) if "schedules" in tables else set[str]()
        status = int(bool(fooled)) | (told("proofs", lambda: _prove(names, fooled)) if names and "proofs" in tables else 0)
        if (allocators := frames.names(args.lock)) and "frames" in tables:
            herd.command()
            status |= int(bool(told("frames", lambda: _frames(allocators))))
        if names and "starts" in tables:
            status |= told("starts", lambda: _starts([n for n in names if "." not in n and n not in UNORDERED]))
        ordered = [*names, *(n for n in freed if n == frames.STACK)]  # behind a lock all orders are the lock's
        return status | told("orders", lambda: _orders(ordered, tables, args.show, not args.lock))
    except ProofError as e:
        print(f"hartlock: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
