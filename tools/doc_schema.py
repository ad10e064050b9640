"""The tables of keys and counters in docs/, made from bench/plan.def, counters.def, passes.def and probes.def."""

from collections.abc import Sequence

from hartlock.plan import schema
from hartlock.plan.schema import Choice, Number, Word
from hartlock.probe.kinds import ANY, RISCV, kinds


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _amount(value: int) -> str:
    """Returns the number; one that is just below a large power of two as that: 2^32 − 1."""
    for below in (1, 2):
        bits = (value + below).bit_length() - 1
        if bits >= 31 and value + below == 1 << bits:
            return f"2^{bits} − {below}"
    return str(value)


def _values(key: Number | Choice) -> str:
    if isinstance(key, Choice):
        return ", ".join(f"`{word}`" for word in key.words)
    none = "0, " if key.usual == 0 and key.least > 0 else ""
    return f"{none}{key.least} to {_amount(key.most)}"


def _usual(key: Number | Choice) -> str:
    return f"`{key.usual}`" if isinstance(key, Choice) else str(key.usual)


def plan_table() -> str:
    """Returns the table of the plan's keys."""
    rows = []
    for entry in schema.entries():
        if isinstance(entry, Number | Choice):
            rows.append([f"`{entry.key}`", _values(entry), entry.unit, _usual(entry), entry.meaning])
        elif isinstance(entry, Word):
            rows.append([f"`{entry.key}`", "", "", entry.default, entry.meaning])
    return _table(("key", "values", "unit", "default", "meaning"), rows)


def pass_table() -> str:
    """Returns the table of the passes."""
    return _table(("letter", "pass", "meaning"), [[f"`{p.letter}`", f"`{p.name}`", p.meaning] for p in schema.passes().values()])


def probe_table() -> str:
    """Returns the table of the probe's measurements."""
    rows = [[f"`{k.name}`", k.where, k.meaning + {ANY: "", RISCV: " (RISC-V)"}.get(k.needs, f" (`{k.needs}`)"),
             f"`{k.less}`" if k.less else ""] for k in kinds().values()]
    return _table(("kind", "a, b", "one operation", "less"), rows)


def counter_table() -> str:
    """Returns the table of the counters that @share has."""
    rows = [[f"`{c.name}`", c.passes or "all", c.unit, c.meaning] for c in schema.counters().values() if c.passes != "exhaust"]
    return _table(("key", "passes", "unit", "meaning"), rows)
