"""The rows say truly which form of a lock ran, which extensions it needs, and which clusters it
was told of."""

import os
import re
import shutil
import subprocess

import pytest
from support.run import EVERYWHERE, TOP, run_bench
from tools.simulate import simulate

from hartlock.engine import build
from hartlock.engine.tcg import Tcg
from hartlock.folder import forms, reader
from hartlock.plan import lock_forms, plan, strategies
from hartlock.run import remarks
from hartlock.records.trials import Boot
from hartlock.figures.rows import Group
from hartlock.run.boot import single

CROSS = "riscv64-unknown-elf-"
NONE = "not-applicable"
TCG = Tcg(Tcg.make_windows(1000, 0))
PAUSE, WRS, FENCE_RELEASE, FENCE_FULL = 0x0100000f, 0x01d00073, 0x0310000f, 0x0330000f
QEMU10 = TOP / "build/qemu-10.0/usr"
ZACAS = ("--", "-L", str(QEMU10 / "share/qemu"))


@pytest.fixture
def newer():
    """The environment for QEMU 10.0, which has Zacas and Zawrs."""
    if not QEMU10.exists():
        pytest.skip("build/qemu-10.0 is not there: host/fetch-qemu10 fetches it on Debian 12")
    return {"PATH": f"{QEMU10}/bin:{os.environ['PATH']}"}


# --- what is compiled ---

