"""What strategies are by construction: the table of lock/README.md, read by program."""

import math
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.base.paths import TOP

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
        """Strictly: not nearly, nor within something."""
        return re.match(r"FIFO(:|$)", self.fairness) is not None

    def bypass_bound(self, harts: int) -> float:
        """How many grants of others may come between a request and its own; infinite where
        nothing is claimed."""
        if self.fairness.startswith("FIFO: at most"):
            return harts - 1
        longer = re.search(r"at most (\d+) hand-overs longer", self.fairness)
        return harts - 1 + int(longer[1]) if longer else math.inf

    @property
    def family(self) -> str:
        return "lock-free" if self.lockfree else "FIFO lock" if "FIFO" in self.fairness else "lock"

    @property
    def yardstick(self) -> bool:
        """There to price something, not to be shipped."""
        return re.match(r"(nobody: )?it is ", self.shipped_by) is not None

    @property
    def symbol(self) -> str:
        return self.name.replace("-", "_")

    def bytes_per_lock(self, harts: int) -> int | None:
        """Of `8`, `8 + 64`, `64·n`, `64·(slots + 1)`, `16 + 8 a hart`, `8 (next)`; None when
        the table says it in other words."""
        text = re.sub(r"\(`.*?`\)", "", self.lock_bytes).replace("a hart", "·n").replace("slots", "n")
        total = 0
        for term in re.split(r"\+(?![^(]*\))", text):
            found = re.fullmatch(r"\s*(\d+)\s*(?:·\s*(?:(n)|\(n \+ (\d+)\)))?\s*", term)
            if not found:
                return None
            times = harts if found[2] else harts + int(found[3]) if found[3] else 1
            total += int(found[1]) * times
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
    for one in out.values():  # `as faa`
        if found := re.fullmatch(r"as ([\w-]+)", one.instructions):
            out[one.name] = replace(one, instructions=out[found[1]].instructions)
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


def snippet(known: Properties) -> list[str]:
    """The lines to write: what it is, and what is called."""
    c, text = known.symbol, (TOP / known.header).read_text(encoding="utf-8")
    include = f'#include "{known.header}"'
    if known.lockfree:
        node = f"{c}_join(" in text
        return [include, f"struct {c}_heap heap;                     /* was: the lock and next */",
                *([f"struct {c}_node node;                     /* one for each hart */"] if node else []),
                f"{c}_init(&heap, start, end);", *([f"{c}_join(&node, batch);                    /* each hart, once */"] if node else []),
                f"block = {c}_alloc(&heap, {'&node, ' if node else ''}size, align);  /* was: lock, bump, unlock */"]
    joins = f"LOCK_JOINS_NOTHING({c})" not in text
    return [include, f"struct {c}_lock lock;                     /* in what it protects */",
            *([f"struct {c}_space space;                   /* one for all such locks, zeroed */"] if joins else []),
            f"struct {c}_node node;                     /* one for each hart and each lock it may hold at once */",
            f"{c}_init(&lock);",
            *([f"{c}_join(&node, &space, (struct lock_hart){{ .number = hart, .cluster = 0 }}); /* each hart, once */"] if joins else []),
            f"{c}_acquire(&lock, &node);                /* was: spin_lock(&lock) */",
            f"{c}_release(&lock, &node);                /* was: spin_unlock(&lock) */"]


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
