"""The proofs: the translator, the tests it leaves to herd7, and weaker locks, which must fail.

Tests that need herd7 or Spin are skipped without them: make setup-prove.
"""

import ast
import json
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from support.herd7 import needs_herd
from support.run import TOP
from support.subject import compiled

from hartlock.base.elf import Elf
from hartlock.base.linked import Linked
from hartlock.figures import proved as table
from hartlock.plan import strategies, traits
from verify import asking, cache, code, expected, herd, meets, models, orders, subjects
from verify import loop as loops
from verify.axioms import Graph
from verify.coherence import fitting, seen, together
from verify.computing import told
from verify.errors import ProofError, Unsupported
from verify.events import read
from verify.rounds import traces
from verify.litmus import render
from verify.memory import Layout
from verify.ops import decode
from verify.image import Image
from verify.loop import PASSES, Differs, Loop
from verify.plans import ONE, Locks
from verify.proofs import entered
from verify.prove import Result, prove
from verify.scenario import Condition, at_rest
from verify.scenario import Test as Proof
from verify.several import Two
from verify.starts import Start
from verify.strategy import code as program
from verify.suite import suite
from verify.terms import agree
from verify.traces import Hart, Trace

CROSS = subjects.cross()
needs_spin = pytest.mark.skipif(not shutil.which("spin"), reason="spin is not there: make setup-prove")


@pytest.fixture(scope="module")
def built():
    """The objects of a few strategies."""
    names = [f"build/verify/{n}.o" for n in ("tas", "clh", "mcs", "hemlock", "cas", "twa", "indirect")]
    subprocess.run(["make", "-s", *names, "build/verify/schedules"], cwd=TOP, check=True, capture_output=True, timeout=300)


def subject(name):
    return subjects.load(name)


def named(s, name):
    return next(t for t in suite(s) if t.name == name)


def changed(s, function, change):
    """The strategy with `change` applied to one of its functions."""
    f = s.functions[function]
    return replace(s, functions={**s.functions, function: replace(f, insns=tuple(map(change, f.insns)))})


# The translator

def test_an_instruction_it_does_not_know_is_an_error_that_names_it():
    with pytest.raises(Unsupported, match="f\\+0x8: the translator does not know 'vadd.vv x1,x2,x3'"):
        decode(code.Insn(8, 4, "vadd.vv", ("x1", "x2", "x3")), "f")


def test_a_truncated_disassembly_is_an_error():
    text = "0000000000000000 <f>:\n   0:\t8082                \tret\n"
    assert [str(i) for i in code.parse(text, {"f": 2})["f"].insns] == ["ret"]
    with pytest.raises(ProofError, match="truncated: 2 of its 6 bytes"):
        code.parse(text, {"f": 6})


def test_hints_and_amocas_are_read_from_their_encoding():
    text = ("0000000000000000 <f>:\n   0:\t0100000f          \tfence\tw,unknown\n"
            "   4:\t2ae7b52f          \t.4byte\t0x2ae7b52f\n")
    assert [str(i) for i in code.parse(text, {"f": 8})["f"].insns] == ["pause", "amocas.d.rl x10,x14,(x15)"]


@pytest.mark.parametrize("insn,inputs,result", [
    ("addw x1,x2,x3", {"x2": 0x7FFFFFFF, "x3": 1}, 0xFFFFFFFF80000000),
    ("sraw x1,x2,x3", {"x2": 0x80000000, "x3": 4}, 0xFFFFFFFFF8000000),
    ("srlw x1,x2,0x1", {"x2": 0xFFFFFFFF00000002}, 1),
    ("sltu x1,x2,x3", {"x2": 1, "x3": 1 << 63}, 1),
    ("slt x1,x2,x3", {"x2": 1, "x3": 1 << 63}, 0),
    ("neg x1,x2", {"x2": 1}, (1 << 64) - 1),
    ("snez x1,x2", {"x2": 5}, 1),
    ("lui x1,0x80000", {}, 0xFFFFFFFF80000000),
])
def test_arithmetic_is_that_of_the_manual(insn, inputs, result):
    hart = Hart(tuple(program(insn)), inputs)
    assert traces([hart], {}, 0)[0][0].registers["x1"] == result


