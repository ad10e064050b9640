"""Shows that a loop which is timed is the proved functions with the section between them, and nothing else.

The proof takes and releases a lock around accesses of its own. That says something of a loop if every access to
what the lock protects lies behind the acquire and before the release, on every way through the loop.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hartlock.base.elf import Symbol

from verify.code import Function
from verify.errors import Unsupported
from verify.flow import reached
from verify.image import Image
from verify.ops import SP
from verify.side import PARAMETERS, Proved, Timed
from verify.strategy import Subject
from verify.terms import plus
from verify.worker import Kept, Match, matches

# A loop may call these functions of the bench outside its section. None touches the lock or the heap.
CALLS = frozenset({"window_close", "audit_mark", "churn_leave", "load_keep_schedule", "__clzdi2"})

DEVICES = "iorw,iorw"  # the order of settle()'s fence


class Pass(NamedTuple):
    """A loop of bench/worker.c."""

    name: str
    own: int  # the number of its AMOs without order, and of its fences for devices, that are the bench's own: fairness_ask()'s


PASSES = (Pass("throughput", 0), Pass("latency", 0), Pass("audit", 0), Pass("grants", 1), Pass("exhaust", 0))


class Differs(Exception):
    """Raised where a loop is not what is proved; says how."""


@dataclass(frozen=True)
class Objects:
    """The names of a worker's data, as bench/section_lock.h and section_lockfree.h have them."""

    protected: frozenset[str]  # the lock, and the data that it protects; a star stands for all that pointers out of it lead to
    constant: frozenset[str] = frozenset()  # data that is only read while harts run


def objects(variant: str, lockfree: bool) -> Objects:
    """Returns the data of a worker. In the full variant `shared` has pointers to the lock and the heap."""
    lines = frozenset() if lockfree else frozenset({"touch_lines"})  # without a lock nobody minds that a count is lost
    if variant == "plain":
        return Objects(frozenset({"shared", "shared*"}))
    if variant == "replay":
        return Objects(frozenset({"shared", "shared*", "replay_lines"}))
    return Objects(frozenset({"shared*", "memory", "space"}) | lines, frozenset({"shared"}))


class Loop:
    """One loop of a worker."""

    def __init__(self, image: Image, symbol: Symbol, data: Objects):
        def object_at(address: int) -> str:
            found = image.linked.at(address)
            if found is None or found.is_code:
                return ""
            return found.name if found.unit in (0, symbol.unit) else f"{found.name} of another file"

        self.image, self.symbol, self.data = image, symbol, data
        self.timed = Timed(image.function(symbol), object_at)
        self.accesses = {n for n, op in enumerate(self.timed.ops) if op.touches_memory and op.base != SP}
        self.protected = frozenset(n for n in self.accesses if self.timed.flow.origins(n) & data.protected)

    def check_stores(self) -> None:
        """Raises Differs if the loop stores to what is constant, or touches the data of another strategy."""
        for n in self.accesses:
            origins, kind = self.timed.flow.origins(n), self.timed.ops[n].kind
            if kind != "load" and origins & self.data.constant:
                raise Differs(f"{self.where(n)} stores to {words(origins)}")
            if foreign := [name for name in origins if " of another file" in name]:
                raise Differs(f"{self.where(n)} touches {foreign[0]}")

    def stands(self, function: Function, kept: Kept) -> list[Match]:
        """Returns where a function stands in the loop. Raises Differs if it does not."""
        found = list(matches(Proved(function), self.timed, kept))
        if not found:
            raise Differs(f"{function.name.removeprefix('subject_')} does not stand in it")
        return found

    def check_calls(self, outside: set[int]) -> None:
        """Raises Differs for a call of anything but CALLS, or one that is not outside the section."""
        for n, op in enumerate(self.timed.ops):
            if op.kind in ("call", "leave"):
                to = self.image.linked.at(op.insn.target)
                if to is None or to.name not in CALLS or to.address != op.insn.target or to.unit not in (0, self.symbol.unit):
                    raise Differs(f"{self.where(n)} calls {to.name if to else hex(op.insn.target)}")
                if n not in outside:
                    raise Differs(f"{self.where(n)} calls {to.name} in the section")
                if to.unit:
                    self._check_callee(to)

    def _check_callee(self, symbol: Symbol) -> None:
        callee = Loop(self.image, symbol, self.data)
        if callee.protected or callee.timed.atomics:
            raise Differs(f"{symbol.name} touches the lock, or orders")

    def check_atomics(self, found: Sequence[Match], own: int) -> None:
        """Raises Differs if an atomic or a fence is none of a function's. `own`: how many AMOs without order are the bench's, and how many
        fences that order devices: no lock has such a one."""
        left, ops = self.timed.atomics - {at for match in found for at in match.atomics}, self.timed.ops
        amos = {n for n in left if ops[n].kind == "amo" and not ops[n].order and n not in self.protected}
        fences = {n for n in left if ops[n].kind == "fence" and ops[n].order == DEVICES}
        if left - amos - fences or max(len(amos), len(fences)) > own:
            raise Differs(f"{self.where(min(left - amos - fences or left))} is none of the proved functions'")

    def check_outside(self, outside: set[int]) -> None:
        """Raises Differs if what the lock protects is touched there."""
        if wrong := outside & self.protected:
            raise Differs(f"{self.where(min(wrong))} touches {words(self.timed.flow.origins(min(wrong)))} outside the section")

    def where(self, at: int) -> str:
        """Returns the words for an instruction."""
        insn = self.timed.function.insns[at]
        return f"{self.timed.function.name}+{insn.address - self.symbol.address:#x} ({insn})"


