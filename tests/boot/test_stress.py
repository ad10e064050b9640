"""`stress`: its random workloads, its output and its folder; and it finds broken locks."""

import csv
import json
import os
import re
import shlex
import signal
import subprocess
import time
from collections import Counter
from dataclasses import replace

import pytest
from support.documents import documented
from support.processes import qemu_of
from support.run import TOP, run_bench, run_here

from hartlock.engine.model import Model
from hartlock.engine.tcg import Tcg
from hartlock.plan import parse, strategies
from hartlock.stress import boot
from hartlock.cli.stress import span
from hartlock.records.trials import Exhaust, Fair, Pass, Share, Trial, is_complete
from hartlock.records.histogram import Histogram
from hartlock.figures.trial_figures import exhausted
from hartlock.plan.lock_forms import UNLOCK_FORMS
from hartlock.plan.plan import PASSES, SIZES
from hartlock.records.parser import read
from hartlock.stress.draw import Asked, draw
from hartlock.stress.tally import Tally, short

from tools.mutants import detectors, tree

LOCKS = tuple(strategies.known())
TCG = Tcg(Tcg.make_windows(1000, 1000))
MODEL = Model(Model.modelled_windows(1))


GOLDEN = ("hartlock: format=1 align=16 batch=4096 hold=140 think=2326 think_range=2326 sizes=mixed touch=4 "
          "placement=padded rate=0 interrupt_us=0 interrupt_length=0 irq=on ipi_us=881 churn_us=677 "
          "duration_us=3220 warmup_us=494 fairness_us=805 seed=4275476471534235130 clusters=8 "
          "run=ticket:8,cas:8,null:8,cas:8,ticket:8,ticket:4,cas:8")


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
        read, numbers = parse.read(drawn.plan.bootargs(drawn.engine.windows), 8)
        assert read.workload == drawn.plan.workload and read.order == drawn.plan.order
        assert numbers["duration_us"] == drawn.engine.windows.duration_us >= 1000


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


def test_what_an_engine_cannot_do_is_left_out_and_the_rest_is_the_same():
    for number in range(1, 50):
        full, less = draw(asked(), number, "log"), draw(asked(engine=MODEL), number, "log")
        w = less.plan.workload
        assert (w.interrupt_period_us, w.interrupt_instructions, w.ipi_period_us, w.churn_period_us) == (0, 0, 0, 0)
        assert less.plan.order == full.plan.order and w.size_bytes == full.plan.workload.size_bytes
        assert w.exhaust_rounds == full.plan.workload.exhaust_rounds and less.engine.windows.duration_us <= 600


@pytest.mark.parametrize("locks,smp", [(("ticket",), 2), (("null", "baseline"), 1), (LOCKS, 64)])
def test_few_strategies_few_harts_and_many(locks, smp):
    for number in range(1, 40):
        order = draw(asked(smp=smp, locks=locks), number, "log").plan.order
        assert len(order) == 6 + (smp > 1) and max(t.harts for t in order) <= smp
        assert all(t.harts == 1 for t in order if t.strategy == "baseline")


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