def test_accesses_that_cut_each_other_are_refused(tmp_path):
    layout = Layout({"x": 8})
    hart = Hart(tuple(program("sw x0,0(x20);ld x5,0(x20)")), {"x20": layout.address("x")})
    result = prove(Proof("t", "", layout, [hart], {}, Condition()), tmp_path, set())
    assert result.verdict == "UNKNOWN" and "different sizes" in result.note


# Traces that fit together

def test_coherence_leaves_out_only_what_has_no_order():
    write1, read1, read0 = (None, 1), (1, None), (0, None)
    assert fitting([[(write1,)], [(read0, read1), (read1, read0), (read1, read1)]], 0) == {(0, 0), (0, 2)}
    assert not fitting([[((0, 1),)], [((0, 1),)]], 0)  # two AMOs that both found 0


def test_no_execution_is_left_out(built):
    """Two traces of tas that have no coherent order have no execution either."""
    t = named(subject("tas"), "count2")
    mine = [[x for x in each if x.stuck is None] for each in traces(t.harts, t.memory, 1)]
    kept = set(together(mine, t.memory))
    assert 0 < len(kept) < len(mine[0]) * len(mine[1])
    for i, a in enumerate(mine[0]):
        for j, b in enumerate(mine[1]):
            if (i, j) not in kept:
                assert not list(Graph(read([a, b]), t.memory).executions())


def test_an_lr_and_its_sc_are_one_access(built):
    t = named(subject("cas"), "blocks2")
    trace = max((x for x in traces(t.harts, t.memory, 0)[0] if x.stuck is None), key=lambda x: len(x.steps))
    where = next(w for w in trace.accesses if any(s.op.kind == "sc" for s in trace.accesses[w]))
    assert any(finds is not None and leaves is not None for finds, leaves in seen(trace.accesses[where]))


# Tests from the middle

def test_a_hart_alone_stops_where_it_waits(built):
    start = Start.of(subject("twa"), 3)
    start.does(0, "acquire")
    start.waits(1, "acquire")
    lock = start.subject.layout(3).address("lock")
    assert (start.memory[lock, 4], start.memory.get((lock + 4, 4), 0)) == (2, 0)  # two numbers drawn
    with pytest.raises(Unsupported, match="did not"):
        start.waits(2, "release")
    start.does(0, "release")
    start.ends(1)  # now it gets through
    start.does(1, "release")
    assert start.memory[lock + 4, 4] == 2


def test_an_attempt_that_fails_is_no_wait(built):
    """A compare-and-swap that is tried again is not stuck: the next one goes through."""
    t = named(subject("cas"), "blocks2")
    assert all(x.stuck is None for each in traces(t.harts, t.memory, 0) for x in each)
    t = named(subject("tas"), "ends2")
    assert any(x.stuck for x in traces(t.harts, t.memory, 0)[0])


def test_harts_that_wait_for_different_values_of_a_word_are_not_at_rest():
    def waits(value):
        return Trace((), stuck=(((64, 4), value),))

    assert at_rest([waits(1), waits(1)]) and at_rest([waits(1), Trace(())])
    assert not at_rest([waits(0), waits(1)]) and not at_rest([Trace(())])


# Forms, and what a part costs

def test_every_form_has_the_tests_of_two_locks_and_of_poison(built):
    """A form's hart has one node for all its locks where its lock's has."""
    for name, shares in (("mcs", False), ("hemlock", True)):
        form = replace(subject(name), name=f"{name}.wrs-store")
        assert {"poison2", "nested2", "crossed2", "crossed2ends"} <= {test.name for test in suite(form)}
        assert Two(form).shares is Two(subject(name)).shares is shares


def test_a_part_says_what_it_and_its_children_computed(capsys):
    busy = "import time\nwhile time.process_time() < 0.6: pass"
    assert told("part", lambda: subprocess.run([sys.executable, "-c", busy], check=True)).returncode == 0
    assert int(re.fullmatch(r"part: (\d+) s of computing\n\n", capsys.readouterr().out)[1]) >= 1


# axioms.py against herd7

