"""The options of the workload, from the command line to a Workload: an explicit option goes
before the scenario's, and that before the default."""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

from hartlock.plan import scenarios
from hartlock.base.errors import UsageError
from hartlock.base.option_types import OptionError, int_between, one_of, shortened
from hartlock.plan.plan import FIXED, SIZES, Workload

Value = TypeVar("Value")
Options = Mapping[str, object]  # by option, with underscores: its value, or None if it was not given
MOST_INSTRUCTIONS = 10**9
instructions = int_between(0, MOST_INSTRUCTIONS)


def byte_count(text: str) -> int:
    """A number of bytes from 1 on, as 64, 4K or 1M."""
    found = re.fullmatch(r"([0-9]{1,30})([KM]?)", text)
    if not found or int(found[1]) == 0:
        raise OptionError(f"{shortened(text)!r} is not a number of bytes from 1 on (K and M are understood)")
    return int(found[1]) * {"": 1, "K": 1024, "M": 1024 * 1024}[found[2]]


def size(text: str) -> int | str:
    """The value of --size: bytes, or the name of a distribution."""
    if text in SIZES:
        return text
    try:
        return byte_count(text)
    except OptionError as e:
        raise OptionError(f"{e}, and not one of {', '.join(SIZES)}") from None


def arrival(text: str) -> int:
    """The value of --arrival: operations a second of each hart; 0: a closed loop."""
    word, colon, rate = text.partition(":")
    if text == "closed":
        return 0
    if word != "poisson" or not colon:
        raise OptionError(f"{text!r} is neither closed nor poisson:RATE")
    return int_between(1, 10**9)(rate)


def interrupt(text: str) -> tuple[int, int]:
    """The value of --interrupt: microseconds from one to the next, and instructions in each."""
    period, comma, length = text.partition(",")
    if not comma:
        raise OptionError(f"{text!r} is not PERIOD,LENGTH")
    return int_between(10, 10**6)(period), instructions(length)


milliseconds = int_between(1, 3_600_000)

# The options that a scenario may set, each with the reader of its value.
TYPES: dict[str, Callable[[str], object]] = {
    "size": size, "align": byte_count, "hold": instructions, "think": instructions,
    "think-range": instructions, "batch": byte_count, "touch": int_between(0, 64),
    "placement": one_of("padded", "packed", "random"), "arrival": arrival, "interrupt": interrupt,
    "irq": one_of("on", "off"), "ipi": int_between(10, 10**6), "churn": int_between(10, 10**6), "exhaust": int_between(1, 10**6), "duration": milliseconds, "warmup": int_between(0, 3_600_000),
    "model-duration": int_between(1, 1_000_000),
}


def given(options: Options, option: str, default: Value) -> Value:
    """The explicit option's value, the scenario's, or the default."""
    value = options[option.replace("-", "_")]
    if value is None and options["scenario"] and option in (bundle := scenarios.options_of(str(options["scenario"]))):
        value = TYPES[option](bundle[option])
    return default if value is None else cast(Value, value)


def of_scenario(name: str) -> Workload:
    """The workload of a scenario, without any other option."""
    return workload({"scenario": name, **{option.replace("-", "_"): None for option in TYPES}})


def workload(options: Options) -> Workload:
    """The workload that the options of a run ask for."""
    wanted: int | str = given(options, "size", 16)
    rate = given(options, "arrival", 0)
    if rate and options["think"]:
        raise UsageError("--think: with --arrival poisson the schedule says when a hart asks again")
    think = 0 if rate else given(options, "think", 100)
    period, length = given(options, "interrupt", (0, 0))
    sizes = wanted if isinstance(wanted, str) else FIXED
    return Workload(
        size_bytes=wanted if isinstance(wanted, int) else 0,
        align_bytes=given(options, "align", 4096 if sizes == "pages" else 16),
        hold_instructions=given(options, "hold", 0), think_instructions=think,
        think_range_instructions=given(options, "think-range", think),
        batch_bytes=given(options, "batch", 4096), scenario=str(options["scenario"] or ""), sizes=sizes,
        touch_lines=given(options, "touch", 0), placement=given(options, "placement", "padded"),
        arrival="poisson" if rate else "closed", arrival_ops_per_second=rate,
        interrupt_period_us=period, interrupt_instructions=length, irq=given(options, "irq", "on"),
        ipi_period_us=given(options, "ipi", 0), churn_period_us=given(options, "churn", 0),
        exhaust_rounds=given(options, "exhaust", 0))


def wants(w: Workload) -> list[str]:
    """The options of a workload that not every engine can do."""
    asked = {"--interrupt": w.interrupt_period_us, "--irq off": w.irq == "off", "--ipi": w.ipi_period_us, "--churn": w.churn_period_us}
    return [option for option, value in asked.items() if value]
