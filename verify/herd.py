"""Runs herd7, which host/fetch-herd put into build/herd."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify.computing import OVER_LIMIT, limited
from verify.errors import ProofError

TOP = Path(__file__).resolve().parents[1]
FOLDER = TOP / "build" / "herd"
BATCH = 50  # tests for each process
OPTIONS = ("-unroll", "0", "-optace", "true")  # each process has these

_ANSWER = re.compile(r"^Test (\S+) .*?^Positive: (\d+) Negative: (\d+)$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Answer:
    """The number of executions that meet a test's condition, and the number of the others."""

    meet: int
    others: int


def version() -> str:
    """Returns what names the herd7 that was fetched: the digests of its packages. "": none is there."""
    path = FOLDER / "version"
    return path.read_text() if path.is_file() else ""


def command() -> list[str]:
    if not version():
        raise ProofError("herd7 is not there: make setup-prove")
    lib = FOLDER / "lib"
    return ["nice", "-n", "10", str(lib / "ld-linux-x86-64.so.2"), "--library-path", str(lib), str(FOLDER / "herd7"),
            "-set-libdir", str(FOLDER / "cat"), *OPTIONS]


def write(tests: Mapping[str, str], folder: Path) -> None:
    """Write tests (name: text) into a folder, for run()."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in tests.items():
        (folder / f"{name}.litmus").write_text(text)


def run(names: Sequence[str], folder: Path, limit_s: int, *options: str) -> dict[str, Answer]:
    """Returns herd7's answers to tests of a folder. Tests that are not answered in `limit_s` seconds of
    its own computing for each BATCH are not in it."""
    answers: dict[str, Answer] = {}
    for i in range(0, len(names), BATCH):
        batch = names[i:i + BATCH]
        files = [str(folder / f"{name}.litmus") for name in batch]
        done = subprocess.run([*command(), *options, *files], capture_output=True, text=True, check=False, preexec_fn=limited(limit_s))
        if done.returncode in OVER_LIMIT:
            continue
        found = {m[1]: Answer(int(m[2]), int(m[3])) for m in _ANSWER.finditer(done.stdout)}
        complaint = [line for line in done.stderr.splitlines() if line.strip()]
        if complaint or set(found) != set(batch):
            raise ProofError(f"herd7 answered {len(found)} of {len(batch)} tests of {folder}: "
                             f"{complaint[0] if complaint else 'it said nothing'}")
        answers.update(found)
    return answers
