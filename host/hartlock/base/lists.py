"""Reads the lists (*.def) that the C sources include, too: MACRO(argument, "text", ...) on a line of its own."""

import re
from collections.abc import Iterator
from pathlib import Path

from hartlock.base.errors import UsageError

_ENTRY = re.compile(r'^([A-Z_]+)\(((?:"[^"]*"|[^"()])*)\)$', re.MULTILINE)
_ARGUMENT = re.compile(r'"([^"]*)"|([^\s,"]+)')


def entries_of(path: Path) -> Iterator[tuple[str, list[str]]]:
    """The (macro, arguments) of each entry of a list. A file that cannot be read is a UsageError."""
    try:
        text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    except OSError as e:
        raise UsageError(f"cannot read {path}: {e.strerror}") from e
    for macro, arguments in _ENTRY.findall(text):
        yield macro, [quoted or bare for quoted, bare in _ARGUMENT.findall(arguments)]
