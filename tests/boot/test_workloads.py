"""Workloads: options and scenarios, and the effect of each on a run."""

import itertools
import re
import subprocess

import pytest
from support.run import ANYWHERE, EVERYWHERE, TOP, run_bench
from support.sampling import sampled
from tools.simulate import simulate

from hartlock.figures import proved
from hartlock.plan import scenarios, strategies

# --- in QEMU ---

FOUR = ("--lock", "ticket,mcs,cas,magazine")


def checks(done, harts, *names):
    return {done.row(s, harts)["check"] for s in names or ("ticket", "mcs", "cas", "magazine")}


@sampled("sizes,placement", itertools.product(("small", "pages", "mixed"), ("padded", "packed", "random")),
         quick=lambda *case: case == ("mixed", "random"))
def test_sizes_touch_and_placement_pass_every_check(bench, sizes, placement):
    done = bench("--smp", "2", "--lock", "all", "--size", sizes, "--touch", "2", "--placement", placement, "--trials",
                 "1", "--duration", "10")
    assert done.status == 0, done.out
    names = [s for s in EVERYWHERE if s not in ("null", strategies.BASELINE)]
    assert checks(done, 2, *names) == {"pass"}
    row = done.row("ticket", 2)
    assert (row["size_bytes"], row["sizes"], row["touch_lines"], row["placement"]) == ("", sizes, "2", placement)
    offsets = {(r["trial"], int(r["placement_offset_bytes"])) for r in done.rows("samples.csv") if r["strategy"] != "clock"}
    assert len(offsets) == len({trial for trial, _ in offsets})  # one in all of a trial
    distinct = {offset for _, offset in offsets}
    assert distinct == {0} if placement != "random" else len(distinct) > 10


def test_lines_touched_without_a_lock_are_lost(bench):
    """The model's harts always overlap, so without a lock they lose counts, and it shows."""
    done = bench("--smp", "4", "--lock", "null,ticket", "--touch", "4", "--engine", "model", "--trials", "1")
    for name, lost in (("null", True), ("ticket", False)):
        passes = [dict(re.findall(r"(\w+)=(\S+)", line)) for line in done.log.decode().splitlines()
                  if line.startswith("@pass") and f" strategy={name} " in line and " harts=4 " in line]
        assert len(passes) >= 3
        for p in passes:
            ops = sum(int(n) for n in re.findall(
                rf"@share n=\d+ trial={p['trial']} pass={p['pass']} hart=\d+ ops=(\d+)", done.log.decode()))
            assert (int(p["touched"]) < 4 * ops) is lost, p


@pytest.mark.deep
def test_placement_says_what_shares_a_line(tmp_path):
    """All runs are on the model, in the loaded loop (--irq off). Side by side, a ticket lock's holder
    gets `next` with the lock, so fewer lines move; but the bounds of cas then lie on the line that
    every hart writes, and are fetched again. A random placement is either: the ticket lock's
    8 bytes end a line, or share it with `next`."""
    seen = {}
    for placement in ("padded", "packed", "random"):
        seen[placement] = run_bench(tmp_path / placement, "--smp", "4", "--lock", "ticket,cas", "--placement", placement,
                                    "--irq", "off", "--engine", "model", "--trials", "12" if placement == "random" else "1")
        assert seen[placement].status == 0, seen[placement].out

    def per_op(placement, strategy, what):
        return float(seen[placement].row(strategy, 4, "model")[f"{what}_per_op_median"])

    assert per_op("packed", "ticket", "transfers") + 0.5 < per_op("padded", "ticket", "transfers")
    assert per_op("packed", "cas", "shared") > 1.1 * per_op("padded", "cas", "shared")
    trials = [(int(r["placement_offset_bytes"]) % 64, float(r["transfers_per_op"]))
              for r in seen["random"].rows("samples.csv") if r["strategy"] == "ticket"]
    between = (per_op("packed", "ticket", "transfers") + per_op("padded", "ticket", "transfers")) / 2
    assert {moved > between for offset, moved in trials if offset == 56} == {True}
    assert {moved > between for offset, moved in trials if offset != 56} == {False}


