"""The locks of an image, and what was seen of each.

A word is a lock if a named function took it; or if harts wrote it by atomic instructions, went on, and
let it go by a store at least three times of four. Anything else that is written so is a counter or a flag.
"""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from hartlock.observe.image import Image
from hartlock.observe.records import Array, Records

LET_GO = 0.75  # the least share of a lock's acquisitions that ended while the image was watched
LET_GO_TWICE = 2  # once is no pattern
INTERRUPTS_ON = 2  # a value of a section's `interrupts` (observe/records.def)
OF_CLASS = "lock-of-"  # the names of locks without a symbol begin so; the function that takes them most follows
UNCLEAR = 5  # words that are no locks, or cannot be told


@dataclass(frozen=True)
class Spread:
    """The quantiles of a number. Each is 0 where there is nothing to count."""

    p50: float
    p90: float
    p99: float
    max: float

    @classmethod
    def of(cls, values: Array) -> "Spread":
        if not len(values):
            return cls(0, 0, 0, 0)
        return cls(*(float(q) for q in np.percentile(values, [50, 90, 99, 100], method="lower")))


@dataclass(frozen=True)
class Site:
    """A place in the code that takes a lock."""

    function: str
    address: int
    times: int


@dataclass(frozen=True)
class Lock:
    """A lock and what the harts did with it. Lengths of time are instructions of the hart."""

    name: str
    word: int  # its physical address, by which the records know it
    address: int
    sections: Array  # its rows of records.section, in the order in which they ended
    taken: int
    contended: int  # the acquisitions whose hart had to wait, under emulation
    tries: int
    failed: int
    by_function: bool
    hold: Spread  # without waiting for locks inside, and without the firmware
    gap: Spread  # from letting go to asking again, on one hart, without a WFI in it
    slept: float  # the share of the gaps that have a WFI in them
    written: float  # lines that a section writes, in the median
    read: float  # lines that it only reads, in the median
    shared: int  # lines that one hart wrote in sections of this lock, and another touched in others
    trapped: float  # the share of its sections in which a trap came
    interrupts_on: float  # the share of its sections whose hart had interrupts on when it took it; NaN where no register is known
    interrupted: float  # the share of its sections in which an interrupt came; NaN as above
    sites: tuple[Site, ...]  # the most frequent first
    is_registered: bool  # QEMU could read registers: what takes them is known
    sizes: tuple[tuple[int, int], ...]  # bytes that allocating functions were asked for, and the sections of each; the smallest first

    @property
    def size(self) -> Spread:
        """The spread of the bytes asked for."""
        return Spread.of(np.repeat([size for size, _ in self.sizes], [times for _, times in self.sizes]))

    @property
    def per_hart(self) -> dict[int, int]:
        """The number of times that each hart took it."""
        harts, counts = np.unique(self.sections["hart"], return_counts=True)
        return {int(hart): int(count) for hart, count in zip(harts, counts, strict=True)}

    @property
    def busiest(self) -> float:
        """The share of the acquisitions that the hart with the most of them had."""
        return max(self.per_hart.values(), default=0) / max(1, len(self.sections))

    @property
    def weight(self) -> float:
        """The weight that ranks locks: the instructions for which it was held, times the harts that want it."""
        return float(held(self.sections[self.sections["is_held"] == 0]).sum()) * len(self.per_hart)


def held(sections: Array) -> Array:
    """For how long each section had its lock, without what it waited for inside, and without the firmware."""
    spent = (sections["freed"] - sections["taken"]).astype(np.int64)
    return np.maximum(spent - sections["waited"].astype(np.int64) - sections["firmware"].astype(np.int64), 0)


def gaps(sections: Array) -> tuple[Array, Array]:
    """The gaps of each hart between letting the lock go and asking for it again, and which of them have a WFI in them."""
    order = np.lexsort((sections["taken"], sections["hart"]))
    rows = sections[order]
    same = rows["hart"][1:] == rows["hart"][:-1]
    gap = rows["asked"][1:].astype(np.int64) - rows["freed"][:-1].astype(np.int64)
    return np.maximum(gap[same], 0), rows["sleeps"][1:][same] > 0


def locks_of(records: Records, image: Image) -> list[Lock]:
    """The locks among the words, those first that are held for longest by most harts."""
    by_word = _split(records.section)
    lines = _split(records.line)
    known = [word for word in records.word if _is_lock(word, by_word.get(int(word["lock"]), records.section[:0]))]
    image.learn([int(word["address"]) for word in (*known, *unclear(records, {int(word["lock"]) for word in known})[:UNCLEAR])], _places(records))
    found = [_lock(word, by_word.get(int(word["lock"]), records.section[:0]), lines.get(int(word["lock"]), records.line[:0]), image)
             for word in known]
    return sorted(_told_apart(found), key=lambda lock: (-lock.weight, -lock.taken, lock.address))


