"""The strategies there are, read from lock/locks.def and the headers themselves."""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.base.paths import LOCKS_DEF, TOP
from hartlock.plan import schema

BUMP = schema.choice("allocator").usual  # the allocator that takes no block back
ANY = ""  # any allocator
POOL = "pool"  # the allocator that hands out page frames and takes them back
CONTROL = "null"  # the strategy that must lose updates when harts overlap
SECTION, TRYLOCK, HANDLER = "section", "trylock", "irq-safe"  # a strategy must have one of these where harts owe each other answers, or have several locks
BASELINE = "baseline"  # plain loads and stores: on one hart, whatever was asked for
CLOCK = "clock"  # not a strategy: the price of the clock read, as a row of its own
PROBE = "probe"  # not a strategy: what accesses to memory cost


@dataclass(frozen=True)
class Strategy:
    name: str
    lockfree: bool
    header: Path
    needs: str = ""  # the extension without which it is not run
    frees: str = ""  # without a lock: the allocator whose blocks it hands out and takes back; "": it is `bump`'s kind

    def why_not(self, allocator: str, duty: str) -> str:
        """Returns why the strategy does not go with that allocator (ANY: with none), or with that duty of its harts; "": it does."""
        if self.frees and allocator not in (self.frees, ANY):
            return f"it hands out what --allocator {self.frees} does, and nothing else"
        if self.lockfree and not self.frees and allocator not in (BUMP, ANY):
            return f"it is an allocator itself, and --allocator {allocator} another one"
        if self.lockfree and duty:
            return "it is no lock, and --shootdown, --waiters, --handler and --locks are of locks"
        if duty == HANDLER and not self.is_taken_in_traps:
            return "no interrupt handler may take it, as --handler lock has them do"
        return "it has no trylock, which --waiters try needs" if duty == TRYLOCK and not self.tries else ""

    @property
    def tries(self) -> bool:
        """True if a hart may try it, or never waits for it."""
        return self.name == CONTROL or f" {self.header.stem}_trylock(" in self.header.read_text()

    @property
    def is_taken_in_traps(self) -> bool:
        """True if an interrupt handler may take a lock of this kind."""
        return "_in_traps = LOCK_TRAPS_NEVER" not in self.header.read_text()

    def summary(self) -> str:
        """The first sentence of the header's own comment, without its full stop; it may have several lines."""
        comment = self.header.read_text().partition("*/")[0].removeprefix(f"/* {self.name}: ")
        lines = [line.strip().removeprefix("*").strip() for line in comment.splitlines()]
        paragraph = " ".join(takewhile(bool, lines))
        return re.split(r"\.(?=\s+[A-Z]|$)", paragraph, maxsplit=1)[0]


def _words() -> list[list[str]]:
    """The entries LOCK(name), ALIAS(other, name) and so on, each as its macro and its arguments."""
    lines = re.findall(r"^(\w+)\(([\w, ]+)\)$", LOCKS_DEF.read_text(), re.MULTILINE)
    return [[macro, *(word.strip() for word in words.split(","))] for macro, words in lines]


def known() -> dict[str, Strategy]:
    folder = {"LOCK": TOP / "lock", **dict.fromkeys(("LOCKFREE", "LOCKFREE_ISA", "LOCKFREE_POOL"), TOP / "alloc")}
    return {(name := word.replace("_", "-")): Strategy(name, macro != "LOCK", folder[macro] / f"{word}.h", "".join(needs),
                                                       POOL if macro == "LOCKFREE_POOL" else "")
            for macro, word, *needs in _words() if macro in folder}


def aliases() -> dict[str, str]:
    return {other.replace("_", "-"): name.replace("_", "-")
            for macro, other, *rest in _words() if macro == "ALIAS" for name in rest}


def choose(text: str, allocator: str = BUMP, duty: str = "") -> list[str]:
    """The strategies of `--lock spin,ticket` or `--lock all`, each once, in order: all that there are for the allocator and the duty."""
    names, other = known(), aliases()
    chosen: dict[str, None] = {}
    for word in text.split(","):
        word = other.get(word.replace("_", "-"), word.replace("_", "-"))
        if word == "all":
            chosen.update(dict.fromkeys(name for name, strategy in names.items() if not strategy.why_not(allocator, duty)))
        elif word in names and (why := names[word].why_not(allocator, duty)):
            raise UsageError(f"--lock {word}: {why}. With that there are {', '.join(choose('all', allocator, duty))}.")
        elif word in names:
            chosen[word] = None
        else:
            near = difflib.get_close_matches(word, [*names, *other, "all"], n=1, cutoff=0.4)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise UsageError(f"--lock: there is no strategy '{word}'. {hint}"
                             f"There are {', '.join(names)}; or all.")
    return list(chosen)


def label(names: Collection[str], every: Collection[str] | None = None) -> str:
    """The strategies' part of a results folder's name. `every`: those that `all` stands for, if that is not all there are."""
    return "all" if set(names) == set(known() if every is None else every) else "-".join(names)


def optional(text: str, allocator: str = BUMP, duty: str = "") -> tuple[str, ...]:
    """The strategies that only `all` has asked for, and that harts may be unable to run."""
    named = {word.replace("_", "-") for word in text.split(",")}
    return tuple(name for name in choose(text, allocator, duty) if known()[name].needs and name not in named)
