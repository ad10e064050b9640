"""members.csv: the numbers of each machine of an ensemble, in the keys in which its profile is a range.

A folder whose machines are one each has no such file.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hartlock.engine.base import Engine
from hartlock.figures import columns
from hartlock.folder.csv_rows import read_rows

FILE = "members.csv"
Members = dict[tuple[str, str], dict[int, dict[str, float]]]  # by run and profile: the machines' numbers, by key


@dataclass(frozen=True, kw_only=True)
class MemberRow:
    """A row of members.csv: one key of one machine."""

    run: str = columns.text("as in the other files", needed=True)
    machine: str = columns.text("the profile that it fits", needed=True)
    member: int = columns.count("from 1", "the machine", least=1)
    key: str = columns.text("a key of the profile, of those that are a range there", needed=True)
    value: float = columns.number("as in the profile", "of the key on this machine; 1 and 0 stand for true and false")


def member_rows(run: str, engines: Iterable[Engine]) -> Iterator[MemberRow]:
    """The rows of these engines' machines, each machine once."""
    seen = set()
    for engine in engines:
        if engine.member is not None and (engine.machine, engine.member) not in seen:
            seen.add((engine.machine, engine.member))
            yield from (MemberRow(run=run, machine=engine.machine, member=engine.member, key=key, value=float(value))
                        for key, value in engine.member_keys.items())


def members_of(folder: Path) -> Members:
    """The machines of a folder; {} where each profile is one machine. Raises UsageError for a damaged file."""
    known: Members = {}
    for row in read_rows(folder / FILE, MemberRow) if (folder / FILE).exists() else ():
        known.setdefault((row.run, row.machine), {}).setdefault(row.member, {})[row.key] = row.value
    return known
