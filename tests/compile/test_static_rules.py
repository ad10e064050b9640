"""Rules of the ISA that no run shows broken, held against the compiled code of every form.

A `wrs.sto` stalls until the reservation is lost that an LR made ("Zawrs"). Behind anything else it stalls for nothing, or for
another word. A lock orders memory, and no device: fences name r and w. test_lr_sc.py has the rules for LR and SC.
"""

import re
import subprocess
from collections.abc import Iterator

import pytest
from support.objects import CROSS
from support.run import TOP

from hartlock.plan import strategies
from verify import code, subjects
from verify.ops import decode

LOCKS = [n.replace("-", "_") for n, s in strategies.known().items() if not s.lockfree]
MEMORY = {"r", "w", "rw"}


def befores(f: code.Function, at: int) -> Iterator[int]:
    """The instructions that the one at a place comes behind."""
    insns = f.insns
    if at > 0 and insns[at - 1].mnemonic not in ("ret", "j"):
        yield at - 1
    yield from (n for n, insn in enumerate(insns) if insn.jumps and insn.target == insns[at].address)


def last_accesses(f: code.Function, at: int) -> set[str]:
    """The last instructions that touch memory or order it before one, on every way to it."""
    found, todo, known = set(), [at], {at}
    for here in todo:
        for before in befores(f, here):
            insn = f.insns[before]
            if insn.mnemonic.startswith(("l", "s", "amo", "fence")) and (decode(insn, f.name).touches_memory or insn.mnemonic == "fence"):
                found.add(insn.mnemonic)
            elif before not in known:
                known.add(before)
                todo.append(before)
    return found


def broken(f: code.Function) -> list[str]:
    """Returns what breaks a rule."""
    stalls = [n for n, insn in enumerate(f.insns) if insn.mnemonic.startswith("wrs.")]
    lost = [f"{f.name}+{f.insns[n].address:x}: {f.insns[n]} behind {sorted(last_accesses(f, n))}" for n in stalls
            if not last_accesses(f, n) or not all(m.startswith("lr.") for m in last_accesses(f, n))]
    return lost + [f"{f.name}+{insn.address:x}: {insn}" for insn in f.insns if insn.mnemonic == "fence" and not set(insn.operands) <= MEMORY]


def forms() -> list[str]:
    """The forms but for the usual one, as the Makefile names them."""
    text = (TOP / "Makefile").read_text()
    relaxes, unlocks = (re.search(rf"^{name} +:= (.*)$", text, re.MULTILINE)[1].split() for name in ("RELAXES", "UNLOCKS"))
    return [f"{relax}-{unlock}" for relax in relaxes for unlock in unlocks if (relax, unlock) != ("pause", "store")]


def check(names):
    subprocess.run(["make", "-s", *(f"build/verify/{name}.o" for name in names)], cwd=TOP, check=True, capture_output=True, timeout=300)
    for name in names:
        functions = code.read(subjects.FOLDER / f"{name}.o", CROSS).functions.values()
        assert [what for f in functions for what in broken(f)] == [], name
        stalls = sum(insn.mnemonic == "wrs.sto" for f in functions for insn in f.insns)
        assert (stalls > 0) == (".wrs-" in name and name.split(".")[0] not in ("null", "tas")), name


def test_a_lock_that_stalls_keeps_the_rules():
    check(["twa.wrs-store"])


@pytest.mark.deep
@pytest.mark.parametrize("lock", LOCKS)
def test_every_form_keeps_the_rules(lock):
    names = [lock, *(f"{lock}.{form}" for form in forms())]
    assert len(names) == 12
    check(names)


def assembled(text):
    lines = [line.partition(" ") for line in text.split(";")]
    return code.Function("f", tuple(code.Insn(4 * n, 4, m, tuple(o.split(",")) if o else ()) for n, (m, _, o) in enumerate(lines)))


@pytest.mark.parametrize("text,wrong", [
    ("lr.w x1,(x2);bnez x1,c;ret;wrs.sto;j 0", 0),
    ("lw x1,0(x2);bnez x1,c;ret;wrs.sto;j 0", 1),
    ("lr.w x1,(x2);lw x3,4(x2);wrs.sto;j 0", 1),
    ("lr.w x1,(x2);beqz x1,c;lw x3,0(x4);wrs.sto;j 0", 1),
    ("wrs.sto;ret", 1),
    ("fence rw,w;ret", 0),
    ("fence iorw,ow;ret", 1),
])
def test_what_breaks_a_rule_is_seen(text, wrong):
    assert len(broken(assembled(text))) == wrong
