"""A workload file: the sections and gaps of a lock that was observed, which the bench does again (bench/replay.h).

`observe` writes it, `--workload` reads it. Its digest is of all its text but the line that says it, so that a row
which names the digest is of these steps and no others.
"""

import hashlib
import json
import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import MISSING, dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from hartlock.base.errors import UsageError
from hartlock.base.text import printable
from hartlock.plan.plan import MAX_HARTS

FORMAT = 1
MAX_CLASSES, MAX_STEPS, MAX_LINES, MAX_OWN = 16, 4096, 64, 32  # bench/replay.h
MAX_SIZES = 64  # different ones
SIZE_ENTRIES = 64  # bench/sizes.h
MAX_LENGTH = 2**31 - 1  # instructions
MOST_GAP = 20_000  # instructions of a gap that is replayed: a longer one is cut to that, and harts ask more often than they did
DIGITS = 16  # a digest has so many
_DIGEST = re.compile(rf'^digest = "([0-9a-f]{{{DIGITS}}})"\n', re.MULTILINE)
_NAME = re.compile(r"[A-Za-z0-9_.+@-]{1,80}")


Sizes = tuple[tuple[int, int], ...]  # bytes that an allocator was asked for, and how often; the smallest first


class Step(NamedTuple):
    """A section of the lock and the gap before it, on one hart."""

    gap: int  # instructions from letting the lock go to asking for it again
    hold: int  # instructions
    written: int  # lines that it writes, of those that another hart touches, too
    read: int  # lines that it only reads, and another hart writes
    own: int  # lines that no other hart has to do with


@dataclass(frozen=True)
class HartClass:
    """Harts that took the lock about as often as each other."""

    harts: int
    steps: tuple[Step, ...]  # in the order in which they were seen


@dataclass(frozen=True)
class Source:
    """The source of a workload."""

    image: str
    sha256: str
    lock: str
    command: str
    phase: str = ""  # in which it was seen; "": all the time that was watched


@dataclass(frozen=True)
class Seen:
    """The figures that were observed of the lock; the steps are a part of what they are of."""

    taken: int  # acquisitions
    left_out: int  # the acquisitions that are no step
    harts: int  # that took it
    image_harts: int
    image_locks: int
    busiest_share: float
    hold_p50: int  # instructions
    hold_p99: int
    gap_p50: int
    gap_mean: int
    slept_share: float  # the share of the gaps with a WFI in them: they are longer than the instructions that are counted
    held_share: float  # the share of a hart's instructions for which some hart had the lock
    written_p50: int  # lines that a section writes, and only reads
    read_p50: int


