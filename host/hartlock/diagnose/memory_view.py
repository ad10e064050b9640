"""Locate hung harts by reading the emulator's registers and guest memory, when the kernel can no
longer report.

The kernel's own report is made of records; where it can make none, this module makes the same
records of memory. bench/hang_view.h says what lies there, the image's debug information where.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hartlock.base.elf import Elf, ElfError
from hartlock.diagnose import hang_report
from hartlock.records.parser import Fields, Record

Memory = Callable[[int, int], Sequence[int]]  # (address, count): so many 64-bit words, or none

VIEW = "hang_view"  # the variable, and its struct, of 64-bit words
LARGEST = 1 << 16  # bytes: what is larger is no lock, and memory is not what it should be


def view(memory: Memory, image: Path) -> dict[str, int]:
    """Returns the words of the kernel's hang_view by their names; {} if memory has none."""
    try:
        elf = Elf(image)
        at = elf.symbol(VIEW)
        members = elf.layouts([VIEW]).get(VIEW, ()) if at else ()
    except ElfError:
        return {}
    found = memory(at, len(members)) if at and members else ()
    return {m.name: found[m.offset // 8] for m in members} if len(found) == len(members) else {}


def _text(memory: Memory, address: int) -> str:
    raw = b"".join(word.to_bytes(8, "little") for word in memory(address, 4))
    return raw.split(b"\0")[0].decode("ascii", "replace")


def _words(memory: Memory, address: int, size: int) -> bytes:
    """Returns OFFSET:VALUE of the words that are not 0, as the kernel writes them in its records."""
    values = memory(address, (size + 7) // 8) if size else ()
    return ",".join(f"{8 * i}:{value:#x}" for i, value in enumerate(values) if value).encode()


def _fields(kind: str, **values: object) -> Fields:
    raw = {key: value if isinstance(value, bytes) else str(value).encode() for key, value in values.items()}
    return Fields(Record(kind, 0, 0, b""), raw)


def _hang(seen: Mapping[str, int], memory: Memory) -> Fields:
    """Returns the @hang that the kernel would have written."""
    return _fields("hang", trial=seen["trial"], strategy=_text(memory, seen["strategy"]), lock_at=seen["lock"],
                   lock_bytes=seen["lock_bytes"], lock=_words(memory, seen["lock"], seen["lock_bytes"]))


def _own_locks(seen: Mapping[str, int], memory: Memory, index: int) -> dict[str, object]:
    """Returns the keys of @stuck that tell a hart's locks; {} if all harts take one. The inner one is told if it is another."""
    told: dict[str, object] = {}
    for which in hang_report.LOCKS if seen["lock_stride"] else ():
        at = next(iter(memory(seen[which] + index * seen["node_stride"], 1)), 0)
        if at and at != told.get("outer_at"):
            told |= {f"{which}_number": (at - seen["lock"]) // seen["lock_stride"], f"{which}_at": at, f"{which}_bytes": seen["lock_bytes"],
                     which: _words(memory, at, seen["lock_bytes"])}
    return told


def _stuck(seen: Mapping[str, int], memory: Memory, index: int, hart: int, registers: Mapping[str, int]) -> Fields:
    """Returns the @stuck of the trial's hart of that index, whose hart id is `hart`."""
    node = seen["node"] + index * seen["node_stride"]
    kept = {"node_at": node, "node_bytes": seen["node_bytes"], "node": _words(memory, node, seen["node_bytes"])}
    awaits = memory(seen["awaits"] + index * seen["awaits_stride"], 1)
    done = memory(seen["ops"] + index * seen["ops_stride"], 1)
    return _fields("stuck", hart=index, id=hart, answered=1, pc=registers.get("pc", 0), ra=registers.get("ra", 0),
                   **({"ops": done[0]} if done else {}),
                   **_own_locks(seen, memory, index),
                   **({"awaits": awaits[0] - 1} if awaits and awaits[0] else {}), **(kept if seen["node_bytes"] else {}))


def look(registers: hang_report.Registers, memory: Memory, image: Path) -> list[str]:
    """Returns what hang_report.lines() says of the pass that runs; [] if none does, or it cannot be seen."""
    seen = view(memory, image)
    if not seen or not 0 < seen["harts"] <= len(registers) or max(seen["lock_bytes"], seen["node_bytes"]) > LARGEST:
        return []
    hang = _hang(seen, memory)
    harts = list(enumerate(sorted(registers.items())))[:seen["harts"]]
    stuck = [_stuck(seen, memory, index, hart, values) for index, (hart, values) in harts]
    return hang_report.lines(hang, stuck, {}, image, 0) + [
        f"in trial {seen['trial']}, {hang.text('strategy')}, {_text(memory, seen['pass'])} pass"]
