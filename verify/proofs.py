"""Writes verify/proofs.json, which says of each strategy what code is proved and where it runs."""

import json
import sys

from hartlock.proofs import FILE, text_hash

from verify import cache, code, subjects
from verify.errors import ProofError
from verify.herd import TOP
from verify.strategy import Subject
from verify.worker import find

OBJECTS = ("worker", "loaded")
PASSES = ("throughput", "latency", "audit", "grants")


def _is_inside(subject: Subject, kind: str) -> bool:
    """Are the proved functions what stands in every loop of that object?"""
    path = TOP / "build" / "bench" / f"{kind}-{subject.name}.o"
    if not path.is_file():
        return False
    worker = code.read(path, subjects.cross())
    return all(any(find(f, worker.functions[p])) for f in subject.proved for p in PASSES)


def entry(subject: Subject) -> dict[str, object]:
    """Of a strategy all of whose tests hold."""
    objects = {kind: text_hash(TOP / "build" / "bench" / f"{kind}-{subject.name}.o")
               for kind in OBJECTS if _is_inside(subject, kind)}
    return {"code": cache.code_hash(subject)[:12], "objects": objects}


def update(entries: dict[str, dict[str, object] | None]) -> None:
    """Enter what is proved; take out what is not (None)."""
    try:
        old = json.loads(FILE.read_text())["strategies"] if FILE.is_file() else {}
    except (ValueError, KeyError) as e:
        raise ProofError(f"{FILE} is damaged: remove it") from e
    merged = {**old, **entries}
    kept = {name: merged[name] for name in sorted(merged) if merged[name] is not None}
    FILE.write_text(json.dumps({"format": 1, "strategies": kept}, indent=1) + "\n")


sys.setrecursionlimit(10_000)  # find() goes as deep as a worker is long
