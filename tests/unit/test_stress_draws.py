"""`stress`: what it draws, what it counts, and what it takes for a failure."""

import re
from collections import Counter
from dataclasses import replace

import pytest
from support.run import TOP, run_here
from tools.mutants import detectors, hunt, tree

from hartlock.engine.model import Model
from hartlock.engine.native import Native
from hartlock.engine.tcg import Tcg
from hartlock.figures.trial_figures import exhausted
from hartlock.plan import parse, strategies
from hartlock.plan.lock_forms import UNLOCK_FORMS
from hartlock.plan.plan import PASSES, SIZES
from hartlock.records.histogram import Histogram
from hartlock.records.trials import Exhaust, Fair, Pass, Share, Trial, is_complete
from hartlock.cli.stress import span
from hartlock.stress.draw import Asked, draw
from hartlock.stress.tally import Tally, short

LOCKS = tuple(strategies.known())
TCG = Tcg(Tcg.make_windows(1000, 1000))
MODEL = Model(Model.modelled_windows(1))
NATIVE = Native(Native.make_windows(1000, 1000))


GOLDEN = ("hartlock: format=1 align=16 hold=0 think=14 think_range=14 batch=4705 sizes=mixed placement=random "
          "interrupt_length=0 exhaust=8 "
          "duration_us=3220 warmup_us=494 fairness_us=805 seed=4009878800814017703 clusters=2 "
          "run=cas:5,ticket:8,null:8,ticket:8,cas:8,cas:4,ticket:8")


def asked(seed=1, smp=8, engine=TCG, locks=LOCKS):
    return Asked(smp, locks, (), seed, engine, ("pause",), ("store",))


def bootargs(*args, number=1, **kw):
    drawn = draw(asked(*args, **kw), number, "log")
    return drawn.plan.bootargs(drawn.engine.windows)


# --- what is drawn ---


def test_a_round_is_its_seed_and_number():
    assert bootargs(7, number=3) == bootargs(7, number=3)
    assert len({bootargs(seed, number=n) for seed in range(5) for n in range(1, 6)}) == 25
    # Every machine and Python draws this. A change of the draws changes the meaning of --seed.
    assert bootargs(1, locks=("ticket", "cas")) == GOLDEN


def test_every_round_is_one_that_the_kernel_takes_and_is_told_whole():
    """The kernel's words say the workload that was drawn, and plans.check() has admitted it."""
    for number in range(1, 200):
        drawn = draw(asked(2), number, "log")
        read, asked_for = parse.read(drawn.plan.bootargs(drawn.engine.windows), 8)
        assert read.workload == drawn.plan.workload and read.order == drawn.plan.order
        assert asked_for.duration_us == drawn.engine.windows.duration_us >= 1000


def test_everything_is_drawn_sooner_or_later():
    rounds = [draw(asked(3), n, "log") for n in range(1, 400)]
    work = [r.plan.workload for r in rounds]
    assert {w.sizes for w in work} == {"fixed", *SIZES} and {w.placement for w in work} == {"padded", "packed", "random"}
    assert {w.arrival for w in work} == {"closed", "poisson"} and {w.irq for w in work} == {"on", "off"}
    for name in ("hold_instructions", "think_instructions", "touch_lines", "interrupt_period_us", "ipi_period_us",
                 "churn_period_us", "exhaust_rounds"):
        some = sum(getattr(w, name) > 0 for w in work)
        assert 100 < some < 380, (name, some)
    assert {t.strategy for r in rounds for t in r.plan.order} == set(LOCKS)
    assert {t.harts for r in rounds for t in r.plan.order} == set(range(1, 9))
    assert Counter(r.plan.clusters for r in rounds).keys() == {0, 1, 2, 4, 8}


def test_one_round_of_four_takes_blocks_back_and_has_locks_and_what_frees_without_one():
    rounds = [draw(asked(4), n, "log").plan for n in range(1, 400)]
    freeing = [plan for plan in rounds if plan.workload.frees]
    assert 60 < len(freeing) < 140 and {plan.workload.allocator for plan in freeing} == {"pool", "buddy", "cached-pool"}
    known = strategies.known()
    assert not any(known[cell.strategy].why_not(plan.workload.allocator, "") for plan in rounds for cell in plan.order)
    assert {plan.workload.allocator for plan in freeing if any(cell.strategy == "treiber" for cell in plan.order)} == {"pool"}
    assert all(len(plan.order) == 7 and plan.workload.exhaust_rounds == 0 for plan in freeing)
    assert {"fixed", "pages"} == {plan.workload.sizes for plan in freeing} and any(plan.workload.remote_percent for plan in freeing)
    assert not any(draw(asked(4, locks=("cas", "faa")), n, "log").plan.workload.frees for n in range(1, 40))
    alone = [draw(asked(4, locks=("treiber",)), n, "log").plan for n in range(1, 20)]
    assert all(plan.workload.allocator == "pool" and {cell.strategy for cell in plan.order} == {"treiber", "null"} for plan in alone)


