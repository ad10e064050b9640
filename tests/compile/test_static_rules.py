"""Rules of the ISA that no run shows broken, held against the compiled code of every form.

A `wrs.sto` stalls until the reservation is lost that an LR made ("Zawrs"). Behind anything else it stalls for nothing, or for
another word. A lock orders memory, and no device: fences name r and w. test_lr_sc.py has the rules for LR and SC.
"""

import subprocess

import pytest
from support.lr_sc import assembled
from support.objects import CROSS
from support.run import TOP

from hartlock.plan import strategies
from hartlock.plan.lock_forms import RELAX, RELAX_FORMS, UNLOCK, UNLOCK_FORMS
from verify import code, subjects
from verify.flow import reached, ways
from verify.ops import decode

LOCKS = [n.replace("-", "_") for n, s in strategies.known().items() if not s.lockfree]
MEMORY = {"r", "w", "rw"}


def last_accesses(f: code.Function, at: int) -> list[str]:
    """The last instructions that touch memory or order it before one, on every way to it."""
    ops = [decode(insn, f.name) for insn in f.insns]
    after = ways(f, ops)
    before = [tuple(n for n in range(len(ops)) if here in after[n]) for here in range(len(ops))]
    accesses = frozenset(n for n, op in enumerate(ops) if op.touches_memory or op.kind == "fence")
    between = reached(before, [at], accesses)
    return sorted({f.insns[n].mnemonic for here in between for n in before[here] if n in accesses})


def is_lost(f: code.Function, stall: int) -> str:
    """Returns what a stall stands behind, if that is anything but an LR; else ""."""
    last = last_accesses(f, stall)
    fine = last and all(m.startswith("lr.") for m in last)
    return "" if fine else f"{f.name}+{f.insns[stall].address:x}: {f.insns[stall]} behind {last}"


def broken(f: code.Function) -> list[str]:
    """Returns what breaks a rule."""
    stalls = [n for n, insn in enumerate(f.insns) if insn.mnemonic.startswith("wrs.")]
    fences = [f"{f.name}+{insn.address:x}: {insn}" for insn in f.insns if insn.mnemonic == "fence" and not set(insn.operands) <= MEMORY]
    return [*filter(None, (is_lost(f, n) for n in stalls)), *fences]


FORMS = [f"{relax}-{unlock}" for relax in RELAX_FORMS for unlock in UNLOCK_FORMS if (relax, unlock) != (RELAX, UNLOCK)]


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
    names = [lock, *(f"{lock}.{form}" for form in FORMS)]
    assert len(names) == 12
    check(names)


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
