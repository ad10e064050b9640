"""The compiled functions of every strategy, in every order in which harts can go on (verify/schedules.py)."""

import itertools
import json
import subprocess
from dataclasses import replace

import pytest
from support import tried
from support.freed import build_wrong
from support.run import TOP
from support.sampling import sampled
from support.subject import compiled

from hartlock.plan import strategies, traits
from verify import cache, code, frames, freeing, ops, plans, schedules, subjects
from verify.generators import random_words
from verify.schedules import EXPLORER, Actor, Place, Plan, explore
from verify.strategy import INCREMENT
from verify.strategy import code as program

WORDS = [n.replace("-", "_") for n, s in strategies.known().items() if n != "indirect" and not s.frees]  # that one calls ticket's functions
TRIED = [n.replace("-", "_") for n, t in traits.known().items() if "trylock" in t.has]


@pytest.fixture(scope="module")
def folder():
    subprocess.run(["make", "-s", "-j2", "build/verify/schedules", *(f"build/verify/{word}.o" for word in WORDS), *(f"build/verify/try/{word}.o" for word in TRIED)], cwd=TOP, check=True,
                   capture_output=True, timeout=300)
    return subjects.FOLDER


@sampled("word", WORDS, quick=lambda word: word in ("ticket", "magazine", "null"))
def test_every_schedule_ends_as_it_should(folder, word):
    found = plans.outcomes(subjects.load(word))
    assert len(found) >= 6 and not [(o.plan, o.verdict, o.note, o.story) for o in found if plans.wrong(word, o)]


FREED = ("pool", "cached_pool", "buddy", "treiber")


@pytest.fixture(scope="module")
def freed(folder):
    subprocess.run(["make", "-s", *(f"build/verify/freeing/{name}.o" for name in FREED)], cwd=TOP, check=True, capture_output=True, timeout=120)
    return freeing.FOLDER


# Claims of lock/traits.toml

class OneNode(plans.Locks):
    """Two locks, and harts that have one node for both: one holds the two at once."""

    def __init__(self, subject):
        super().__init__(subject, 3, 2)
        self.shares = True

    def node(self, hart, lock):
        return f"node{hart}"


def with_one_node(name):
    return explore(OneNode(subjects.load(name)).plan("inner", "", ["abyBxA", "axA", "byB"])).verdict


@sampled("name", tried.of("one-node-a-hart", tried.ONE_NODE), quick=("hemlock", "ticket").__contains__)
def test_a_hart_holds_two_locks_with_one_node(folder, name):
    assert with_one_node(name.replace("-", "_")) == "HOLDS"


@sampled("name", [n for n, t in traits.known().items() if "one-node-a-hart" in t.lacks], quick=("mcs",).__contains__)
def test_a_lock_that_needs_a_node_for_each_goes_wrong_with_one(folder, name):
    assert with_one_node(name.replace("-", "_")) == "VIOLATED"


def freed_or_not(name):
    return freeing.load(name) if name in freeing.names(None) else subjects.load(name)


@pytest.mark.parametrize("name", tried.of("one-node-a-hart", tried.ONE_HEAP))
def test_without_a_lock_a_hart_has_one_node_or_none(folder, freed, name):
    """Only magazine keeps something for a hart; its heaps are no locks that a hart could hold two of."""
    assert (freed_or_not(name).sizes["node"] > 0) == (name == "magazine")


@pytest.mark.parametrize("name", dict.fromkeys([*tried.of("poll", tried.NO_WAIT), *tried.of("irq-safe", tried.NO_WAIT)]))
def test_without_a_lock_nobody_waits(folder, freed, name):
    """A hart that is alone ends its call soon, wherever all others stand, and so does a handler amid its hart's own call. baseline
    has no loop at all."""
    subject = freed_or_not(name)
    if name == "baseline":
        assert not any(i.jumps and i.target <= i.address for i in subject.functions["alloc"].insns)
        return
    every = freeing.plans(subject) if name in freeing.names(None) else plans.plans(subject)
    found = [explore(plan) for plan in every if plan.alone]
    assert found and {o.verdict for o in found} == {"HOLDS"}


# A trylock that is right with one lock, and wrong with two: it tries the lock again that its hart tried first.
REMEMBERS = (("aptr grant;", "uintptr_t first;\n\taptr grant;"), ("aptr_store_relaxed(&node->grant, 0);\n}", "aptr_store_relaxed(&node->grant, 0);\n\tnode->first = 0;\n}"),
             ("return aptr_cas_acq_rel(&l->tail,", "node->first = node->first ? node->first : (uintptr_t)l;\n"
              "\treturn aptr_cas_acq_rel(&((struct hemlock_lock *)node->first)->tail,"))