def worker(strategy, relax, unlock):
    """The instructions of a worker, as (word, text without addresses)."""
    build.image(relax, unlock)
    path = lock_forms.formed(TOP / "build", relax, unlock) / f"bench/plain-{strategy.replace('-', '_')}.o"
    out = subprocess.run([f"{CROSS}objdump", "-d", str(path)], check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.findall(r"^\s+[0-9a-f]+:\t([0-9a-f]+)\s+(.*)$", out, re.MULTILINE)
    return [(int(word, 16), re.sub(r"\s+", " ", text.split("#")[0].split("<")[0])) for word, text in found]


def has(code, word):
    return any(w == word for w, _ in code)


def test_each_form_is_in_the_code():
    """The ticket lock's code has both forms that were asked for, and no other."""
    usual, plain, wrs = (worker("ticket", relax, "store") for relax in ("pause", "none", "wrs"))
    assert has(usual, PAUSE) and not has(plain, PAUSE) and not has(wrs, PAUSE)
    assert has(wrs, WRS) and not has(plain, WRS) and not has(usual, WRS)
    loads = [[text for _, text in code if text.startswith("lr.")] for code in (usual, plain, wrs)]
    assert loads[0] == loads[1] == [] and loads[2] and all(text.startswith("lr.w.aq") for text in loads[2])
    fence_store, store_fence, swap = (worker("ticket", "pause", u) for u in ("fence-store", "store-fence", "amoswap"))
    assert has(usual, FENCE_RELEASE) and not has(usual, FENCE_FULL)
    assert has(fence_store, FENCE_FULL) and not has(fence_store, FENCE_RELEASE)
    assert has(store_fence, FENCE_FULL) and has(store_fence, FENCE_RELEASE)
    at = next(i for i, (word, _) in enumerate(store_fence) if word == FENCE_FULL)
    assert store_fence[at - 1][1].startswith("sw") and store_fence[at - 2][0] == FENCE_RELEASE
    swaps = [text for _, text in swap if text.startswith("amoswap")]
    assert swaps and all(text.startswith("amoswap.w.rl zero") for text in swaps) and not has(swap, FENCE_RELEASE)


@pytest.fixture(scope="module")
def plain_swap(tmp_path_factory):
    """A run of every strategy in other forms than the default."""
    return run_bench(tmp_path_factory.mktemp("forms") / "run", "--smp", "2", "--lock", "all", "--relax", "none",
                     "--unlock", "amoswap", "--trials", "1")


@pytest.mark.parametrize("strategy", EVERYWHERE)
def test_a_row_claims_a_form_if_and_only_if_the_code_changes_with_it(plain_swap, strategy):
    row = plain_swap.row(strategy, 1 if strategy == strategies.BASELINE else 2)
    usual = worker(strategy, "pause", "store")
    assert row["relax"] == ("none" if worker(strategy, "none", "store") != usual else NONE)
    assert row["unlock"] == ("amoswap" if worker(strategy, "pause", "amoswap") != usual else NONE)


@pytest.mark.parametrize("strategy", strategies.known())
def test_a_wrs_never_stands_without_its_lr(strategy):
    code, other = worker(strategy, "wrs", "store"), worker(strategy, "none", "store")
    assert has(code, WRS) == (code != other)
    if has(code, WRS):
        assert len([1 for _, text in code if text.startswith("lr.")]) > len([1 for _, text in other if text.startswith("lr.")])


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


def test_an_image_of_other_forms_is_noticed():
    asked = plan.Plan(1, ("cas",), (1,), plan.Workload(16, 16, 0, 0, 0, 0), 1, 1, unlock="amoswap")
    session = single(asked, TCG, "run", 1)
    session.collector.forms = ("pause", "amoswap")
    assert not any("forms" in problem for problem in session.judge())
    session.collector.forms = ("pause", "store")
    assert any("built with the forms ('pause', 'store'), not ('pause', 'amoswap')" in problem for problem in session.judge())


def test_make_refuses_forms_that_there_are_not():
    for wrong in ("RELAX=wait", "UNLOCK=swap", "RELAX="):
        done = subprocess.run(["make", "-n", wrong], cwd=TOP, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0 and "it is one of" in done.stderr, wrong


def test_a_run_is_one_setting_and_runs_of_other_forms_are_others(plain_swap, all_on_two):
    assert len(reader.load(plain_swap.folder).settings) == 1
    both = reader.load(plain_swap.folder, all_on_two.folder).settings
    assert {(s["relax"], s["unlock"]) for s in both} == {("none", "amoswap"), ("pause", "store")}
    wrs = [{"run": "a", "engine": "tcg", "relax": r, "unlock": u, "clusters": c}
           for r, u, c in (("none", "store", "1"), ("wrs", "store", "16"), (NONE, NONE, "2"))]
    assert forms.of_runs([*wrs, {"run": "old", "engine": "tcg"}]) == {
        ("", "a", "tcg"): {"relax": "wrs", "unlock": "store", "clusters": "16"}}
    assert forms.of_runs([wrs[2]])["", "a", "tcg"]["relax"] == NONE


# --- extensions ---

def test_all_leaves_out_what_harts_cannot_run_and_says_so_once(all_on_two):
    assert all_on_two.status == 0 and not [r for r in all_on_two.rows() if r["strategy"] == "amocas"]
    assert all_on_two.out.count("left out of --lock all: amocas needs Zacas, which not every hart has.") == 1
    assert b"strategy=amocas harts=2 status=needs_zacas" in all_on_two.log
    assert all_on_two.session()["boot"]["extensions"] == ["zihintpause"]


def test_what_was_named_is_refused_by_name_and_the_rest_is_kept(bench):
    done = bench("--smp", "2", "--lock", "cas,amocas", "--trials", "1")
    assert done.status == 1
    assert "hartlock: --lock amocas was refused: it needs Zacas, which not every hart has" in done.out
    assert done.row("cas", 2)["check"] == "pass" and "left out" not in done.out


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


def test_a_pause_that_does_nothing_is_said(bench):
    done = bench("--smp", "2", "--lock", "ticket", "--trials", "1", "--cpu", "rv64,Zihintpause=false")
    if "Property" in done.out:
        pytest.skip("this QEMU calls it something else")
    assert done.status == 0 and "relax=pause (tcg): not every hart says that it has Zihintpause" in done.out
    groups = [Group(plan.Cell("ticket", 2), forms={"relax": "pause"})]
    assert remarks.pauses(Boot(extensions=("zihintpause",)), groups, TCG) == []
    assert remarks.pauses(Boot(), [Group(plan.Cell("cas", 2), forms={"relax": NONE})], TCG) == []


def test_on_threads_the_forms_are_there_and_riscv_is_not(tmp_path):
    refused = run_bench(tmp_path / "wrs", "--engine", "native", "--smp", "2", "--relax", "wrs")
    assert refused.status == 2 and "--relax wrs: an instruction of RISC-V" in refused.err and not refused.folder.exists()
    done = run_bench(tmp_path / "run", "--engine", "native", "--smp", "2", "--lock", "ticket,amocas", "--relax", "none",
                     "--unlock", "amoswap", "--clusters", "2", "--trials", "1")
    row = done.row("ticket", 2, "native")
    assert (row["relax"], row["unlock"], row["clusters"], row["check"]) == ("none", "amoswap", "2", "pass")
    assert done.status == 1 and "--lock amocas was refused" in done.out


@pytest.mark.skipif(not shutil.which("riscv64-linux-gnu-gcc") or not shutil.which("qemu-riscv64"),
                    reason="no compiler for riscv64 Linux here, or no qemu-user")
def test_on_threads_of_a_riscv_system_that_does_not_say_wrs_is_refused_by_name(bench):
    done = bench("--engine", "native", "--smp", "2", "--lock", "ticket,tas", "--relax", "wrs", "--trials", "1", env={
        "HOSTCC": "riscv64-linux-gnu-gcc", "HARTLOCK_NATIVE_RUNNER": "qemu-riscv64 -L /usr/riscv64-linux-gnu"})
    assert done.status == 1 and "ticket: refused, for --relax wrs needs Zawrs" in done.out
    assert done.row("tas", 2, "native")["check"] == "pass"


# --- stalling in the model ---

SPINNERS = "mcs:8,ticket:8,cna:7,qspin:5,ttas:3,twa:8,hemlock:8"


def test_the_model_stalls_and_is_the_same_without_parking(newer, monkeypatch):
    monkeypatch.setattr("tools.simulate.QEMU", str(QEMU10 / "bin/qemu-system-riscv64"))
    build.plugin()
    plugin, image = TOP / "build/model/hartlock-model.so", build.image("wrs", "store")
    one, other = (simulate(plugin, f"seed=1 think=40 duration_us=30 warmup_us=10 run={SPINNERS}", machine="generic-8",
                                      qemu=("-L", str(QEMU10 / "share/qemu"), "-cpu", "rv64"), arguments=more, image=image)
                  for more in ("", ",parking=off,pinning=off"))
    assert len(one.measured()) > 200 and one.measured() == other.measured()
    for p, shares, _ in one.trials():
        assert p["relax"] == "wrs" and sum(int(s["ops"]) for s in shares) == int(p["used"]) // 16 > 20


# --- clusters ---

NUMA = ("--", *(word for n, cpus in enumerate(("0-1", "2-3")) for word in (
    "-object", f"memory-backend-ram,id=m{n},size=128M", "-numa", f"node,memdev=m{n},cpus={cpus}")))


def test_clusters_are_those_of_the_device_tree(bench):
    """QEMU's virt machine has a cluster for each NUMA node."""
    done = bench("--smp", "4", "--harts", "2,3,4", "--lock", "cna", "--trials", "1", *NUMA)
    assert done.status == 0, done.out
    assert [done.row("cna", n)["clusters"] for n in (2, 3, 4)] == ["1", "2", "2"]
    assert done.session()["boot"]["clusters"] == 2


def test_clusters_can_be_asked_for(bench):
    done = bench("--smp", "4", "--harts", "1,2,4", "--lock", "cna", "--trials", "1", "--clusters", "2")
    assert [done.row("cna", n)["clusters"] for n in (1, 2, 4)] == ["1", "1", "2"]
    assert b" clusters=2 " in done.log


def test_an_unequal_number_of_clusters_is_refused(bench):
    done = bench("--smp", "8", "--clusters", "3")
    assert done.status == 2 and "do not make 3 equal clusters" in done.err


def test_the_model_tells_the_truth_about_its_machine(tmp_path):
    """generic-8 has two clusters of four harts. A cna that is told of them does better, because the
    lines of a section stay in the cluster."""
    def cna(name, *args):
        done = run_bench(tmp_path / name, "--engine", "model", "--smp", "8", "--harts", "4,8", "--lock", "cna", "--think", "0",
                         "--touch", "16", "--trials", "1", *args)
        assert done.status == 0, done.out
        return done.row("cna", 4, "model"), done.row("cna", 8, "model")

    known, told, hidden = cna("known"), cna("told", "--clusters", "2"), cna("hidden", "--clusters", "1")
    assert [row["clusters"] for row in known] == ["1", "2"] and [row["clusters"] for row in hidden] == ["1", "1"]
    assert float(known[1]["same_cluster_share_median"]) > 0.9 and hidden[1]["same_cluster_share_median"] == ""
    cycles = [float(rows[1]["cycles_per_op_median"]) for rows in (known, told, hidden)]
    assert cycles[0] == cycles[1] < cycles[2]
