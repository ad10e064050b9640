"""Keeps results by the hash of everything they depend on, so that nothing is proved twice."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from verify import herd
from verify.prove import Result
from verify.strategy import Subject

FOLDER = herd.TOP / "build" / "verify" / "results"


# The modules of this package that a verdict depends on.
METHOD = ("alone", "axioms", "code", "coherence", "core", "events", "explore", "herd", "litmus", "memory", "ops", "prove", "rounds",
          "scenario", "starts", "strategy", "suite", "symmetry", "traces")


def _method() -> str:
    """The hash of the METHOD modules' text and of the herd7 that was fetched."""
    texts = [(Path(__file__).parent / f"{name}.py").read_bytes() for name in METHOD]
    texts.append((herd.FOLDER / "version").read_bytes() if (herd.FOLDER / "version").is_file() else b"")
    return hashlib.sha256(b"\0".join(texts)).hexdigest()


_METHOD = _method()


ONLY_RUN = ("free", "reset", "used")  # only the schedules execute them: no hart calls them while another allocates


def code_hash(subject: Subject) -> str:
    """The hash of the functions that are proved, and of those that prepare memory for them."""
    text = "".join(f"{name}\n{f.text()}" for name, f in sorted(subject.functions.items()) if name not in ONLY_RUN)
    return hashlib.sha256(f"{text}{sorted(subject.sizes.items())}".encode()).hexdigest()


def _path(subject: Subject, test: str) -> Path:
    key = hashlib.sha256(f"{_METHOD} {code_hash(subject)} {test}".encode()).hexdigest()
    return FOLDER / f"{key}.json"


def load(subject: Subject, test: str) -> Result | None:
    try:
        return Result(**json.loads(_path(subject, test).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save(subject: Subject, test: str, result: Result) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    _path(subject, test).write_text(json.dumps(asdict(result)))
