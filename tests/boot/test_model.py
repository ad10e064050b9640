"""The kernel under the cost model. test_c.py tests the model's parts by themselves."""

import functools
import itertools
import re
import statistics
import subprocess
import tomllib

import pytest
from support.run import TOP, run_bench
from support.sampling import sampled
from tools import copied
from tools.simulate import cycles_an_operation, simulate

from hartlock.plan.machine_keys import completed, machine_keys

MACHINES = sorted((TOP / "model/machines").glob("*.toml"))

# Cycles of the whole system an operation, by harts: docs/trust/model.md.
REFERENCE = {
    "tas": {1: 143, 2: 99, 4: 154, 8: 176},
    "ttas": {1: 144, 2: 113, 4: 149, 8: 187},
    "ticket": {1: 145, 2: 100, 4: 133, 8: 157},
    "mcs": {1: 173, 2: 123, 4: 123, 8: 117},
    "cas": {1: 162, 2: 103.5, 4: 67.9, 8: 127.3},
    "faa": {1: 138, 2: 71, 4: 36, 8: 22},
}


def test_profiles_are_toml_and_give_their_keys_in_the_order_of_the_list():
    tables = [tomllib.loads(path.read_text()) for path in MACHINES]
    assert len(tables) >= 4
    for table in tables:
        assert set(completed(table)) == set(machine_keys())
        assert list(table) == [key for key in machine_keys() if key in table]


# Its think loop takes about 120 cycles, always: 102 instructions of ours and the
# 18 cycles of the generator beside them.
REFERENCE_WORK = "think=102 think_range=0"


# --- the kernel under the model ---

MIXED = "seed=3 think=40 duration_us=50 warmup_us=10 run=cas:8,null:8,ticket:8,mcs:5,tas:3,ttas:8,faa:7"


@pytest.fixture(scope="session")
def mixed(model_built):
    return simulate(MIXED, arguments=("--seed", "3"))


@pytest.mark.deep
def test_same_under_load(model_built, mixed):
    load = [subprocess.Popen(["timeout", "60", "sh", "-c", "while :; do :; done"]) for _ in range(3)]
    try:
        again = simulate(MIXED, arguments=("--seed", "3"))
    finally:
        for process in load:
            process.terminate()
            process.wait(timeout=10)
    assert len(again.measured()) > 200
    assert again.measured() == mixed.measured()


def test_harts_that_wait_are_executed_or_not(model_built, mixed):
    assert simulate(MIXED, arguments=("--seed", "3", "--no-sleep")).measured() == mixed.measured()


def test_same_whatever_ran_before(model_built):
    """A trial's records depend on its number and plan, not on the trials before it."""
    one, other = (simulate(f"seed=1 passes=t duration_us=50 warmup_us=5 run={first}:4,cas:8")
                  for first in ("ticket", "faa"))
    strip = [[line for line in run.measured() if " trial=1 " in line] for run in (one, other)]
    assert strip[0] == strip[1] != []


def test_seed_changes_it(model_built, mixed):
    assert simulate(MIXED, arguments=("--seed", "4")).measured() != mixed.measured()


def test_window_is_exact_and_harts_overlap(mixed):
    for p, shares, _ in mixed.trials():
        assert int(p["close"]) - int(p["open"]) == 50000
        assert max(int(s["start"]) for s in shares) < int(p["open"])
        # a hart whose stores wait sees the flag by as much too early: docs/trust/model.md
        assert min(int(s["end"]) for s in shares) > int(p["close"]) - 200


def test_latencies_are_of_the_whole_window(mixed):
    for p, shares, _ in mixed.trials():
        if p["pass"] != "latency":
            continue
        wait = [h for h in mixed.records("hist") if (h["trial"], h["kind"]) == (p["trial"], "wait")]
        measured = sum(int(h["count"]) for h in wait)
        assert abs(measured - sum(int(s["ops_close"]) - int(s["ops_open"]) for s in shares)) <= 2 * len(shares)
        assert measured > 50


def test_null_loses_and_the_others_do_not(mixed):
    for p, shares, _ in mixed.trials():
        lost = sum(int(s["ops"]) for s in shares) - int(p["used"]) // 16
        assert lost > 100 if p["strategy"] == "null" else lost == 0, p


def test_clock_costs_a_cycle(model_built):
    clock = simulate("run=clock:1", harts=1).records("hist")[0]
    assert (clock["min"], clock["max"]) == ("1", "1")


def measure_table(seed):
    """Cycles an operation, the counters and the operations, by strategy and harts."""
    trials = ",".join(f"{s}:{n}" for s in REFERENCE for n in (1, 2, 4, 8))
    run = simulate(f"seed={seed} {REFERENCE_WORK} passes=t duration_us=200 warmup_us=50 run={trials}",
                   arguments=("--seed", str(seed)))
    return {(p["strategy"], int(p["harts"])): (cycles_an_operation(p, shares), count,
                                               sum(int(s["ops_close"]) - int(s["ops_open"])
                                                   for s in shares))
            for p, shares, count in run.trials()}


