"""Sweeps: boots with seeds of their own, one folder, and a resume after a stop."""

import csv
import json
import os
import shutil
import signal
import subprocess
from collections import Counter

import pytest
from support.run import TOP, run_bench, run_here
from support.sampling import sampled

from hartlock.analysis import rules
from hartlock.analysis.flips import flips
from hartlock.base import toolchain
from hartlock.folder import reader

SMALL = ("sweep", "--smp", "4", "--harts", "2,4", "--lock", "ticket,cas", "--engine", "model", "--model-duration", "40",
         "--machine", "generic-8", "--no-report")
PER_BOOT = 2 * (2 * 2 + 2 + 2)  # trials of ticket and cas, of the control, of the harness


def sweep(folder, *args, **kw):
    return run_bench(folder, *SMALL, *args, quick=False, **kw)


def resume(folder):
    return run_here("sweep", "--resume", folder)


def rows_of(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def cells(rows):
    return Counter((r["boot"], r["strategy"], r["harts"]) for r in rows)


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("sweep") / "run", "--boots", "3")


def test_every_boot_has_every_trial_and_its_own_seed_and_order(swept):
    assert swept.status == 0, swept.out + swept.err
    trials = swept.rows("trials.csv")
    assert len(trials) == 3 * PER_BOOT and set(cells(trials).values()) == {2}
    assert {(r["boot"], r["seed"]) for r in trials} == {("1", "1"), ("2", "2"), ("3", "3")}
    orders = [[(r["strategy"], r["harts"]) for r in trials if r["boot"] == str(n)] for n in (1, 2, 3)]
    assert orders[0] != orders[1] != orders[2]
    assert {s["log"] for s in swept.context["sessions"]} == {f"uart-model-boot{n}.log" for n in (1, 2, 3)}


def test_the_summary_is_over_all_boots(swept):
    for row in swept.rows():
        assert (row["boots"], row["trials"], row["trials_measured"]) == ("3", "6", "6")
    ticket = [float(r["cycles_per_op"]) for r in swept.rows("trials.csv") if (r["strategy"], r["harts"]) == ("ticket", "4")]
    row = swept.row("ticket", 4, "model")
    low, high = float(row["cycles_per_op_ci_low"]), float(row["cycles_per_op_ci_high"])
    assert min(ticket) <= low <= float(row["cycles_per_op_median"]) <= high <= max(ticket) and low < high


def test_trials_and_samples_and_waits_agree(swept):
    samples, trials = swept.rows("samples.csv"), swept.rows("trials.csv")
    for t in trials:
        mine = [s for s in samples if (s["boot"], s["trial"]) == (t["boot"], t["trial"])]
        if t["strategy"] != "clock":
            assert sum(int(s["ops_window"]) for s in mine) == int(t["ops_window"])
            assert max(int(s["wait_max_cycles"]) for s in mine) == int(t["wait_max_cycles"])
    curve = [r for r in swept.rows("waits.csv") if (r["strategy"], r["harts"]) == ("ticket", "4")]
    heights = [float(r["wait_cycles"]) for r in curve]
    assert heights == sorted(heights) and (curve[0]["percent"], curve[-1]["percent"]) == ("0", "100")
    assert curve[-1]["wait_cycles"] == swept.row("ticket", 4, "model")["wait_max_cycles"]


@pytest.mark.deep
def test_several_workloads_are_measured_in_each_boot(tmp_path):
    done = run_bench(tmp_path / "run", "sweep", "--smp", "2", "--harts", "2", "--lock", "ticket,tas", "--engine", "model",
                     "--model-duration", "40", "--boots", "2", "--trials", "1", "--hold", "0,300", "--no-report", quick=False)
    assert done.status == 0, done.out + done.err
    seen = Counter((r["boot"], r["hold_instructions"], r["strategy"]) for r in done.rows("trials.csv") if r["harts"] == "2")
    assert seen == {(b, h, s): 1 for b in "12" for h in ("0", "300") for s in ("ticket", "tas", "null")}
    assert {s["log"] for s in done.context["sessions"]} == {f"uart-model-work{w}-boot{b}.log" for w in "12" for b in "12"}
    data = reader.load(done.folder)
    assert {s.workload.hold_instructions for s in data.settings} == {0, 300}
    found = flips(data, next(iter(data.settings)), rules.Ask(2, 0, 100, "throughput"))
    assert [f.at for f in found if f.what == "hold"] == ["0", "300"]
    before = (done.folder / "trials.csv").read_bytes()
    assert resume(done.folder).returncode == 0 and (done.folder / "trials.csv").read_bytes() == before