POOL = ["lw x{r},0({a})", "sw x{v},0({a})", "fence rw,w", "fence r,rw", "fence rw,rw", "fence w,w", "fence r,w", "fence r,r", "fence w,r",
        "amoswap.w x{r},x{v},0({a})", "amoswap.w.aq x{r},x{v},0({a})", "amoswap.w.rl x{r},x{v},0({a})",
        "amoadd.w.aqrl x{r},x{v},0({a})"]


def random_hart(rng, layout):
    lines = []
    for n in range(rng.randint(2, 4)):
        line = rng.choice(POOL).format(r=5 + n, v=rng.choice((28, 29)), a=rng.choice(("x20", "x21")))
        lines.append(line)
        if "x" + str(5 + n) in line and rng.random() < 0.4:
            lines.append(f"xor x30,x{5 + n},x{5 + n};add x21,x21,x30" if rng.random() < 0.5
                         else f"xor x30,x{5 + n},x{5 + n};add x28,x28,x30")
    return Hart(tuple(program(";".join(lines))), {
        "x20": layout.address("x"), "x21": layout.address("y"), "x28": 1, "x29": 2})


@needs_herd
def test_the_quick_model_agrees_with_herd7(tmp_path):
    """The quick model and herd7 agree, on random programs of two harts, which values are possible."""
    rng, layout, texts, ours = random.Random(5), Layout({"x": 4, "y": 4}), {}, {}
    condition = Condition(locations=((layout.address("x"), 4),), good=frozenset({(1,)}))
    while len(texts) < 150:
        harts = [random_hart(rng, layout) for _ in range(2)]
        mine = traces(harts, {}, 0)
        for chosen in rng.sample(sorted(together(mine, {})), 1):
            items = read([mine[h][i] for h, i in enumerate(chosen)], condition.locations)
            name = f"t{len(texts)}"
            texts[name] = render(name, layout, {}, items, condition)
            ours[name] = any(condition.is_bad(f) for f in Graph(items, {}).executions(condition.locations))
    herd.write(texts, tmp_path)
    answers = herd.run(list(texts), tmp_path, 120)
    assert {n: a.meet > 0 for n, a in answers.items()} == ours
    assert 20 < sum(ours.values()) < 145


@needs_herd
@pytest.mark.parametrize("fence,possible", [("fence r,w", False), ("fence w,w", False), ("fence r,r", True), ("nop", True)])
def test_a_fence_behind_an_amo_orders_both_its_halves(tmp_path, fence, possible):
    """An AMO is one operation that loads and stores, so that a fence behind loads orders its store, too."""
    layout = Layout({"x": 4, "y": 4})
    places = {"x20": layout.address("x"), "x21": layout.address("y"), "x28": 1, "x29": 2}
    one, other = (Hart(tuple(program(text)), places) for text in (
        f"amoswap.w x5,x29,0(x20);{fence};sw x28,0(x21)", "lw x6,0(x21);fence rw,rw;sw x28,0(x20)"))
    condition = Condition(((1, "x6"),), ((layout.address("x"), 4),), frozenset({(0, 1), (0, 2), (1, 1)}))
    test = Proof("t", "", layout, [one, other], {}, condition)
    result = prove(test, tmp_path, set())
    assert (result.verdict, result.note) == ("VIOLATED" if possible else "HOLDS", "")


# Verdicts

@needs_herd
@pytest.mark.parametrize("name", ["tas", "clh", "mcs"])
def test_a_right_lock_holds(built, tmp_path, name):
    for which in ("count2", "section", "handover", "ends2"):
        result = prove(named(subject(name), which), tmp_path, set())
        assert (result.verdict, result.note) == ("HOLDS", ""), which


@needs_herd
@pytest.mark.parametrize("name,function,order,less,which", [
    ("tas", "acquire", "amoswap.w.aq", "amoswap.w", "count2"),
    ("tas", "release", "fence rw,w", "fence w,w", "section"),
    ("clh", "acquire", "amoswap.d.rl", "amoswap.d", "count2"),  # seL4's
    ("mcs", "acquire", "amoswap.d.aqrl", "amoswap.d.aq", "ends2"),  # a lost link: only a hang shows it
    ("twa", "release", "amoadd.w.rl", "amoadd.w", "far3ends"),  # a lost wake-up of a third hart
])
def test_with_a_weaker_order_it_is_violated(built, tmp_path, name, function, order, less, which):
    s = subject(name)
    weaker = [w for site in orders.sites(s, subjects.FOLDER / f"{name}.o", TOP / f"lock/{name}.h", CROSS) for w in site
              if (w.function, w.order, w.less) == (function, order, less)]
    assert len(weaker) == 1 and re.search(r"\([A-Z]\)", weaker[0].label)
    assert prove(named(weaker[0].subject, which), tmp_path, set()).verdict == "VIOLATED"