# --- what it says and leaves ---


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A stress folder of some rounds in which nothing fails."""
    folder = tmp_path_factory.mktemp("stress") / "run"
    return run_stress(folder, "--for", "6s", "--smp", "4", "--seed", "5")


def run_stress(folder, *args, where=TOP, timeout=120):
    done = subprocess.run([str(where / "run-bench.sh"), "stress", *args, "--out", str(folder)], stdin=subprocess.DEVNULL,
                          cwd=where, capture_output=True, text=True, timeout=timeout, check=False)
    return done, folder


def rounds_of(folder, name="stress.csv"):
    with open(folder / name, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_a_run_in_which_nothing_fails(quiet):
    done, folder = quiet
    assert done.returncode == 0, done.stdout + done.stderr
    rows, told = rounds_of(folder), json.loads((folder / "run.json").read_text())
    assert "stress: seed 5, " in done.stdout and "stress: nothing failed (seed 5)" in done.stdout
    assert {r["check"] for r in rows[:-1]} <= {"pass"} and rows[-1]["check"] in ("pass", ""), "the last: the time was up"
    assert [int(r["round"]) for r in rows] == list(range(1, len(rows) + 1))
    assert told["status"] == "complete" and told["stress"]["found"] is None
    for name in ("trials", "ops", "stops", "ipis", "exhaustions"):
        assert told["stress"][name] == sum(int(r[name]) for r in rows), name
    trials = [r for r in rounds_of(folder, "trials.csv") if r["role"] != "control" and r["strategy"] != "null"]
    assert {r["check"] for r in trials} == {"pass"}
    assert not list(folder.glob("uart*")), "logs of what did not fail"


def test_each_row_has_what_the_document_says(quiet):
    _, folder = quiet
    assert list(rounds_of(folder)[0]) == boot.COLUMNS
    assert documented("trust/stress.md", "Files") == boot.COLUMNS


def test_a_round_is_replayed_word_for_word(quiet, tmp_path):
    _, folder = quiet
    want = rounds_of(folder)[0]
    done, again = run_stress(tmp_path / "again", "--smp", "4", "--seed", "5", "--round", want["round"])
    assert done.returncode == 0, done.stdout
    assert [[r[name] for name in ("round", "bootargs", "seed")] for r in rounds_of(again)] == [
        [want["round"], want["bootargs"], want["seed"]]]


def test_a_modelled_round_is_the_same_run_each_time(tmp_path):
    counted = []
    for n in range(2):
        done, folder = run_stress(tmp_path / str(n), "--engine", "model", "--smp", "2", "--seed", "1", "--round", "1")
        assert done.returncode == 0, done.stdout
        counted.append([{k: v for k, v in r.items() if k not in ("run", "began_seconds", "took_seconds")} for r in rounds_of(folder)])
    assert counted[0] == counted[1] and int(counted[0][0]["ops"]) > 0


def start(folder, *args):
    """Start a stress run of an hour. Returns when it has kept some trials."""
    process = subprocess.Popen(
        [str(TOP / "run-bench.sh"), "stress", "--for", "1h", "--smp", "2", "--seed", "1", "--out", str(folder), *args],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    until = time.monotonic() + 60
    while not (folder / "trials.csv").exists() or len((folder / "trials.csv").read_text().splitlines()) < 3:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.02)
    return process


@pytest.mark.parametrize("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_a_summary(tmp_path, number, status):
    folder = tmp_path / "run"
    process = start(folder)
    process.send_signal(number)
    out = process.communicate(timeout=30)[0]
    assert process.returncode == status, out
    assert "interrupted; nothing had failed until then" in out and "trials of" in out
    told = json.loads((folder / "run.json").read_text())
    assert told["status"] == "interrupted" and told["stress"]["trials"] >= 1
    assert rounds_of(folder)[-1]["check"] in ("", "pass")


def test_a_qemu_that_dies_ends_it(tmp_path):
    folder = tmp_path / "run"
    process = start(folder, "--replays", "0")
    os.kill(qemu_of(process), signal.SIGKILL)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 1 and "killed by signal 9" in out and "replay: ./run-bench.sh stress --smp 2" in out
    assert rounds_of(folder)[-1]["check"] == "fail" and list(folder.glob("uart-round*.log"))


# --- broken locks ---


@pytest.mark.parametrize("name", ["null", "ticket-stuck"])
def test_a_broken_lock_is_found(name):
    """The bound is wide: `make detectors` measures the time, which docs/trust/stress.md has."""
    mutant = tree.known()[name]
    tree.plant(mutant)
    found = detectors.seek(mutant, 1, 60)
    assert found.check and (found.check == "hang detector") == (name == "ticket-stuck"), found


def test_what_was_found_is_reproduced_by_the_command_that_is_printed(tmp_path):
    mutant = tree.known()["mcs-overtake"]
    where = tree.plant(mutant)
    done, folder = run_stress(tmp_path / "first", "--engine", "model", "--smp", "4", "--lock", "mcs", "--seed", "1", "--for", "60s",
                              "--replays", "1", where=where)
    assert done.returncode == 1, done.stdout
    assert "replayed 1 time(s): failed again 1 time(s); a modelled run is the same each time" in done.stdout
    found = json.loads((folder / "run.json").read_text())["stress"]["found"]
    assert (folder / f"uart-round{found['round']}.log").exists() and "grants of others went first" in found["problems"][0]
    command = shlex.split(re.search(r"^replay: (.*)$", done.stdout, re.MULTILINE)[1])
    assert shlex.join(command) == found["replay"]
    again, second = run_stress(tmp_path / "second", *command[2:], "--replays", "0", where=where)
    assert again.returncode == 1
    assert json.loads((second / "run.json").read_text())["stress"]["found"]["problems"] == found["problems"]


def test_the_document_has_every_mutant_within_its_limit():
    text = (TOP / "docs/trust/stress.md").read_text().split(detectors.BEGIN)[1].split(detectors.END)[0]
    rows = {cells[1].strip(" `"): cells for cells in (line.split("|") for line in text.splitlines()[2:])}
    named = {name: m for name, m in tree.known().items() if not m.memory_model}
    assert set(rows) == set(named) and all(m.limit_s and m.engine in ("tcg", "model") for m in named.values())
    for name, cells in rows.items():
        assert float(cells[6]) <= int(cells[9]) == named[name].limit_s, name
        assert cells[4].strip() != "nothing"


def test_a_detector_that_is_late_is_said():
    mutant = tree.Mutant("x", "y", "mcs", engine="tcg", limit_s=5)
    finds = [detectors.Find(1, 10, "audit"), detectors.Find(9, 30, "audit"), detectors.Find(20, 0, "")]
    assert detectors.median_s(finds) == 9 and "| 2 of 3 | 9.0 | 1.0 to 9.0 | 20 | 5 |" in detectors.row(mutant, finds)
    assert detectors.median_s(finds[2:]) == float("inf")
    with pytest.raises(SystemExit, match="no check is known"):
        detectors.check_of(["the disk is full"])


# --- the loads it is made of ---

def shares(log):
    """The strategy, hart and stops of every pass."""
    strategy = ""
    for record in read(log.split(b"\n")):
        if record.type == "pass":
            strategy = record.fields().text("strategy")
        if record.type == "share":
            yield strategy, record.fields().number("hart"), record.fields().number("stops")


DISTURBED = ("--smp", "3", "--trials", "2", "--duration", "40", "--hold", "200", "--think", "50")


def test_harts_come_and_go_under_every_kind_of_lock(tmp_path):
    done = run_bench(tmp_path / "run", *DISTURBED, "--lock", "ticket,clh,hemlock,qspin,anderson,cas,faa,magazine", "--churn", "300")
    assert done.status == 0, done.out
    rows = [r for r in done.rows() if r["role"] == "candidate"]
    assert {r["check"] for r in rows} == {"pass"} and {r["churn_period_us"] for r in rows} == {"300"}
    by_strategy, by_hart = Counter(), Counter()
    for strategy, hart, stops in shares(done.log):
        by_strategy[strategy] += stops
        by_hart[hart] += stops
    assert all(by_strategy[r["strategy"]] > 0 for r in rows), by_strategy
    assert by_hart[0] == 0 < min(by_hart[1], by_hart[2]), "hart 0 keeps the time"
    assert sum(int(r["stops_total"]) for r in done.rows() if r["stops_total"]) == sum(
        int(r["stops"]) for r in done.rows("samples.csv") if r["stops"]) > 0


def test_an_ipi_lands_on_the_holder(tmp_path):
    done = run_bench(tmp_path / "run", "--smp", "2", "--lock", "cas", "--hold", "2000", "--think", "0", "--trials", "1", "--duration",
                     "50", "--ipi", "200")
    assert done.status == 0, done.out
    row = done.row("cas", 2)
    taken, inside = int(row["ipis_total"]), int(row["ipis_inside_total"])
    assert 10 <= taken <= 1000 and inside > taken / 3 and row["interrupts_total"] == "0", row
    assert (row["ipi_period_us"], row["churn_period_us"]) == ("200", "0")


@pytest.mark.parametrize("size", ["24", "mixed"])
def test_heaps_end_as_often_as_asked_for_and_refuse_as_they_must(tmp_path, size):
    """Each time its heap ends, the hart is refused the asked size three times and the smallest piece, too."""
    done = run_bench(tmp_path / "run", "--smp", "1", "--lock", "ticket,clh,anderson,cas,faa,magazine", "--trials", "1",
                     "--duration", "150", "--size", size, "--align", "8", "--exhaust", "10")
    assert done.status == 0, done.out
    rows = [r for r in done.rows() if r["strategy"] != "clock"]
    assert {(r["check"], r["exhaustions_total"], r["refusals_total"]) for r in rows} == {("pass", "10", "60")}


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
