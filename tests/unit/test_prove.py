"""The proofs: the translator, the tests it leaves to herd7, and weaker locks, which must fail.

Tests that need herd7 or Spin are skipped without them: make setup-prove.
"""

import json
import random
import re
import shutil
import subprocess
from dataclasses import replace
from unittest.mock import patch

import pytest
from support.run import TOP

from hartlock.figures import proved as table
from hartlock.plan import schema, strategies, traits
from hartlock.plan.plan import Plan, Workload
from verify import code, expected, herd, models, orders, subjects
from verify.axioms import Graph
from verify.coherence import fitting, seen, together
from verify.errors import ProofError, Unsupported
from verify.events import read
from verify.rounds import traces
from verify.litmus import render
from verify.memory import Layout
from verify.ops import decode
from verify.prove import prove
from verify.scenario import Condition, at_rest
from verify.scenario import Test as Proof
from verify.starts import Start
from verify.strategy import code as program
from verify.suite import suite
from verify.terms import agree
from verify.traces import Hart, Trace
from verify.worker import find, inside

CROSS = subjects.cross()
needs_herd = pytest.mark.skipif(not (herd.FOLDER / "version").is_file(), reason="herd7 is not there: make setup-prove")
needs_spin = pytest.mark.skipif(not shutil.which("spin"), reason="spin is not there: make setup-prove")


@pytest.fixture(scope="module")
def built():
    """The objects of a few strategies."""
    names = [f"build/verify/{n}.o" for n in ("tas", "clh", "mcs", "cas", "twa", "indirect")]
    workers = [f"build/bench/plain-{n}.o" for n in ("mcs", "clh")]
    subprocess.run(["make", "-s", *names, *workers], cwd=TOP, check=True, capture_output=True, timeout=300)


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
    where = next(w for w in trace.accesses() if any(s.op.kind == "sc" for s in trace.accesses()[w]))
    assert any(finds is not None and leaves is not None for finds, leaves in seen(trace.accesses()[where]))


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


# axioms.py against herd7