@needs_herd
def test_a_weaker_order_that_is_enough_holds(built, tmp_path):
    """A branch on what was loaded orders the stores behind it, whatever the fence does (rule 11)."""
    s = changed(subject("twa"), "acquire", lambda i: replace(i, operands=("r", "r")) if i.mnemonic == "fence" else i)
    assert prove(named(s, "count2"), tmp_path, set()).verdict == "HOLDS"


@needs_herd
def test_a_lock_that_relies_on_memory_that_is_zero_does_not_hold(built, tmp_path):
    s = changed(subject("tas"), "init", lambda i: replace(i, mnemonic="nop", operands=()) if i.mnemonic == "sw" else i)
    assert prove(named(subject("tas"), "poison2"), tmp_path, set()).verdict == "HOLDS"
    assert prove(named(s, "poison2"), tmp_path, set()).verdict == "VACUOUS"
    assert prove(named(s, "count2"), tmp_path, set()).verdict == "HOLDS"


@needs_herd
def test_an_order_is_missed_where_a_hart_holds_two_locks(built, tmp_path):
    s = changed(subject("tas"), "release", lambda i: replace(i, mnemonic="nop", operands=()) if i.mnemonic == "fence" else i)
    assert [prove(named(s, name), tmp_path, set()).verdict for name in ("nested2", "crossed2")] == ["VIOLATED"] * 2


def test_accesses_that_meet_in_no_test_are_found(built):
    """All that harts do at once with clh is in count2; where one holds and one comes, there is less."""
    s = subject("clh")
    names = meets.accesses(s)
    pairs = set(meets.reached(s, names))
    assert pairs and pairs <= meets.of_test(named(s, "count2"), names)
    assert not pairs <= meets.of_test(named(s, "handover"), names)


@needs_herd
def test_a_test_in_which_nothing_happens_is_vacuous(built, tmp_path):
    """A lock whose acquire waits for a value that nobody stores passes no test."""
    s = changed(subject("tas"), "acquire", lambda i: replace(i, operands=("x15", "2")) if i.mnemonic == "li" else i)
    never = replace(named(s, "count2"), memory={(s.layout(2).address("lock"), 4): 7})
    assert prove(never, tmp_path, set()).verdict == "VACUOUS"


def test_calls_are_unsupported_and_listed(built):
    with pytest.raises(Unsupported, match="subject_(acquire|init)"):
        list(suite(subject("indirect")))
    listed = expected.read(expected.FILE.read_text())
    assert expected.of(listed, "indirect.wrs-store", "count2").verdict == "UNKNOWN"
    assert expected.of(listed, "mcs", "count2").verdict == "HOLDS"
    assert all(e.reason for e in listed.values())


def test_a_line_without_a_reason_is_refused():
    with pytest.raises(ProofError, match="expected.txt:1"):
        expected.read("mcs count2 UNKNOWN:limit\n")


def test_without_herd7_one_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(herd, "FOLDER", tmp_path)
    with pytest.raises(ProofError, match="^herd7 is not there: make setup-prove$"):
        herd.command()


def test_make_prove_of_no_strategy_says_which_there_are(built):
    with pytest.raises(ProofError, match="there is no strategy 'mcss'; there are .*mcs"):
        subjects.names("mcss")


# The timed code

@pytest.fixture(scope="module")
def image(built):
    subprocess.run(["make", "-s", "all"], cwd=TOP, check=True, capture_output=True, timeout=300)
    return Image(TOP / "build/hartlock.elf", CROSS)