def _places(records: Records) -> list[int]:
    """The addresses of code that tables and sentences name."""
    told = (records.section["site"], records.word["site"], *(records.pair[f"{which}_site"] for which in ("outer", "inner")),
            *(records.hart[f"{which}_site"] for which in ("had", "wants")))
    return sorted({int(address) for addresses in told for address in np.unique(addresses)})


def names_of(locks: Sequence[Lock]) -> dict[int, str]:
    """The name of each lock, by its word."""
    return {lock.word: lock.name for lock in locks}


def _told_apart(locks: Sequence[Lock]) -> list[Lock]:
    """The locks, of which those of one name get their address behind it: two files may have a `lock` each."""
    times = Counter(lock.name for lock in locks)
    return [replace(lock, name=f"{lock.name}@{lock.address:#x}") if times[lock.name] > 1 else lock for lock in locks]


def _is_lock(word: Any, sections: Array) -> bool:
    taken, freed = int(word["taken"]), int(word["freed"])
    if taken == 0 or word["by_function"]:
        return taken > 0
    return freed >= max(LET_GO_TWICE, LET_GO * taken) and not _is_flag(word, sections)


def _is_flag(word: Any, sections: Array) -> bool:
    """True for a word that one hart alone took, and mostly slept or called the firmware before it let it go."""
    alone = int(word["harts"]).bit_count() < 2
    return alone and bool(np.mean((sections["slept"] > 0) | (sections["called"] > 0)) > 0.5) if len(sections) else alone


def unclear(records: Records, known: Collection[int]) -> list[Any]:
    """The words that several harts wrote by atomic instructions, but for those of the known locks: the most written first."""
    several = [word for word in records.word if int(word["harts"]).bit_count() > 1 and int(word["lock"]) not in known]
    return sorted(several, key=lambda word: (-int(word["writes"]), int(word["lock"])))


def _split(rows: Array) -> dict[int, Array]:
    """The rows of each lock."""
    order = np.argsort(rows["lock"], kind="stable")
    rows = rows[order]
    words, begins = np.unique(rows["lock"], return_index=True)
    return {int(word): part for word, part in zip(words, np.split(rows, begins[1:]), strict=True)} if len(words) else {}


def _lock(word: Any, sections: Array, lines: Array, image: Image) -> Lock:
    ended = sections[sections["is_held"] == 0]
    gap, has_slept = gaps(sections)
    told = sections["interrupts"] > 0
    sites = _sites(sections, image)
    return Lock(
        name=_name(int(word["address"]), sites, image), word=int(word["lock"]), address=int(word["address"]), sections=sections, taken=len(sections),
        contended=int(sections["contended"].sum()), tries=int(word["tries"]), failed=int(word["failed"]),
        by_function=bool(word["by_function"]), hold=Spread.of(held(ended)), gap=Spread.of(gap[~has_slept]),
        slept=float(has_slept.mean()) if len(has_slept) else 0.0, written=Spread.of(ended["written"]).p50,
        read=Spread.of(ended["read"]).p50, shared=int(is_shared(lines).sum()), trapped=_share(sections["trapped"] > 0),
        interrupts_on=_share(sections["interrupts"][told] == INTERRUPTS_ON), interrupted=_share(sections["interrupted"][told] > 0),
        sites=sites, is_registered=bool(told.any()), sizes=_sizes(sections))


def _sizes(sections: Array) -> tuple[tuple[int, int], ...]:
    sizes, times = np.unique(sections["bytes"][sections["bytes"] > 0], return_counts=True)
    return tuple((int(size), int(n)) for size, n in zip(sizes, times, strict=True))


def _name(address: int, sites: Sequence[Site], image: Image) -> str:
    """The symbol of a lock's word; in memory without symbols, as a heap, the function that takes it most says which class of lock it is."""
    if image.is_named(address) or not sites or not image.is_named(sites[0].address):
        return image.name(address)
    return f"{OF_CLASS}{sites[0].function}"


def _share(of: Array) -> float:
    """The share that is true; NaN of nothing."""
    return float(of.mean()) if len(of) else math.nan


def is_shared(lines: Array) -> Array:
    """True for each line that a hart wrote, and another touched."""
    touched = lines["readers"] | lines["writers"]
    return (lines["writers"] != 0) & (touched & (touched - np.uint64(1)) != 0)


def _sites(sections: Array, image: Image) -> tuple[Site, ...]:
    addresses, counts = np.unique(sections["site"], return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple(Site(image.function(int(addresses[i])), int(addresses[i]), int(counts[i])) for i in order)
