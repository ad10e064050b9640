"""Writes a workload file (plan/replay.py) for each lock that more than one hart took."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from hartlock.folder import writer
from hartlock.observe.locks import Lock, held, is_shared
from hartlock.observe.records import Array, Records
from hartlock.plan import replay
from hartlock.plan.replay import HartClass, Seen, Source, Step

FILES = 50  # locks that get a file, the heaviest first
LINE_BYTES = 64
STEPS = 1024  # steps of a lock, which the kernel's command line holds
NO_PLACES = np.zeros(0, np.int64)
LEAST_HARTS = 2  # nobody ever waits for a lock that one hart alone takes


# The places of a lock's sections in their file, by its word and the hart, in the order in which the hart had it.
Places = dict[tuple[int, int], Array]


@dataclass(frozen=True)
class Lines:
    """The lines of the sections of which they were kept. A row of `counts` has three numbers: the lines that another hart touches,
    too, written and only read; and the hart's own."""

    places: Array  # the sections' places in their file, in order
    counts: Array

    def of(self, places: Array) -> tuple[Array, Array]:
        """The counts of these sections, no lines for one of which they were not kept; and whether they were kept."""
        at = np.searchsorted(self.places, places)
        kept = np.append(self.places, np.uint64(2**64 - 1))[at] == places
        return np.append(self.counts, [[0, 0, 0]], axis=0)[np.where(kept, at, -1)], kept


def write(folder: Path, locks: Sequence[Lock], seen: Records, source: Source) -> list[Path]:
    """Write workloads/NAME.toml for each lock; returns the files, the heaviest lock's first."""
    told = [lock for lock in locks if len(lock.per_hart) >= LEAST_HARTS][:FILES]
    words = [lock.word for lock in told]
    lines, places, written = _lines(seen, words), _places(seen, words), []
    with writer.writing(folder / writer.WORKLOADS):
        (folder / writer.WORKLOADS).mkdir(exist_ok=True)
    for lock in told:
        classes = _classes(lock, seen, places, lines)
        if not classes:
            continue
        name = f"{lock.name}@{source.phase}" if source.phase else lock.name
        path = folder / writer.WORKLOADS / f"{replay.file_name(name)}.toml"
        if path in written:
            path = path.with_name(f"{path.stem}@{lock.address:#x}.toml")
        with writer.writing(path):
            path.write_text(replay.text_of(name, replace(source, lock=lock.name), _seen(lock, seen, len(locks), classes), classes, lock.sizes),
                            encoding="utf-8")
        written.append(path)
    return written


