"""Reads a plan back from the kernel's words, as a board's log has them."""

from collections import Counter

from hartlock.plan import strategies
from hartlock.base.errors import UsageError
from hartlock.plan.plan import FIXED, FORMAT, MAX_HARTS, Cell, Plan, Workload

# The kernel's defaults (bench/plan.def; docs/reference/records.md).
DEFAULTS = {"format": FORMAT, "size": 16, "align": 16, "batch": 4096, "hold": 0, "think": 0, "duration_us": 100_000,
            "warmup_us": 20_000, "fairness_us": 25_000, "seed": 1, "clusters": 0,
            "touch": 0, "rate": 0, "interrupt_us": 0, "interrupt_length": 0, "ipi_us": 0, "churn_us": 0, "exhaust": 0}
TEXTS = {"sizes": FIXED, "placement": "padded", "irq": "on",
         "passes": "", "inject": "", "hang_ms": ""}  # the last two: what they ask for shows in the records


def _number(key: str, value: str) -> int:
    if not value.isascii() or not value.isdigit():
        raise UsageError(f"the board's plan has {key}={value}, which is not a number")
    return int(value)


def _cell(item: str) -> Cell:
    name, colon, harts = item.partition(":")
    if name not in strategies.known() and name != strategies.CLOCK:
        raise UsageError(f"the board's plan has {item!r}: this hartlock knows no such strategy")
    if not colon or not 1 <= _number(name, harts) <= MAX_HARTS:
        raise UsageError(f"the board's plan has {item!r}, which is not strategy:harts")
    return Cell(name, int(harts))


def read(text: str, smp: int) -> tuple[Plan, dict[str, int]]:
    """The plan, and all its numbers. `smp`: the harts that the board has."""
    numbers, texts, order = dict(DEFAULTS), dict(TEXTS), list[Cell]()
    for word in text.partition("hartlock:")[2].split():
        key, equals, value = word.partition("=")
        if key == "run":
            order += [_cell(item) for item in value.split(",")]
        elif not equals or key not in DEFAULTS | {"think_range": 0} and key not in TEXTS:
            raise UsageError(f"the board's plan has {word!r}, which this hartlock does not know")
        elif key in TEXTS:
            texts[key] = value
        else:
            numbers[key] = _number(key, value)
            if key == "think":
                numbers["think_range"] = numbers[key]
    if numbers["format"] != FORMAT:
        raise UsageError(f"the board's plan has format {numbers['format']}; this hartlock reads {FORMAT}")
    if not order:
        raise UsageError("the board was not asked to measure anything: it had no plan (docs/ports/boards.md)")
    return _plan(order, _workload(numbers, texts), numbers["seed"], smp), numbers


def _workload(numbers: dict[str, int], texts: dict[str, str]) -> Workload:
    fixed = texts["sizes"] == FIXED
    return Workload(
        size_bytes=numbers["size"] if fixed else 0, align_bytes=numbers["align"],
        hold_instructions=numbers["hold"], think_instructions=numbers["think"],
        think_range_instructions=numbers.get("think_range", numbers["think"]), batch_bytes=numbers["batch"],
        sizes=texts["sizes"], touch_lines=numbers["touch"], placement=texts["placement"],
        arrival="poisson" if numbers["rate"] else "closed", arrival_ops_per_second=numbers["rate"],
        interrupt_period_us=numbers["interrupt_us"], interrupt_instructions=numbers["interrupt_length"], irq=texts["irq"],
        ipi_period_us=numbers["ipi_us"], churn_period_us=numbers["churn_us"], exhaust_rounds=numbers["exhaust"])


def _plan(order: list[Cell], workload: Workload, seed: int, smp: int) -> Plan:
    asked, known = {t.strategy for t in order}, strategies.known()
    everything = asked >= set(known)  # --lock all: what some hart lacks an extension for is left out
    return Plan(
        smp=smp, locks=tuple(name for name in known if name in asked),
        optional=tuple(name for name in known if everything and known[name].needs),
        harts=tuple(sorted({t.harts for t in order})),
        workload=workload, trials=max(Counter(order).values()), seed=seed, order=tuple(order))