def test_an_open_loop_asks_at_its_rate_and_counts_from_the_schedule(bench):
    done = bench("--smp", "4", *FOUR, "--arrival", "poisson:500000", "--engine", "model", "--model-duration", "2000",
                 "--trials", "1")
    assert done.status == 0, done.out
    assert checks_on_model(done) == {"pass"}
    for name in ("ticket", "mcs", "cas", "magazine"):
        row = done.row(name, 4, "model")
        assert float(row["throughput_ops_per_second_median"]) == pytest.approx(4 * 500_000, rel=0.1)
        # from the schedule on, everything is in it: the call's wait (cycles of 1 GHz) and more
        assert float(row["response_p50_us_median"]) * 1000 > float(row["wait_p50_cycles_median"])
        assert float(row["response_p99_us_median"]) < 20
        assert float(row["backlog_ops_median"]) < 40
        assert (row["arrival"], row["arrival_ops_per_second"], row["think_instructions"]) == ("poisson", "500000", "0")
    assert "open loop: each hart is asked 500000 times a second" in done.out
    assert "behind schedule" not in done.out


def checks_on_model(done):
    return {done.row(s, 4, "model")["check"] for s in ("ticket", "mcs", "cas", "magazine")}


@pytest.mark.deep
def test_a_lock_that_cannot_keep_up_is_found_out(bench):
    """Four harts that ask for 4 million a second each: the model's ticket lock gives
    some 4 million to all of them. A closed loop would call its waits short."""
    done = bench("--smp", "4", "--lock", "ticket,magazine", "--arrival", "poisson:4000000", "--engine", "model",
                 "--trials", "1")
    row, other = done.row("ticket", 4, "model"), done.row("magazine", 4, "model")
    assert float(row["throughput_ops_per_second_median"]) < 10e6
    assert float(row["backlog_ops_median"]) > 1000
    assert float(row["response_p50_us_median"]) * 1000 > 20 * float(row["wait_p99_cycles_median"])
    assert float(other["throughput_ops_per_second_median"]) == pytest.approx(16e6, rel=0.1)
    assert re.search(r"behind schedule: ticket on 4 \(model\)", done.out)


def test_the_closed_loop_has_no_response(all_on_two):
    row = all_on_two.row("cas", 1)
    assert row["response_p99_us_median"] == row["backlog_ops_median"] == ""
    assert "response" not in all_on_two.out


@sampled("allocator,more", itertools.product(("pool", "buddy", "cached-pool"), (("--burst", "16", "--remote", "30"), ("--irq", "off", "--touch", "2"))),
         quick=lambda *case: case == ("cached-pool", ("--burst", "16", "--remote", "30")))
def test_blocks_come_back_under_every_lock(bench, allocator, more):
    done = bench("--smp", "4", "--lock", "all", "--allocator", allocator, "--live", "32", *more, "--engine", "model", "--machine", "generic-8",
                 "--model-duration", "50", "--trials", "1")
    assert done.status == 0, done.out
    locks = [name for name in strategies.choose("all", allocator) if name != strategies.CONTROL]
    assert ("treiber" in locks) == (allocator == "pool")
    assert {done.row(name, 4, "model")["check"] for name in locks} == {"pass"}
    assert {(r["allocator"], r["proof"], r["live_blocks"]) for r in done.rows("summary.csv") if r["strategy"] in locks} == {(allocator, "none", "32")}
    lost = done.row(strategies.CONTROL, 4, "model")
    assert (lost["check"], lost["overlap_shown"]) == ("fail", "yes")
    row = done.row("ticket", 4, "model")
    assert (int(row["visits_total"]) < int(row["ops_window_total"]) / 2) == (allocator == "cached-pool")