def test_some_rounds_have_several_locks_and_locks_only():
    rounds = [draw(asked(4), n, "log").plan for n in range(1, 400)]
    several = [plan for plan in rounds if plan.workload.locks > 1]
    assert 40 < len(several) < 120 and {plan.workload.choose for plan in several} == {"even", "zipf", "nested"}
    assert {plan.workload.variant for plan in several} == {"many"} and max(plan.workload.locks for plan in several) > 40
    known = strategies.known()
    assert not any(known[cell.strategy].lockfree for plan in several for cell in plan.order)
    assert all(plan.workload.exhaust_rounds == 0 and not plan.workload.frees for plan in several)
    assert {plan.workload.placement for plan in several} == {"padded", "packed"}
    assert not any(draw(asked(4, locks=("cas", "faa")), n, "log").plan.workload.locks > 1 for n in range(1, 40))


def test_handlers_take_a_lock_in_some_rounds_with_interrupts_and_only_one_that_they_may_take():
    rounds = [draw(asked(6), n, "log").plan for n in range(1, 400)]
    taken = [plan for plan in rounds if plan.workload.handler == "lock"]
    assert 20 < len(taken) < 120 and all(plan.workload.interrupt_period_us and plan.workload.exhaust_rounds == 0 for plan in taken)
    assert {"qspin", "hemlock", "cas"}.isdisjoint(cell.strategy for plan in taken for cell in plan.order)
    assert {"mcs", "clh", "ttas"} <= {cell.strategy for plan in taken for cell in plan.order}


def test_what_an_engine_cannot_do_is_left_out_and_the_rest_is_the_same():
    for number in range(1, 50):
        full, less = draw(asked(), number, "log"), draw(asked(engine=NATIVE), number, "log")
        w = less.plan.workload
        assert (w.irq, w.ipi_period_us, w.churn_period_us) == ("on", 0, 0)
        assert w.interrupt_period_us == full.plan.workload.interrupt_period_us
        assert less.plan.order == full.plan.order and w.size_bytes == full.plan.workload.size_bytes
        assert w.exhaust_rounds == full.plan.workload.exhaust_rounds