@pytest.fixture(scope="session")
def tables(model_built):
    return functools.cache(measure_table)


@pytest.fixture(scope="session")
def table(tables):
    return tables(1)


@sampled("seed,harts", itertools.product(range(1, 6), (4, 8)), quick=lambda seed, harts: seed == 1)
def test_ranks_as_the_reference(tables, harts, seed):
    table = tables(seed)
    pairs = list(itertools.combinations(REFERENCE, 2))
    agree = sum((REFERENCE[a][harts] - REFERENCE[b][harts]) *
                (table[a, harts][0] - table[b, harts][0]) > 0 for a, b in pairs)
    # At 8, cas comes before mcs here and behind it there: docs/trust/model.md says why.
    assert (2 * agree - len(pairs)) / len(pairs) >= (0.8 if harts == 4 else 0.7)


@sampled("seed", range(1, 6), quick=lambda seed: seed == 1)
def test_is_near_the_reference(tables, seed):
    errors = {(s, n): abs(tables(seed)[s, n][0] / cell - 1) for s, row in REFERENCE.items() for n, cell in row.items()}
    assert statistics.median(errors.values()) <= 0.10
    assert errors.pop(("cas", 8)) > 0.5  # the profile keeps an LR's line; tools/validate/D.toml does not
    assert max(errors.values()) <= 0.35


def test_textbook_shapes(table):
    def per_op(strategy, harts, key):
        _, count, ops = table[strategy, harts]
        return int(count[key]) / ops

    assert table["tas", 8][0] > 1.5 * table["tas", 2][0]
    # two harts in step fall into one of two states, of 98 and of 146 cycles
    assert table["ttas", 8][0] > 1.15 * table["ttas", 2][0]
    assert table["mcs", 8][0] < 1.05 * table["mcs", 4][0]
    assert per_op("faa", 8, "transfers") <= 1.05
    assert table["faa", 8][0] <= 1.1 * 26
    # a ticket hand-off takes the line from every waiter, an mcs hand-off from one
    growth = per_op("ticket", 8, "invalidations") - per_op("ticket", 4, "invalidations")
    assert 4 <= growth <= 10
    assert abs(per_op("mcs", 8, "invalidations") - per_op("mcs", 4, "invalidations")) < 0.5


@pytest.mark.deep
def test_64_harts(model_built):
    run = simulate("passes=t duration_us=40 warmup_us=10 run=mcs:64,null:64", harts=64,
                   machine="mesh-64")
    assert len(run.records("share")) == 128


# --- what can go wrong ---

def test_refuses_more_harts_than_the_machine_has(model_built):
    run = simulate("run=cas:5", harts=5, machine="inorder-4", status=2)
    assert "more harts than the machine profile" in run.errors


@pytest.mark.parametrize("fault, message", [("panic", "asked%20to%20panic"), ("trap", "unexpected%20trap")])
def test_guest_faults_get_out(model_built, fault, message):
    run = simulate(f"inject={fault} run=cas:4", harts=4, status=1)
    assert message in run.records("panic")[0]["msg"]


def test_a_hart_that_never_ends_is_named(model_built):
    run = simulate("inject=hang run=cas:4", harts=4, status=3)
    assert re.search(r"hart 3 pc 0x80\w+ cycle \d+ spins", run.errors)
    assert "@plan" in run.log


@pytest.mark.deep
def test_deadlock_names_harts_and_lines(model_built, tmp_path):
    """The ticket lock of this copy stops serving after a while."""
    release = "a32_store_unlock(&l->serving, mine + 1);"
    with copied.mistaken(tmp_path / "copy", "lock/ticket.h", release, f"if (mine < 50)\n\t\t{release}") as copy:
        subprocess.run(["make", "-s", "all"], cwd=copy, check=True, timeout=300)
        run = simulate("passes=t run=ticket:4", harts=4, status=3, image=copy / "build/hartlock.elf")
    assert len(re.findall(r"hart \d pc 0x80\w+ cycle \d+ spins line 0x80\w+", run.errors)) == 4


def test_a_machine_that_is_too_slow_is_given_up(tmp_path):
    """Its harts get on, so it does not end by itself; once the host failed over it."""
    done = run_bench(tmp_path, "--engine", "model", "--smp", "8", "--lock", "ttas", "--trials", "1", "--model-duration", "100000",
                     "--time-limit", "1", quick=False)
    assert done.status == 3 and "gave up: nothing was heard from the kernel for 1 s" in done.out
    assert "no places of its harts are shown" in done.out and "NotImplementedError" not in done.out + done.err