def loop_of(image, name, which, change=lambda insn: insn):
    """A loop of a strategy's plain worker, with `change` applied to its instructions."""
    class Changed(Image):
        def function(self, symbol):
            whole = super().function(symbol)
            return replace(whole, insns=tuple(map(change, whole.insns))) if symbol.name == which else whole

    other = Changed(image.path, CROSS)
    other.__dict__["_insns"] = image._insns
    return Loop(other, image.worker(name, "plain")[which], loops.objects("plain", subject(name).lockfree))


def checked(image, name, which="throughput", change=lambda insn: insn, own=0):
    loop = loop_of(image, name, which, change)
    loop.check_stores()
    (loops.lockfree if subject(name).lockfree else loops.locked)(loop, subject(name), own)


def test_what_is_proved_stands_in_the_worker(image):
    for name in ("mcs", "clh", "twa", "tas", "cas"):
        for which, own in PASSES:
            if which in image.worker(name, "plain"):
                checked(image, name, which, own=own)


@pytest.mark.parametrize("old,new", [
    (("fence", ("r", "rw")), ("nop", ())), (("amoswap.d.aqrl", None), ("amoswap.d.aq", None)),
    (("bnez", None), ("beqz", None))])
def test_and_is_not_found_where_it_differs(image, old, new):
    def change(insn):
        if insn.mnemonic == old[0] and old[1] in (None, insn.operands):
            return replace(insn, mnemonic=new[0], operands=insn.operands if new[1] is None else new[1])
        return insn

    with pytest.raises(Differs, match="acquire does not stand in it"):
        checked(image, "mcs", change=change)


def test_each_atomic_of_the_loop_is_one_that_is_proved(image):
    with pytest.raises(Differs, match=r"\(amoadd.* is none of the proved functions'"):
        checked(image, "mcs", "grants", own=0)

    def change(insn):
        return replace(insn, mnemonic="fence", operands=("rw", "rw")) if str(insn).startswith("sd x") and insn.operands[1] == "0(x11)" else insn

    with pytest.raises(Differs, match="fence rw,rw.* is none of the proved functions'"):
        checked(image, "mcs", change=change)


def moved(image, name, which, takes, leaves):
    """Exchanges the first instruction that `takes` says with the first that `leaves` says."""
    insns = image.function(image.worker(name, "plain")[which]).insns
    one, other = next(filter(takes, insns)), next(filter(leaves, insns))
    swapped = {one.address: replace(other, address=one.address), other.address: replace(one, address=other.address)}
    return lambda insn: swapped.get(insn.address, insn)


def test_an_access_of_the_section_stays_between_acquire_and_release(image):
    """tas keeps the heap 64 bytes behind the lock, in x15. Its store goes behind the release, or in front of the acquire."""
    store, count = (lambda i: i.mnemonic == "sd" and i.operands[1] == "64(x15)"), (lambda i: str(i) == "sd x16,0(x11)")
    with pytest.raises(Differs, match=r"sd x13,64\(x15\)\) touches shared outside the section"):
        checked(image, "tas", change=moved(image, "tas", "throughput", store, count))
    window = lambda i: i.mnemonic == "lw" and i.operands[1] == "0(x31)"  # noqa: E731
    with pytest.raises(Differs, match=r"ld x9,64\(x15\)\) touches shared outside the section"):
        checked(image, "tas", change=moved(image, "tas", "throughput", lambda i: str(i) == "ld x9,64(x15)", window))


def test_no_access_of_the_section_stands_before_the_fence_of_the_acquire(image):
    """ticket waits by a load with a fence behind it. A load of the heap between the two is no access of the section any more."""
    insns = image.function(image.worker("twa", "plain")["throughput"]).insns
    fence = next(i for i in insns if str(i) == "fence r,rw")
    behind = next(i for i in insns if i.address > fence.address and i.mnemonic == "ld")
    change = moved(image, "twa", "throughput", fence.__eq__, behind.__eq__)
    with pytest.raises(Differs):
        checked(image, "twa", change=change)


def test_the_section_calls_nothing(image):
    target = image.linked.named("window_close").address

    def change(insn):
        return replace(insn, mnemonic="jal", operands=("x1", f"{target:x}")) if insn.mnemonic == "sd" and insn.operands[1].startswith("64(") else insn

    with pytest.raises(Differs, match="calls window_close in the section"):
        checked(image, "tas", "audit", change)


