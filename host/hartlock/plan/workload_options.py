"""The options of the workload, from the command line to a Workload: an explicit option goes
before the scenario's, and that before the default."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

from hartlock.plan import replay, scenarios, schema
from hartlock.base.errors import UsageError
from hartlock.base.option_types import OptionError, int_between, one_of, shortened
from hartlock.plan.plan import FIXED, FRAME_BYTES, SIZES, Workload
from hartlock.plan.strategies import BUMP

Value = TypeVar("Value")
Options = Mapping[str, object]  # by option, with underscores: its value, or None if it was not given
Read = Callable[[str], object]
WITH_A_FILE = ("size", "align", "irq")  # options that do not say what a workload file says
FILE = ".toml"  # a size that ends so is a workload file
THINK = 100  # instructions between allocations, where the command line says nothing: the kernel's default is 0


def _between(key: str) -> Callable[[str], int]:
    """An option's type: a number that the kernel takes for that key, but for its default."""
    number = schema.number(key)
    return int_between(number.least, number.most)


def byte_count(text: str) -> int:
    """A number of bytes from 1 on, as 64, 4K or 1M."""
    found = re.fullmatch(r"([0-9]{1,30})([KM]?)", text)
    if not found or int(found[1]) == 0:
        raise OptionError(f"{shortened(text)!r} is not a number of bytes from 1 on (K and M are understood)")
    return int(found[1]) * {"": 1, "K": 1024, "M": 1024 * 1024}[found[2]]


def size(text: str) -> int | str | replay.Workload:
    """The value of --size: bytes, the name of a distribution, or the contents of a workload file that has sizes."""
    if text in SIZES:
        return text
    if text.endswith(FILE):
        return _with_sizes(Path(text))
    try:
        return byte_count(text)
    except OptionError as e:
        raise OptionError(f"{e}, not one of {', '.join(SIZES)}, and no FILE{FILE}") from None


def _with_sizes(path: Path) -> replay.Workload:
    found = replay.read(path, "--size")
    if not found.sizes:
        raise UsageError(f"--size {path}: no sizes are known of that lock: it is no allocator's, or it was observed before QEMU 10")
    return found


def arrival(text: str) -> int:
    """The value of --arrival: operations a second of each hart; 0: a closed loop."""
    word, colon, rate = text.partition(":")
    if text == "closed":
        return 0
    if word != "poisson" or not colon:
        raise OptionError(f"{text!r} is neither closed nor poisson:RATE")
    return _between("rate")(rate)


def interrupt(text: str) -> tuple[int, int]:
    """The value of --interrupt: microseconds from one to the next, and instructions in each."""
    period, comma, length = text.partition(",")
    if not comma:
        raise OptionError(f"{text!r} is not PERIOD,LENGTH")
    return _between("interrupt_us")(period), _between("interrupt_length")(length)


def _most_ms(key: str) -> int:
    return schema.number(key).most // 1000


milliseconds = int_between(1, _most_ms("duration_us"))


@dataclass(frozen=True)
class Option:
    """An option of the workload. `key`: the one of bench/plan.def that it sets, with the key's bounds and default."""

    name: str  # without its dashes
    metavar: str
    help: str
    key: str = ""  # "": workload() makes fields of the option's value
    read: Read | None = None  # its type, where it is another than the key's

    def type(self) -> Read:
        if self.read is not None:
            return self.read
        return _between(self.key) if isinstance(schema.keys()[self.key], schema.Number) else one_of(*schema.choice(self.key).words)

    def usual(self) -> int | str:
        """The default of the option's key."""
        return schema.keys()[self.key].usual

    def text(self) -> str:
        """The help, with the key's default where the help names none."""
        if "default" in self.help:
            return self.help
        key = schema.keys()[self.key]
        none = isinstance(key, schema.Number) and key.usual < key.least
        more = f"{self.help[:-1]}; " if self.help.endswith(")") else f"{self.help} ("
        return f"{more}default {'none' if none else key.usual})"


