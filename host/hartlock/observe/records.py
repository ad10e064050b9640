"""The files that the watcher in QEMU writes (observe/records.def), as arrays with a name for each field."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from hartlock.base.errors import RunError
from hartlock.base.paths import TOP
from hartlock.base.lists import entries_of

RECORDS_DEF = TOP / "observe" / "records.def"
LISTS = ("section", "word", "pair", "line", "hart", "touch", "phase", "tried")
_TYPES = {"u64": "<u8", "u32": "<u4", "u16": "<u2"}
Array = Any  # numpy's own types say nothing of the fields


@cache
def layouts() -> dict[str, np.dtype[Any]]:
    """The layout of a record of each list."""
    fields: dict[str, list[tuple[str, str]]] = {name: [] for name in LISTS}
    for macro, (kind, name, _meaning) in entries_of(RECORDS_DEF):
        fields[macro.lower()].append((name, _TYPES[kind]))
    return {name: np.dtype(of) for name, of in fields.items()}


@dataclass(frozen=True)
class Records:
    """Everything that was watched."""

    section: Array
    word: Array
    pair: Array
    line: Array
    hart: Array
    touch: Array
    phase: Array
    tried: Array


def are_in(folder: Path) -> bool:
    """Whether a watcher has written its records into the folder."""
    return all((folder / f"{name}.bin").is_file() for name in LISTS)


def size(folder: Path) -> int:
    """The bytes that a watcher has written into the folder until now."""
    return sum(path.stat().st_size for name in LISTS if (path := folder / f"{name}.bin").exists())


def read(folder: Path) -> Records:
    """The records in a folder. A record that was cut off at a file's end is left out. The arrays are the files themselves, mapped into
    memory: a long watch writes more than fits there. Raises RunError without any."""
    if not are_in(folder):
        raise RunError("the watcher did not begin: there are no records")
    found = {}
    for name, layout in layouts().items():
        try:
            path = folder / f"{name}.bin"
            records = path.stat().st_size // layout.itemsize
            found[name] = np.asarray(np.memmap(path, layout, "r", shape=records)) if records else np.zeros(0, layout)
        except OSError as e:
            raise RunError(f"QEMU ended without its records: {folder / name}.bin: {e.strerror}") from e
    if not len(found["hart"]):
        raise RunError("the watcher writes its records when QEMU ends, and could not: nothing is known of the locks")
    return Records(**found)
