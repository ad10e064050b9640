"""Each LR/SC loop of compiled code is what lock/traits.toml claims of it."""

import subprocess
from functools import cache

import pytest
from support.lr_sc import assembled, loops
from support.objects import CROSS
from support.run import TOP

from hartlock.plan import strategies, traits
from verify import code

OUT_OF_LINE = strategies.choose("all")  # a stack of frames is explored as verify/freeing.c builds it
RANK = ("no loop", *traits.LR_SC)  # the worst of a strategy's loops counts; an SC that is never retried is none


@pytest.fixture(scope="module")
def folder():
    """Where every strategy for the bump allocator is built out of line, as make prove builds it."""
    words = [name.replace("-", "_") for name in OUT_OF_LINE]
    subprocess.run(["make", "-s", "-j2", *(f"build/verify/{word}.o" for word in words)], cwd=TOP, check=True, capture_output=True,
                   timeout=300)
    return TOP / "build/verify"


@cache
def every_loop(path):
    return [loop for f in code.read(path, CROSS).functions.values() for loop in loops(f)]


def worst(path):
    return max((loop.kind for loop in every_loop(path)), key=RANK.index, default="none")


def timed(strategy, variant):
    """The object with a strategy's timed loop; of page frames there is one variant."""
    variant = strategies.known()[strategy].frees or variant
    return TOP / f"build/bench/{variant}-{strategy.replace('-', '_')}.o"


@pytest.mark.parametrize("strategy", OUT_OF_LINE)
def test_out_of_line_a_strategy_is_no_worse_than_its_traits_claim(strategy, folder):
    found = worst(folder / f"{strategy.replace('-', '_')}.o")
    assert RANK.index(found) <= RANK.index(traits.known()[strategy].lr_sc)


@pytest.mark.parametrize("strategy", strategies.known())
def test_each_timed_loop_is_what_its_traits_claim(strategy):
    """In the form that is built first; a form changes how a waiter looks and how a holder lets go."""
    assert worst(timed(strategy, "plain")) == traits.known()[strategy].lr_sc


@pytest.mark.parametrize("strategy", [name for name, t in traits.known().items()
                                      if {"sc.w", "sc.d"} & {*t.instructions, *t.corner_instructions}])
def test_each_loop_is_constrained_and_a_lost_comparison_reads_nothing_but_its_word(strategy, folder):
    found = [loop for path in (*([folder / f"{strategy.replace('-', '_')}.o"] if strategy in OUT_OF_LINE else []), timed(strategy, "plain"))
             for loop in every_loop(path)]
    reads = strategies.known()[strategy].frees  # a stack's retry reads which frame is below the new first one
    assert found and not [loop for loop in found if loop.kind != "constrained" or loop.lost == "retry reads more" and not reads]
    full = every_loop(timed(strategy, "full"))  # a retry there does the section's work again
    assert full and not [loop for loop in full if loop.kind != "constrained"]


@pytest.mark.parametrize("text,kind", [
    ("lr.d x1,(x2);addi x1,x1,1;sc.d x3,x1,(x2);bnez x3,0", "constrained"),
    ("ld x4,8(x2);lr.d x1,(x2);sc.d x3,x1,(x2);bnez x3,0", "retry reads more"),
    ("lr.d x1,(x2);ld x4,8(x2);sc.d x3,x1,(x2);bnez x3,0", "between LR and SC: ld x4,8(x2)"),
    ("lr.d x1,(x2);mul x1,x1,x1;sc.d x3,x1,(x2);bnez x3,0", "between LR and SC: mul x1,x1,x1"),
    ("lr.d x1,(x2);fence rw,rw;sc.d x3,x1,(x2);bnez x3,0", "between LR and SC: fence rw,rw"),
    ("lr.d x1,(x2);beqz x1,0;sc.d x3,x1,(x2);bnez x3,0", "between LR and SC: beqz x1,0"),
    ("lr.d x1,(x2);sc.d x3,x1,(x2);ret", "no loop"),
    ("amoadd.d x4,x5,(x2);lr.d x1,(x2);sc.d x3,x1,(x2);bnez x3,0", "no loop"),
    (";".join(["nop"] * 13 + ["lr.d x1,(x2)", "sc.d x3,x1,(x2)", "bnez x3,0"]), "constrained"),
    (";".join(["nop"] * 14 + ["lr.d x1,(x2)", "sc.d x3,x1,(x2)", "bnez x3,0"]), "retry computes"),
])
def test_the_check_sees_what_a_loop_is(text, kind):
    assert [loop.kind for loop in loops(assembled(text))] == [kind]


@pytest.mark.parametrize("text,lost", [
    ("lr.d x1,(x9);bne x1,x4,10;sc.d x3,x1,(x9);bnez x3,0;mv x4,x1;j 0", "retry"),
    ("lr.d x1,(x9);bne x1,x4,10;sc.d x3,x1,(x9);bnez x3,0;ld x5,16(x2);j 0", "retry"),
    ("lr.d x1,(x9);bne x1,x4,10;sc.d x3,x1,(x9);bnez x3,0;ld x4,8(x9);j 0", "retry reads more"),
    ("lr.d x1,(x9);bne x1,x4,10;sc.d x3,x1,(x9);bnez x3,0;amoadd.d x4,x5,(x9);j 0", "no loop"),
    ("lr.d x1,(x9);bne x1,x4,10;sc.d x3,x1,(x9);bnez x3,0;ret", "no loop"),
    ("lr.d x1,(x9);sc.d x3,x1,(x9);bnez x3,0;ld x4,8(x9);j 0", "no loop"),
])
def test_the_check_sees_how_a_lost_comparison_is_tried_again(text, lost):
    assert [loop.lost for loop in loops(assembled(text))] == [lost]
