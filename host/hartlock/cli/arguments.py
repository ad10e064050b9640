"""The options that several commands have, as argparse parsers. No other package knows argparse."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hartlock.base.option_types import OptionError, int_between, word
from hartlock.base.text import printable
from hartlock.engine.base import BOTH
from hartlock.engine.choose import ENGINES
from hartlock.plan import lock_forms, workload_options
from hartlock.plan import plan as plans

Value = TypeVar("Value")
INJECTED = ["panic", "record", "trap", "stack", "hang", "hang-all", "hang-irq", "lost"]  # kernel/inject.c


def typed(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """An argparse type: an OptionError of `parse` becomes argparse's own kind of error, with the same words."""
    def convert(text: str) -> Value:
        try:
            return parse(text)
        except OptionError as e:
            raise argparse.ArgumentTypeError(str(e)) from None

    return convert


def several(parse: Callable[[str], Value]) -> Callable[[str], tuple[Value, ...]]:
    """An argparse type: several values with commas between them, each once."""
    return typed(lambda text: tuple(dict.fromkeys(parse(part) for part in text.split(","))))


def integer(low: int, high: int) -> Callable[[str], int]:
    return typed(int_between(low, high))


harts = integer(1, plans.MAX_HARTS)
seed = integer(0, 2**64 - 1)
seconds = typed(lambda text: int_between(1, 86400)(text.removesuffix("s")))  # 10 and 10s


def hart_counts(text: str) -> tuple[int, ...]:
    return tuple(sorted(several(int_between(1, plans.MAX_HARTS))(text)))


class Parser(argparse.ArgumentParser):
    """A parser whose messages echo nothing that steers a terminal."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(printable(message), file)


def command(name: str, description: str, usage: str | None = None,
            parents: Sequence[argparse.ArgumentParser] = ()) -> argparse.ArgumentParser:
    """The parser of ./run-bench.sh `name`."""
    return Parser(prog=f"./run-bench.sh {name}".rstrip(), usage=usage, description=description,
                                   allow_abbrev=False,
                                   parents=parents, add_help=False)


def split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our own arguments, and those for QEMU after `--`."""
    words = list(argv)
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1:]


class Print(argparse.Action):
    """An option that prints the text of `const()` and stops."""

    def __init__(self, option_strings: Sequence[str], dest: str, const: Callable[[], str], help: str | None = None):
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, const=const, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(self.const().rstrip("\n"))
        parser.exit()


def add_help(parser: argparse.ArgumentParser, brief: Callable[[], str] | None = None,
             whole: Callable[[], str] | None = None) -> None:
    """--help; and --help-all for a command whose --help is brief."""
    parser.add_argument("-h", "--help", action=Print, const=brief or parser.format_help,
                        help="show the options people use and stop"
                        if whole else "show this and stop")
    if whole:
        parser.add_argument("--help-all", action=Print, const=whole, help="show every option, by group, and stop")


@dataclass(frozen=True)
class Usual:
    """The differences between the parsers of a run and of a sweep."""

    engine: str
    engine_help: str
    trials: int | None  # None: it depends on the engine
    trials_help: str
    harts_help: str
    several: bool = False  # some options take several values
    shown: bool = True  # in --help


RUN = Usual(
    BOTH, "tcg: QEMU, a thread a hart: stress and audit. model: the machine of --machine, simulated: what it costs. "
          "Default both, in one table. native: no QEMU, threads on this computer's own processors: what it costs "
    "there. board: the kernel on a board, heard by --serial or --from-log",
    None, "of each strategy and hart count, in random order (default 5; board: as many of them as --baud sends in a "
          "minute)",
    "how many of the harts take part, say 1,2,4,8 (default: all of --smp); the others sleep")


class Group:
    """An argument group, whose options may be left out of --help."""

    def __init__(self, parser: argparse.ArgumentParser, title: str, shown: bool):
        self._group, self._shown = parser.add_argument_group(title), shown

    def add(self, option: str, text: str, **more: object) -> None:
        # argparse has no types for the keywords that it passes on.
        shown = text if self._shown else argparse.SUPPRESS
        self._group.add_argument(option, help=shown, **more)  # type: ignore[arg-type]


