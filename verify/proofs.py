"""Writes verify/proofs.json: which code of each strategy is proved, how far, and in which images it runs."""

import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hartlock.figures.proved import FILE, TESTED_HOLDS, fingerprint

from verify import expected, subjects
from verify.errors import ProofError
from verify.herd import TOP
from verify.image import Image
from verify.loop import difference
from verify.ops import decode
from verify.prove import Result
from verify.several import of_two_locks
from verify.strategy import Subject
from verify.suite import suite

VARIANTS = ("plain", "full", "replay")  # the variants of a worker: bench/variant.h
USUAL_FORM = "pause-store"  # its image has no folder of its own

SEEN = ("load", "store", "amo", "cas", "lr", "sc", "fence")  # kinds that a good execution has to show

Table = Mapping[tuple[str, str], expected.Expected]
Entry = dict[str, Any]  # one code of a strategy: hartlock.figures.proved.Record, and its images


def _image(form: str) -> Path:
    folder = TOP / "build" if form == USUAL_FORM else TOP / "build" / form
    return folder / "hartlock.elf"


@cache
def _read(path: Path) -> Image:
    return Image(path, subjects.cross())


def where(name: str) -> tuple[list[str], list[str]]:
    """Returns the fingerprints of the workers whose loops are a subject's code (mcs.wrs-store), and how other workers
    differ from it."""
    strategy, _, form = name.partition(".")
    subject, image = subjects.load(name), _read(_image(form or USUAL_FORM))
    found, other = list[str](), list[str]()
    for variant in VARIANTS:
        if why := difference(image, subject, variant):
            other.append(f"the {variant} worker differs: {why}")
        else:
            found.append(fingerprint(image.linked, strategy, variant))
    return found, other


def entered(subject: Subject, results: Sequence[Result], table: Table) -> Entry | None:
    """Returns what is entered of a subject's code: each test's verdict, and how far those that hold reach. Returns None
    if a test is violated, or came to anything but HOLDS that verify/expected.txt does not say is not known."""
    known = all(r.verdict == TESTED_HOLDS or r.verdict == "UNKNOWN" and expected.fits(expected.of(table, subject.name, r.test), r)
                for r in results)
    held = any(r.verdict == TESTED_HOLDS for r in results)
    return _entry(subject, results, table) if known and held and not missed(subject, results) else None


def missed(subject: Subject, results: Sequence[Result]) -> list[str]:
    """Returns the accesses and fences that were seen in no good execution of any test."""
    covered = {c for r in results for c in r.covered}
    return [f"{f.name.removeprefix('subject_')}+{i.address:x} ({i})" for f in subject.proved for i in f.insns
            if decode(i, f.name).kind in SEEN and f"{f.name}+{i.address:x}" not in covered]


def _entry(subject: Subject, results: Sequence[Result], table: Table) -> Entry:
    held = {r.test for r in results if r.verdict == TESTED_HOLDS}
    tests = {r.test: TESTED_HOLDS if r.test in held else expected.of(table, subject.name, r.test).reason for r in results}
    reach: dict[tuple[bool, int], tuple[int, ...]] = {}
    for test in (t for t in suite(subject) if t.name in held and not t.waits and not of_two_locks(t)):
        key = test.middle, len(test.harts)
        reach[key] = max(reach.get(key, ()), test.takes)
    whole = {harts: takes for (middle, harts), takes in sorted(reach.items()) if not middle}
    middle = [takes for (late, harts), takes in sorted(reach.items()) if late and takes > whole.get(harts, ())]
    return {"tests": tests, "reach": list(whole.values()), "middle": middle, "one": "heap" if subject.lockfree else "lock"}


def _text(strategies: Mapping[str, Mapping[str, Entry]]) -> str:
    """Returns the JSON text, with a line for each fact of a code."""
    def shown(said: Entry) -> str:
        return ",\n".join(f"    {json.dumps(key)}: {json.dumps(value)}" for key, value in said.items())

    codes = {name: ",\n".join(f"   {json.dumps(code)}: {{\n{shown(said)}\n   }}" for code, said in each.items())
             for name, each in strategies.items()}
    body = ",\n".join(f"  {json.dumps(name)}: {{\n{text}\n  }}" for name, text in codes.items())
    return f'{{\n "format": 3,\n "strategies": {{\n{body}\n }}\n}}\n'


def update(strategy: str, entries: Mapping[str, Entry]) -> None:
    """Enter the codes of a strategy that are proved, those with an image; {}: none is."""
    try:
        known = json.loads(FILE.read_text()) if FILE.is_file() else {}
        old = known.get("strategies", {}) if known.get("format") == 3 else {}
    except (ValueError, AttributeError) as e:
        raise ProofError(f"{FILE} is damaged: remove it") from e
    merged = {**old, strategy: {code: said for code, said in sorted(entries.items()) if said["images"]}}
    FILE.write_text(_text({name: merged[name] for name in sorted(merged) if merged[name]}))


sys.setrecursionlimit(10_000)  # a walk goes as deep as a worker is long
