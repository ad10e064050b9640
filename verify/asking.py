"""Keeps herd7's answers by the text of the test: the forms of a lock come to the same small tests, again and again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from verify import herd
from verify.herd import Answer

FOLDER = herd.TOP / "build" / "verify" / "answers"


def _path(text: str, options: tuple[str, ...], version: str) -> Path:
    """The file of one answer. The test's name, which its first line has, does not count; which herd7
    answers, and with which options, does."""
    return FOLDER / f"{hashlib.sha256(repr((version, herd.OPTIONS, options, text.partition(chr(10))[2])).encode()).hexdigest()}.json"


def _known(path: Path) -> Answer | None:
    try:
        return Answer(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def ask(tests: Mapping[str, str], folder: Path, limit_s: int, *options: str) -> dict[str, Answer]:
    """Returns herd7's answers to tests (name: text), as herd.run() does, which is called for those that it has not answered
    before. All are written into the folder, where --show finds them."""
    version = herd.version()
    paths = {name: _path(text, options, version) for name, text in tests.items()}
    answers = {name: answer for name, path in paths.items() if (answer := _known(path))}
    herd.write(tests, folder)
    new = herd.run([name for name in tests if name not in answers], folder, limit_s, *options)
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, answer in new.items():
        paths[name].write_text(json.dumps(asdict(answer)))
    return answers | new