@pytest.mark.deep
def test_the_same_sweep_again_gives_the_same_rows(swept, tmp_path):
    again = sweep(tmp_path / "run", "--boots", "3")
    for name in ("samples.csv", "trials.csv", "waits.csv", "summary.csv"):
        assert swept.rows(name) == again.rows(name)


def test_boots_side_by_side_leave_the_same_files_as_one_after_the_other(tmp_path, monkeypatch):
    """As many run at once as there are processors, and their number is a column, too."""
    left = []
    for at_once in (1, 2, 3):
        monkeypatch.setattr(toolchain, "host_processors", lambda n=at_once: n)
        folder = tmp_path / str(at_once) / "run"
        done = run_here(*SMALL, "--trials", "1", "--boots", "3", "--out", folder)
        assert done.returncode == 0, done.stdout + done.stderr
        tables = [[{**row, "host_processors": ""} for row in rows_of(folder, name)]
                  for name in ("samples.csv", "trials.csv", "waits.csv", "summary.csv")]
        left.append((tables, [(folder / f"uart-model-boot{n}.log").read_bytes() for n in (1, 2, 3)]))
    assert left[0] == left[1] == left[2]


def interrupted(folder, how):
    """A sweep that is stopped in its second boot."""
    process = subprocess.Popen([str(TOP / "run-bench.sh"), *SMALL, "--boots", "3", "--out", str(folder)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    said = []
    for line in process.stdout:
        said.append(line)
        if line.startswith(f"[{PER_BOOT + 4}/"):
            os.kill(process.pid, how)
    process.stdout.close()
    return process.wait(timeout=60), "".join(said)


@sampled("how,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)], quick=lambda how, status: status == 130)
def test_a_sweep_goes_on_after_a_stop(tmp_path, how, status):
    folder = tmp_path / "run"
    ended, said = interrupted(folder, how)
    assert ended == status, said
    if how != signal.SIGKILL:
        assert f"to go on: ./run-bench.sh sweep --resume {folder}" in said
    before = rows_of(folder, "trials.csv")
    assert PER_BOOT < len(before) < 3 * PER_BOOT
    done = resume(folder)
    assert done.returncode == 0, done.stdout + done.stderr
    after = rows_of(folder, "trials.csv")
    assert set(cells(after).values()) == {2} and len(after) == 3 * PER_BOOT
    kept = {tuple(r.values()) for r in before}
    assert kept <= {tuple(r.values()) for r in after}  # none is lost, none is measured again
    assert len({(r["boot"], r["trial"]) for r in after}) == len(after)
    assert json.loads((folder / "run.json").read_text())["status"] == "complete"
    first_line = next(line for line in done.stdout.splitlines() if line.startswith("["))
    told = int(first_line[1:].split("/")[0]) - len(before)  # every other one is told
    assert told in (1, 2) or (how == signal.SIGKILL and told == 3)  # the log is read again, and may have a trial that the rows have not yet


def test_resuming_what_is_complete_runs_nothing(swept, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(swept.folder, folder)
    before = rows_of(folder, "trials.csv")
    done = resume(folder)
    assert done.returncode == 0 and "[" + "1/" not in done.stdout
    assert rows_of(folder, "trials.csv") == before


@pytest.mark.parametrize("key,value,words", [
    ("image_sha256", "0" * 64, "the kernel image is not what the sweep began with"),
    ("qemu", "QEMU emulator version 6.2.0", "QEMU is not"), ("sweep", {}, "the plan of its boots"),
])
def test_a_sweep_never_mixes_two_kernels(swept, tmp_path, key, value, words):
    folder = tmp_path / "run"
    shutil.copytree(swept.folder, folder)
    (folder / "run.json").write_text(json.dumps({**swept.context, key: value}))
    before = (folder / "trials.csv").read_bytes()
    done = resume(folder)
    assert done.returncode == 2 and words in done.stderr
    assert (folder / "trials.csv").read_bytes() == before


@pytest.mark.parametrize("args,words", [
    (["--hold", "0,x"], "'x' is not a whole number"), (["--resume", "/nonexistent"], "no run.json"), (["--boots", "0"], "from 1 to 1000"),
    (["--resume", "/nonexistent", "--boots", "3"], "give no other options")])
def test_bad_input(args, words):
    done = run_here("sweep", *args)
    assert done.returncode == 2 and words in done.stderr


def test_a_run_is_no_sweep(tmp_path):
    (tmp_path / "run.json").write_text("{}")
    done = resume(tmp_path)
    assert done.returncode == 2 and "that run is no sweep" in done.stderr