def test_a_trylock_that_is_wrong_with_two_locks_is_found(folder, tmp_path):
    header = (TOP / "lock/hemlock.h").read_text()
    for old, new in REMEMBERS:
        assert header.count(old) == 1
        header = header.replace(old, new)
    every = {plan.name: plan for plan in plans.try_plans(compiled(tmp_path, "hemlock", header, "-DTRYLOCK"))}
    assert {name: explore(every[name]).verdict for name in ("tries", "tryinner")} == {"tries": "HOLDS", "tryinner": "VIOLATED"}


# Allocators that take frames back

def test_what_was_explored_is_what_is_built(freed):
    said = json.loads(freeing.FILE.read_text())
    assert set(said) == set(freeing.names(None)) == set(FREED)
    for name, entry in said.items():
        subject = freeing.load(name)
        assert entry["code"] == cache.code_hash(subject)[:12], "make schedules"
        assert [*entry["plans"]] == [plan.name for plan in freeing.plans(subject)]
        assert entry["tests"] == [test.name for test in frames.suite(frames.load(name))], "make prove"


@sampled("name", FREED, quick=("treiber",).__contains__)
def test_every_schedule_of_takes_and_gives_ends_as_it_should(freed, name):
    assert not [(o.plan, o.verdict, o.note, o.story) for o in freeing.outcomes(name) if o.verdict != "HOLDS"]


# Mistakes, by a name: the allocator, the file, what is changed in it.
WRONG = {
    "ABA: the head does not count": ("treiber", "alloc/treiber.h", "(seen.head >> 32) + 1;", "(seen.head >> 32);"),
    "a link is written behind the swap": ("treiber", "alloc/treiber.h", """	a32_store_relaxed(&heap->link[number - 1], (a32_value)(uint32_t)seen.head);
	/* release (S): pairs with the acquire in treiber_begin(). */
	return aptr_cas_release(&heap->head, seen.head, count << 32 | number);""", """	bool done = aptr_cas_release(&heap->head, seen.head, count << 32 | number);
	if (done)
		a32_store_relaxed(&heap->link[number - 1], (a32_value)(uint32_t)seen.head);
	return done;"""),
    "a race that was lost counts": ("treiber", "alloc/treiber.h", "(seen.head & ~(uintptr_t)UINT32_MAX) | below);",
                                    "(seen.head & ~(uintptr_t)UINT32_MAX) | below) || true;"),
    "a frame is taken without the lock": ("pool", "verify/freeing.c", "LOCKED(frame = BEHIND(alloc)(", "(frame = BEHIND(alloc)("),
    "what came back is lost": ("pool", "alloc/pool.h", "frame->next = pool->free;", "frame->next = NULL;"),
    "a frame stays on the list": ("pool", "alloc/pool.h", "pool->free = frame->next;", "(void)0;"),
    "a buddy that is taken is joined": ("buddy", "alloc/buddy.h", "if (other >= b->frames || b->frame[other].what != BUDDY_FREE + order)",
                                        "if (other >= b->frames || b->frame[other].what == BUDDY_INSIDE)"),
    "a buddy of another order is joined": ("buddy", "alloc/buddy.h", "b->frame[other].what != BUDDY_FREE + order)", "(b->frame[other].what & BUDDY_FREE) == 0)"),
    "the upper half is lost": ("buddy", "alloc/buddy.h", "buddy_link(b, n + ((uint32_t)1 << from), from);", "(void)0;"),
    "a block is inserted twice": ("buddy", "alloc/buddy.h", """		n = other < n ? other : n;
	}
	buddy_link(b, n, order);""", """		n = other < n ? other : n;
	}
	buddy_link(b, n, order);
	buddy_link(b, n, order);"""),
    "blocks are never joined": ("buddy", "alloc/buddy.h", "for (; order + 1 < BUDDY_ORDERS; order++) {", "for (; 0;) {"),
    "the buddy's joined half stays on its list": ("buddy", "alloc/buddy.h", "buddy_unlink(b, other, order);", "(void)0;"),
    "a block is halved without the lock": ("buddy", "verify/freeing.c", "LOCKED(block = buddy_alloc(&h->behind, 2 * BUDDY_FRAME, 1));",
                                           "(block = buddy_alloc(&h->behind, 2 * BUDDY_FRAME, 1));"),
    "the younger half goes": ("cached_pool", "alloc/frame_cache.h", "name##_free(heap, cache->frame[i]);",
                              "name##_free(heap, cache->frame[i + FRAME_CACHE / 2]);"),
    "a full store keeps the frame": ("cached_pool", "verify/freeing.c", "	(void)frame_cache_put(mine, frame);\n}", "}"),
    "a store is filled without the lock": ("cached_pool", "verify/freeing.c", "LOCKED((void)pool_cache_fill(&h->behind, mine));",
                                           "(void)pool_cache_fill(&h->behind, mine);"),
}