POOL = ["lw x{r},0({a})", "sw x{v},0({a})", "fence rw,w", "fence r,rw", "fence rw,rw", "fence w,w",
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
    answers = herd.run(texts, tmp_path, 120)
    assert {n: a.meet > 0 for n, a in answers.items()} == ours
    assert 20 < sum(ours.values()) < 145


# Verdicts

@needs_herd
@pytest.mark.parametrize("name", ["tas", "clh", "mcs"])
def test_a_right_lock_holds(built, tmp_path, name):
    for which in ("count2", "section", "handover", "ends2"):
        result = prove(named(subject(name), which), tmp_path, set())
        assert (result.verdict, result.note) == ("HOLDS", ""), which


@needs_herd
@pytest.mark.parametrize("name,function,order,which", [
    ("tas", "acquire", "amoswap.w.aq", "count2"),
    ("tas", "release", "fence rw,w", "section"),
    ("clh", "acquire", "amoswap.d.rl", "count2"),  # seL4's
    ("mcs", "acquire", "amoswap.d.rl", "ends2"),  # a lost link: only a hang shows it
    ("twa", "release", "amoadd.w.rl", "far3ends"),  # a lost wake-up of a third hart
])
def test_without_an_order_it_is_violated(built, tmp_path, name, function, order, which):
    s = subject(name)
    weaker = [w for w in orders.weaker(s, subjects.FOLDER / f"{name}.o", TOP / f"lock/{name}.h", CROSS)
              if (w.function, w.order) == (function, order)]
    assert len(weaker) == 1 and re.search(r"\([A-Z]\)", weaker[0].label)
    assert prove(named(weaker[0].subject, which), tmp_path, set()).verdict == "VIOLATED"


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
        expected.read("mcs count2 UNKNOWN\n")


def test_without_herd7_one_sentence_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(herd, "FOLDER", tmp_path)
    with pytest.raises(ProofError, match="^herd7 is not there: make setup-prove$"):
        herd.command()


def test_make_prove_of_no_strategy_says_which_there_are(built):
    with pytest.raises(ProofError, match="there is no strategy 'mcss'; there are .*mcs"):
        subjects.names("mcss")


# The timed code

def test_what_is_proved_stands_in_the_worker(built):
    for name in ("mcs", "clh"):
        worker = code.read(TOP / f"build/bench/plain-{name}.o", CROSS)
        for f in subject(name).proved:
            assert list(find(f, worker.functions["throughput"])), f.name


@pytest.mark.parametrize("old,new", [
    (("fence", ("r", "rw")), ("nop", ())), (("amoswap.d.aqrl", None), ("amoswap.d.aq", None)),
    (("bnez", None), ("beqz", None))])
def test_and_is_not_found_where_it_differs(built, old, new):
    def change(insn):
        if insn.mnemonic == old[0] and old[1] in (None, insn.operands):
            return replace(insn, mnemonic=new[0], operands=insn.operands if new[1] is None else new[1])
        return insn

    worker = code.read(TOP / "build/bench/plain-mcs.o", CROSS).functions["throughput"]
    other = replace(worker, insns=tuple(map(change, worker.insns)))
    assert not list(find(subject("mcs").functions["acquire"], other))


def test_each_atomic_of_the_loop_is_one_that_is_proved(built):
    worker = code.read(TOP / "build/bench/plain-mcs.o", CROSS)
    proved = subject("mcs").proved
    assert inside(proved, worker.functions["throughput"])
    assert inside(proved, worker.functions["grants"], own=1) and not inside(proved, worker.functions["grants"])
    more = worker.functions["throughput"].insns
    last = replace(more[-1], address=more[-1].address + more[-1].size, mnemonic="fence", operands=("rw", "rw"))
    assert not inside(proved, replace(worker.functions["throughput"], insns=(*more, last)))


def test_two_ways_to_compute_a_value_are_told_from_two_values():
    drawn = ("load", 3, "w")
    masked = ("sll", ("and", drawn, 0xFFF), 2)
    assert agree(("srl", ("sll", drawn, 52), 50), masked, {})
    assert not agree(("srl", ("sll", drawn, 51), 49), masked, {})
    assert agree(("addw", drawn, 0), drawn, {}) and not agree(("addw", ("load", 3, "d"), 0), ("load", 3, "d"), {})
    assert not agree(("?", "x10"), ("?", "x10"), {}), "a parameter that is not known yet"


def test_the_object_says_which_code_is_proved(tmp_path, monkeypatch):
    objects = {"mcs": {"c0de": ["0bject"]}}
    (tmp_path / "proofs.json").write_text(json.dumps({"format": 2, "strategies": objects}))
    monkeypatch.setattr(table, "FILE", tmp_path / "proofs.json")
    for built_hash, says in (("0bject", "holds:c0de"), ("other", "none"), ("", "none")):
        table._known.cache_clear()
        table._of.cache_clear()
        monkeypatch.setattr(table, "text_hash", lambda path, h=built_hash: h)
        assert table._of("mcs", "worker", tmp_path) == says
        assert table._of("clh", "worker", tmp_path) == "none"
    table._known.cache_clear()
    table._of.cache_clear()


def test_another_object_is_not_proved(built, tmp_path):
    path = TOP / "build/bench/plain-mcs.o"
    digest = table.text_hash(path)
    assert len(digest) == 64
    data = bytearray(path.read_bytes())
    at = data.index(bytes.fromhex("0f001003"))  # fence rw,w
    data[at + 3] ^= 1
    (tmp_path / "other.o").write_bytes(data)
    assert table.text_hash(tmp_path / "other.o") not in ("", digest)
    (tmp_path / "other.o").write_bytes(data[:100])
    assert table.text_hash(tmp_path / "other.o") == ""


def test_the_proof_is_that_of_the_variant_that_ran():
    """The kernel says which one; where it does not, the plan's keys that need the full variant decide."""
    hashes = {v: table.text_hash(TOP / f"build/bench/{v}-mcs.o") for v in ("plain", "full")}
    plan = Plan(8, ("mcs",), (8,), Workload(), 1, 1)
    with patch.object(table, "_known", lambda: {"mcs": {hashes["plain"]: "p", hashes["full"]: "f"}}):
        table._of.cache_clear()
        assert (table.of("mcs", plan), table.of("mcs", plan, "plain"), table.of("mcs", plan, "full")) == (
            "holds:p", "holds:p", "holds:f")
        for key in schema.keys().values():
            if key.column in vars(plan.workload):
                other = key.words[-1] if isinstance(key, schema.Choice) else key.most
                asked = replace(plan, workload=replace(plan.workload, **{key.column: other}))
                assert table.of("mcs", asked) == ("holds:f" if key.full else "holds:p"), key.key
    table._of.cache_clear()


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


def test_every_lock_has_its_model():
    """Every lock has a Spin model, except those that only price something. Lock-free strategies do not wait."""
    modelled = {header for name in models.names() for header, _ in models.quoted(models.FOLDER / f"{name}.pml")}
    locks = [s for name, s in strategies.known().items() if not s.lockfree and not traits.known()[name].yardstick]
    assert {s.header.name for s in locks} == modelled