@pytest.mark.timing
def test_an_interrupt_lands_on_the_holder(bench):
    """The hart is nearly always in its section, so most interrupts find it there; with interrupts
    kept off none can."""
    held = ("--smp", "1", "--lock", "ticket,cas", "--hold", "2000", "--think", "0", "--trials", "1", "--duration", "50",
            "--interrupt", "200,100")
    done = bench(*held)
    assert done.status == 0, done.out
    for name in ("ticket", "cas"):
        row = done.row(name, 1)
        taken, inside = int(row["interrupts_total"]), int(row["interrupts_inside_total"])
        assert 20 <= taken <= 400 and inside > taken / 2, row
    assert (row["interrupt_period_us"], row["interrupt_instructions"], row["irq"]) == ("200", "100", "on")
    done.folder.rename(done.folder.with_name("on"))
    done = bench(*held, "--irq", "off")
    row = done.row("ticket", 1)
    assert int(row["interrupts_total"]) >= 20 and row["interrupts_inside_total"] == "0"
    assert "no interrupt found" not in done.out


@pytest.mark.timing
def test_interrupts_reach_every_hart_and_the_window_still_closes(bench):
    done = bench("--smp", "4", *FOUR, "--interrupt", "500,1000", "--trials", "1")
    assert done.status == 0, done.out
    assert checks(done, 4) == {"pass"}
    ours = [r for r in done.rows("samples.csv") if r["strategy"] in ("ticket", "mcs", "cas", "magazine")]
    assert all(int(r["interrupts"]) > 0 for r in ours) and {r["ended"] for r in ours} == {"time"}


@pytest.mark.parametrize("words, count", [
    ("interrupt_us=10 interrupt_length=50", "interrupts"), ("ipi_us=10", "ipis"), ("churn_us=20", "stops")])
def test_the_model_disturbs_its_harts(words, count):
    run = simulate(f"{words} duration_us=100 warmup_us=20 think=50 run=mcs:4,cas:4", harts=4)
    assert [t["status"] for t in run.records("trial")] == ["done", "done"]
    assert sum(int(share[count]) for share in run.records("share")) > 8


@pytest.mark.deep
def test_irq_off_costs_its_two_instructions(tmp_path):
    """With -icount a cycle is an instruction; the loaded loop runs either way."""
    each = []
    for irq in ("on", "off"):
        done = run_bench(tmp_path / irq, "--smp", "1", "--lock", "ticket", "--touch", "1", "--irq", irq, "--think", "0",
                         "--duration", "5", "--warmup", "1", "--trials", "1", "--", "-icount", "shift=0")
        assert done.status == 0, done.out
        each.append(round(float(done.row("ticket", 1)["cycles_per_op_median"])))
    assert 2 <= each[1] - each[0] <= 4, each


# --- on threads ---

SHARED = [s for s in ANYWHERE if s not in (strategies.CONTROL, strategies.BASELINE)]


@pytest.mark.timing
def test_interrupts_are_signals_on_threads(bench):
    done = bench("--engine", "native", "--smp", "1", "--lock", "ticket", "--hold", "5000", "--think", "0", "--interrupt",
                 "200,100", "--trials", "1", "--duration", "50")
    assert done.status == 0, done.out
    row = done.row("ticket", 1, "native")
    assert int(row["interrupts_total"]) > 10 and int(row["interrupts_inside_total"]) > 5


