"""Reads a plan back from the kernel's words, as a board's log has them."""

from collections import Counter

from hartlock.base.errors import UsageError
from hartlock.plan import replay, schema, strategies
from hartlock.plan.plan import FIXED, FORMAT, MAX_HARTS, OF_THE_RUN, Combination, Plan, Workload
from hartlock.plan.windows import Windows

Values = dict[str, int | str]
SHOWN_BY_RECORDS = ("passes", "inject")  # keys whose effect the records show
COLUMN_OF_FILE = {"replay": "replay", "observed": "sizes"}  # keys that a workload file is the value of, and the columns that name it


def _number(key: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise UsageError(f"the board's plan has {key}={value}, which is not a number")
    return int(value)


def _cell(item: str) -> Combination:
    name, colon, harts = item.partition(":")
    if name not in (*strategies.known(), strategies.CLOCK, strategies.PROBE):
        raise UsageError(f"the board's plan has {item!r}: this hartlock knows no such strategy")
    if not colon or not 1 <= _number(name, harts) <= MAX_HARTS:
        raise UsageError(f"the board's plan has {item!r}, which is not strategy:harts")
    return Combination(name, int(harts))


def _enter(values: Values, word: str) -> None:
    """Read one word of the plan, key=value, into the values."""
    key, equals, text = word.partition("=")
    if not equals or key not in schema.keys() and key not in SHOWN_BY_RECORDS:
        raise UsageError(f"the board's plan has {word!r}, which this hartlock does not know")
    if key in SHOWN_BY_RECORDS:
        return
    try:
        values[key] = schema.keys()[key].read(text)
    except ValueError as e:
        raise UsageError(f"the board's plan has {word}, {e}") from e
    if key == "think":
        values["think_range"] = values[key]


def _label(key: str, value: str) -> str:
    try:
        return replay.label_of(value)
    except ValueError as e:
        raise UsageError(f"the board's plan has {key}={value[:60]}, {e}") from e


def read(text: str, smp: int) -> tuple[Plan, Windows]:
    """The plan, and the windows it asks for. `smp`: the harts that the board has."""
    values: Values = {name: key.usual for name, key in schema.keys().items()}
    files = dict.fromkeys(COLUMN_OF_FILE, "")
    order: list[Combination] = []
    for word in text.partition("hartlock:")[2].split():
        key, _, value = word.partition("=")
        if key == "run":
            order += [_cell(item) for item in value.split(",")]
        elif key == "format":
            if _number(key, value) != FORMAT:
                raise UsageError(f"the board's plan has format {value}; this hartlock reads {FORMAT}")
        elif key in files:
            values[COLUMN_OF_FILE[key]], files[key] = _label(key, value), value
        else:
            _enter(values, word)
    if not order:
        raise UsageError("the board was not asked to measure anything: it had no plan (docs/ports/boards.md)")
    return _plan(order, _workload(values), files, int(values["seed"]), smp), Windows(*(int(values[name]) for name in Windows._fields))


def _workload(values: Values) -> Workload:
    columns = {key.column: values[name] for name, key in schema.keys().items()
               if key.column not in (schema.NONE, *OF_THE_RUN)}
    if values["sizes"] != FIXED:
        columns["size_bytes"] = 0
    return Workload(**columns, replay=values.get("replay", ""), arrival="poisson" if values["rate"] else "closed")


def _plan(order: list[Combination], workload: Workload, files: dict[str, str], seed: int, smp: int) -> Plan:
    asked, known = {t.strategy for t in order}, strategies.known()
    everything = asked >= set(strategies.choose("all", workload.allocator, workload.duty))  # a hart may lack an extension then
    return Plan(
        smp=smp, locks=tuple(name for name in known if name in asked),
        optional=tuple(name for name in known if everything and known[name].needs),
        harts=tuple(sorted({t.harts for t in order})),
        workload=workload, replay=files["replay"], observed=files["observed"], trials=max(Counter(order).values()), seed=seed, order=tuple(order))
