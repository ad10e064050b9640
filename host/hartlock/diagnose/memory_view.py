"""A pass that hangs, seen from outside: registers and memory of harts that say nothing any more.

The kernel's own report (hang_report.py) is made of records; where it can make none, the same is
read out of the emulator's memory, from where bench/stuck.h says that it lies.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from hartlock.diagnose import hang_report
from hartlock.records.parser import Fields, Record
from hartlock.base.toolchain import cross_compile, output_of

Memory = Callable[[int, int], Sequence[int]]  # (address, count): so many 64-bit words, or none

# struct stuck_view of bench/stuck.h.
VIEW = ("harts", "trial", "strategy", "pass", "lock", "lock_bytes", "node", "node_bytes", "node_stride", "ops", "ops_stride")
LARGEST = 1 << 16  # bytes: what is larger is no lock, and memory is not what it should be


def view_at(image: Path) -> int:
    """Address of stuck_view, or 0."""
    found = re.search(r"^([0-9a-f]+) \w stuck_view$", output_of(cross_compile() + "nm", str(image)), re.MULTILINE)
    return int(found[1], 16) if found else 0


def _text(memory: Memory, address: int) -> str:
    raw = b"".join(word.to_bytes(8, "little") for word in memory(address, 4))
    return raw.split(b"\0")[0].decode("ascii", "replace")


def _words(memory: Memory, address: int, size: int) -> bytes:
    """As the kernel writes them: OFFSET:VALUE of those that are not 0."""
    values = memory(address, (size + 7) // 8) if size else ()
    return ",".join(f"{8 * i}:{value:#x}" for i, value in enumerate(values) if value).encode()


def _fields(kind: str, **values: object) -> Fields:
    raw = {key: value if isinstance(value, bytes) else str(value).encode() for key, value in values.items()}
    return Fields(Record(kind, 0, 0, b""), raw)


def look(registers: hang_report.Registers, memory: Memory, image: Path) -> list[str]:
    """What hang_report.lines() says of the pass that runs; [] if none does, or it cannot be seen."""
    at = view_at(image)
    view = dict(zip(VIEW, memory(at, len(VIEW)) if at else ()))
    if not view or not 0 < view["harts"] <= len(registers) or max(view["lock_bytes"], view["node_bytes"]) > LARGEST:
        return []
    said = _fields("hang", trial=view["trial"], strategy=_text(memory, view["strategy"]), lock_at=view["lock"],
                   lock_bytes=view["lock_bytes"], lock=_words(memory, view["lock"], view["lock_bytes"]))
    stuck = []
    for index, (hart, values) in list(enumerate(sorted(registers.items())))[:view["harts"]]:
        node = view["node"] + index * view["node_stride"]
        kept = {"node_at": node, "node_bytes": view["node_bytes"], "node": _words(memory, node, view["node_bytes"])}
        done = memory(view["ops"] + index * view["ops_stride"], 1)
        stuck.append(_fields("stuck", hart=index, id=hart, answered=1, pc=values.get("pc", 0), ra=values.get("ra", 0),
                             **({"ops": done[0]} if done else {}), **(kept if view["node_bytes"] else {})))
    return hang_report.lines(said, stuck, {}, image, 0) + [
        f"in trial {view['trial']}, {said.text('strategy')}, {_text(memory, view['pass'])} pass"]