@dataclass(frozen=True)
class Workload:
    """The contents of a workload file."""

    name: str
    digest: str
    source: Source
    seen: Seen
    classes: tuple[HartClass, ...]
    sizes: Sizes = ()  # (): they are not known, or it is no allocator's

    @property
    def label(self) -> str:
        """The cell of the column `replay`."""
        return f"{self.name}:{self.digest}"

    @property
    def word(self) -> str:
        """The value of the kernel's key `replay`."""
        return f"{self.name}/{self.digest}/" + ";".join(
            f"{c.harts}x" + ",".join(".".join(map(str, (min(s.gap, MOST_GAP), *s[1:]))) for s in c.steps) for c in self.classes)

    def size_word(self, unit: int) -> str:
        """The value of the kernel's key `observed`: SIZE_ENTRIES sizes, each as likely as another, rounded up to multiples of `unit`."""
        below = list(accumulate(times for _, times in self.sizes))
        drawn = [self.sizes[bisect_right(below, (2 * i + 1) * below[-1] / (2 * SIZE_ENTRIES))][0] for i in range(SIZE_ENTRIES)]
        entries = Counter(-(-size // unit) * unit for size in drawn)
        return f"{self.name}/{self.digest}/" + ",".join(f"{size}x{times}" for size, times in sorted(entries.items()))

    @property
    def harts(self) -> int:
        """The harts that it is of."""
        return sum(c.harts for c in self.classes)

    def mean(self, of: Callable[[Step], int]) -> float:
        """The mean of a number of the steps, over harts."""
        return sum(c.harts * sum(map(of, c.steps)) / len(c.steps) for c in self.classes) / self.harts

    @property
    def replayed(self) -> float:
        """The mean time from a section's begin to the next one's in the replay, in instructions of a hart that never waits."""
        return self.mean(lambda s: min(s.gap, MOST_GAP) + s.hold)

    @property
    def facts(self) -> "Facts":
        """The facts that an answer tells of the lock."""
        known: dict[str, Any] = {**vars(self.source), **vars(self.seen), "label": self.label, "cut": self.mean(lambda s: max(0, s.gap - MOST_GAP))}
        return Facts(**{f.name: known[f.name] for f in fields(Facts)})


@dataclass(frozen=True)
class Facts:
    """The facts that an answer tells of a lock that was observed; run.json keeps them beside the plan."""

    label: str
    image: str
    lock: str
    taken: int
    harts: int
    image_harts: int
    busiest_share: float
    hold_p50: int
    hold_p99: int
    written_p50: int
    read_p50: int
    gap_p50: int
    gap_mean: int
    cut: float  # instructions by which the mean gap of the replay is shorter than the observed one
    phase: str = ""  # as Source has it


def facts_from(known: object) -> Facts | None:
    """The facts that run.json keeps; None for what are none."""
    try:
        return _fields_of(Facts, known, "facts") if known else None
    except ValueError:
        return None


def label_of(word: str) -> str:
    """The cell of the column `replay` for a value of the kernel's key. Raises ValueError for what is none."""
    name, slash, rest = word.partition("/")
    digest, other, _ = rest.partition("/")
    if not (slash and other and _NAME.fullmatch(name) and re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", digest)):
        raise ValueError("which is not name/digest/classes")
    return f"{name}:{digest}"


def is_label(text: str) -> bool:
    """True for the cell of a column that names a workload file."""
    name, _, digest = text.rpartition(":")
    return bool(_NAME.fullmatch(name) and re.fullmatch(rf"[0-9a-f]{{{DIGITS}}}", digest))


def file_name(lock: str) -> str:
    """A lock's name as a workload's: what the kernel's command line, a file and a table take."""
    return re.sub(r"[^A-Za-z0-9_.+@-]", "-", lock)[:80] or "lock"


def _hash(text: str) -> str:
    return hashlib.sha256(_DIGEST.sub("", text, count=1).encode()).hexdigest()[:DIGITS]


def _table(name: str, of: object) -> Iterable[str]:
    yield f"[{name}]"
    for f in fields(of):
        value = getattr(of, f.name)
        yield f"{f.name} = {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else value}"
    yield ""


def _merged(sizes: Sizes) -> list[list[int]]:
    """The sizes, of which there are at most MAX_SIZES: of more, those that are near each other count as the largest of them."""
    bits, merged = 64, dict(sizes)
    while len(merged) > MAX_SIZES:
        bits //= 2
        merged = {}
        for size, times in sizes:
            step = 1 << max(0, size.bit_length() - bits)
            rounded = -(-size // step) * step
            merged[rounded] = merged.get(rounded, 0) + times
    return [list(entry) for entry in sorted(merged.items())]


def text_of(lock: str, source: Source, seen: Seen, classes: Sequence[HartClass], sizes: Sizes = ()) -> str:
    """The text of a workload file."""
    lines = ["# The sections and gaps of a lock, as ./run-bench.sh observe saw them (docs/use/observe.md).",
             "#     ./run-bench.sh sweep --workload THIS-FILE", "#     ./run-bench.sh advise --workload THIS-FILE",
             f"format = {FORMAT}", f'name = "{file_name(lock)}"', 'digest = "' + "0" * DIGITS + '"',
             *(["# The sizes that were asked for under it: [bytes, how often].", f"sizes = {_merged(sizes)}"] if sizes else []), "",
             *_table("source", source), *_table("seen", seen)]
    for each in classes:
        lines += ["# A step: [gap, hold, lines written, lines only read, lines of the hart alone]; gap and hold in instructions.",
                  "[[class]]", f"harts = {each.harts}", "steps = [", *(f"  {list(step)}," for step in each.steps), "]", ""]
    text = "\n".join(lines)
    return _DIGEST.sub(f'digest = "{_hash(text)}"\n', text, count=1)


def read(path: Path, option: str = "--workload") -> Workload:
    """The contents of a workload file, which `option` names. Raises UsageError for one that is none, or was changed."""
    try:
        text = path.read_text(encoding="utf-8")
        known = tomllib.loads(text)
    except OSError as e:
        raise UsageError(f"{option} {path}: {e.strerror}; observe writes such files into its folder workloads/") from e
    except UnicodeDecodeError:
        raise UsageError(f"{option} {path}: it is no text") from None
    except tomllib.TOMLDecodeError as e:
        raise UsageError(f"{option} {path}: it is no TOML, or damaged: {printable(str(e))}") from e
    try:
        return _workload(known, text)
    except ValueError as e:
        raise UsageError(f"{option} {path}: {printable(str(e))}") from e


def _workload(known: dict[str, Any], text: str) -> Workload:
    if known.get("format") != FORMAT:
        raise ValueError(f"it has no format = {FORMAT}, so it is no workload file that this hartlock reads")
    said = _DIGEST.search(text)
    if said is None or said[1] != _hash(text):
        raise ValueError(f"its digest is {_hash(text)}, and it says {said[1] if said else 'none'}: it was changed or damaged "
                         "after observe wrote it")
    if not isinstance(known.get("name"), str) or not _NAME.fullmatch(known["name"]):
        raise ValueError("its name is missing, or no name")
    classes = known.get("class")
    if not isinstance(classes, list) or not 1 <= len(classes) <= MAX_CLASSES:
        raise ValueError(f"it has no [[class]], or more than {MAX_CLASSES}")
    made = Workload(known["name"], said[1], _fields_of(Source, known.get("source"), "source"), _fields_of(Seen, known.get("seen"), "seen"),
                    tuple(map(_class, classes)), _sizes(known.get("sizes", [])))
    if not 1 <= made.harts <= MAX_HARTS:
        raise ValueError(f"its classes have {made.harts} harts, and 1 to {MAX_HARTS} can be")
    if sum(len(c.steps) for c in made.classes) > MAX_STEPS:
        raise ValueError(f"it has more than {MAX_STEPS} steps")
    return made


def _fields_of(of: type, table: object, name: str) -> Any:
    names = {f.name: f.type for f in fields(of)}
    needed = {f.name for f in fields(of) if f.default is MISSING}
    if not isinstance(table, dict) or not needed <= set(table) <= set(names):
        raise ValueError(f"its table [{name}] does not have exactly the keys {', '.join(names)}")
    for key, wanted in ((key, names[key]) for key in table):
        right = (int, float) if wanted is float else (wanted,)
        if isinstance(table[key], bool) or not isinstance(table[key], right):
            raise ValueError(f"{name}.{key} is no {'text' if wanted is str else 'number'}")
    return of(**{key: printable(value) if isinstance(value, str) else value for key, value in table.items()})


def _is_number(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _sizes(entries: Any) -> Sizes:
    if not isinstance(entries, list) or len(entries) > MAX_SIZES or not all(_is_size(entry) for entry in entries):
        raise ValueError(f"its sizes are not at most {MAX_SIZES} of [bytes, how often], whole numbers from 1 on")
    return tuple((size, times) for size, times in entries)


def _is_size(entry: object) -> bool:
    return isinstance(entry, list) and len(entry) == 2 and all(_is_number(n, 2**64 - 1) and n for n in entry)


def _class(entry: Any) -> HartClass:
    if not isinstance(entry, dict) or not _is_number(entry.get("harts"), MAX_HARTS) or not isinstance(entry.get("steps"), list):
        raise ValueError("a [[class]] does not have harts and steps")
    if not entry["steps"] or not entry["harts"]:
        raise ValueError("a [[class]] has no step, or no harts")
    return HartClass(entry["harts"], tuple(map(_step, entry["steps"])))


def _step(entry: Any) -> Step:
    most = (MAX_LENGTH, MAX_LENGTH, MAX_LINES, MAX_LINES, MAX_OWN)
    if not isinstance(entry, list) or len(entry) != len(most) or not all(map(_is_number, entry, most)):
        raise ValueError(f"the step {entry} is not [gap, hold, written, read, own], whole numbers up to {list(most)}")
    if entry[2] + entry[3] > MAX_LINES:
        raise ValueError(f"the step {entry} touches more than {MAX_LINES} lines that harts share")
    return Step(*entry)
