"""Values that no test of the memory model can know, random numbers and counts of looks: the proof goes both ways at a branch on one."""

import pytest
from support.herd7 import needs_herd
from support.run import TOP
from support.sampling import sampled
from support.subject import compiled

from verify.prove import prove
from verify.strategy import code as program
from verify.suite import suite
from verify.traces import Step
from verify.turns import counted, marked

pytestmark = needs_herd

PLACE = "		waited = true;\n"
UNORDERED = """({ a32_value old; __asm__ volatile("amoswap.w %0,%2,%1" : "=r"(old), "+A"(l->held) : "r"(1) : "memory"); old; })"""
HEAD, TAIL = "while (a32_swap_acquire(&l->held, 1) != 0) {", "	return waited;\n"
RARELY = "(ttas_backoff_random(node) & 0xfff) == 0x123"

NO_ORDER = "the order is behind the loop, for who has not waited"

# By a name: the code in the loop of ttas_backoff_acquire(), the test that must tell, and its verdict.
LOCKS = {
    "one draw in 4096 acquires without an order": (f"if ({RARELY} && {UNORDERED} == 0) return true;", "count2", "VIOLATED"),
    "one draw in 4096 waits for the lock to be taken":
        (f"if ({RARELY}) while (a32_watch_relaxed(&l->held) == 0) LOCK_WAIT();", "ends2", "VIOLATED"),
    "one draw in 4096 looks once more": (f"if ({RARELY} && a32_swap_acquire(&l->held, 1) == 0) return true;", "count2", "HOLDS"),
    "the 1000th look acquires without an order": (f"if (++looks > 1000 && {UNORDERED} == 0) return true;", "count2", "VIOLATED"),
    "behind the 1000th look a hart waits for the lock to be taken":
        ("if (++looks > 1000) while (a32_watch_relaxed(&l->held) == 0) LOCK_WAIT();", "ends2", "VIOLATED"),
    "the 1000th look is another kind": ("if (++looks > 1000 && a32_swap_acquire(&l->held, 1) == 0) return true;", "count2", "HOLDS"),
    "who has waited has no order": (NO_ORDER, "count2", "VIOLATED"),
    "each look is counted where others may read it": ("a32_store_relaxed(&l->held, ++looks);", "count2", "UNKNOWN"),
}


def built(folder, loop):
    """The lock whose waiters do `loop` in each turn, or the one that NO_ORDER describes."""
    text = (TOP / "lock/ttas_backoff.h").read_text()
    at = text.index(PLACE)  # the first is in ttas_backoff_acquire()
    if loop == NO_ORDER:
        text = text.replace(HEAD, f"while ({UNORDERED} != 0) {{", 1)
        text = text.replace(TAIL, f"""	if (!waited) __asm__ volatile("fence r,rw" ::: "memory");\n{TAIL}""", 1)
    else:
        text = text[:at] + PLACE + f"		{loop}\n" + text[at + len(PLACE):]
    text = text.replace("	bool waited = false;\n", "	bool waited = false;\n	unsigned looks = 0;\n	(void)looks;\n", 1)
    return compiled(folder, "ttas_backoff", text)


@sampled("what", list(LOCKS), quick=lambda what: "without an order" in what)
def test_a_branch_on_what_is_not_known_is_followed_both_ways(what, tmp_path):
    loop, name, verdict = LOCKS[what]
    test = next(t for t in suite(built(tmp_path, loop)) if t.name == name)
    result = prove(test, tmp_path / "litmus", set())
    assert (result.verdict, result.note if verdict != "UNKNOWN" else "") == (verdict, ""), result.note


@pytest.mark.parametrize("turn,found", [
    ("addi x5,x5,1", {"x5"}),
    ("addi x6,x5,1;slli x7,x6,2;mv x5,x7", {"x5", "x6", "x7"}),
    ("lw x5,0(x20);addi x6,x5,1", set()),
    ("mv x6,x5;lw x5,0(x20)", set()),
    ("li x5,1", set()),
])
def test_a_register_that_a_loop_counts_in_is_known(turn, found):
    assert counted([Step(op) for op in program(turn)]) == found


def test_a_register_that_every_turn_sets_alike_is_known():
    assert marked([Step(op) for op in program("li x5,1;lw x6,0(x20);addi x7,x6,1;addi x8,x8,1;mv x9,x5")]) == {"x5", "x9"}
