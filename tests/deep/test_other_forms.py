"""Runs of images whose locks have other forms, on harts and threads that have the instructions or lack them."""

import os
import re
import shutil

import pytest
from support.objects import worker
from support.run import BUILDS, EVERYWHERE, TOP, run_bench
from support.synthetic import context_of
from tools.simulate import simulate

from hartlock.engine import build
from hartlock.figures.row_types import Forms
from hartlock.folder import reader
from hartlock.folder.comparable import forms_asked
from hartlock.plan import strategies

NONE = "not-applicable"
QEMU10 = TOP / "build/qemu-10.0/usr"
ZACAS = ("--", "-L", str(QEMU10 / "share/qemu"))


@pytest.fixture
def newer():
    """The environment for QEMU 10.0, which has Zacas and Zawrs."""
    if not QEMU10.exists():
        pytest.skip("build/qemu-10.0 is not there: host/fetch-qemu10 fetches it on Debian 12")
    return {"PATH": f"{QEMU10}/bin:{os.environ['PATH']}"}


# --- what is compiled ---

@pytest.fixture(scope="module")
def plain_swap(tmp_path_factory):
    """A run of every strategy in other forms than the default."""
    return run_bench(tmp_path_factory.mktemp("forms") / "run", "--smp", "2", "--lock", "all", "--relax", "none",
                     "--unlock", "amoswap", "--trials", "1", env=BUILDS)


@pytest.mark.parametrize("strategy", EVERYWHERE)
def test_a_row_claims_a_form_if_and_only_if_the_code_changes_with_it(plain_swap, strategy):
    row = plain_swap.row(strategy, 1 if strategy == strategies.BASELINE else 2)
    usual = worker(strategy, "pause", "store")
    assert row["relax"] == ("none" if worker(strategy, "none", "store") != usual else NONE)
    assert row["unlock"] == ("amoswap" if worker(strategy, "pause", "amoswap") != usual else NONE)


def test_forms_are_said_in_every_row_and_their_image_is_its_own(plain_swap, all_on_two):
    assert plain_swap.status == 0, plain_swap.out
    assert b" relax=none unlock=amoswap *" in plain_swap.log
    clock, null = plain_swap.row("clock", 1), plain_swap.row("null", 2)
    assert {clock["relax"], clock["unlock"], null["relax"], null["unlock"]} == {NONE}
    assert {(r["relax"], r["unlock"]) for r in plain_swap.rows("samples.csv") if r["strategy"] == "mcs"} == {("none", "amoswap")}
    usual = all_on_two.row("mcs", 2)
    assert (usual["relax"], usual["unlock"], usual["clusters"]) == ("pause", "store", "1")
    assert (TOP / "build/none-amoswap/hartlock.elf").exists() and not (TOP / "build/none-amoswap/kernel").exists()
    assert plain_swap.context["image_sha256"] != all_on_two.context["image_sha256"]


def test_a_run_is_one_setting_and_runs_of_other_forms_are_others(plain_swap, all_on_two):
    assert len(reader.load(plain_swap.folder).settings) == 1
    both = reader.load(plain_swap.folder, all_on_two.folder).settings
    assert {(s.context.forms.relax, s.context.forms.unlock) for s in both} == {("none", "amoswap"), ("pause", "store")}
    wrs = [context_of(run="a", engine="tcg", forms=Forms(relax=r, unlock=u, clusters=c))
           for r, u, c in (("none", "store", 1), ("wrs", "store", 16), (NONE, NONE, 2))]
    assert forms_asked(wrs) == {("", "a", "tcg"): Forms(relax="wrs", unlock="store", clusters=16)}
    assert forms_asked([wrs[2]])["", "a", "tcg"].relax == NONE


def test_wrs_is_refused_for_what_spins_and_no_other(bench):
    done = bench("--smp", "2", "--lock", "ttas,mcs,tas,faa", "--relax", "wrs", "--trials", "1")
    assert done.status == 1
    said = re.search(r"^hartlock: ([\w, -]+): refused, for --relax wrs needs Zawrs, which not every hart has$", done.out, re.M)
    assert said and set(said[1].split(", ")) == {"ttas", "mcs"}
    assert (done.row("tas", 2)["relax"], done.row("faa", 2)["relax"]) == ("none", NONE)


@pytest.mark.parametrize("cpu", ["rv64,zacas=on", "max"])
def test_harts_that_have_them_run_amocas_and_wrs(bench, newer, cpu):
    done = bench("--smp", "2", "--lock", "amocas,mcs,ticket", "--relax", "wrs", "--cpu", cpu, "--engine", "both",
                 "--trials", "1", "--model-duration", "40", *ZACAS, env=newer)
    assert done.status == 0, done.out
    for engine in ("tcg", "model"):
        assert (done.row("amocas", 2, engine)["check"], done.row("amocas", 2, engine)["relax"]) == ("pass", NONE)
        assert (done.row("mcs", 2, engine)["check"], done.row("mcs", 2, engine)["relax"]) == ("pass", "wrs")
    assert {"zacas", "zawrs"} <= set(done.session()["boot"]["extensions"])
    assert ("zabha" in done.session()["boot"]["extensions"]) == (cpu == "max")
    model = {s: float(done.row(s, 2, "model")["transfers_per_op_median"]) for s in ("amocas", "mcs")}
    assert 0 < model["amocas"] <= 1.05 < model["mcs"]


@pytest.mark.slow
def test_on_threads_the_forms_are_there_and_riscv_is_not(tmp_path):
    refused = run_bench(tmp_path / "wrs", "--engine", "native", "--smp", "2", "--relax", "wrs")
    assert refused.status == 2 and "--relax wrs: an instruction of RISC-V" in refused.err and not refused.folder.exists()
    done = run_bench(tmp_path / "run", "--engine", "native", "--smp", "2", "--lock", "ticket,amocas", "--relax", "none",
                     "--unlock", "amoswap", "--clusters", "2", "--trials", "1")
    row = done.row("ticket", 2, "native")
    assert (row["relax"], row["unlock"], row["clusters"], row["check"]) == ("none", "amoswap", "2", "pass")
    assert done.status == 1 and "--lock amocas was refused" in done.out


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("riscv64-linux-gnu-gcc") or not shutil.which("qemu-riscv64"),
                    reason="no compiler for riscv64 Linux here, or no qemu-user")
def test_on_threads_of_a_riscv_system_that_does_not_say_wrs_is_refused_by_name(bench):
    done = bench("--engine", "native", "--smp", "2", "--lock", "ticket,tas", "--relax", "wrs", "--trials", "1", env={
        "HOSTCC": "riscv64-linux-gnu-gcc", "HARTLOCK_NATIVE_RUNNER": "qemu-riscv64 -L /usr/riscv64-linux-gnu"})
    assert done.status == 1 and "ticket: refused, for --relax wrs needs Zawrs" in done.out
    assert done.row("tas", 2, "native")["check"] == "pass"


# --- stalling in the model ---

SPINNERS = "mcs:8,ticket:8,cna:7,qspin:5,ttas:3,twa:8,hemlock:8"


def test_the_model_stalls_and_is_the_same_without_sleep():
    build.machine()
    image = build.image("wrs", "store")
    one, other = (simulate(f"seed=1 think=40 duration_us=30 warmup_us=10 run={SPINNERS}", machine="generic-8",
                           arguments=more, image=image) for more in ((), ("--no-sleep",)))
    assert len(one.measured()) > 200 and one.measured() == other.measured()
    for p, shares, _ in one.trials():
        assert p["relax"] == "wrs" and sum(int(s["ops"]) for s in shares) == int(p["used"]) // 16 > 20
