"""Whole runs in QEMU, as a user sees them: the output, and the folder that is left."""

import re
import subprocess

import pytest
from support.run import EVERYWHERE, TOP, run_bench, until_overlap_is_shown
from support.sampling import sampled

from hartlock.engine.qmp import FACTS
from hartlock.plan import strategies, traits


def test_a_run_ends_well_and_names_its_csv_last(all_on_two):
    assert all_on_two.status == 0, all_on_two.out + all_on_two.err
    assert all_on_two.out.splitlines()[-1] == f"results: {all_on_two.folder / 'summary.csv'}"
    assert all_on_two.context["status"] == "complete"
    assert all_on_two.session()["qemu_exit_status"] == 0


def test_every_strategy_is_measured_on_both_counts(all_on_two):
    rows = all_on_two.rows()
    assert {(r["strategy"], r["harts"]) for r in rows} == {
        *((s, n) for s in EVERYWHERE for n in "12" if (s, n) != (strategies.BASELINE, "2")), ("clock", "1")}
    assert all(r["trials_measured"] == r["trials"] == "2" for r in rows)
    assert all(r["check"] == "pass" for r in rows if r["strategy"] not in ("null", "clock"))


@pytest.fixture(scope="module")
def overlapped(tmp_path_factory):
    """A run in which harts overlapped."""
    return until_overlap_is_shown(lambda n: run_bench(tmp_path_factory.mktemp("overlap") / str(n), "--smp", "2", "--harts", "1,2",
                                                      "--lock", "null,ttas,ticket"))


@pytest.mark.timing
def test_the_control_lost_updates_and_is_no_error(overlapped):
    row = overlapped.row("null", 2)
    assert (row["role"], row["check"], row["overlap_shown"]) == ("control", "fail", "yes")
    assert float(row["lost_updates_share_median"]) > 0
    assert "they really overlapped" in overlapped.out
    assert overlapped.row("ttas", 2)["overlap_shown"] == "yes"
    assert overlapped.row("null", 1)["check"] == "pass"


@pytest.mark.timing
def test_harts_started_together_and_all_worked(overlapped):
    row = overlapped.row("ticket", 2)
    assert float(row["overlap_min"]) > 0
    assert float(row["jain_index_median"]) > 0.6  # FIFO; one of two alone would be 0.5


@pytest.mark.timing
def test_contention_is_shown(bench, all_on_two):
    """A ticket lock that is held all the time makes every hart wait, even when a busy host runs the
    harts in turns: a hart that is alone gets the lock only once."""
    held = bench("--smp", "2", "--lock", "ticket", "--hold", "20000", "--think", "0")
    assert held.row("ticket", 2)["contended"] == "yes"
    assert all_on_two.row("ticket", 1)["contended"] == all_on_two.row("ttas", 1)["contended"] == "no"
    assert float(all_on_two.row("cas", 1)["failed_attempts_per_op_median"]) < 0.001  # a trap between LR and SC makes one fail
    assert "no contention seen" not in held.out


def test_the_price_of_measuring_has_rows_of_its_own(all_on_two):
    clock = all_on_two.row("clock", 1)
    assert clock["role"] == "harness" and float(clock["cycles_per_op_median"]) > 0
    assert clock["throughput_ops_per_second_median"] == ""
    assert all_on_two.row("null", 1)["role"] == "harness"


def test_the_context_is_whole(all_on_two):
    c, s = all_on_two.context, all_on_two.session()
    assert c["qemu"].startswith("QEMU emulator version")
    assert s["boot"]["sbi"].startswith("OpenSBI") and s["boot"]["checks"] >= 18
    assert len(c["image_sha256"]) == 64 and c["plan"]["seed"] == 1 and c["host"]["processors"] >= 1
    ran = [trial for trial in c["plan"]["order"] if trial.split(":")[0] in (*EVERYWHERE, "clock")]
    assert s["records"]["faults"] == {} and s["trials_kept"] == len(ran)


def test_the_log_is_verbatim_and_the_self_test_is_in_it(all_on_two):
    assert b"OpenSBI v" in all_on_two.log
    assert b"v = ['a', 'b', 'c']" in all_on_two.log
    assert b"@end n=" in all_on_two.log


def test_the_evidence_is_graded(all_on_two):
    processors = all_on_two.context["host"]["processors"]
    for row in all_on_two.rows():
        assert row["evidence"] == ("emulated-oversubscribed" if int(row["harts"]) > processors else "emulated")


@pytest.mark.deep
def test_eight_harts(bench):
    done = bench("--smp", "8", "--lock", "cas,ticket", "--trials", "1")
    assert done.status == 0, done.out
    assert len({r["hart"] for r in done.rows("samples.csv") if r["strategy"] == "cas"}) == 8
    if done.context["host"]["processors"] < 8:
        assert "harts shared" in done.out


@pytest.mark.deep
def test_an_odd_number_of_harts_and_64(tmp_path):
    for smp in ("3", "64"):
        done = run_bench(tmp_path / smp, "--smp", smp, "--lock", "cas", "--trials", "1")
        assert done.status == 0, done.out
        assert done.row("cas", smp)["check"] == "pass"


@pytest.mark.timing
def test_sleeping_harts_take_nothing(tmp_path):
    """One hart is as fast among seven sleeping ones as alone, within a factor of 2.5.

    Seven busy ones would leave it a quarter of two processors.
    """
    alone = run_bench(tmp_path / "1", "--smp", "1", "--lock", "ticket", "--trials", "5")
    among = run_bench(tmp_path / "8", "--smp", "8", "--harts", "1", "--lock", "ticket", "--trials", "5")
    ratio = (float(among.row("ticket", 1)["throughput_ops_per_second_median"])
             / float(alone.row("ticket", 1)["throughput_ops_per_second_median"]))
    assert 0.4 < ratio < 2.5, ratio