@pytest.mark.parametrize("to", ["memcpy", "churn_done", "another strategy's"])
def test_a_call_of_anything_else_is_noticed(image, to):
    target = image.worker("clh", "plain")["audit"] if " " in to else image.linked.named(to)

    def change(insn):
        return replace(insn, operands=("x1", f"{target.address:x}")) if insn.mnemonic == "jal" else insn

    with pytest.raises(Differs, match=f"calls {target.name}"):
        checked(image, "tas", "audit", change)


def test_both_functions_are_given_one_lock(image):
    """The release of another lock, one that lies in the same object, is none."""
    def change(insn):
        return replace(insn, operands=("x0", "4(x15)")) if str(insn) == "sw x0,0(x15)" else insn

    with pytest.raises(Differs, match="different locks"):
        checked(image, "tas", change=change)


def test_what_was_loaded_before_a_call_is_not_known_behind_it(image):
    """A called function may change the registers that are its own to change, and keeps the others."""
    loop = loop_of(image, "tas", "audit")
    call = next(n for n, op in enumerate(loop.timed.ops) if op.kind == "call")
    known = loop.timed.flow.before(call + 1)
    assert known["x10"] == ("?", f"x10@{call}") and known["x15"] == ("?", f"x15@{call}")
    assert any(isinstance(known.get(f"x{n}"), int) for n in range(18, 28))


def test_two_ways_to_compute_a_value_are_told_from_two_values():
    drawn = ("load", 3, "w")
    masked = ("sll", ("and", drawn, 0xFFF), 2)
    assert agree(("srl", ("sll", drawn, 52), 50), masked, {})
    assert not agree(("srl", ("sll", drawn, 51), 49), masked, {})
    assert agree(("addw", drawn, 0), drawn, {}) and not agree(("addw", ("load", 3, "d"), 0), ("load", 3, "d"), {})
    assert not agree(("?", "x10"), ("?", "x10"), {}), "a parameter that is not known yet"


# Entries of proofs.json

def results(**verdicts):
    """The results of clh's tests, of which those of `verdicts` (test=verdict, or test=(verdict, cause)) came out otherwise."""
    said = {name: each if isinstance(each, tuple) else (each, "") for name, each in verdicts.items()}
    return [Result(t.name, *said.get(t.name, ("HOLDS", ""))[:1], cause=said.get(t.name, ("", ""))[1],
                   covered=[f"{f.name}+{i.address:x}" for f in subject("clh").proved for i in f.insns]) for t in suite(subject("clh"))]


TABLE = {("clh", "count3"): expected.Expected("UNKNOWN", "too much work", "limit")}


def test_a_lock_of_which_every_test_holds_is_entered(built):
    entry = entered(subject("clh"), results(), {})
    assert table.Record.of("c0de", entry).proof == "holds:c0de (2 harts, one of them twice; 3 harts, each once; one lock)"


@pytest.mark.parametrize("test", ["count2", "count3", "handover3", "ends2"])
@pytest.mark.parametrize("verdict", ["VIOLATED", "VACUOUS", ("UNKNOWN", "suspect"), ("UNKNOWN", "disagreement")])
def test_a_lock_that_a_test_finds_wrong_or_cannot_judge_is_not_entered(built, test, verdict):
    """count3 was left out once: anderson with two slots, which it finds wrong, was entered as a lock that holds."""
    assert entered(subject("clh"), results(**{test: verdict}), TABLE) is None


def test_what_is_known_not_to_be_known_is_entered_with_its_cause(built):
    entry = entered(subject("clh"), results(count3=("UNKNOWN", "limit")), TABLE)
    assert table.Record.of("c0de", entry).proof == (
        "partly:c0de (2 harts, one of them twice; 3 harts, each once; one lock; count3 is not known: too much work)")
    entry = entered(subject("clh"), results(count3=("UNKNOWN", "limit"), handover3="UNKNOWN"), TABLE)
    assert entry is None
    without = table.Record.of("c0de", entered(subject("clh"), [r for r in results(count3=("UNKNOWN", "limit")) if r.test != "handover3"], TABLE))
    assert without.words == "2 harts, one of them twice; one lock; count3 is not known: too much work"


