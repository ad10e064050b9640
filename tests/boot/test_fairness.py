"""The fairness pass: the locks' claims under the cost model."""

import itertools
import re
import subprocess

import pytest
from support.run import TOP, Done, run_bench
from support.sampling import sampled
from tools import reference
from tools.simulate import simulate

from hartlock.plan import profile, traits


FIFO = [name for name, known in traits.known().items() if known.fifo]


@pytest.fixture(scope="module")
def modelled():
    """All strategies on the model: the committed sweep, which tests/boot/test_reference_sample.py runs again."""
    return Done(0, "", "", reference.REFERENCE)


@pytest.fixture(scope="module")
def on_three(tmp_path_factory):
    """All strategies on the model, on 3 harts, a number that is no power of two."""
    return run_bench(tmp_path_factory.mktemp("fairness") / "run", "--smp", "8", "--harts", "3", "--lock", "all",
                     "--engine", "model", "--trials", "2", "--model-duration", "120", timeout=300)


def test_most_strategies_claim_to_be_fifo():
    assert len(FIFO) >= 8 and "ticket" in FIFO and "tas" not in FIFO


@sampled("harts,strategy", itertools.product((3, 4, 8), FIFO), quick=lambda harts, strategy: harts > 3)
def test_fifo_is_bypassed_by_each_other_hart_once(request, strategy, harts):
    r = request.getfixturevalue("on_three" if harts == 3 else "modelled").row(strategy, harts, "model")
    assert harts - 2 <= int(r["bypass_max"]) <= harts - 1
    assert int(r["overtaken_max"]) <= harts - 1
    assert float(r["reacquire_grants_p50_median"]) == harts
    assert 0.95 * harts < float(r["distinct_owners_median"]) <= harts  # one may think for long
    assert float(r["same_owner_share_median"]) < 0.05


def test_fifo_is_bypassed_by_each_other_hart_once_on_any_machine(model_built, tmp_path):
    """Without a think time, stores of the operation before are under way at the call: the bench waits for them first."""
    any_8 = profile.read(TOP / "model/machines/any-8.toml")
    for n in range(1, 17):
        machine = tmp_path / f"{n}.toml"
        machine.write_text(any_8.with_values(any_8.member(n, 1)), encoding="utf-8")
        run = simulate(f"seed={n} think=0 passes=f duration_us=60 warmup_us=20 run=mcs:4,clh:4,hemlock:4", machine=machine)
        worst = [int(h["max"]) for h in run.records("hist") if h["kind"] == "bypass"]
        assert len(worst) >= 3 and max(worst) <= 3, (n, worst)


@pytest.mark.parametrize("strategy", ["tas", "ttas", "ttas-backoff"])
def test_others_are_bypassed_without_bound(modelled, strategy):
    r = modelled.row(strategy, 8, "model")
    assert int(r["bypass_max"]) > 2 * 7 and int(r["overtaken_max"]) > 7
    assert float(r["distinct_owners_median"]) < 8


def test_a_hart_that_goes_on_behind_its_amo_reads_the_clock_when_it_has_asked(model_built, tmp_path):
    """Else others would get the lock, and ask again, between the reading and the request."""
    text = (TOP / "model/machines/inorder-4.toml").read_text()
    machine = tmp_path / "ahead.toml"
    machine.write_text(re.sub(r"(?m)^store_buffer.*$", "store_buffer = 8\namo_waits = false\namo_ahead = 1000", text))
    run = simulate("seed=1 think=0 passes=f duration_us=200 warmup_us=50 run=ticket-backoff:4,anderson:4", machine=machine)
    assert max(int(h["max"]) for h in run.records("hist") if h["kind"] == "bypass") == 3


def test_hand_offs_are_told_and_ordered(modelled):
    """A hand-off in a queue invalidates one line, and one of a test-and-set lock is a race of all harts."""
    p50 = {s: float(modelled.row(s, 8, "model")["handoff_p50_cycles_median"]) for s in ("mcs", "ticket", "tas")}
    assert p50["mcs"] < p50["ticket"] < p50["tas"]
    r = modelled.row("mcs", 8, "model")
    assert float(r["handoff_waiting_share_median"]) > 0.95 and r["handoff_resolution_cycles"] == "1"
    assert float(r["handoff_p50_cycles_median"]) < float(r["wait_p50_cycles_median"]) / 4


def test_what_is_not_known_is_empty(modelled, on_three):
    assert modelled.row("cas", 8, "model")["handoff_p50_cycles_median"] == ""
    assert modelled.row("cas", 8, "model")["bypass_max"] != ""
    assert modelled.row("magazine", 8, "model")["bypass_max"] == ""
    assert modelled.row("null", 8, "model")["bypass_max"] == ""  # nobody excluded the others
    assert on_three.row("ticket", 3, "model")["same_cluster_share_median"] == ""  # there is one


def near_share(run, trial):
    fair = run.records("fair")[trial]
    return int(fair["near"]) / (int(fair["grants"]) - 1 - int(fair["again"]))


def test_cna_stays_in_a_cluster_and_has_a_bound(model_built):
    run = simulate("seed=1 think=100 clusters=2 passes=f duration_us=400 warmup_us=50 run=cna:8,mcs:8",
                   machine="generic-8")
    # Harts that queue in a circle, four of each cluster: six of eight hand-overs are near at the most.
    assert near_share(run, 0) > 0.95 and near_share(run, 1) < 0.76
    worst = [max(int(h["max"]) for h in run.records("hist") if (h["trial"], h["kind"]) == (t, "bypass")) for t in "01"]
    local = int(re.search(r"#define CNA_LOCAL (\d+)", (TOP / "lock/cna.h").read_text())[1])
    assert 7 < worst[0] <= local + 7 and worst[1] <= 7


def test_a_heap_that_ends_leaves_what_there_was(model_built):
    run = simulate(f"think=0 size={4 << 20} passes=f duration_us=200 warmup_us=0 run=mcs:4")
    assert run.records("pass")[0]["ended"] == "heap"
    assert run.records("fair")[0]["breaks"] == "0"


# --- its own pass ---

def relocations(strategy, function):
    return subprocess.run(["riscv64-unknown-elf-objdump", "-dr", f"--disassemble={function}",
                           TOP / f"build/bench/plain-{strategy}.o"], check=True, capture_output=True, text=True,
                          timeout=30).stdout


@pytest.mark.parametrize("strategy", ["ticket", "cas"])
def test_requests_are_numbered_in_the_fairness_pass_only(model_built, strategy):
    assert re.search(r"\bfairness\b", relocations(strategy, "grants"))
    for function in ("throughput", "latency", "audit"):
        text = relocations(strategy, function)
        assert f"<{function}>:" in text and not re.search(r"R_RISCV\w+\s+fairness\b", text)


def test_a_full_log_ends_the_pass(bench):
    done = bench("--smp", "1", "--lock", "ticket", "--think", "0", "--duration", "2000", "--trials", "1")
    assert done.status == 0, done.out
    assert re.search(rb"pass=fairness strategy=ticket .*ended=log", done.log)
    row = done.row("ticket", 1)
    assert (row["bypass_max"], row["same_owner_share_median"], row["distinct_owners_median"]) == ("0", "1", "1")
