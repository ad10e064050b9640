"""This module says what each LR/SC loop of compiled code is, against the ISA's constrained LR/SC loop.

The unprivileged manual ("Eventual Success of Store-Conditional Instructions") promises progress to
a loop of at most 16 instructions placed one behind the other, of the base I set, without another
load, store, fence, call or system instruction, and without a backward branch but the retry.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from verify.code import Function, Insn

MOST = 16
_BASE = re.compile(r"(add|sub|sll|srl|sra)i?w?|(and|or|xor)i?|(slt|sgt)i?u?|s(eq|ne|lt|gt)z|mv|li|lui|negw?|not|nop|sext\.w"
                   r"|zext\.b|j|b(eq|ne|lt|ge|gt|le)u?z?")

Step = Callable[[int], bool]


@dataclass(frozen=True)
class Loop:
    """An SC and its LR. `kind`: "constrained", "retry computes" (more than 16 instructions), "retry
    reads more" (no way back without another access), "no loop", or what stands between the two. A way
    back over another atomic instruction is no retry of this one.

    `lost`: the way from a `bne` between the two, which leaves the loop, back to the LR (a lost comparison that
    is tried again): "retry", which may keep things on the hart's own stack, "retry reads more" or "no loop"."""

    function: str
    kind: str
    length: int  # instructions from the first to the last of it
    lost: str = "no loop"


def _after(f: Function, at: int) -> Iterator[int]:
    insn = f.insns[at]
    if insn.mnemonic in ("ret", "jr"):
        return
    if insn.jumps and f.insns[0].address <= insn.target <= f.insns[-1].address:
        yield f.at(insn.target)
    if insn.mnemonic != "j" and at + 1 < len(f.insns):
        yield at + 1


def _way(f: Function, start: int, end: int, may: Step) -> list[int] | None:
    """The instructions of a shortest way from behind `start` to before `end`; None: there is none."""
    came: dict[int, int] = {}
    todo = [start]
    while todo:
        at = todo.pop(0)
        for then in _after(f, at):
            if then == end:
                way = []
                while at != start:
                    way.append(at)
                    at = came[at]
                return way
            if then not in came and then != start and may(then):
                came[then] = at
                todo.append(then)
    return None


def _is_base(f: Function, at: int) -> bool:
    return bool(_BASE.fullmatch(f.insns[at].mnemonic))


def _is_own(f: Function, at: int) -> bool:
    insn = f.insns[at]
    return _is_base(f, at) or insn.mnemonic in ("ld", "sd") and insn.operands[-1].endswith("(x2)")


def _is_one_attempt(f: Function, at: int) -> bool:
    """An atomic instruction is a new attempt."""
    return not re.match(r"amo|lr\.|sc\.", f.insns[at].mnemonic)


def _lost(f: Function, lr: int, sc: int) -> str:
    inside, leaves = range(lr, sc + 1), [n for n in range(lr + 1, sc) if f.insns[n].mnemonic == "bne"]
    if any(_way(f, n, lr, lambda at: at not in inside and _is_own(f, at)) is not None for n in leaves):
        return "retry"
    if any(_way(f, n, lr, lambda at: at not in inside and _is_one_attempt(f, at)) is not None for n in leaves):
        return "retry reads more"
    return "no loop"


def _loop(f: Function, lr: int, sc: int) -> Loop:
    between = range(lr + 1, sc)  # the code is written in one piece: atomic_rv64.h
    for n in between:
        insn = f.insns[n]
        if not _is_base(f, n) or insn.jumps and insn.target <= insn.address:
            return Loop(f.name, f"between LR and SC: {insn}", sc - lr + 1)
    lost = _lost(f, lr, sc)
    back = _way(f, sc, lr, lambda n: n not in between and _is_base(f, n))
    if back is None:
        again = _way(f, sc, lr, lambda n: _is_one_attempt(f, n))
        return Loop(f.name, "no loop" if again is None else "retry reads more", sc - lr + 1, lost)
    every = [lr, sc, *back]
    length = max(every) - min(every) + 1
    return Loop(f.name, "constrained" if length <= MOST else "retry computes", length, lost)


def loops(f: Function) -> list[Loop]:
    """Every SC of a function with the last LR before it. An LR without an SC (a watch of --relax wrs) is none."""
    found, lr = [], None
    for n, insn in enumerate(f.insns):
        if insn.mnemonic.startswith("lr."):
            lr = n
        elif insn.mnemonic.startswith("sc."):
            assert lr is not None, f"{f.name}: an SC without an LR"
            found.append(_loop(f, lr, n))
            lr = None
    return found


def assembled(text: str) -> Function:
    """Returns a function of instructions of 4 bytes, which semicolons separate; a branch names an address, hexadecimal."""
    lines = [line.partition(" ") for line in text.split(";")]
    return Function("f", tuple(Insn(4 * n, 4, m, tuple(o.split(",")) if o else ()) for n, (m, _, o) in enumerate(lines)))
