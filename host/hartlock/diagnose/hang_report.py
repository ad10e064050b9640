"""The report of a hang, for people: the kernel's records of harts that do not get on (@stuck, @hang;
docs/trust/faults.md), with functions, lines and the names of the lock's words added."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from hartlock.base.elf import Elf, ElfError, Member
from hartlock.diagnose import symbols
from hartlock.plan import strategies
from hartlock.records.parser import Fields, RecordError

Places = Mapping[str, tuple[int, int]]  # by what lies there: its address and its bytes
Registers = Mapping[int, Mapping[str, int]]  # by hart id, then by name

LOCKS = ("outer", "inner")  # keys of @stuck: a hart's locks, where there are several

_LOOP = re.compile(r"\b(throughput|latency|audit|grants)$")  # the outermost function of a timed loop: bench/worker.c


def problem(f: Fields) -> str:
    """Returns the sentence that tells of a run that hung."""
    said = (f"no hart got on for {f.number('ms') / 1000:g} s: {f.number('stuck')} of {f.number('harts')} harts "
            "have not come back")
    if "trial" in f.values:
        said += f"; trial {f.number('trial')}, {f.text('strategy')}, {f.text('pass')} pass, {f.text('phase')}"
    return said


def words(f: Fields, key: str) -> dict[int, int]:
    """Returns {offset in bytes: value} of the 64-bit words that were not 0. Raises RecordError where
    the record's text is not that."""
    try:
        pairs = (part.split(":") for part in f.text(key).split(",") if part)
        return {int(at): int(value, 16) for at, value in pairs}
    except ValueError:
        raise RecordError(f"line {f.record.line}: {key} of @{f.record.type} cannot be read") from None


def _name(value: int, places: Places) -> str:
    """Returns a word's value, or what lies at that address: a node, the lock."""
    of = [name for name, (at, size) in places.items() if at <= value < at + size]
    return of[0] if of else str(value) if value < 1 << 31 else hex(value)


def named_words(there: Mapping[int, int], members: Sequence[Member], places: Places) -> str:
    """Returns "next=4 serving=0": the words by the names of the structure's members. Array elements
    that are 0 are left out; words that no member covers are given by their offsets."""
    values = [(m, there.get(m.offset - m.offset % 8, 0) >> 8 * (m.offset % 8) & (1 << 8 * m.size) - 1) for m in members]
    told = [f"{m.name}={_name(value, places)}" for m, value in values if value or not m.repeated]
    covered = max((m.offset + m.size for m in members), default=0)
    told += [f"+{at}: {_name(value, places)}" for at, value in there.items() if at >= covered]
    return " ".join(told) or "all 0"


def _layouts(strategy: strategies.Strategy, image: Path) -> tuple[Sequence[Member], Sequence[Member]]:
    """Returns the members of what its harts share (a lock, or a heap) and of a hart's node."""
    stem = strategy.header.stem
    shared, node = f"{stem}_heap" if strategy.lockfree else f"{stem}_lock", f"{stem}_node"
    try:
        found = Elf(image).layouts([shared, node])
    except ElfError:
        return (), ()
    return found.get(shared, ()), found.get(node, ())


def _places(hang: Fields, stuck: Sequence[Fields]) -> Places:
    places = {f"hart {f.number('hart')}'s node": (f.number("node_at"), f.number("node_bytes")) for f in stuck if "node" in f.values}
    for f, which in ((f, which) for f in stuck for which in LOCKS if which in f.values):
        places[f"lock {f.number(which + '_number')}"] = f.number(f"{which}_at"), f.number(f"{which}_bytes")
    if "lock" in hang.values:
        places.setdefault("the lock", (hang.number("lock_at"), hang.number("lock_bytes")))
    return places


def _of_several(f: Fields, members: Sequence[Member], places: Places) -> str:
    """Returns what a hart's own locks hold, of a trial with several: the outer one, and the one that it takes inside of that."""
    told = [f"lock {f.number(which + '_number')} at {f.number(which + '_at'):#x}: {named_words(words(f, which), members, places)}"
            for which in LOCKS if which in f.values]
    return "".join(f"; {said} {text}" for said, text in zip(("it takes or took last", "and inside of that"), told, strict=False))


def lines(hang: Fields, stuck: Sequence[Fields], asked: Registers, image: Path, loaded_at: int) -> list[str]:
    """Returns a line a hart, and one of the lock if all take the same. `asked` holds what the emulator said of the registers
    of harts that answered nobody; `image` gives names, and was loaded at `loaded_at` (0: where linked)."""
    places = _places(hang, stuck)
    strategy = strategies.known().get(hang.text("strategy")) if "strategy" in hang.values else None
    lock, node = _layouts(strategy, image) if strategy else ((), ())
    out = []
    for f, where in zip(stuck, _where(stuck, asked, image, loaded_at), strict=True):
        text = f"hart {f.number('hart')}: {where}"
        if "ops" in f.values:
            text += f", after {f.number('ops')} operation(s)"
        if "awaits" in f.values:
            text += f"; in its section it waits for hart {f.number('awaits')} to acknowledge a shootdown"
        if strategy and "node" in f.values:
            text += f"; its node: {named_words(words(f, 'node'), node, places)}"
        out.append(text + _of_several(f, lock, places))
    if strategy and not any("outer" in f.values for f in stuck):
        out.append(f"{'heap' if strategy.lockfree else 'lock'} at "
                   f"{hang.number('lock_at'):#x}: {named_words(words(hang, 'lock'), lock, places)}")
    return out + why(out)


def why(harts: Sequence[str]) -> list[str]:
    """Returns the sentence that says why they hang, where the lines of harts show it; else nothing."""
    if not any(re.search(r"\bshootdown \(", line) for line in harts):
        return []
    return ["why: an owner waits inside its section for all harts to acknowledge a shootdown, and a hart that waits for the lock with its "
            "interrupts off acknowledges nothing. One that polls answers between two looks (--waiters poll, LOCK_POLL()); one that tries "
            "waits with its interrupts on (--waiters try, lock/irqsave.h)"]


def _pc_and_ra(f: Fields, asked: Registers) -> tuple[int, int] | None:
    """Returns where a hart was and who had called, by the kernel or else by the emulator."""
    if "pc" in f.values:
        return f.number("pc"), f.number("ra")
    registers = None if f.number("answered") else asked.get(f.number("id"))
    return (registers.get("pc", 0), registers.get("ra", 0)) if registers else None


def _where(stuck: Sequence[Fields], asked: Registers, image: Path, loaded_at: int) -> Iterator[str]:
    """Yields where each hart was."""
    pairs = [_pc_and_ra(f, asked) for f in stuck]
    located = iter(symbols.locate([address for pair in pairs if pair for address in pair], image, loaded_at))
    for f, pair in zip(stuck, pairs, strict=True):
        at, by = (next(located), next(located)) if pair else ("", "")
        if "pc" in f.values:
            yield f"at {at}" if _LOOP.search(at) else f"at {at}, called from {by}"
        elif f.number("answered"):
            yield "was waiting for the others"
        elif not pair:
            yield "did not answer an IPI, and there was nobody else to ask"
        else:
            yield f"did not answer an IPI; QEMU says: at {at}, called from {by}{_last_trap(asked[f.number('id')], at)}"


def _last_trap(registers: Mapping[str, int], at: str) -> str:
    """Returns the last trap's cause and place, of a hart that is in firmware."""
    if "not in the kernel" not in at:
        return ""
    return f", its last trap: scause {registers.get('scause', 0):#x} at {registers.get('sepc', 0):#x}"
