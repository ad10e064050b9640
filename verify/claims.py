"""Holds the compiled code of a lock against the memory orders that its header's comments claim.

A comment that begins with acquire (T) or release (T) stands over an access. What the access was compiled to has to order as
much: an acquire everything behind the load that it is, a release everything before the store. RVWMO may order more than the
instructions say, by a branch or an address, so that a lock with less can hold in every test (orders.py says where). It is
refused all the same: another compiler, or a section of another kind, need not have that branch.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verify.code import Function, Insn
from verify.orders import Strength, lines, strength, text_of
from verify.strategy import Subject

# What each claim asks of a fence, and the bit of an AMO, LR or SC that stands for it.
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


def _meets(claim: str, insn: Insn) -> bool:
    pairs, bit = ASKS[claim.split(" ")[0]]
    orders = strength(insn)
    return bit in orders or pairs <= orders


def _found(said: Comment, function: Function, header: Path, at: dict[int, int]) -> Iterator[str]:
    insns = [i for i in function.insns if at.get(i.address) in said.scope]
    ordering = [i for i in insns if strength(i)]
    where = f"{header.name}:{said.scope[0]}"
    names = ", ".join(dict.fromkeys(text_of(i) for i in ordering)) or "no order"
    for claim in said.claims if insns else ():
        if not any(_meets(claim, i) for i in ordering):
            yield f"{where} claims {claim}, and is compiled to {names}"
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