@pytest.mark.slow
@pytest.mark.parametrize("sanitizer", ["thread", "address,undefined"])
def test_sanitizers_find_nothing_in_the_loaded_loop(sanitizer):
    subprocess.run(["make", "-s", "native", f"SANITIZE={sanitizer}"], cwd=TOP, check=True, timeout=300,
                   capture_output=True)
    run = ",".join(f"{s}:2" for s in SHARED)
    done = subprocess.run(
        [str(TOP / f"build/native-{sanitizer}/hartlock"), "smp=2",
         "hartlock: sizes=mixed touch=3 placement=random rate=500000 interrupt_us=500 interrupt_length=100 exhaust=5 "
         f"duration_us=4000 warmup_us=1000 run={run}"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert done.stdout.count(" status=done ") == len(SHARED)


def test_the_program_itself_refuses_to_mask():
    done = subprocess.run([str(TOP / "build/native/hartlock"), "smp=1", "hartlock: irq=off run=cas:1"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert " status=no_masking " in done.stdout and "@pass" not in done.stdout


@sampled("name", scenarios.SCENARIOS, quick=lambda name: name == "page-fault")
def test_every_scenario_runs(bench, name):
    locks = ("ticket", "mcs") if name == "frame-pool" else ("ticket", "mcs", "cas", "magazine")  # it has an allocator of its own
    done = bench("--smp", "2", "--lock", ",".join(locks), "--scenario", name, "--trials", "1", quick=False)
    assert done.status == 0, done.out
    assert checks(done, 2, *locks) == {"pass"}
    assert {r["scenario"] for r in done.rows()} == {name}


@pytest.mark.parametrize("options", [("--ipi", "500"), ("--churn", "1000"), ("--exhaust", "2")], ids=lambda o: o[0])
def test_a_row_has_the_proof_of_the_variant_that_ran(bench, options):
    """The kernel runs the full variant for each of these; a row once claimed the proof of the plain one. The row speaks of
    the full one in its own words."""
    done = bench("--smp", "2", "--lock", "mcs,cas", "--trials", "1", "--duration", "10", "--warmup", "2", *options, quick=False)
    assert done.status == 0, done.out
    assert set(re.findall(rb" variant=(\w+) ", done.log)) == {b"full"}
    image = proved.Booted(TOP / "build/hartlock.elf")
    said = {name: done.row(name, 2)["proof"] for name in ("mcs", "cas")}
    assert said == {name: image.proof(name, "full") for name in said}
    assert re.fullmatch(r"holds:[0-9a-f]{12} \(2 harts, one of them twice; 3 harts, each once; one lock\)", said["mcs"])
    assert said["cas"] == "none" != image.proof("cas", "plain")


def cycles_of(simulated):
    """The cycles of an operation in each pass of each strategy on one hart."""
    strategy = {r["trial"]: r["strategy"] for r in simulated.records("trial")}
    return {(strategy[r["trial"]], r["pass"]): int(r["cycles"]) / int(r["ops"]) for r in simulated.records("share")}


def test_work_takes_the_time_that_was_asked_for_in_every_pass(model_built):
    """One hart on the model, where an instruction of a delay is a cycle: 1000 instructions more are 1000 cycles more;
    but a pass with fewer operations has a larger share of those whose lines come from memory."""
    names = [name for name in EVERYWHERE if name != strategies.CLOCK]
    plan = f"seed=1 think_range=0 duration_us=300 warmup_us=0 run={','.join(f'{name}:1' for name in names)}"
    idle = cycles_of(simulate(f"think=0 {plan}", machine="generic-8"))
    assert {name for name, _ in idle} == set(names) and {of for _, of in idle} == {"throughput", "latency", "audit", "fairness"}
    for work, more in (("hold=1000 think=0", 1000), ("hold=0 think=1000", 1000), ("hold=500 think=700", 1200)):
        busy = cycles_of(simulate(f"{work} {plan}", machine="generic-8"))
        assert {cell: busy[cell] - idle[cell] for cell in idle} == {cell: pytest.approx(more, abs=200) for cell in idle}


def test_heaps_end_on_the_model_too(model_built):
    """The model's clock stands between rounds, and jumps when the next one begins. Large requests are refused before and behind."""
    run = simulate("seed=3 exhaust=4 duration_us=300 warmup_us=10 run=ticket:8,faa:8,magazine:8,mcs:3", machine="generic-8")
    ends = run.records("exhaust")
    assert [r["rounds"] for r in ends] == ["4"] * 4
    assert {r[name] for r in ends for name in ("misaligned", "outside", "overlapping", "astray", "early")} == {"0"}
    assert [int(r["refused"]) >= 4 * 9 * harts for r, harts in zip(ends, (8, 8, 8, 3), strict=True)] == [True] * 4
