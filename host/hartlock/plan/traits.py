"""The traits of each strategy: what it is by construction, read from lock/traits.toml.

That file says what each trait means and in which unit it is.
"""

import difflib
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from functools import cache
from typing import Any, get_type_hints

from hartlock.base.errors import UsageError
from hartlock.base.paths import TOP
from hartlock.plan import needs, strategies
from hartlock.plan.strategies import Strategy

FILE = TOP / "lock" / "traits.toml"
NAMED = "lock/traits.toml"  # as messages call it
# An instruction's beginning, and the extension it comes with. The first match counts.
EXTENSIONS = {r"amocas\.": "zacas", r"wrs\.": "zawrs", r"amo\w+\.[bh]\b": "zabha", r"amo\w+\.[wd]\b": "a", r"(lr|sc)\.[wd]\b": "a"}

LR_SC = ("none", "constrained", "retry computes", "retry reads more")  # the best first


class Order(StrEnum):
    """The order in which waiters are served."""

    FIFO = "fifo"
    CLUSTER = "cluster fifo"
    NEARLY = "nearly fifo"
    NONE = "none"
    LOCK_FREE = "lock-free"
    WAIT_FREE = "wait-free"
    BATCHES = "wait-free batches"
    ALONE = "alone"


WORDS = {
    Order.FIFO: "FIFO: at most n−1 go first",
    Order.CLUSTER: "FIFO within a cluster; others wait at most {} hand-overs longer for each cluster but their own",
    Order.NEARLY: "nearly FIFO",
    Order.NONE: "none",
    Order.LOCK_FREE: "none: some hart gets on",
    Order.WAIT_FREE: "each call by its own instruction",
    Order.BATCHES: "each batch by its own instruction",
    Order.ALONE: "one hart only: nobody waits",
}


@dataclass(frozen=True, kw_only=True)
class Traits:
    """One table of lock/traits.toml, with equal names; a trait without a default must stand there."""

    order: Order
    waiters: str
    lock_bytes: int
    waiter_bytes: int
    harts: str
    instructions: tuple[str, ...]
    has: frozenset[str]
    shipped_by: str
    bypass_above_fifo: int | None = None
    lock_bytes_per_hart: int = 0
    hart_bytes: int = 0
    once_bytes: int = 0
    once_bytes_per_hart: int = 0
    lines_per_operation: int | None = None
    lines_per_waiter: tuple[int, ...] = ()
    corner_instructions: tuple[str, ...] = ()
    lr_sc: str = LR_SC[0]
    counts_waits: bool = True
    yardstick: bool = False
    when: str = ""
    lock_note: str = ""
    waiter_note: str = ""
    corner_note: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)

    @property
    def fifo(self) -> bool:
        """True for strictly FIFO only: not for nearly, nor for within a cluster."""
        return self.order is Order.FIFO

    @property
    def fairness(self) -> str:
        """Returns the order in words."""
        return WORDS[self.order].format(self.bypass_above_fifo)

    def bypass_bound(self, harts: int, clusters: int = 2) -> float:
        """Returns how many grants of others may come between a request and its own, of so many
        harts in so many clusters; infinite where nothing is claimed."""
        above = 0 if self.fifo else self.bypass_above_fifo
        return math.inf if above is None else harts - 1 + above * max(1, clusters - 1)

    def bytes_per_lock(self, harts: int) -> int:
        """Returns the bytes that a lock for so many harts needs."""
        return self.lock_bytes + self.lock_bytes_per_hart * harts

    def needs(self) -> set[str]:
        """Returns the ISA extensions without which it cannot run at all; a corner's are not among them."""
        return {extension_of(instruction) for instruction in self.instructions}


def extension_of(instruction: str) -> str:
    """Returns the ISA extension that an atomic instruction belongs to."""
    for pattern, extension in EXTENSIONS.items():
        if re.match(pattern, instruction):
            return extension
    raise UsageError(f"{NAMED}: '{instruction}' is no atomic instruction of RISC-V that is known here")


def _interface(where: str, name: str, value: Any) -> frozenset[str] | dict[str, str]:
    """Returns `has` or `lacks`, whose words are needs of an interface."""
    kind = dict if name == "lacks" else list
    if not isinstance(value, kind) or not all(isinstance(word, str) for word in (*value, *(value.values() if kind is dict else ()))):
        raise UsageError(f"{NAMED}: {where}: {name} is {value!r}; it has to be {'needs with reasons' if kind is dict else 'a list of needs'}")
    if wrong := [word for word in value if word not in needs.INTERFACE]:
        raise UsageError(f"{NAMED}: {where}: {name} names {wrong[0]}; the needs are {', '.join(needs.INTERFACE)}")
    return value if isinstance(value, dict) else frozenset(value)


