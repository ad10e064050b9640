"""Writes verify/proofs.json: which code of each strategy is proved, and in which objects it runs."""

import json
import sys
from pathlib import Path

from hartlock.figures.proved import FILE, text_hash

from verify import cache, code, subjects
from verify.errors import ProofError
from verify.herd import TOP
from verify.strategy import Subject
from verify.worker import inside

VARIANTS = ("plain", "full")  # the variants of a worker: bench/variant.h
USUAL_FORM = "pause-store"  # its objects have no folder of their own
# The loops of bench/worker.c, and how many atomics in them are the bench's own: fairness_ask()'s count.
PASSES = {"throughput": 0, "latency": 0, "audit": 0, "grants": 1}


def _objects(strategy: str, form: str) -> list[Path]:
    folder = TOP / "build" if form == USUAL_FORM else TOP / "build" / form
    return [folder / "bench" / f"{variant}-{strategy}.o" for variant in VARIANTS]


def _is_inside(subject: Subject, path: Path) -> bool:
    """Do the proved functions stand in every loop of that object?"""
    worker = code.read(path, subjects.cross())
    return all(inside(subject.proved, worker.functions[loop], own) for loop, own in PASSES.items())


def where(name: str) -> dict[str, list[str]]:
    """The hash of the code of a subject (mcs.wrs-store), and the hashes of the objects it stands in."""
    strategy, _, form = name.partition(".")
    subject = subjects.load(name)
    found = {text_hash(path) for path in _objects(strategy, form or USUAL_FORM) if _is_inside(subject, path)}
    return {cache.code_hash(subject)[:12]: sorted(found)}


def _text(strategies: dict[str, dict[str, list[str]]]) -> str:
    """The JSON text, with one line for each code."""
    forms = {name: ",\n".join(f"   {json.dumps(code)}: {json.dumps(objects)}" for code, objects in codes.items())
             for name, codes in strategies.items()}
    body = ",\n".join(f"  {json.dumps(name)}: {{\n{text}\n  }}" for name, text in forms.items())
    return f'{{\n "format": 2,\n "strategies": {{\n{body}\n }}\n}}\n'


def update(strategy: str, entries: dict[str, set[str]]) -> None:
    """Enter the forms of a strategy that hold: each one's code and the objects with it; {}: none does."""
    try:
        old = json.loads(FILE.read_text())["strategies"] if FILE.is_file() else {}
    except (ValueError, KeyError) as e:
        raise ProofError(f"{FILE} is damaged: remove it") from e
    merged = {**old, strategy: {text: sorted(objects) for text, objects in sorted(entries.items()) if objects}}
    kept = {name: merged[name] for name in sorted(merged) if merged[name]}
    FILE.write_text(_text(kept))


sys.setrecursionlimit(10_000)  # find() goes as deep as a worker is long