@sampled("what", list(WRONG), quick=lambda what: what.startswith("ABA"))
def test_an_allocator_that_is_wrong_is_found_by_its_schedules(freed, what, tmp_path, monkeypatch):
    name, changed, old, new = WRONG[what]
    build_wrong(tmp_path, name, changed, old, new)
    monkeypatch.setattr(freeing, "FOLDER", tmp_path)
    assert freeing.outcomes(name)[-1].verdict == "VIOLATED"


# The explorer, on programs of a few instructions

PLACE = Place({"lock": 8, "x": 8}, {"lock": 0xA5})
X, LOCK = PLACE.address("x"), PLACE.address("lock")


def function(text):
    """A function of instructions that semicolons separate; a branch names the number of the one it goes to."""
    lines = [line.strip().partition(" ") for line in f"{text};ret".split(";")]
    return code.Function("f", tuple(code.Insn(n, 1, m, tuple(o.split(",")) if o else ()) for n, (m, _, o) in enumerate(lines)))


def told(*parts, good=(2,), before=(), alone=0, **more):
    """Returns what becomes of harts that each execute a part, with the lock's address in x10 and that of a counter in x20."""
    actors = [Actor([item for each in part for item in (program(each) if isinstance(each, str) else [each])], {"x10": LOCK, "x20": X})
              for part in parts]
    outcome = explore(Plan("t", "", PLACE, [("act", Actor(program(text), {"x10": LOCK, "x20": X}), 1) for text in before], actors,
                           [("word", X, 4)], frozenset({good}), alone, **more))
    return outcome.verdict, outcome.note, outcome.story


FREE = ("sw x0,0(x10)",)
TAKE = function("li x5,1;amoswap.w x6,x5,(x10);bnez x6,1")
GIVE = "sw x0,0(x10)"


def test_a_lost_update_is_told_access_by_access(folder):
    verdict, note, story = told([INCREMENT], [INCREMENT])
    assert (verdict, note) == ("VIOLATED", "an end that is not as it should be")
    assert [line.split(": ")[1] for line in story] == ["x+0 0x0", "x+0 0x0", "x+0 0x0 -> 0x1", "x+0 0x1"]
    assert told([TAKE, INCREMENT, GIVE], [TAKE, INCREMENT, GIVE], before=FREE)[0] == "HOLDS"


def test_memory_that_nobody_initialised_holds_anything_but_nothing(folder):
    assert told([TAKE, INCREMENT, GIVE], [TAKE, INCREMENT, GIVE])[1] == "reads what nobody has initialised"


def test_a_hart_that_waits_for_ever_is_found(folder):
    assert "never comes to its end" in told([TAKE, INCREMENT], [TAKE, INCREMENT, GIVE], before=FREE)[1]


def test_an_access_outside_of_every_object_is_found(folder):
    assert told(["ld x5,64(x10)"], good=(0,))[1] == "touches what is no object of the test"


def test_a_hart_that_counts_its_looks_is_followed_to_where_it_gives_up(folder):
    impatient = function("li x5,1;amoswap.w x6,x5,(x10);beqz x6,6;addi x7,x7,1;li x8,100000;bne x7,x8,1")
    assert told([TAKE, INCREMENT, GIVE], [impatient, INCREMENT, GIVE], before=FREE)[0] == "VIOLATED"
    patient = function("li x5,1;amoswap.w x6,x5,(x10);beqz x6,5;addi x7,x7,1;j 1")
    assert told([TAKE, INCREMENT, GIVE], [patient, INCREMENT, GIVE], before=FREE)[0] == "HOLDS"


def test_a_hart_that_is_alone_does_not_wait_for_others(folder):
    assert "alone" in told([TAKE, INCREMENT, GIVE], [TAKE, INCREMENT, GIVE], before=FREE, alone=50)[1]
    adds = "li x5,1;amoadd.w x6,x5,(x20)"
    assert told([adds], [adds], alone=50)[0] == "HOLDS"


def test_a_search_that_becomes_too_large_is_not_known(folder):
    assert told([INCREMENT], [INCREMENT], most=3)[:2] == ("UNKNOWN", "more than 3 states")


