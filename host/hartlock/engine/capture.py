"""Turns a file in which a tool kept a console's output into the lines that the console sent.

Tools compress such a file, write it as UTF-16, end its lines in other ways, colour them, add time stamps before and behind,
quote each line, and wrap lines at a width. Nothing is guessed: what is joined or cut off is a record only if its checksum
says so. The work grows with the size of the file, whatever is in it.
"""

import bz2
import codecs
import lzma
import re
import shutil
import subprocess
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import Any

from hartlock.base.errors import UsageError
from hartlock.records.parser import START, Reader

LARGEST = 1 << 30  # bytes that a compressed file may unpack to
PIECE = 1 << 16  # bytes that are unpacked at once, and that a wrapped record may have
UNPACK_S = 300
MAGIC: dict[bytes, Callable[[], Any]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31), b"BZh": bz2.BZ2Decompressor, b"\xfd7zXZ\0": lzma.LZMADecompressor}
ZSTD = b"\x28\xb5\x2f\xfd"
_ESCAPE = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]+[0-~]|[0-Z\\^-~])")
_SUM = re.compile(rb" \*([0-9a-f]{8})(?![0-9a-f])")


def lines_of(data: bytes) -> bytes:
    """Returns what the console sent, as far as the file `data` has it. Raises UsageError for what cannot be unpacked."""
    data = _ended(_one_byte(_unpacked(data)))
    if b"\x1b" in data:
        data = _ESCAPE.sub(b"", data)
    lines = data.split(b"\n")
    if all(_is_record(line) for line in lines if START.search(line)):
        return data
    return b"\n".join(_cut(line) for line in _joined(lines))


def seen(data: bytes) -> str:
    """Returns a clause that says what of hartlock's is in lines_of() a file."""
    if not data.strip():
        return "it is empty"
    reader, lines = Reader(), data.split(b"\n")
    for line in lines:
        reader.feed(line)
    damaged = reader.counts.get("damaged", 0)
    if not reader.good and not damaged:
        return f"it has no record of hartlock's in {len(data)} bytes, {len(lines)} line{'s' if len(lines) > 1 else ''}"
    why = Counter(fault.text.removeprefix("a damaged record: ") for fault in reader.faults if fault.kind == "damaged").most_common(1)
    told = f"{reader.good} whole records, {damaged} damaged" if reader.good else f"{damaged} record(s), all damaged"
    return f"it has {told}" + (f": {why[0][0]}" if why else "")


def _unpacked(data: bytes) -> bytes:
    """Returns the contents of a compressed file; those of another as they are. What a file that is cut short has is kept."""
    if data.startswith(ZSTD):
        return _of_zstd(data)
    make = next((make for magic, make in MAGIC.items() if data.startswith(magic)), None)
    if make is None:
        return data
    unpacked = b"".join(_pieces(make, data))
    if not unpacked:
        raise UsageError("it is compressed, and cannot be unpacked")
    return unpacked


def _pieces(make: Callable[[], Any], data: bytes) -> Iterator[bytes]:
    """Yields what the members of a compressed file hold, until one is damaged."""
    one, size = make(), 0
    for at in range(0, len(data), PIECE):
        rest = data[at:at + PIECE]
        while rest:
            try:
                piece = one.decompress(rest)
            except (zlib.error, lzma.LZMAError, OSError, ValueError, EOFError):
                return
            if (size := size + len(piece)) > LARGEST:
                raise UsageError(f"it unpacks to more than {LARGEST} bytes")
            yield piece
            rest = one.unused_data if one.eof else b""
            one = make() if one.eof else one


def _of_zstd(data: bytes) -> bytes:
    if shutil.which("zstd") is None:
        raise UsageError("it is compressed by zstd: install the Debian package zstd, or unpack it")
    done = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, timeout=UNPACK_S, check=False)
    if not done.stdout:
        raise UsageError("it is compressed by zstd, and cannot be unpacked")
    return done.stdout


def _one_byte(data: bytes) -> bytes:
    """Returns UTF-16 as UTF-8: with its mark, or without it if the name of the first record is there in two bytes a letter."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    if b"@\0b\0o\0o\0t\0" in data and b"@boot" not in data:
        odd, even = data[1:PIECE:2].count(0), data[:PIECE:2].count(0)
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace").encode()
    return data


def _ended(data: bytes) -> bytes:
    """Returns the text with LF where its lines end in CR alone."""
    alone = data.count(b"\r") - data.count(b"\r\n")
    return data.replace(b"\r", b"\n") if alone > data.count(b"\n") else data


def _last_start(line: bytes) -> int:
    """Returns where the last record of a line starts; -1 if there is none."""
    at = -1
    for found in START.finditer(line) if b"@" in line else ():
        at = found.start()
    return at


def _end(body: bytes) -> int:
    """Returns where the record ends that `body` begins with; 0 if no checksum in it is right."""
    crc, done = 0, 0
    for found in _SUM.finditer(body):
        crc, done = zlib.crc32(body[done:found.start()], crc), found.start()
        if crc == int(found[1], 16):
            return found.end()
    return 0


def _is_record(line: bytes) -> bool:
    at = _last_start(line)
    return at >= 0 and len(line[at:].rstrip()) == _end(line[at:]) > 0


def _cut(line: bytes) -> bytes:
    """Returns the line without what a tool wrote behind its record."""
    at = _last_start(line)
    end = _end(line[at:]) if at >= 0 else 0
    return line[:at + end] if end else line


def _shape(text: bytes) -> bytes:
    """Returns what a time stamp has in common with the next: its digits are all 0."""
    return re.sub(rb"[0-9]", b"0", text)


def _joined(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Yields the lines, and of a record that was wrapped one."""
    torn = [line for line in lines if (at := _last_start(line)) >= 0 and not _end(line[at:])]
    width = max((len(line.rstrip(b"\r")) for line in torn), default=0)
    at = 0
    while at < len(lines):
        start = _last_start(lines[at])
        whole, used = (b"", 0) if start < 0 or _end(lines[at][start:]) else _wrapped(lines, at, start, width)
        yield whole if used else lines[at]
        at += used or 1


def _wrapped(lines: Sequence[bytes], first: int, start: int, width: int) -> tuple[bytes, int]:
    """Returns the record that begins in a line and goes on in the next, and how many lines it takes; 0 if there is none.

    Where a line is short of the margin, or at each end, a blank may have been lost. Where each of the lines that a record begins in has
    lost one, the margin is a character further than they are long.
    """
    parts = list(_parts(lines, first))
    bodies = [part[start:] if not i or _shape(part[:start]) == _shape(parts[0][:start]) else part for i, part in enumerate(parts)]
    short, nearly = ([b" " if len(part) < margin else b"" for part in parts] for margin in (width, width + 1))
    for seams in (short, nearly, [b""] * len(parts), [b" "] * len(parts)):
        pieces = [body + seam for body, seam in zip(bodies, seams, strict=True)]
        text = b"".join(pieces)
        if end := _end(text):
            ends = accumulate(map(len, pieces))
            return parts[0][:start] + text[:end], 1 + sum(1 for each in ends if each < end)
    return b"", 0


def _parts(lines: Sequence[bytes], first: int) -> Iterator[bytes]:
    """Yields a line and those after it, until another record starts or they are too many for one."""
    yield lines[first].rstrip(b"\r")
    size = len(lines[first])
    for at in range(first + 1, len(lines)):
        size += len(lines[at]) + 1
        if size > PIECE or START.search(lines[at]):
            return
        yield lines[at].rstrip(b"\r")