def measuring(usual: Usual) -> argparse.ArgumentParser:
    """The options about what to measure and how, as the parent of a command's parser."""
    p = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    what = Group(p, "what to measure", usual.shown)
    what.add("--smp",
             "harts the machine has, 1 to 64 (default 8, or those of --machine, if it has fewer; board: 4); native: threads "
             "(default: one for each processor)",
             type=harts, metavar="N")
    what.add("--lock", "strategies, with commas between them, or all (default all)", default="all", metavar="NAMES")
    what.add("--harts", usual.harts_help, type=hart_counts, metavar="LIST")
    _workload(p, usual)
    _forms(Group(p, "the forms of the locks (lock/forms.h)", usual.shown))
    _how(Group(p, "how to measure", usual.shown), usual)
    _where(Group(p, "where and with what", usual.shown), usual)
    return p


VARIED = ("hold", "think", "scenario", "allocator")  # options of which a sweep takes several values


def _workload(p: argparse.ArgumentParser, usual: Usual) -> None:
    group = Group(p, "the workload of each hart", usual.shown)

    def add(option: str, parse: Callable[[str], object], metavar: str, text: str) -> None:
        if usual.several and option in VARIED:
            group.add(f"--{option}", f"{text}; several with commas between them", type=several(parse), default=(None,),
                      metavar=metavar)
        else:
            group.add(f"--{option}", text, type=typed(parse), metavar=metavar)

    add("scenario", str, "NAME",
        "a named bundle of the options below, which they override; --list-scenarios lists them")
    group.add("--workload", "a file that observe wrote: sections and gaps are those of a lock of your image, instead of the options below",
              type=Path, metavar="FILE")
    for option in workload_options.OPTIONS:
        add(option.name, workload_options.TYPES[option.name], option.metavar, option.text())


def _forms(group: Group) -> None:
    group.add("--relax",
              "what a waiter does between two looks: nothing, pause, or stall until the word changes (Zawrs) (default "
              "pause)",
              choices=lock_forms.RELAX_FORMS, default=lock_forms.RELAX)
    group.add("--unlock",
              "how a holder lets go where that is one store: after the release fence (default), a full fence before or "
              "behind it, or an AMO", choices=lock_forms.UNLOCK_FORMS, default=lock_forms.UNLOCK)
    group.add("--clusters",
              "tell the locks that the harts form N equal clusters (default: what the device tree's cpu-map, or the "
              "machine profile, says)", type=harts, default=0, metavar="N")


def _how(group: Group, usual: Usual) -> None:
    group.add("--trials", usual.trials_help, type=integer(1, 1000), default=usual.trials, metavar="N")
    group.add("--duration", "of the window in which operations count (default 100; native and board: 20)",
              type=typed(workload_options.TYPES["duration"]), metavar="MS")
    group.add("--warmup", "before the window opens, discarded (default 20; native and board: 5)",
              type=typed(workload_options.TYPES["warmup"]), metavar="MS")
    group.add("--model-duration",
              "the same for the cost model, in modelled microseconds; a quarter more is its warm-up (default 200)",
              type=typed(workload_options.TYPES["model-duration"]), metavar="US")
    group.add("--seed", "of the order of trials and the harts' random numbers (default 1)", type=seed, default=1,
              metavar="N")


def _where(group: Group, usual: Usual) -> None:
    group.add("--setup", "first install what is missing (Debian packages, as root or with sudo)", action="store_true")
    group.add("--out", "put the run's files into DIR, new or empty (default: a new folder in results/)", type=Path,
              metavar="DIR")
    group.add("--engine", usual.engine_help, choices=[BOTH, *ENGINES], default=usual.engine)
    group.add("--machine",
              "machine profile of the cost model: a name of --list-machines, or a TOML file. Where it has ranges, several "
              "machines that fit it are measured (default any-8: any machine of 8 harts; of 9 to 64 any-64)", type=typed(word), metavar="NAME")
    group.add("--cpu", "QEMU's -cpu (default rv64; with -- -machine the machine's own)", type=typed(word), metavar="MODEL")
    group.add("--time-limit",
              "give the run up when nothing is heard of it for S seconds in which it could work, or no hart gets on for "
              "half of that (default: 30 and what the plan needs; 20)", type=seconds, metavar="S")
    group.add("--inject", argparse.SUPPRESS, default="", choices=INJECTED)
