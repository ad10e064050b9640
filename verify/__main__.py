"""make prove: prove every strategy, or one; print one table."""

import argparse
import sys
import time

from verify import cache, expected, herd, subjects
from verify.errors import ProofError, Unsupported
from verify.prove import Result, prove
from verify.tests import Subject, tests

HEAD = f"{'strategy':<28} {'test':<10} {'verdict':<9} {'paths':>6} {'combined':>8} {'risky':>6} {'reasons':>7} {'seen':>4} {'s':>6}"


def _line(name: str, r: Result, note: str) -> str:
    return (f"{name:<28} {r.test:<10} {r.verdict:<9} {r.paths:>6} {r.combinations:>8} {r.could_be_bad:>6} "
            f"{r.reasons:>7} {r.witnesses:>4} {r.seconds:>6.1f}  {note}").rstrip()


def _results(subject: Subject) -> list[Result]:
    """One for each test; one UNKNOWN for all when the code cannot be translated."""
    out: list[Result] = []
    known: set[str] = set()
    try:
        for test in tests(subject):
            result = cache.load(subject, test.name)
            if result is None:
                result = prove(test, subjects.FOLDER / "litmus" / subject.name / test.name, known)
                cache.save(subject, test.name, result)
            known |= set(result.covered)
            out.append(result)
    except Unsupported as e:
        out.append(Result("*", "UNKNOWN", note=str(e)))
    return out


def _prove(names: list[str]) -> int:
    table, failed, began = expected.read(expected.FILE.read_text()), 0, time.monotonic()
    proofs: dict[str, str] = {}  # by hash: the first of the same code
    print(HEAD)
    for name in names:
        subject = subjects.load(name)
        same = proofs.setdefault(cache.code_hash(subject), name)
        if same != name:
            print(f"{name:<28} is the same code as {same}")
            continue
        for result in _results(subject):
            wanted = expected.of(table, name, result.test)
            as_expected = result.verdict == wanted.verdict
            failed += not as_expected
            note = (wanted.reason if as_expected else f"expected {wanted.verdict}. {result.note}")
            print(_line(name, result, note), flush=True)
    print(f"{len(proofs)} pieces of code, {failed} verdict(s) not as expected, {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make prove", description=__doc__)
    parser.add_argument("--lock", help="a strategy with its forms, or one form (mcs.relax-wrs)")
    try:
        args = parser.parse_args()
        herd.command()
        return _prove(subjects.names(args.lock))
    except ProofError as e:
        print(f"hartlock: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
