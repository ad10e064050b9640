"""Holds the compiled code of a lock against the memory orders that its header's comments claim.

A comment that begins with acquire (T) or release (T) stands over an access. What the access was compiled to has to order as
much: an acquire everything behind the load that it is, a release everything before the store. RVWMO may order more than the
instructions say, by a branch or an address, so that a lock with less can hold in every test (orders.py says where). It is
refused all the same: another compiler, or a section of another kind, need not have that branch.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verify.code import Function, Insn
from verify.ops import decode
from verify.orders import Strength, lines, strength, text_of
from verify.strategy import Subject

# Each claim, with the pairs that a fence has to order for it, and the bit of an AMO, LR or SC that stands for it.
ASKS: dict[str, tuple[Strength, str]] = {"acquire": (frozenset(("rr", "rw")), "aq"), "release": (frozenset(("rw", "ww")), "rl")}
_CLAIM = re.compile(r"\b(acquire|release) \((\w)\)(?=:|, (?:acquire|release) \(| and (?:acquire|release) \()")


@dataclass(frozen=True)
class Comment:
    """A comment of a header, and the lines of code that it speaks of."""

    claims: tuple[str, ...]  # "acquire (T)"
    scope: range


def comments(text: str) -> Iterator[Comment]:
    """Every comment of a header. Its lines of code go on to the next comment."""
    found = list(re.finditer(r"/\*.*?\*/", text, re.DOTALL))
    ends = [text.count("\n", 0, m.start()) + 1 for m in found[1:]] + [text.count("\n") + 2]
    for comment, end in zip(found, ends, strict=True):
        words = re.sub(r"\s*\n\s*\*\s*", " ", comment[0])
        yield Comment(tuple(f"{m[1]} ({m[2]})" for m in _CLAIM.finditer(words)), range(text.count("\n", 0, comment.end()) + 1, end))


def _neighbour(insn: Insn, function: Function, step: int) -> Insn | None:
    """The next instruction behind another (`step` -1: before it) that touches memory, orders or jumps."""
    ops = [decode(i, function.name) for i in function.insns]
    at = function.at(insn.address) + step
    while 0 <= at < len(ops) and ops[at].kind == "alu":
        at += step
    return function.insns[at] if 0 <= at < len(ops) else None


def _meets(claim: str, insn: Insn, insns: Sequence[Insn], function: Function) -> bool:
    """Does an instruction order what a comment claims of the access that is among `insns`? A fence of an acquire stands directly
    behind the load, one of a release directly before the store; aq is of no SC, which only stores, and rl of no LR."""
    kind = claim.split(" ")[0]
    pairs, bit = ASKS[kind]
    if bit in strength(insn):
        return not insn.mnemonic.startswith("sc." if kind == "acquire" else "lr.")
    access = _neighbour(insn, function, -1 if kind == "acquire" else 1)
    return pairs <= strength(insn) and access in insns and access is not None and access.mnemonic.startswith(
        ("l", "amo") if kind == "acquire" else ("s", "amo"))


def _is_misplaced(claim: str, ordering: Sequence[Insn]) -> bool:
    pairs, bit = ASKS[claim.split(" ")[0]]
    return any(bit in strength(i) or pairs <= strength(i) for i in ordering)


def _found(said: Comment, function: Function, header: Path, at: dict[int, int]) -> Iterator[str]:
    insns = [i for i in function.insns if at.get(i.address) in said.scope]
    ordering = [i for i in insns if strength(i)]
    where = f"{header.name}:{said.scope[0]}"
    names = ", ".join(dict.fromkeys(text_of(i) for i in ordering)) or "no order"
    for claim in said.claims if insns else ():
        if not any(_meets(claim, i, insns, function) for i in ordering):
            yield f"{where} claims {claim}, and is compiled to {names}{' at another place' if _is_misplaced(claim, ordering) else ''}"
    if ordering and not said.claims:
        yield f"{where} claims no order, and is compiled to {names}"


def refused(subject: Subject, path: Path, header: Path, cross: str) -> list[str]:
    """Returns what the comments of a header claim that its compiled code does not order, and what orders without a claim."""
    text, out = header.read_text(), list[str]()
    for function in subject.proved:
        at = lines(path, function.name.removeprefix("subject_"), [i.address for i in function.insns], header.name, cross)
        for said in comments(text):
            out += _found(said, function, header, at)
    return out
