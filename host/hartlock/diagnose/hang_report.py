"""What the kernel says of harts that do not get on (@stuck, @hang; docs/trust/faults.md), for people."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hartlock.diagnose import symbols
from hartlock.plan import strategies
from hartlock.records.parser import Fields, RecordError

Places = Mapping[str, tuple[int, int]]  # what lies somewhere: address and bytes
Registers = Mapping[int, Mapping[str, int]]  # by hart id, then by name

_SIZES = {"a32": 4, "uint32_t": 4, "aptr": 8, "uintptr_t": 8, "size_t": 8}  # those of lock/ and alloc/
_FIELD = re.compile(r"^\t(?:_Alignas\((?P<align>\w+)\) )?(?P<type>(?:struct )?\w+) (?P<star>\*?)(?P<names>[\w, ]+);", re.MULTILINE)
_LOOP = re.compile(r"\b(throughput|latency|audit|grants)$")  # the outermost function of a timed loop: bench/worker.c
LINE = 64


def problem(f: Fields) -> str:
    """The sentence of a run that hung."""
    said = (f"no hart got on for {f.number('ms') / 1000:g} s: {f.number('stuck')} of {f.number('harts')} harts "
            "have not come back")
    if "trial" in f.values:
        said += f"; trial {f.number('trial')}, {f.text('strategy')}, {f.text('pass')} pass, {f.text('phase')}"
    return said


def words(f: Fields, key: str) -> dict[int, int]:
    """{offset: value} of the 64-bit words that were not 0."""
    try:
        pairs = (part.split(":") for part in f.text(key).split(",") if part)
        return {int(at): int(value, 16) for at, value in pairs}
    except ValueError:
        raise RecordError(f"line {f.record.line}: {key} of @{f.record.type} cannot be read") from None


def layout(header: Path, struct: str) -> list[tuple[str, int, int]]:
    """(name, offset, bytes) of the fields of a struct that is plain words, as far as it is."""
    found = re.search(rf"^struct {struct} \{{\n(.*?)^\}};", header.read_text(), re.MULTILINE | re.DOTALL)
    fields: list[tuple[str, int, int]] = []
    at = 0
    for m in _FIELD.finditer(found[1] if found else ""):
        size = 8 if m["star"] else _SIZES.get(m["type"])
        if size is None:
            break
        for name in m["names"].split(", "):
            align = LINE if m["align"] else size
            at = -(-at // align) * align
            fields.append((name, at, size))
            at += size
    return fields


def _name(value: int, places: Places) -> str:
    """A word's value; where it is an address in a node or in the lock, that."""
    of = [name for name, (at, size) in places.items() if at <= value < at + size]
    return of[0] if of else str(value) if value < 1 << 31 else hex(value)


def fields(f: Fields, key: str, header: Path, struct: str, places: Places) -> str:
    """"next=4 serving=0": the words by the names that the strategy's header gives them."""
    there = words(f, key)
    known = layout(header, struct)
    named = [(name, there.get(at - at % 8, 0) >> 8 * (at % 8) & (1 << 8 * size) - 1) for name, at, size in known]
    covered = max((at + size for _, at, size in known), default=0)
    rest = [f"+{at}: {_name(value, places)}" for at, value in there.items() if at >= covered and known or not known]
    return " ".join([f"{name}={_name(value, places)}" for name, value in named] + rest) or "all 0"


def _strategy(f: Fields) -> tuple[Path, str, str]:
    """Its header, and what its lock and its nodes are called there."""
    strategy = strategies.known()[f.text("strategy")]
    stem = strategy.header.stem
    return strategy.header, f"{stem}_heap" if strategy.lockfree else f"{stem}_lock", f"{stem}_node"


def lines(hang: Fields, stuck: Sequence[Fields], asked: Registers, image: Path, loaded_at: int) -> list[str]:
    """A line a hart: who answered, the kernel located; the others, whoever was asked from outside."""
    places = {f"hart {f.number('hart')}'s node": (f.number("node_at"), f.number("node_bytes")) for f in stuck if "node" in f.values}
    if "lock" in hang.values:
        places["the lock"] = hang.number("lock_at"), hang.number("lock_bytes")
    known = "strategy" in hang.values and hang.text("strategy") in strategies.known()
    header, lock, node = _strategy(hang) if known else (Path(), "", "")
    out = []
    for f in stuck:
        text = f"hart {f.number('hart')}: {_where(f, asked, image, loaded_at)}"
        if "ops" in f.values:
            text += f", after {f.number('ops')} operation(s)"
        if known and "node" in f.values:
            text += f"; its node: {fields(f, 'node', header, node, places)}"
        out.append(text)
    if known:
        out.append(f"{'heap' if strategies.known()[hang.text('strategy')].lockfree else 'lock'} at "
                   f"{hang.number('lock_at'):#x}: {fields(hang, 'lock', header, lock, places)}")
    return out


def _where(f: Fields, asked: Registers, image: Path, loaded_at: int) -> str:
    if "pc" in f.values:
        at, by = symbols.locate([f.number("pc"), f.number("ra")], image, loaded_at)
        return f"at {at}" if _LOOP.search(at) else f"at {at}, called from {by}"
    if f.number("answered"):
        return "was waiting for the others"
    registers = asked.get(f.number("id"))
    if not registers:
        return "did not answer an IPI, and there was nobody else to ask"
    at, by = symbols.locate([registers.get("pc", 0), registers.get("ra", 0)], image, loaded_at)
    trap = f", its last trap: scause {registers.get('scause', 0):#x} at {registers.get('sepc', 0):#x}" if "not in the kernel" in at else ""
    return f"did not answer an IPI; QEMU says: at {at}, called from {by}{trap}"
