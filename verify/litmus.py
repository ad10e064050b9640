"""Writes one litmus test: the items (events.py) of all harts as herd7's input.

Each memory instruction and fence is that of the object file, with its order bits. Addresses,
stored values and branches depend on the loads that they depend on there (`xor t,r,r` is 0
and depends on r), and on nothing else. `filter` asks for the values that the loads have in
this combination. A branch goes to the instruction behind it: its way is known, and its
order stays.

amocas becomes an amoswap if it stored, and a load if it did not: either orders less.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from verify.errors import Unsupported
from verify.events import Deps, Item, Items
from verify.memory import HALVES, Layout, Location, Memory, written
from verify.ops import signed
from verify.scenario import Condition


@dataclass
class _Thread:
    layout: Layout
    number: int
    free: list[str] = field(default_factory=lambda: [f"x{n}" for n in range(27, 0, -1)])
    lines: list[str] = field(default_factory=list)
    presets: dict[str, str] = field(default_factory=dict)  # initial value -> register
    loaded: dict[int, str] = field(default_factory=dict)  # item -> register
    expected: list[str] = field(default_factory=list)
    labels: int = 0

    def spare(self) -> str:
        if not self.free:
            raise Unsupported("a litmus test needs more registers than there are")
        return self.free.pop()

    def preset(self, value: str) -> str:
        """A register that has the value from the start."""
        if value == "0":
            return "x0"
        if value not in self.presets:
            self.presets[value] = self.spare()
        return self.presets[value]

    def depends(self, value: str, deps: Deps, temporaries: str) -> str:
        """A register that has the value and depends on these items."""
        base, sources = self.preset(value), [self.loaded[n] for n in sorted(deps)]
        if not sources:
            return base
        total, more = temporaries.split()
        self.lines.append(f"xor {total},{sources[0]},{sources[0]}")
        for source in sources[1:]:
            self.lines += [f"xor {more},{source},{source}", f"add {total},{total},{more}"]
        if base != "x0":
            self.lines.append(f"add {total},{total},{base}")
        return total

    def expect(self, register: str, value: str) -> None:
        self.expected.append(f"{self.number}:{register}={value}")


def _item(thread: _Thread, number: int, item: Item) -> None:
    if item.op.kind == "fence":
        thread.lines.append("fence.tso" if item.op.order == "tso" else f"fence {item.op.order}")
    elif item.location is None:
        zero = thread.depends("0", item.branch, "x28 x29")
        thread.labels += 1
        label = f"L{thread.number}{thread.labels:02d}"
        thread.lines += [f"bne {zero},x0,{label}", f"{label}:"]
    else:
        _access(thread, number, item, item.location)


def _access(thread: _Thread, number: int, item: Item, where: Location) -> None:
    op, size = item.op, "w" if item.op.width == 4 else "d"
    address = thread.depends(thread.layout.word(where), item.address, "x28 x29")
    order = f".{op.order}" if op.order else ""
    source = ""
    if item.wrote is not None:
        given = signed(item.operand) if op.kind == "amo" and item.loads else item.wrote
        if op.kind == "amo" and op.name != "swap" and op.width > 4 and max(item.read or 0, item.wrote) >= HALVES:
            raise Unsupported(f"{op.insn}: computes with {item.wrote:#x}, which is beyond 30 bits")
        source = thread.depends(written(given, op.width), item.data, "x30 x31")
    result = "x0"
    if item.loads and item.read is not None:
        result = thread.loaded[number] = thread.spare()
        thread.expect(result, written(item.read, op.width))
    thread.lines.append(_line(item, f"{size}{order}", result, source, f"0({address})", thread))


def _line(item: Item, suffix: str, result: str, source: str, address: str, thread: _Thread) -> str:
    kind = item.op.kind
    if kind == "lr":
        return f"lr.{suffix} {result},{address}"
    if kind == "sc" and item.pair is not None:
        done = thread.spare()
        thread.expect(done, "0")
        return f"sc.{suffix} {done},{source},{address}"
    if item.loads and item.wrote is not None:
        return f"amo{'swap' if kind == 'cas' else item.op.name}.{suffix} {result},{source},{address}"
    return f"l{suffix} {result},{address}" if item.loads else f"s{suffix} {source},{address}"


def _words(layout: Layout, harts: Sequence[Items], memory: Memory, condition: Condition) -> list[str]:
    places = {i.location for items in harts for i in items if i and i.location} | set(condition.locations)
    return [f"uint{8 * width}_t {layout.word((address, width))}={written(memory.get((address, width), 0), width)};"
            for address, width in sorted(places)]


def render(name: str, layout: Layout, memory: Memory, harts: Sequence[Items], condition: Condition,
           bad: bool = True) -> str:
    """The text of one litmus test. Its `exists` is a bad execution, or (not `bad`) a good one."""
    threads = []
    for number, items in enumerate(harts):
        thread = _Thread(layout, number)
        for n, item in enumerate(items):
            if item:
                _item(thread, n, item)
        threads.append(thread)
    columns = [[f"P{t.number}", *t.lines] for t in threads]
    widths = [max(map(len, column)) for column in columns]
    rows = [" | ".join((c[i] if i < len(c) else "").ljust(w) for c, w in zip(columns, widths, strict=True))
            for i in range(max(map(len, columns)))]
    presets = " ".join(f"{t.number}:{r}={v};" for t in threads for v, r in t.presets.items())
    expected = " /\\ ".join(e for t in threads for e in t.expected)
    wanted = " /\\ ".join(filter(None, [expected, condition.text(layout, bad)]))
    return "\n".join([f"RISCV {name}", "{", *_words(layout, harts, memory, condition), presets, "}",
                      *(f" {row} ;" for row in rows), *([f"filter ({expected})"] if expected else []),
                      f"exists ({wanted})", ""])