def test_an_instruction_that_no_good_execution_has_keeps_a_lock_out(built):
    assert entered(subject("clh"), [replace(r, covered=[]) for r in results()], {}) is None


def test_a_test_from_the_middle_is_said_to_be_one(built):
    entry = entered(subject("twa"), [Result(t.name, "HOLDS", covered=[
        f"{f.name}+{i.address:x}" for f in subject("twa").proved for i in f.insns]) for t in suite(subject("twa"))], {})
    assert table.Record.of("c0de", entry).words == (
        "2 harts, each once; 2 harts, one of them twice, from the middle; 3 harts, each once, from the middle; one lock")


def test_the_record_says_which_code_is_proved(tmp_path, monkeypatch):
    said = {"tests": {"count2": "HOLDS"}, "reach": [[2, 2]], "middle": [], "one": "lock", "images": [table.fingerprint(
        Linked(Elf(TOP / "build/hartlock.elf")), "mcs", "plain")]}
    (tmp_path / "proofs.json").write_text(json.dumps({"format": 3, "strategies": {"mcs": {"c0de": said}}}))
    monkeypatch.setattr(table, "FILE", tmp_path / "proofs.json")
    table._known.cache_clear()
    booted = table.Booted(TOP / "build/hartlock.elf")
    assert booted.proof("mcs", "plain") == "holds:c0de (2 harts, each twice; one lock)"
    assert booted.proof("mcs", "full") == booted.proof("clh", "plain") == "none"
    table._known.cache_clear()


def test_herd7_is_limited_by_its_own_computing(tmp_path, monkeypatch):
    """A herd7 that computes for ever is ended; one that only waits is not, however long that takes."""
    herd.write({"t": "x"}, tmp_path)
    monkeypatch.setattr(herd, "command", lambda: ["sh", "-c", "while :; do :; done", "herd7"])
    assert herd.run(["t"], tmp_path, 1) == {}
    monkeypatch.setattr(herd, "command", lambda: ["sh", "-c", "sleep 1.2; printf 'Test t Allowed\\nPositive: 1 Negative: 2\\n'", "herd7"])
    assert herd.run(["t"], tmp_path, 1) == {"t": herd.Answer(1, 2)}


def test_a_test_of_the_same_text_is_answered_once(tmp_path, monkeypatch):
    """A test's name is nothing to herd7; its text, the options and herd7's version are."""
    asked = []
    monkeypatch.setattr(asking, "FOLDER", tmp_path / "answers")
    monkeypatch.setattr(herd, "FOLDER", tmp_path)
    monkeypatch.setattr(herd, "run", lambda names, *_: asked.append(names) or {name: herd.Answer(len(asked), 0) for name in names})
    for tests, options in (({"a": "RISCV a\n{}"}, ()), ({"b": "RISCV b\n{}", "c": "RISCV c\n{x=1;}"}, ()), ({"a": "RISCV a\n{}"}, ("-x",))):
        answers = asking.ask(tests, tmp_path / "litmus", 1, *options)
        assert set(answers) == set(tests) and all((tmp_path / "litmus" / f"{name}.litmus").is_file() for name in tests)
    assert asked == [["a"], ["c"], ["a"]]
    (tmp_path / "version").write_text("another herd7")
    for half_written in (False, True):
        if half_written:
            for file in (tmp_path / "answers").iterdir():
                file.write_text('{"meet": 1')
        assert asking.ask({"a": "RISCV a\n{}"}, tmp_path / "litmus", 1) == {"a": herd.Answer(len(asked), 0)}
    assert asked[3:] == [["a"], ["a"]]
    monkeypatch.setattr(herd, "OPTIONS", ("-unroll", "9"))
    asking.ask({"a": "RISCV a\n{}"}, tmp_path / "litmus", 1)
    assert asked[5:] == [["a"]]