def test_a_search_that_took_too_long_is_begun_anew(monkeypatch, tmp_path):
    """A search that is kept must not depend on this computer: one that waits is let wait, and one that computes for too long is not kept."""
    program = tmp_path / "explorer"
    monkeypatch.setattr(schedules, "EXPLORER", program)
    monkeypatch.setattr(schedules, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(schedules, "LIMIT_S", 1)
    plan = Plan("t", "", PLACE, [], [], [], frozenset())
    for text, verdict in (("while :; do :; done", "UNKNOWN"), ("sleep 1.2; printf 'verdict HOLDS\\nstates 7\\n'", "HOLDS"),
                          ("while :; do :; done", "HOLDS")):
        program.write_text(f"#!/bin/sh\n{text}\n")
        program.chmod(0o755)
        assert (outcome := explore(plan)).verdict == verdict, outcome


@pytest.fixture(scope="module")
def sanitized(folder, tmp_path_factory):
    """The explorer, built so that it ends where it touches memory that is not its own."""
    program = tmp_path_factory.mktemp("explorer") / "schedules"
    subprocess.run(["gcc", "-std=gnu11", "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program,
                    *schedules.SOURCES.glob("*.c")], check=True, timeout=120)
    return program


def test_the_explorer_keeps_within_its_memory(sanitized):
    """It looks at its limit of states only between two of them."""
    for plan in plans.plans(subjects.load("tas")):
        if plan.queued:
            continue  # 64 harts take long
        for most in (plan.most, 20, 21, 30):
            done = explorer(*schedules.text_of(replace(plan, most=most)).splitlines(), program=sanitized)
            assert done.startswith("verdict HOLDS" if most == plan.most else f"verdict UNKNOWN more than {most} states"), (plan.name, done)


@pytest.mark.parametrize("lines,why", [
    (["good 0"] * 4097, "too many values that may be seen"), (["program 0", "hart 0", *["see-register 0 5"] * 513], "too much is looked at"),
    (["see-word 1000 4"] * 513, "too much is looked at"), (["object 1000 8 0"] * 257, "too many objects"), (["program 0"] * 513, "too many programs"),
    (["program 0", "hart 0", "active 2"], "a hart that is not there"), (["program 0", "hart 0", "act 1 1"], "a hart that is not there")])
def test_what_is_more_than_the_explorer_has_room_for_is_refused(sanitized, lines, why):
    assert explorer(*lines[:-1], program=sanitized) and f"verdict UNKNOWN {why}" in explorer(*lines, program=sanitized)


def explorer(*lines, program=EXPLORER):
    return subprocess.run([program], input="".join(f"{line}\n" for line in lines), capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize("kind,name", [("alu", "mulhu"), ("branch", "beqz"), ("amo", "nand"), ("amo", "addw"), ("fence", "-")])
def test_an_instruction_that_the_explorer_does_not_know_is_refused(folder, kind, name):
    said = explorer("program 1", f"op {kind} {name} 1 0 4 0 20 0 20 0 0 0 0 0", "hart 0", "active 1", "most 10")
    assert said.startswith("verdict UNKNOWN ") and f"not known: op {kind} {name} " in said


VALUES = (1, 33, -7, 1 << 31)
COMPUTED = {  # an instruction of each kind leaves this in a register, of a in x5 and b in x6
    "alu": (ops.ALU, "{name} {rd},x5,x6"),
    "amo": (ops.AMO, "sd x5,0(x30);amo{name}.d x7,x6,(x30);ld {rd},0(x30)"),
    "branch": (ops.CONDITIONS, "li {rd},1;{name} x5,x6,{behind};li {rd},0"),
}


@pytest.mark.parametrize("kind,name", [(kind, name) for kind, (names, _) in COMPUTED.items() for name in names])
def test_the_explorer_computes_as_the_decoder_says(folder, kind, name):
    names, text = COMPUTED[kind]
    lines, good = [], []
    for n, (a, b) in enumerate(itertools.product(VALUES, VALUES)):
        behind = f"{len(lines) + 5:x}"  # as objdump writes it
        lines += f"li x5,{a};li x6,{b};{text.format(name=name, rd=f'x{10 + n}', behind=behind)}".split(";")
        good.append(names[name](a & ops.MASK, b & ops.MASK) & ops.MASK)
    seen = [("register", 0, f"x{10 + n}") for n in range(len(good))]
    outcome = explore(Plan("t", "", PLACE, [], [Actor([function(";".join(lines))], {"x30": X})], seen, frozenset({tuple(good)})))
    assert (outcome.verdict, outcome.story) == ("HOLDS", [])


def test_a_word_that_random_numbers_are_drawn_from_is_known_by_its_code(folder):
    assert random_words(subjects.load("ttas_backoff").functions["acquire"]) == {0}
    assert not any(random_words(f) for n in ("mcs", "anderson", "clh", "ticket") for f in subjects.load(n).functions.values())
