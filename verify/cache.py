"""Keeps results by the hash of everything they depend on, so that nothing is proved twice."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from verify import herd
from verify.code import HINTS, Function
from verify.prove import Result
from verify.scenario import Test
from verify.strategy import Subject
from verify.traces import Hart

FOLDER = herd.TOP / "build" / "verify" / "results"


# The modules of this package that a verdict on a test depends on. Those that make the tests are not among them: a result is kept
# under what its test is.
METHOD = ("asking", "axioms", "code", "coherence", "computing", "core", "errors", "events", "explore", "flow", "herd", "litmus", "memory", "ops",
          "prove", "rounds", "scenario", "symmetry", "terms", "traces", "turns")


def _method() -> str:
    """The hash of the METHOD modules' text and of the herd7 that was fetched."""
    texts = [(Path(__file__).parent / f"{name}.py").read_bytes() for name in METHOD]
    texts.append(herd.version().encode())
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


METHOD_HASH = _method()


ONLY_RUN = ("free", "reset", "used")  # only the schedules execute them: no hart calls them while another allocates


def code_hash(subject: Subject) -> str:
    """The hash of the functions that are proved, and of those that prepare memory for them."""
    text = "".join(f"{name}\n{f.text()}" for name, f in sorted(subject.functions.items()) if name not in ONLY_RUN)
    return hashlib.sha256(f"{text}{sorted(subject.sizes.items())}".encode()).hexdigest()


def _begins(hart: Hart) -> int:
    """The place in a hart's first function where it begins, hints not counted."""
    first = hart.program[0] if hart.program else None
    return sum(i.mnemonic not in HINTS for i in first.insns[:hart.pc]) if isinstance(first, Function) else hart.pc


def definition(test: Test) -> str:
    """All that a test is, in words."""
    harts = [([p.text() if isinstance(p, Function) else str(p.insn) for p in hart.program], sorted(hart.registers.items()), _begins(hart),
              hart.stack, sorted(hart.drawn)) for hart in test.harts]
    condition = test.condition.registers, test.condition.locations, sorted(test.condition.good)
    return repr((test.name, list(test.layout.sizes.items()), harts, sorted(test.memory.items()), condition, test.waits, test.turns))


def _path(subject: Subject, test: Test) -> Path:
    key = hashlib.sha256(f"{METHOD_HASH} {code_hash(subject)} {definition(test)}".encode()).hexdigest()
    return FOLDER / f"{key}.json"


def load(subject: Subject, test: Test) -> Result | None:
    try:
        return Result(**json.loads(_path(subject, test).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save(subject: Subject, test: Test, result: Result) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _path(subject, test).write_text(json.dumps(asdict(result)))
