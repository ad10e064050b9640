"""The phases of an observation: what was seen from one mark to the next, as an observation of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from hartlock.base.errors import UsageError
from hartlock.base.text import count, words
from hartlock.observe.image import Image
from hartlock.observe.locks import Lock, locks_of, names_of
from hartlock.observe.records import Array, Records

FIRST = "start"  # the name of the phase before the first mark
SHOWN = 3  # locks in a sentence


@dataclass(frozen=True)
class Mark:
    """The place at which a phase begins when a hart comes to it for the first time."""

    name: str
    address: int

    @property
    def argument(self) -> str:
        """The plugin's argument."""
        return f"phase={self.address:#x}"


@dataclass(frozen=True)
class Phase:
    """A phase: what was seen in it. A hart's instructions are counted from the phase's begin."""

    name: str
    seen: Records
    locks: Sequence[Lock]


def marks(image: Image, asked: Sequence[str]) -> list[Mark]:
    """The places that the user named: functions, or addresses. Raises UsageError for a name that the image has not."""
    found: list[Mark] = []
    for name in asked:
        if name[0].isdigit():
            try:
                found.append(Mark(name, int(name, 0)))
            except ValueError:
                raise UsageError(f"--phase {name}: it is no address, and no function's name begins with a digit") from None
        else:
            found += [Mark(name, f.begin) for f in image.find("phase", [name], True)]
    return found


def phases(seen: Records, locks: Sequence[Lock], image: Image, marked: Sequence[Mark]) -> list[Phase]:
    """The phases, in their order; none if no mark was come to."""
    begun = _begun(seen, marked)
    if not begun:
        return []
    ats = [0, *(mark.address for mark in begun)]
    begins = [_moments(seen.phase[seen.phase["mark"] == at]) for at in ats]
    ends = [*begins[1:], _moments(seen.hart)]
    tried = [*(_tries(seen.tried[seen.tried["mark"] == at]) for at in ats), _tries(seen.word)]
    names = names_of(locks)
    made = []
    for i, name in enumerate([FIRST, *(mark.name for mark in begun)]):
        part = _between(seen, names, begins[i], ends[i])
        part = replace(part, word=_tried_between(part.word, tried[i], tried[i + 1]))
        made.append(Phase(name, part, [replace(lock, name=names[lock.word]) for lock in locks_of(part, image)]))
    return made


def _begun(seen: Records, marked: Sequence[Mark]) -> list[Mark]:
    """The marks in the order in which harts came to them. Of copies of one function it is the first that a hart came to."""
    begun: dict[str, Mark] = {}
    for at in dict.fromkeys(int(row["mark"]) for row in seen.phase):
        for mark in marked:
            if mark.address == at:
                begun.setdefault(mark.name, mark)
    return list(begun.values())


def _moments(rows: Array) -> dict[int, int]:
    """The instructions that each hart had executed."""
    return {int(row["hart"]): int(row["instructions"]) for row in rows}


def _between(seen: Records, known: dict[int, str], begin: dict[int, int], end: dict[int, int]) -> Records:
    """The sections of locks that were asked for in a phase, as if there had been nothing before."""
    harts = seen.section["hart"]
    first, last = _of_harts(harts, begin), _of_harts(harts, end)
    inside = (seen.section["asked"] >= first) & (seen.section["asked"] < last)
    section, since = seen.section[inside].copy(), first[inside]
    for moment in ("asked", "taken", "freed"):
        section[moment] -= since
    taken = set(section["lock"].tolist()) & set(known)
    hart = seen.hart.copy()
    hart["instructions"] = _of_harts(hart["hart"], end) - _of_harts(hart["hart"], begin)
    return replace(seen, section=section, touch=_touches(seen.touch, inside), hart=hart[hart["instructions"] > 0],
                   word=seen.word[[int(word["lock"]) in taken for word in seen.word]])


def _tries(rows: Array) -> dict[int, tuple[int, int]]:
    """The calls of functions that try, and those of them that failed, of each lock."""
    return {int(row["lock"]): (int(row["tries"]), int(row["failed"])) for row in rows}


def _tried_between(word: Array, begin: dict[int, tuple[int, int]], end: dict[int, tuple[int, int]]) -> Array:
    """The words, with the tries of a phase alone."""
    word = word.copy()
    for row in word:
        before, after = begin.get(int(row["lock"]), (0, 0)), end.get(int(row["lock"]), (0, 0))
        row["tries"], row["failed"] = after[0] - before[0], after[1] - before[1]
    return word


def _of_harts(harts: Array, moments: dict[int, int]) -> Array:
    """The moment of each of these harts; 0 of one that had not begun."""
    return np.array([moments.get(hart, 0) for hart in range(int(harts.max(initial=0)) + 1)], dtype=np.uint64)[harts]


def _touches(touch: Array, inside: Array) -> Array:
    """The lines of the sections that are kept, with the places that these sections have now."""
    touch = touch[touch["section"] < len(inside)]
    kept = touch[inside[touch["section"].astype(np.int64)]].copy()
    kept["section"] = (np.cumsum(inside) - 1)[kept["section"].astype(np.int64)]
    return kept


def told(found: Sequence[Phase], asked: Sequence[Mark]) -> list[str]:
    """A sentence for each phase, and one for marks that no hart came to."""
    missed = [mark.name for mark in asked if mark.name not in {phase.name for phase in found}]
    said = [_of_phase(phase) for phase in found]
    return [*said, *([f"No hart came to {words(missed)}: it begins no phase"] if missed else [])]


def _of_phase(phase: Phase) -> str:
    taken, executed = sum(lock.taken for lock in phase.locks), int(phase.seen.hart["instructions"].sum())
    first = [f"{lock.name} {count(lock.taken)} times by {len(lock.per_hart)} hart(s) with a gap of {count(lock.gap.p50)}" for lock in phase.locks[:SHOWN]]
    return (f"phase {phase.name}: {executed / 1e6:.1f} M instructions, {len(phase.locks)} locks, {taken} acquisitions"
            + (f"; first of them {words(first)}" if first else ""))