def words(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def _same(found: Sequence[Match]) -> None:
    """Raises Differs if the functions are not given one lock, and one node."""
    for parameter in PARAMETERS:
        given = {match.parameters[parameter] for match in found if parameter in match.parameters}
        if len(given) > 1:
            raise Differs(f"its functions are given different {'locks' if parameter == PARAMETERS[0] else 'nodes'}")


def locked(loop: Loop, subject: Subject, own: int) -> None:
    """Raises Differs if a lock's loop is not acquire, section and release."""
    acquire, release = subject.proved
    takes = loop.stands(acquire, Kept(loop.protected, behind=True))
    frees = loop.stands(release, Kept(loop.protected, behind=False))
    _same([*takes, *frees])
    begins, lets_go = (frozenset(m.start for m in found) for found in (takes, frees))
    after = loop.timed.flow.ways
    section = reached(after, sorted({n for m in takes for n in m.ends}), lets_go)
    outside = reached(after, [0, *sorted({n for m in frees for n in m.ends})], begins)
    if section & outside:
        raise Differs(f"{loop.where(min(section & outside))} is inside the section on one way and outside on another")
    if begins & section or lets_go & outside:
        raise Differs("it takes the lock twice, or lets go what it does not hold")
    if any(loop.timed.ops[n].kind in ("ret", "leave") for n in section):
        raise Differs("it leaves with the lock held")
    loop.check_outside(outside)
    loop.check_calls(outside)
    loop.check_atomics([*takes, *frees], own)
    if not any(n in loop.protected and loop.timed.ops[n].kind == "store" for n in section):
        raise Differs("nothing is stored in its section")


def lockfree(loop: Loop, subject: Subject, own: int) -> None:
    """Raises Differs if a loop without a lock is not the allocation and nothing else that touches the heap."""
    found = loop.stands(subject.proved[0], Kept())
    _same(found)
    never_written = {plus(m.parameters[base], offset) for base, offset in Proved(subject.proved[0]).fixed for m in found if base in m.parameters}
    bounds = {n for n in loop.protected if loop.timed.ops[n].kind == "load" and loop.timed.flow.address(n) in never_written}
    outside = reached(loop.timed.flow.ways, [0, *sorted({n for m in found for n in m.ends})], frozenset(m.start for m in found))
    loop.check_outside(outside - bounds)
    loop.check_calls(outside)
    loop.check_atomics(found, own)


def difference(image: Image, subject: Subject, variant: str) -> str:
    """Returns how a worker's loops differ from what is proved; "" if they do not."""
    name = subject.name.split(".")[0]
    symbols = image.worker(name, variant)
    if not symbols:
        return "the image has no such worker"
    for each in (p for p in PASSES if p.name in symbols):
        try:
            loop = Loop(image, symbols[each.name], objects(variant, subject.lockfree))
            loop.check_stores()
            (lockfree if subject.lockfree else locked)(loop, subject, each.own)
        except (Differs, Unsupported) as e:
            return f"{each.name}: {e}"
    return ""