def test_the_end_of_the_heap_ends_the_trial_and_is_said(bench):
    done = bench("--smp", "2", "--lock", "ttas", "--size", "64K", "--align", "4K", "--trials", "1")
    assert done.status == 0, done.out
    row = done.row("ttas", 2)
    assert row["ended_heap"] == "1" and row["check"] == "pass"
    assert {r["ended"] for r in done.rows("samples.csv") if r["strategy"] == "ttas"} == {"heap"}
    assert "ended=heap" in done.out


@sampled("size,align", [("1", "1"), ("24", "8"), ("3", "64"), ("88M", "1"), ("4K", "1M")], quick=lambda size, align: size == "3")
def test_odd_sizes_and_alignments_pass_the_audit(bench, size, align):
    done = bench("--smp", "2", "--lock", "all", "--size", size, "--align", align, "--trials", "1")
    assert done.status == 0, done.out
    assert {done.row(s, 1 if s == strategies.BASELINE else 2)["check"] for s in EVERYWHERE if s != "null"} == {"pass"}
    audited = [int(r["audit_ops"]) for r in done.rows("samples.csv") if r["strategy"] not in ("null", "clock")]
    assert sum(audited) > 0 and len(audited) >= 2 * len(EVERYWHERE) - 4


@pytest.mark.timing
def test_hold_and_think_slow_it_down(tmp_path):
    plain = run_bench(tmp_path / "a", "--smp", "1", "--lock", "ticket", "--think", "0")
    slow = run_bench(tmp_path / "b", "--smp", "1", "--lock", "ticket", "--think", "0", "--hold", "20000")
    thoughtful = run_bench(tmp_path / "c", "--smp", "1", "--lock", "ticket", "--think", "20000")
    rate = [float(d.row("ticket", 1)["throughput_ops_per_second_median"]) for d in (plain, slow, thoughtful)]
    assert rate[0] > 10 * rate[1] and rate[0] > 10 * rate[2]
    assert float(slow.row("ticket", 1)["hold_p50_cycles_median"]) > 5 * float(
        plain.row("ticket", 1)["hold_p50_cycles_median"])


@pytest.mark.deep
def test_one_thread_emulation_counts_instructions_exactly(tmp_path):
    """With -icount a cycle is an instruction, so two runs give one number, apart from the window's
    ends, which are known to 100 instructions."""
    seen = set()
    for n in "ab":
        done = run_bench(tmp_path / n, "--smp", "1", "--lock", "ticket", "--duration", "5", "--warmup", "1",
                         "--think", "0", "--trials", "1", "--", "-icount", "shift=0")
        assert done.status == 0, done.out
        seen.add(round(float(done.row("ticket", 1)["cycles_per_op_median"]), 1))
    assert len(seen) == 1 and 15 <= seen.pop() <= 40


def test_harts_that_take_turns_on_one_thread_of_qemu_are_shown_to_overlap_by_nothing(bench):
    done = bench("--smp", "2", "--lock", "cas", "--trials", "1", "--", "-accel", "tcg,thread=single", "-m", "512M")
    assert done.status == 0, done.out
    row, session = done.row("null", 2), done.session()
    assert (row["evidence"], row["overlap_shown"]) == ("emulated-oversubscribed", "no") and "really overlapped" not in done.out
    assert [session[key] for key in FACTS] == [2, 1, 512 << 20, "virt-machine", "rv64-riscv-cpu"]


def test_a_lock_costs_its_own_instructions_above_null(bench):
    """Every strategy's loop does the same work around the lock. If the compiler had moved something
    into one of the loops, it would show here."""
    done = bench("--smp", "1", "--lock", "all", "--duration", "5", "--warmup", "1", "--think", "0", "--trials", "1",
                 "--", "-icount", "shift=0")
    each = {s: round(float(done.row(s, 1)["cycles_per_op_median"])) for s in EVERYWHERE}
    above = {s: n - each["null"] for s, n in each.items()}
    assert 3 <= above["tas"] == above["ttas"] <= 6, each
    assert 6 <= above["ticket"] <= 10 and 9 <= above["mcs"] <= 14 and 3 <= above["cas"] <= 7, each


def test_make_qemu_gdb_waits_for_gdb():
    out = subprocess.run(["make", "-n", "qemu-gdb"], cwd=TOP, capture_output=True, text=True, timeout=60, check=True).stdout
    assert " -s -S" in out and "target remote :1234" in out


def test_make_qemu_boots_without_a_plan():
    done = subprocess.run(["make", "-s", "qemu", "SMP=2"], cwd=TOP, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "no plan on the kernel command line" in done.stdout
    assert re.search(r"@end n=\d+ records=\d+ status=ok", done.stdout)


def test_traits_that_cannot_be_read_are_refused_before_anything_runs(refused, monkeypatch, tmp_path):
    (tmp_path / "traits.toml").write_text((TOP / "lock/traits.toml").read_text().replace("[cas]", "[kas]"))
    monkeypatch.setattr(traits, "FILE", tmp_path / "traits.toml")
    traits.known.cache_clear()
    try:
        done = refused("--smp", "1", "--lock", "cas", "--engine", "tcg", "--trials", "1", "--duration", "5")
    finally:
        traits.known.cache_clear()
    assert done.status == 2 and "lock/traits.toml has no table [cas]" in done.out + done.err and not (done.folder / "uart.log").exists()
