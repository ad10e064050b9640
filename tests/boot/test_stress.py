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

import pytest
from support.documents import documented
from support.processes import qemu_of
from support.run import TOP, run_bench
from support.sampling import sampled
from tools import copied
from tools.mutants import detectors, tree

from hartlock.figures.columns import header
from hartlock.records.parser import read
from hartlock.stress import boot


# --- what it says and leaves ---


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    """A stress folder of some rounds in which nothing fails."""
    folder = tmp_path_factory.mktemp("stress") / "run"
    return run_stress(folder, "--for", "6s", "--smp", "4", "--seed", "5")


def run_stress(folder, *args, where=TOP, timeout=120):
    done = subprocess.run([str(where / "run-bench.sh"), "stress", *args, "--out", str(folder)], stdin=subprocess.DEVNULL,
                          cwd=where, env=os.environ if where == TOP else copied.environment(), capture_output=True, text=True, timeout=timeout, check=False)
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
    assert list(rounds_of(folder)[0]) == header(boot.RoundRow)
    assert documented("trust/stress.md", "Files") == header(boot.RoundRow)


def test_a_round_is_replayed_word_for_word(quiet, tmp_path):
    _, folder = quiet
    want = rounds_of(folder)[0]
    done, again = run_stress(tmp_path / "again", "--smp", "4", "--seed", "5", "--round", want["round"])
    assert done.returncode == 0, done.stdout
    assert [[r[name] for name in ("round", "bootargs", "seed")] for r in rounds_of(again)] == [
        [want["round"], want["bootargs"], want["seed"]]]


@pytest.mark.deep
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


@sampled("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)], quick=lambda number, status: status == 130)
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


@pytest.mark.deep
def test_a_qemu_that_dies_ends_it(tmp_path):
    folder = tmp_path / "run"
    process = start(folder, "--replays", "0")
    os.kill(qemu_of(process), signal.SIGKILL)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 1 and "killed by signal 9" in out and "replay: ./run-bench.sh stress --smp 2" in out
    assert rounds_of(folder)[-1]["check"] == "fail" and list(folder.glob("uart-round*.log"))


# --- broken locks ---


@pytest.mark.deep
@pytest.mark.parametrize("name", ["null", "ticket-stuck"])
def test_a_broken_lock_is_found(name):
    """The bound is wide: `make detectors` measures the time, which docs/trust/stress.md has."""
    with tree.planted(tree.known()[name]) as mutant:
        found = detectors.seek(mutant, 1, 120)
    assert found.check and (found.check == "hang detector") == (name == "ticket-stuck"), found


@pytest.mark.deep
def test_what_was_found_is_reproduced_by_the_command_that_is_printed(tmp_path):
    with tree.planted(tree.known()["mcs-overtake"]) as mutant:
        done, folder = run_stress(tmp_path / "first", "--engine", "model", "--smp", "4", "--lock", "mcs", "--seed", "1", "--for", "60s",
                                  "--replays", "1", where=mutant.tree)
        assert done.returncode == 1, done.stdout
        assert "replayed 1 time(s): failed again 1 time(s); a modelled run is the same each time" in done.stdout
        found = json.loads((folder / "run.json").read_text())["stress"]["found"]
        assert (folder / f"uart-round{found['round']}.log").exists() and "grants of others went first" in found["problems"][0]
        command = shlex.split(re.search(r"^replay: (.*)$", done.stdout, re.MULTILINE)[1])
        assert shlex.join(command) == found["replay"]
        again, second = run_stress(tmp_path / "second", *command[2:], "--replays", "0", where=mutant.tree)
        assert again.returncode == 1
        assert json.loads((second / "run.json").read_text())["stress"]["found"]["problems"] == found["problems"]


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


@pytest.mark.deep
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


@pytest.mark.timing
def test_an_ipi_lands_on_the_holder(tmp_path):
    done = run_bench(tmp_path / "run", "--smp", "2", "--lock", "cas", "--hold", "2000", "--think", "0", "--trials", "1", "--duration",
                     "50", "--ipi", "200")
    assert done.status == 0, done.out
    row = done.row("cas", 2)
    taken, inside = int(row["ipis_total"]), int(row["ipis_inside_total"])
    assert 10 <= taken <= 1000 and inside > taken / 3 and row["interrupts_total"] == "0", row
    assert (row["ipi_period_us"], row["churn_period_us"]) == ("200", "0")


@sampled("size", ["24", "mixed"], quick=lambda size: size == "24")
def test_heaps_end_as_often_as_asked_for_and_refuse_as_they_must(tmp_path, size):
    """Each time its heap ends, the hart is refused the asked size three times and the smallest piece, too; and three times, or 48, before
    and behind that what no heap has."""
    done = run_bench(tmp_path / "run", "--smp", "1", "--lock", "ticket,clh,anderson,cas,faa,magazine", "--trials", "1",
                     "--duration", "150", "--size", size, "--align", "8", "--exhaust", "10")
    assert done.status == 0, done.out
    rows = [r for r in done.rows() if r["strategy"] != "clock"]
    assert {(r["check"], r["exhaustions_total"]) for r in rows} == {("pass", "10")}
    refused = [int(r["refusals_total"]) for r in rows]
    assert all(60 + 10 * 2 * 3 <= n <= 60 + 10 * 2 * 48 and (n - 60) % 3 == 0 for n in refused) and len(set(refused)) > 1