def _check_whole(where: str, lockfree: bool, t: Traits) -> None:
    """Raises UsageError if `has` and `lacks` do not name each need once."""
    said = [*t.has, *t.lacks]
    wanted = set() if t.yardstick else set(needs.INTERFACE) - set(needs.OF_A_LOCK if lockfree else ())
    if len(said) != len(set(said)) or set(said) != wanted:
        raise UsageError(f"{NAMED}: {where}: has and lacks name {', '.join(sorted(said)) or 'nothing'}; each once they have to "
                         f"name {', '.join(sorted(wanted)) or 'nothing'}")


def _checked(where: str, name: str, kind: Any, value: Any) -> Any:
    """Returns the value as the trait's type, or says what it has to be."""
    if kind is Order:
        if value not in list(Order):
            raise UsageError(f"{NAMED}: {where}: order is {value!r}; it is one of {', '.join(Order)}")
        return Order(value)
    if kind == tuple[int, ...]:
        if not isinstance(value, list) or [type(n) for n in value] != [int, int] or not 0 <= value[0] <= value[1]:
            raise UsageError(f"{NAMED}: {where}: {name} is {value!r}; it has to be [least, most]")
        return tuple(value)
    if name in ("has", "lacks"):
        return _interface(where, name, value)
    if kind == tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise UsageError(f"{NAMED}: {where}: {name} is {value!r}; it has to be a list of words")
        for word in value:
            extension_of(word)
        return tuple(value)
    if name == "lr_sc" and value not in LR_SC:
        raise UsageError(f"{NAMED}: {where}: lr_sc is {value!r}; it is one of {', '.join(LR_SC)}")
    if kind is str or kind is bool:
        fits, said = isinstance(value, kind), "words" if kind is str else "true or false"
    else:
        fits, said = type(value) is int and value >= 0, "a whole number, 0 or more"
    if not fits:
        raise UsageError(f"{NAMED}: {where}: {name} is {value!r}; it has to be {said}")
    return value


def _traits(word: str, lockfree: bool, table: Mapping[str, Any]) -> Traits:
    """Returns one table's traits; `word` is the strategy's name in C."""
    hints, where = get_type_hints(Traits), f"[{word}]"
    for name in table:
        if name not in hints:
            near = difflib.get_close_matches(name, hints, n=1)
            raise UsageError(f"{NAMED}: {where}: there is no trait '{name}'" + (f"; did you mean '{near[0]}'?" if near else ""))
    lacking = [f.name for f in fields(Traits) if f.default is f.default_factory is MISSING and f.name not in table]
    if lacking:
        raise UsageError(f"{NAMED}: {where}: it lacks {', '.join(lacking)}")
    found = Traits(**{name: _checked(where, name, hints[name], value) for name, value in table.items()})
    _check_whole(where, lockfree, found)
    return found


def parse(text: str, of: Mapping[str, Strategy]) -> dict[str, Traits]:
    """Returns the traits of the strategies `of`, by their names, from the text of traits.toml."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise UsageError(f"{NAMED}: {e}") from None
    words = {strategy.header.stem: name for name, strategy in of.items()}
    for word in sorted(words.keys() ^ tables.keys()):
        raise UsageError(f"{NAMED}: [{word}] is no strategy of lock/locks.def" if word in tables else
                         f"{NAMED} has no table [{word}], and lock/locks.def names that strategy")
    return {name: _traits(word, of[name].lockfree, tables[word]) for word, name in words.items()}


@cache
def known() -> dict[str, Traits]:
    """Returns the traits of every strategy of locks.def, by its name, in its order."""
    try:
        return parse(FILE.read_text(encoding="utf-8"), strategies.known())
    except OSError as e:
        raise UsageError(f"cannot read {FILE}: {e.strerror}") from e


def family(name: str) -> str:
    """Returns "lock-free", "FIFO lock" or "lock"; a strategy that is not known any more counts as a lock."""
    if name not in known():
        return "lock"
    if strategies.known()[name].lockfree:
        return "lock-free"
    return "FIFO lock" if known()[name].order in (Order.FIFO, Order.NEARLY, Order.CLUSTER) else "lock"