def _lines(seen: Records, locks: Sequence[int]) -> Lines:
    """The lines of each section of these locks of which they were kept."""
    touch = seen.touch[seen.touch["section"] < len(seen.section)]
    touch = touch[np.isin(seen.section["lock"], locks)[touch["section"]]]
    word, address = (seen.section[field][touch["section"]] for field in ("lock", "address"))
    wrote = touch["wrote"] != 0
    shared = np.zeros(len(touch), bool)
    for lock in locks:
        here, of = word == lock, seen.line[seen.line["lock"] == lock]
        shared[here] = np.isin(touch["address"][here], of["address"][is_shared(of)])
    # A ticket lock reads its word's line to let go: that read is the lock's, not the section's.
    counted = wrote | (address // LINE_BYTES != touch["address"] // LINE_BYTES)
    kind = np.where(shared, np.where(wrote, 0, 1), 2)
    places, index = np.unique(touch["section"], return_inverse=True)
    counts = np.bincount(3 * index[counted] + kind[counted], minlength=3 * len(places))
    return Lines(places, counts.reshape(-1, 3))


def _places(seen: Records, locks: Sequence[int]) -> Places:
    """The places of the sections of these locks that were let go."""
    rows = np.flatnonzero(np.isin(seen.section["lock"], locks) & (seen.section["is_held"] == 0))
    part = seen.section[["lock", "hart", "taken"]][rows]
    order = np.lexsort((part["taken"], part["hart"], part["lock"]))
    rows, part = rows[order], part[order]
    begins = np.flatnonzero((part["lock"][1:] != part["lock"][:-1]) | (part["hart"][1:] != part["hart"][:-1])) + 1
    return {(int(seen.section["lock"][run[0]]), int(seen.section["hart"][run[0]])): run for run in np.split(rows, begins) if len(run)}


def _steps(seen: Records, hart: int, places: Array, lines: Lines) -> Array:
    """The steps of a hart, in order, a row each with Step's numbers: those of which the lines were kept. They are done again and again,
    so the first one's gap is the rest of the hart's time: what it executed before it asked for the first time, and behind the last time."""
    rows = seen.section[places]
    if not len(rows):
        return np.zeros((0, len(Step._fields)), np.int64)
    gaps = np.maximum(rows["asked"][1:].astype(np.int64) - rows["freed"][:-1].astype(np.int64), 0)
    first = int(rows["asked"][0]) + max(0, _executed(seen, [hart]) - int(rows["freed"][-1]))
    counts, kept = lines.of(places)
    written = np.minimum(counts[:, 0], replay.MAX_LINES)
    steps = np.stack([np.minimum([first, *gaps], replay.MAX_LENGTH), np.minimum(held(rows), replay.MAX_LENGTH), written,
                      np.minimum(counts[:, 1], replay.MAX_LINES - written), np.minimum(counts[:, 2], replay.MAX_OWN)], axis=1)
    return steps[kept | (rows["written"].astype(int) + rows["read"] == 0)]


def _executed(seen: Records, harts: Sequence[int]) -> int:
    """The instructions that these harts executed."""
    return int(seen.hart["instructions"][np.isin(seen.hart["hart"], harts)].sum())


def _classes(lock: Lock, seen: Records, places: Places, lines: Lines) -> list[HartClass]:
    """The classes of harts, the busiest first: harts whose numbers of acquisitions are within a factor of two of the first one's."""
    harts = sorted(lock.per_hart.items(), key=lambda item: (-item[1], item[0]))
    groups: list[list[int]] = []
    most = 0
    for hart, taken in harts:
        if not groups or 2 * taken < most and len(groups) < replay.MAX_CLASSES:
            groups.append([])
            most = taken
        groups[-1].append(hart)
    steps = {hart: _steps(seen, hart, places.get((lock.word, hart), NO_PLACES), lines) for hart in lock.per_hart}
    made = [(len(group), [Step(*step) for hart in group for step in _some(steps[hart], STEPS // len(harts))]) for group in groups]
    return [HartClass(harts, tuple(steps)) for harts, steps in made if steps]


def _some(steps: Array, most: int) -> list[list[int]]:
    """The steps, or of too many of them runs that are spread evenly from the first to the last."""
    run = 16
    if len(steps) <= max(most, 1):
        return list(steps.tolist())
    runs = max(1, most // run)
    begins = np.linspace(0, len(steps) - run, runs).astype(int)
    return [step for begin in dict.fromkeys(begins.tolist()) for step in steps[begin:begin + min(run, most)].tolist()]


def _seen(lock: Lock, seen: Records, locks: int, classes: Sequence[HartClass]) -> Seen:
    executed = float(seen.hart["instructions"].sum()) / max(1, len(seen.hart))
    spent = float(held(lock.sections).sum())
    return Seen(
        taken=lock.taken, left_out=lock.taken - sum(len(c.steps) for c in classes), harts=len(lock.per_hart), image_harts=len(seen.hart),
        image_locks=locks, busiest_share=round(lock.busiest, 4), hold_p50=int(lock.hold.p50), hold_p99=int(lock.hold.p99),
        gap_p50=int(lock.gap.p50), gap_mean=max(0, int((_executed(seen, list(lock.per_hart)) - spent) / lock.taken)), slept_share=round(lock.slept, 4),
        held_share=round(spent / max(1.0, executed), 6), written_p50=int(lock.written), read_p50=int(lock.read))
