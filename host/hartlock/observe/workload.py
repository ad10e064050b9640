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
LEAST_HARTS = 2  # nobody ever waits for a lock that one hart alone takes


@dataclass(frozen=True)
class Lines:
    """The lines of a section: those that another hart touches, too, written and only read; and the hart's own."""

    written: int
    read: int
    own: int


def write(folder: Path, locks: Sequence[Lock], seen: Records, source: Source) -> list[Path]:
    """Write workloads/NAME.toml for each lock; returns the files, the heaviest lock's first."""
    lines, written = _lines(seen), []
    with writer.writing(folder / writer.WORKLOADS):
        (folder / writer.WORKLOADS).mkdir(exist_ok=True)
    for lock in [lock for lock in locks if len(lock.per_hart) >= LEAST_HARTS][:FILES]:
        classes = _classes(lock, seen, lines)
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


def _lines(seen: Records) -> dict[int, Lines]:
    """The lines of each section of which they were kept, by the section's place in its file."""
    shared = {(int(line["lock"]), int(line["address"])) for line in seen.line[is_shared(seen.line)]}
    found: dict[int, list[int]] = {}
    for touch in seen.touch:
        place = int(touch["section"])
        if place >= len(seen.section):
            continue
        section, wrote, address = seen.section[place], bool(touch["wrote"]), int(touch["address"])
        of = found.setdefault(place, [0, 0, 0])
        if wrote or not _is_lock(section, address):
            of[(0 if wrote else 1) if (int(section["lock"]), address) in shared else 2] += 1
    return {place: Lines(*kinds) for place, kinds in found.items()}


def _is_lock(section: Array, line: int) -> bool:
    """True for the line of the lock's word: a ticket lock reads it to let go."""
    return int(section["address"]) // LINE_BYTES == line // LINE_BYTES


def _places(lock: Lock, seen: Records, hart: int) -> Array:
    """The places of a hart's sections of a lock in their file, in the order in which it had it."""
    rows = np.flatnonzero((seen.section["lock"] == lock.word) & (seen.section["hart"] == hart) & (seen.section["is_held"] == 0))
    return rows[np.argsort(seen.section["taken"][rows], kind="stable")]


def _steps(lock: Lock, seen: Records, hart: int, lines: dict[int, Lines]) -> list[Step]:
    """The steps of a hart, in order: those of which the lines were kept. They are done again and again, so the first one's gap is the rest of
    the hart's time: what it executed before it asked for the first time, and behind the last time."""
    places = _places(lock, seen, hart)
    rows = seen.section[places]
    gaps = np.maximum(rows["asked"][1:].astype(np.int64) - rows["freed"][:-1].astype(np.int64), 0)
    if not len(rows):
        return []
    first = int(rows["asked"][0]) + max(0, _executed(seen, [hart]) - int(rows["freed"][-1]))
    made = []
    for place, gap, hold in zip(places, [first, *gaps], held(rows), strict=True):
        if (of := lines.get(int(place))) is not None or int(seen.section["written"][place]) + int(seen.section["read"][place]) == 0:
            made.append(_step(int(gap), int(hold), of or Lines(0, 0, 0)))
    return made


def _executed(seen: Records, harts: Sequence[int]) -> int:
    """The instructions that these harts executed."""
    return int(seen.hart["instructions"][np.isin(seen.hart["hart"], harts)].sum())


def _step(gap: int, hold: int, of: Lines) -> Step:
    written = min(of.written, replay.MAX_LINES)
    return Step(min(gap, replay.MAX_LENGTH), min(hold, replay.MAX_LENGTH), written, min(of.read, replay.MAX_LINES - written),
                min(of.own, replay.MAX_OWN))


def _classes(lock: Lock, seen: Records, lines: dict[int, Lines]) -> list[HartClass]:
    """The classes of harts, the busiest first: harts whose numbers of acquisitions are within a factor of two of the first one's."""
    harts = sorted(lock.per_hart.items(), key=lambda item: (-item[1], item[0]))
    groups: list[list[int]] = []
    most = 0
    for hart, taken in harts:
        if not groups or 2 * taken < most and len(groups) < replay.MAX_CLASSES:
            groups.append([])
            most = taken
        groups[-1].append(hart)
    made = [(len(group), [step for hart in group for step in _some(_steps(lock, seen, hart, lines), STEPS // len(harts))])
            for group in groups]
    return [HartClass(harts, tuple(steps)) for harts, steps in made if steps]


def _some(steps: list[Step], most: int) -> list[Step]:
    """The steps, or of too many of them runs that are spread evenly from the first to the last."""
    run = 16
    if len(steps) <= max(most, 1):
        return steps
    runs = max(1, most // run)
    begins = np.linspace(0, len(steps) - run, runs).astype(int)
    return [step for begin in dict.fromkeys(begins.tolist()) for step in steps[begin:begin + min(run, most)]]


def _seen(lock: Lock, seen: Records, locks: int, classes: Sequence[HartClass]) -> Seen:
    executed = float(seen.hart["instructions"].sum()) / max(1, len(seen.hart))
    spent = float(held(lock.sections).sum())
    return Seen(
        taken=lock.taken, left_out=lock.taken - sum(len(c.steps) for c in classes), harts=len(lock.per_hart), image_harts=len(seen.hart),
        image_locks=locks, busiest_share=round(lock.busiest, 4), hold_p50=int(lock.hold.p50), hold_p99=int(lock.hold.p99),
        gap_p50=int(lock.gap.p50), gap_mean=max(0, int((_executed(seen, list(lock.per_hart)) - spent) / lock.taken)), slept_share=round(lock.slept, 4),
        held_share=round(spent / max(1.0, executed), 6), written_p50=int(lock.written), read_p50=int(lock.read))
