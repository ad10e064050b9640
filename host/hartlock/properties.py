"""What strategies are by construction: the table of lock/README.md, read by program."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hartlock.errors import UsageError
from hartlock.paths import TOP

TABLE = TOP / "lock" / "README.md"
COLUMNS = ("name", "header", "fairness", "waiters spin on", "bytes a lock", "bytes a waiter", "harts",
           "instructions it needs", "who ships its like")
# An instruction, and the extension it comes with. The longest match counts.
EXTENSIONS = {r"amocas": "zacas", r"wrs\.": "zawrs", r"amo\w+\.[bh]\b": "zabha", r"amo\w+": "a", r"\b(lr|sc)\.": "a"}


@dataclass(frozen=True)
class Properties:
    name: str
    header: str  # as from the top of the tree
    fairness: str
    lock_bytes: str
    waiter_bytes: str
    instructions: str
    shipped_by: str

    @property
    def lockfree(self) -> bool:
        return self.header.startswith("alloc/")

    @property
    def fifo(self) -> bool:
        return self.fairness.upper().startswith("FIFO")

    @property
    def family(self) -> str:
        return "lock-free" if self.lockfree else "FIFO lock" if self.fifo else "lock"

    def bytes_per_lock(self, harts: int) -> int | None:
        """Of `8`, `8 + 64 a hart`, `64·n`, `8 (next)`; None when the table says it in other words."""
        text = re.sub(r"\(.*?\)|`", "", self.lock_bytes).strip()
        total = 0
        for term in text.split("+"):
            found = re.fullmatch(r"\s*(\d+)\s*(?:B|bytes?)?\s*(·\s*n|\*\s*n|n|a hart|per hart)?\s*", term)
            if not found:
                return None
            total += int(found[1]) * (harts if found[2] else 1)
        return total

    def needs(self) -> set[str]:
        """Extensions without which it cannot run at all: those in brackets are for a corner."""
        text = re.sub(r"\(.*?\)", "", self.instructions)
        found = set()
        for word in re.split(r"[,;\s]+", text.lower()):
            for pattern, extension in EXTENSIONS.items():
                if re.search(pattern, word):
                    found.add(extension)
                    break
        return found


def parse(text: str) -> dict[str, Properties]:
    rows = [[c.strip() for c in line.strip().strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    heads = [i for i, row in enumerate(rows) if row and row[0] == "name"]
    if not heads or not set(COLUMNS) <= set(rows[heads[0]]):
        raise UsageError(f"{TABLE}: there is no table with the columns {', '.join(COLUMNS)}")
    head, out = rows[heads[0]], {}
    for row in rows[heads[0] + 2:]:
        if len(row) != len(head):
            break
        cells = dict(zip(head, row, strict=True))
        out[cells["name"]] = Properties(
            cells["name"], cells["header"].strip("`"), cells["fairness"], cells["bytes a lock"],
            cells["bytes a waiter"], cells["instructions it needs"], cells["who ships its like"])
    return out


@cache
def known() -> dict[str, Properties]:
    try:
        return parse(TABLE.read_text(encoding="utf-8"))
    except OSError as e:
        raise UsageError(f"cannot read {TABLE}: {e.strerror}") from e


def family(name: str) -> str:
    """For plots; a strategy the table does not know is a lock."""
    return known()[name].family if name in known() else "lock"


def files(header: str) -> list[str]:
    """A header and what it includes of ours, to be copied together."""
    out: list[str] = []
    todo = [header]
    while todo:
        name = todo.pop(0)
        if name in out or not (TOP / name).is_file():
            continue
        out.append(name)
        for found in re.findall(r'^#include "([^"]+)"', (TOP / name).read_text(encoding="utf-8"), re.MULTILINE):
            todo.append(str((Path(TOP / name).parent / found).resolve().relative_to(TOP)))
    return out