OPTIONS = (
    Option("size", "BYTES", "of a block; or a distribution: small, pages, mixed, or a workload file of an allocator that was observed "
           "(default 16; where blocks come back 4K)", read=size),
    Option("align", "BYTES", "of a block, a power of two (default 16; for pages, and where blocks come back, 4K)", read=byte_count),
    Option("hold", "INSTR", "instructions of delay inside each allocation", "hold"),
    Option("think", "INSTR", f"instructions of delay between allocations, on average (default {THINK})", read=_between("think")),
    Option("think-range", "INSTR", "from the least to the most of them, drawn evenly; 0: always the same, and harts may "
           "fall into step (default: as much as --think, so from half to one and a half of it)", read=_between("think_range")),
    Option("batch", "BYTES", "that a hart takes at a time under the strategy magazine", "batch", byte_count),
    Option("touch", "LINES", "further lines written inside, shared by all harts, 0 to 64", "touch"),
    Option("placement", "WHERE", "of lock word, next address and bounds: padded (a line each), packed (side by side), "
           "random (side by side from anywhere on, drawn for each trial)", "placement"),
    Option("arrival", "WHEN", "closed: think, then ask. poisson:RATE: open loop, each hart is asked RATE times a second "
           "whether or not it is done, and response times count from then (default closed)", read=arrival),
    Option("interrupt", "PERIOD,LENGTH", "a timer interrupt on each hart every PERIOD microseconds for LENGTH "
           "instructions, wherever the hart is (default none; tcg only)", read=interrupt),
    Option("irq", "on|off", "off: interrupts are kept off in the section and while waiting for it", "irq"),
    Option("ipi", "PERIOD", "each hart sends an IPI to another one, drawn at random, every PERIOD microseconds, wherever that "
           "one is (tcg and board only)", "ipi_us"),
    Option("churn", "PERIOD", "every PERIOD microseconds a hart is stopped by SBI HSM between two operations, or one that was is "
           "started again (tcg and board only)", "churn_us"),
    Option("allocator", "NAME", "what the lock protects: bump never takes a block back; with pool (page frames and a list of the free "
           "ones), buddy (1 to 1024 frames) and cached-pool (16 frames of each hart before the pool) operations allocate and free by chance. "
           "With pool there is treiber, too, which needs no lock", "allocator"),
    Option("live", "BLOCKS", "that a hart has at the most, where blocks come back, 1 to 64", "live"),
    Option("burst", "OPS", "of one kind in a row, on average, where blocks come back, 1 to 64", "burst"),
    Option("remote", "PERCENT", "of the frees: another hart frees the block, 0 to 100", "remote"),
    Option("shootdown", "OPS", "every OPS-th operation of a hart interrupts all others inside its section, and waits there until each "
           "has acknowledged (tcg, model and board only)", "shootdown"),
    Option("waiters", "HOW", "what a hart that finds the lock held does: queue (what the lock has it do), poll (that, and between two "
           "looks it acknowledges a shootdown), try (it does not queue, but tries, and waits with its interrupts on)", "waiters"),
    Option("locks", "N", "of the strategy's kind, each with a heap of its own: an operation takes one of them, 1 to 65536", "locks"),
    Option("choose", "HOW", "which of several locks an operation takes: even (each as often), zipf (the k-th one k times more seldom than the "
           "first), nested (two of them, the second inside of the first, always in the same order)", "choose"),
    Option("handler", "WHAT", "what the handler of an interrupt of --interrupt does: count, or lock: it takes another lock of the same kind, "
           "whatever its hart was doing to the first", "handler"),
    Option("exhaust", "ROUNDS", "behind the passes, allocate to the end of a small heap, again and again", "exhaust"),
)

# The type of each option that a scenario may set.
TYPES: dict[str, Read] = {
    **{option.name: option.type() for option in OPTIONS},
    "duration": milliseconds, "warmup": int_between(0, _most_ms("warmup_us")), "model-duration": int_between(1, 1_000_000),
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


def replayed(options: Options, of_file: replay.Workload) -> Workload:
    """The workload of a file. Raises UsageError for options that the file's steps say, or that do not go with them."""
    asked = [option.name for option in OPTIONS if options[option.name.replace("-", "_")] is not None and option.name not in WITH_A_FILE]
    if options["scenario"]:
        asked.insert(0, "scenario")
    if asked:
        raise UsageError(f"--{asked[0]} with --workload: the file says what a section does, and when; give one of them")
    values = {schema.keys()[o.key].column: o.usual() for o in OPTIONS if o.key}
    sizes = {name: options[name] or schema.number(name).usual for name in ("size", "align")}
    if not isinstance(sizes["size"], int):
        drawn = sizes["size"].label if isinstance(sizes["size"], replay.Workload) else sizes["size"]
        raise UsageError(f"--size {drawn} with --workload: sizes are not drawn there; give a number of bytes")
    values["irq"] = str(options["irq"] or values["irq"])
    return Workload(**values, replay=of_file.label, size_bytes=sizes["size"], align_bytes=sizes["align"], think_instructions=0,
                    think_range_instructions=0)


def sizes_of(options: Options) -> replay.Workload | None:
    """The workload file whose sizes are drawn; None: no file's are."""
    asked = options["size"]
    return asked if isinstance(asked, replay.Workload) else None


def workload(options: Options, of_file: replay.Workload | None = None) -> Workload:
    """The workload that the options, or the file, ask for. Raises UsageError for options that contradict each other."""
    if of_file is not None:
        return replayed(options, of_file)
    values = {schema.keys()[option.key].column: given(options, option.name, option.usual()) for option in OPTIONS if option.key}
    frees = given(options, "allocator", BUMP) != BUMP
    wanted: int | str | replay.Workload = given(options, "size", FRAME_BYTES if frees else schema.number("size").usual)
    rate = given(options, "arrival", 0)
    if rate and options["think"]:
        raise UsageError("--think: with --arrival poisson the schedule says when a hart asks again")
    think = 0 if rate else given(options, "think", THINK)
    period, length = given(options, "interrupt", (0, 0))
    sizes = wanted.label if isinstance(wanted, replay.Workload) else wanted if isinstance(wanted, str) else FIXED
    return Workload(
        **values, scenario=str(options["scenario"] or ""), sizes=sizes, size_bytes=wanted if isinstance(wanted, int) else 0,
        align_bytes=given(options, "align", FRAME_BYTES if sizes == "pages" or frees and sizes not in SIZES else schema.number("align").usual),
        think_instructions=think, think_range_instructions=given(options, "think-range", think),
        arrival="poisson" if rate else "closed", arrival_ops_per_second=rate,
        interrupt_period_us=period, interrupt_instructions=length)


def wants(w: Workload) -> list[str]:
    """The options of a workload that not every engine can do."""
    asked = {"--interrupt": w.interrupt_period_us, "--irq off": w.irq == "off", "--ipi": w.ipi_period_us, "--churn": w.churn_period_us, "--shootdown": w.shootdown_ops}
    return [option for option, value in asked.items() if value]
