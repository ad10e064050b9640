"""The options of the workload, from the command line to a Workload: an explicit option goes
before the scenario's, and that before the default."""

import argparse
import re
from collections.abc import Callable
from typing import TypeVar, cast

from hartlock.plan import scenarios
from hartlock.base.errors import UsageError
from hartlock.base.option_types import int_between, shortened
from hartlock.plan.plan import FIXED, SIZES, Workload

Value = TypeVar("Value")
MOST_INSTRUCTIONS = 10**9
instructions = int_between(0, MOST_INSTRUCTIONS)


def byte_count(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,30})([KM]?)", text)
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{shortened(text)!r} is not a number of bytes from 1 on (K and M are understood)")
    return int(found[1]) * {"": 1, "K": 1024, "M": 1024 * 1024}[found[2]]


def size(text: str) -> int | str:
    """The value of --size: bytes, or the name of a distribution."""
    if text in SIZES:
        return text
    try:
        return byte_count(text)
    except argparse.ArgumentTypeError as e:
        raise argparse.ArgumentTypeError(f"{e}, and not one of {', '.join(SIZES)}") from None


def arrival(text: str) -> int:
    """The value of --arrival: operations a second of each hart; 0: a closed loop."""
    word, colon, rate = text.partition(":")
    if text == "closed":
        return 0
    if word != "poisson" or not colon:
        raise argparse.ArgumentTypeError(f"{text!r} is neither closed nor poisson:RATE")
    return int_between(1, 10**9)(rate)


def interrupt(text: str) -> tuple[int, int]:
    """The value of --interrupt: microseconds from one to the next, and instructions in each."""
    period, comma, length = text.partition(",")
    if not comma:
        raise argparse.ArgumentTypeError(f"{text!r} is not PERIOD,LENGTH")
    return int_between(10, 10**6)(period), instructions(length)


def one_of(*words: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return parse


milliseconds = int_between(1, 3_600_000)

# What a scenario may set: by option, how its value is read.
_TYPES: dict[str, Callable[[str], object]] = {
    "size": size, "align": byte_count, "hold": instructions, "think": instructions,
    "think-range": instructions, "batch": byte_count, "touch": int_between(0, 64),
    "placement": one_of("padded", "packed", "random"), "arrival": arrival, "interrupt": interrupt,
    "irq": one_of("on", "off"), "ipi": int_between(10, 10**6), "churn": int_between(10, 10**6), "exhaust": int_between(1, 10**6), "duration": milliseconds, "warmup": int_between(0, 3_600_000),
    "model-duration": int_between(1, 1_000_000),
}


def add_options(group: argparse._ArgumentGroup) -> None:
    def add(option: str, metavar: str, text: str) -> None:
        group.add_argument(f"--{option}", type=_TYPES[option], metavar=metavar, help=text)

    group.add_argument("--scenario", metavar="NAME",
                       help="a named bundle of the options below, which they override; --list-scenarios lists them")
    group.add_argument("--list-scenarios", action="store_true", help="list the scenarios, with reasons, and stop")
    add("size", "BYTES", "of a block, or a distribution: small, pages, mixed (default 16)")
    add("align", "BYTES", "of a block, a power of two (default 16; for pages 4K)")
    add("hold", "INSTR", "instructions of delay inside each allocation (default 0)")
    add("think", "INSTR", "instructions of delay between allocations, on average (default 100)")
    add("think-range", "INSTR", "from the least to the most of them, drawn evenly; 0: always the same, and harts may "
                                "fall into step (default: as much as --think, so from half to one and a half of it)")
    add("batch", "BYTES", "that a hart takes at a time under the strategy magazine (default 4K)")
    add("touch", "LINES", "further lines written inside, shared by all harts, 0 to 64 (default 0)")
    add("placement", "WHERE", "of lock word, next address and bounds: padded (a line each), packed (side by side), "
                              "random (side by side from anywhere on, drawn for each trial; default padded)")
    add("arrival", "WHEN", "closed: think, then ask. poisson:RATE: open loop, each hart is asked RATE times a second "
                           "whether or not it is done, and response times count from then (default closed)")
    add("interrupt", "PERIOD,LENGTH", "a timer interrupt on each hart every PERIOD microseconds for LENGTH "
                                      "instructions, wherever the hart is (default none; tcg only)")
    add("irq", "on|off", "off: interrupts are kept off in the section and while waiting for it (default on)")
    add("ipi", "PERIOD", "each hart sends an IPI to another one, drawn at random, every PERIOD microseconds, wherever that "
                         "one is (default none; tcg and board only)")
    add("churn", "PERIOD", "every PERIOD microseconds a hart is stopped by SBI HSM between two operations, or one that was is "
                           "started again (default none; tcg and board only)")
    add("exhaust", "ROUNDS", "behind the passes, allocate to the end of a small heap, again and again (default none)")


def given(options: argparse.Namespace, option: str, default: Value) -> Value:
    """The explicit option's value, the scenario's, or the default."""
    value = getattr(options, option.replace("-", "_"))
    if value is None and options.scenario and option in (bundle := scenarios.options_of(options.scenario)):
        value = _TYPES[option](bundle[option])
    return default if value is None else cast(Value, value)


def of_scenario(name: str) -> Workload:
    """The workload of a scenario, without any other option."""
    return workload(argparse.Namespace(scenario=name, **{option.replace("-", "_"): None for option in _TYPES}))


def workload(options: argparse.Namespace) -> Workload:
    wanted: int | str = given(options, "size", 16)
    rate = given(options, "arrival", 0)
    if rate and options.think:
        raise UsageError("--think: with --arrival poisson the schedule says when a hart asks again")
    think = 0 if rate else given(options, "think", 100)
    period, length = given(options, "interrupt", (0, 0))
    sizes = wanted if isinstance(wanted, str) else FIXED
    return Workload(
        size_bytes=wanted if isinstance(wanted, int) else 0,
        align_bytes=given(options, "align", 4096 if sizes == "pages" else 16),
        hold_instructions=given(options, "hold", 0), think_instructions=think,
        think_range_instructions=given(options, "think-range", think),
        batch_bytes=given(options, "batch", 4096), scenario=options.scenario or "", sizes=sizes,
        touch_lines=given(options, "touch", 0), placement=given(options, "placement", "padded"),
        arrival="poisson" if rate else "closed", arrival_ops_per_second=rate,
        interrupt_period_us=period, interrupt_instructions=length, irq=given(options, "irq", "on"),
        ipi_period_us=given(options, "ipi", 0), churn_period_us=given(options, "churn", 0),
        exhaust_rounds=given(options, "exhaust", 0))


def wants(w: Workload) -> list[str]:
    """The options of a workload that not every engine can do."""
    asked = {"--interrupt": w.interrupt_period_us, "--irq off": w.irq == "off", "--ipi": w.ipi_period_us, "--churn": w.churn_period_us}
    return [option for option, value in asked.items() if value]