def imports(name):
    """The modules of verify/ that a module imports."""
    for node in ast.walk(ast.parse((TOP / "verify" / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "verify":
            yield from [a.name for a in node.names] if node.module == "verify" else [node.module.split(".")[1]]


def test_a_result_is_kept_under_all_that_its_verdict_depends_on():
    known, new = set(), {"prove"}
    while new:
        known |= new
        new = {other for name in new for other in imports(name)} - known
    assert set(cache.METHOD) == known


def test_what_the_tests_lack_is_kept_under_the_plans_and_the_header_lines(monkeypatch):
    before = meets._key(subject("tas"))
    monkeypatch.setattr(meets, "_plans", lambda s: [Locks(s, 3).plan("three", "", [ONE] * 3)])
    assert meets._key(subject("tas")) != before
    monkeypatch.undo()
    monkeypatch.setattr(meets, "accesses", lambda s: {"acquire+0": "AMO of tas.h:1"})
    assert meets._key(subject("tas")) != before


@needs_herd
def test_a_lock_with_two_slots_is_violated_by_three_harts(tmp_path):
    """anderson hands out as many slots as harts may be: with two of them a third hart is let in."""
    two = compiled(tmp_path, "anderson", (TOP / "lock/anderson.h").read_text(), "-DANDERSON_SLOTS=2")
    verdicts = [prove(t, tmp_path / t.name, set()) for t in suite(two) if t.name in ("count2", "count3")]
    assert [(r.test, r.verdict) for r in verdicts] == [("count2", "HOLDS"), ("count3", "VIOLATED")]
    assert entered(two, verdicts, expected.read(expected.FILE.read_text())) is None


# The models

@pytest.mark.parametrize("name", models.names())
def test_each_step_of_a_model_is_a_line_of_the_header(name):
    quotes = models.quoted(models.FOLDER / f"{name}.pml")
    assert len(quotes) >= 2
    for header, line in quotes:
        text = " ".join((TOP / "lock" / header).read_text().split())
        assert " ".join(line.split()) in text, (header, line)


SPINS = (":: atomic { held -> skip }", "")  # it would run for ever: let it wait instead, so that Spin sees it stuck
TWICE, THRICE = (3, 2), (3, 3)


@needs_spin
@pytest.mark.parametrize("name,size,changes,note", [
    ("tas", TWICE, [("!held -> held = true", "!held -> held = false"), SPINS], "assertion violated"),
    ("tas", TWICE, [("held = false /* tas.h", "skip /* tas.h"), SPINS], "invalid end state"),
    ("anderson", TWICE, [("open[mine] = false", "skip")], "assertion violated"),
    ("twa", TWICE, [("serving = COUNT(seen + 1); /*", "WORD(seen + 1 + NEAR)++; serving = COUNT(seen + 1) /*"),
                    ("WORD(seen + 1 + NEAR)++   /*", "/*")], "invalid end state"),
    ("qspin", TWICE, [("pending = false; /*", "skip; /*")], "invalid end state"),
    ("qspin", TWICE, [("!locked && !pending -> mine", "!locked -> mine")], ""),
    ("cna", TWICE, [("(N - 1 + LOCAL)", "(N - 1)")], "assertion violated"),
    ("cna", TWICE, [("next[ahead] = NOBODY; /*", "skip; /*")], "invalid end state"),
    ("cna", THRICE, [("handed[near] = handed[me] + 1", "skip")], "assertion violated"),
])
def test_a_wrong_model_is_violated(tmp_path, name, size, changes, note):
    text = (models.FOLDER / f"{name}.pml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    (tmp_path / f"{name}.pml").write_text(text)
    checked = models.check(tmp_path / f"{name}.pml", *size)
    assert checked.verdict == "VIOLATED" and note in checked.note, checked


@needs_spin
def test_a_search_that_spin_cut_off_does_not_hold(monkeypatch):
    """Spin then says that it found no error, all the same."""
    monkeypatch.setattr(models, "DEPTH", 20)
    checked = models.check(models.FOLDER / "ticket.pml", *TWICE)
    assert checked.verdict == "UNKNOWN" and checked.states > 0


def test_every_lock_has_its_model():
    """Every lock has a Spin model, except those that only price something. Lock-free strategies do not wait."""
    modelled = {header for name in models.names() for header, _ in models.quoted(models.FOLDER / f"{name}.pml")}
    locks = [s for name, s in strategies.known().items() if not s.lockfree and not traits.known()[name].yardstick]
    assert {s.header.name for s in locks} == modelled