def test_modelled_times_are_a_twentieth_and_everything_is_drawn():
    for number in range(1, 50):
        full, modelled = draw(asked(), number, "log"), draw(asked(engine=MODEL), number, "log")
        whole, part = full.plan.workload, modelled.plan.workload
        assert modelled.engine.windows.duration_us == full.engine.windows.duration_us // 20
        for name in ("interrupt_period_us", "ipi_period_us", "churn_period_us"):
            drawn = getattr(whole, name)
            assert getattr(part, name) == (max(10, drawn // 20) if drawn and number % 2 else 0), "every other round is calm"
        assert part.irq == whole.irq and modelled.plan.order == full.plan.order


@pytest.mark.parametrize("locks,smp", [(("ticket",), 2), (("null", "baseline"), 1), (LOCKS, 64)])
def test_few_strategies_few_harts_and_many(locks, smp):
    for number in range(1, 40):
        order = draw(asked(smp=smp, locks=locks), number, "log").plan.order
        assert len(order) == 6 + (smp > 1) and max(t.harts for t in order) <= smp
        assert all(t.harts == 1 for t in order if t.strategy == "baseline")


def test_sizes_and_alignments_come_from_all_there_are():
    """Odd sizes and batches, those beside a power of two, and alignments up to 1 MiB: no list of usual ones."""
    work = [draw(asked(3), n, "log").plan.workload for n in range(1, 700)]
    sizes, batches = ({getattr(w, name) for w in work} for name in ("size_bytes", "batch_bytes"))
    assert len(sizes) > 80 and len(batches) > 120 and max(batches) > 32768
    beside = {power + d for power in (1 << n for n in range(6, 17)) for d in (-1, 1)}
    assert len(sizes & beside) > 5 and len(batches & beside) > 5 and sum(n % 2 for n in sizes) > 20
    assert len(aligned := {w.align_bytes for w in work}) > 18 and aligned <= {1 << n for n in range(21)}


def test_some_rounds_have_more_harts_where_the_run_does_not_say_how_many():
    both = replace(asked(3), many=MODEL)
    rounds = [draw(both, n, "log") for n in range(1, 200)]
    many = [r for r in rounds if r.plan.smp != 8]
    assert 20 < len(many) < 60 and {r.engine.name for r in many} == {MODEL.name} and {r.plan.smp for r in many} <= set(range(9, 65))
    assert max(r.plan.smp for r in many) > 50 and max(t.harts for r in many for t in r.plan.order) > 50
    assert max(r.engine.windows.duration_us for r in many) <= 30_000 // 4 // MODEL.stress_divisor
    alone = [draw(asked(3), n, "log") for n in range(1, 200)]
    assert {r.plan.smp for r in alone} == {8}
    assert all(one.plan == other.plan for one, other in zip(rounds, alone, strict=True) if one.plan.smp == 8)


def test_a_round_may_have_its_own_forms():
    some = replace(asked(), relax=("none", "pause"), unlock=UNLOCK_FORMS)
    forms = {(p.relax, p.unlock) for p in (draw(some, n, "log").plan for n in range(1, 100))}
    assert len(forms) == 2 * len(UNLOCK_FORMS)


@pytest.mark.parametrize("text,seconds", [("30s", 30), ("10m", 600), ("2h", 7200)])
def test_how_long(text, seconds):
    assert span(text) == seconds


@pytest.mark.parametrize("args,words", [
    (["--for", "10"], "no time such as 30s, 10m or 2h"),
    (["--for", "0s"], "no time such as"),
    (["--for", "721h"], "at most 720h"),
    (["--round", "0"], "from 1 to"),
    (["--lock", "tikcet"], "did you mean 'ticket'?"),
    (["--engine", "board"], "invalid choice: 'board'"),
    (["--engine", "native", "--cpu", "rv64"], "--cpu rv64"),
    (["--relax", "wrs", "--engine", "native"], "--relax wrs"),
])
def test_what_cannot_be_is_refused(args, words):
    done = run_here("stress", *args)
    assert done.returncode == 2 and words in re.sub(r"\s+", " ", done.stderr), done.stderr


# --- what is counted ---


def share(**counts):
    return Share(0, 10, 5, 0, 1, 1, **counts)


def test_the_tally_is_of_all_passes_and_the_control_is_apart():
    passes = {name: Pass("time", 0, 1, 0, 1, 0, [share(stops=1, ipis=4, ipis_inside=2, blocks=7 if name == "audit" else 0)])
              for name in ("throughput", "audit")}
    tally = Tally()
    tally.add(Trial(0, "clh", 2, "done", passes, {}, exhaust=Exhaust(rounds=3, refused=9, blocks=100)), False)
    tally.add(Trial(1, "null", 2, "done", passes, {}), True)
    tally.add(Trial(2, "null", 2, "done", passes, {}), False)
    tally.add(Trial(3, "null", 1, "done", passes, {}), True)
    both = Tally()
    both += tally
    both += tally
    assert (tally.trials, tally.ops, tally.blocks_audited, tally.stops, tally.ipis_inside) == (1, 120, 107, 2, 4)
    assert (tally.exhaustions, tally.refusals, tally.controls, tally.controls_lost) == (3, 9, 2, 1)
    assert (both.ops, both.strategies) == (240, {"clh": 2})
    assert "8 IPIs, 4 of them on holders" in tally.words() and "interrupts" not in tally.words()


@pytest.mark.parametrize("n,text", [(0, "0"), (9999, "9999"), (10_000, "10k"), (5_350_000, "5350k"), (24_100_000, "24M")])
def test_numbers_are_short(n, text):
    assert short(n) == text


def test_the_document_has_every_mutant_within_its_limit():
    text = (TOP / "docs/trust/stress.md").read_text().split(detectors.BEGIN)[1].split(detectors.END)[0]
    rows = {cells[1].strip(" `"): cells for cells in (line.split("|") for line in text.splitlines()[2:])}
    named = {name: m for name, m in tree.known().items() if m.limit_s}
    assert set(rows) == set(named) and all(m.engine in ("tcg", "model") for m in named.values())
    assert {name for name, m in tree.known().items() if not (m.limit_s or m.detector or m.memory_model)} == set()
    for name, cells in rows.items():
        assert float(cells[6]) <= int(cells[9]) == named[name].limit_s, name
        assert cells[4].strip() != "nothing"


def test_a_detector_that_is_late_is_said():
    mutant = tree.Mutant("x", "y", "mcs", engine="tcg", limit_s=5)
    finds = [detectors.Find(1, 10, "audit"), detectors.Find(9, 30, "audit"), detectors.Find(20, 0, "")]
    assert detectors.median_s(finds) == 9 and "| 2 of 3 | 9.0 | 1.0 to 9.0 | 20 | 5 |" in detectors.row(mutant, finds)
    assert detectors.median_s(finds[2:]) == float("inf")
    with pytest.raises(SystemExit, match="no check is known"):
        hunt.check_of(["the disk is full"])


@pytest.mark.parametrize("counts,words", [
    ({"overlapping": 2}, "2 block(s) with bytes that another block has"), ({"misaligned": 1, "outside": 2}, "3 block(s) misaligned"),
    ({"astray": 16}, "16 byte(s) astray"), ({"early": 1}, "refused what there was room for")])
def test_what_the_heap_s_end_found_is_a_failed_check(counts, words):
    assert exhausted(Exhaust(rounds=5, refused=9, blocks=7)) == []
    assert len(said := exhausted(Exhaust(**counts))) == 1 and words in said[0]


def test_a_heap_whose_end_was_not_reported_is_not_whole():
    """A trial that was to report its heap's end and lost that record is left out."""
    passes = {name: Pass("time", 0, 1, 0, 1, 0, [share()]) for name in PASSES}
    trial = Trial(0, "cas", 1, "done", passes, {(0, "wait"): Histogram(0, 0, 0, 0, {})}, fair=Fair("unknown", 1, 0, 0, 0, 0, 0, 0))
    assert is_complete(trial) and not is_complete(trial, exhaust=True)
    trial.exhaust = Exhaust()
    assert is_complete(trial, exhaust=True)
