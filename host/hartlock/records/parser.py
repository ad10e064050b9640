"""The one parser for the one record format (docs/reference/records.md).

A record is one line, `@type n=12 key=value ... *crc32`. Anything may stand
between records and nothing inside them: a line that is not a whole record with
the right CRC is counted, named by its line number and never guessed at.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from hartlock.base.text import printable

# The start of a record; it is enough to tell a damaged one from text.
START = re.compile(rb"@[a-z]+ n=")
_CRC = re.compile(rb" \*([0-9a-f]{8})\s*$")
_SUM = re.compile(rb" \*[0-9a-f]{8}(?![0-9a-f])")  # a checksum anywhere
_HEAD = re.compile(rb"@([a-z]+) n=([0-9]{1,18})(?: |$)")
_NUMBER = re.compile(rb"-?[0-9]{1,20}|0x[0-9a-f]{1,16}")
_BUCKET = re.compile(rb"(?:([0-9]{1,4}):)?([0-9]{1,20})")
_LEAST, _BEYOND = -1 << 63, 1 << 64  # a number is of 64 bits
BUCKETS = 1920  # buckets of a histogram of 64-bit values (bench/histogram.h)
FAULTS_KEPT = 1000  # the first so many are named, all are counted


class RecordError(Exception):
    """Raised when a record lacks a key, or a key's value is not as docs/reference/records.md says."""


class Record(NamedTuple):
    type: str
    n: int
    line: int  # line number in the log, from 1
    body: bytes

    def fields(self) -> "Fields":
        pairs = [word.partition(b"=") for word in self.body.split(b" ")[2:]]
        if not all(eq for _, eq, _ in pairs):
            raise RecordError(f"line {self.line}: a word of @{self.type} is not key=value")
        values = {key.decode("ascii", "replace"): value for key, _, value in pairs}
        if len(values) != len(pairs):
            raise RecordError(f"line {self.line}: a key of @{self.type} comes twice")
        return Fields(self, values)


class Fields:
    """A record's keys and values. A key that is asked for must be there."""

    def __init__(self, record: Record, values: dict[str, bytes]):
        self.record, self.values = record, values

    def _raw(self, key: str) -> bytes:
        try:
            return self.values[key]
        except KeyError:
            raise RecordError(f"line {self.record.line}: @{self.record.type} has no {key}") from None

    def text(self, key: str) -> str:
        return printable(unquote(self._raw(key).decode("ascii", "replace")))

    def number(self, key: str) -> int:
        raw = self._raw(key)
        value = int(raw, 16 if raw.startswith(b"0x") else 10) if _NUMBER.fullmatch(raw) else _BEYOND
        if not _LEAST <= value < _BEYOND:
            raise RecordError(f"line {self.record.line}: {key} of @{self.record.type} is not a number")
        return value

    def buckets(self, key: str) -> dict[int, int]:
        """A histogram's filled buckets: {bucket: count} (docs/reference/records.md)."""
        out: dict[int, int] = {}
        raw, at = self._raw(key), 0
        for part in raw.split(b",") if raw else ():
            pair = _BUCKET.fullmatch(part)
            gap = int(pair[1] or (1 if out else -1)) if pair else -1
            at += gap
            if pair is None or gap < (1 if out else 0) or at >= BUCKETS:
                raise RecordError(f"line {self.record.line}: buckets of @{self.record.type} cannot be read")
            out[at] = int(pair[2])
        return out


class Fault(NamedTuple):
    line: int
    kind: str  # damaged, missing, repeated, unreadable
    text: str


@dataclass
class Reader:
    """A reader that is fed the log's lines in order, and yields the good records."""

    faults: list[Fault] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    line: int = 0
    expected: int = 0  # number of the next record
    good: int = 0
    _damaged_since: int = 0

    def _fault(self, kind: str, text: str, count: int = 1) -> None:
        self.counts[kind] = self.counts.get(kind, 0) + count
        if len(self.faults) < FAULTS_KEPT:
            self.faults.append(Fault(self.line, kind, text))

    def note(self, error: RecordError) -> None:
        """Note a record that passed its CRC and still cannot be used."""
        self._fault("unreadable", str(error))

    def feed(self, raw: bytes) -> Record | None:
        self.line += 1
        start = START.search(raw) if b"@" in raw else None
        if start is None:
            if raw.startswith(b"@") or _CRC.search(raw, max(0, len(raw) - 16)):
                self._damaged("its head cannot be read")
            return None
        # The last start in the line: a record cut off by another begins anew.
        for start in START.finditer(raw, start.start()):
            pass
        body = raw[start.start():]
        crc = _CRC.search(body, max(0, len(body) - 16))
        if crc is None:
            self._damaged("something follows its checksum" if _SUM.search(body) else "it does not end in a checksum: cut short")
            return None
        body = body[: crc.start()]
        if zlib.crc32(body) != int(crc[1], 16):
            self._damaged("its checksum is wrong")
            return None
        head = _HEAD.match(body)
        if head is None:
            self._damaged("it has no readable number")
            return None
        return self._numbered(Record(head[1].decode(), int(head[2]), self.line, body))

    def _damaged(self, why: str) -> None:
        self._damaged_since += 1
        self._fault("damaged", f"a damaged record: {why}")

    def _numbered(self, record: Record) -> Record | None:
        if record.n < self.expected:
            self._fault("repeated", f"record {record.n} comes again")
            return None
        gap = record.n - self.expected
        if gap > self._damaged_since:
            lost = gap - self._damaged_since
            self._fault("missing", f"{lost} record(s) missing before record {record.n}", lost)
        self._damaged_since = 0
        self.expected = record.n + 1
        self.good += 1
        return record


def read(lines: Iterable[bytes], reader: Reader | None = None) -> Iterator[Record]:
    reader = reader or Reader()
    for raw in lines:
        record = reader.feed(raw)
        if record is not None:
            yield record
