"""The lock to take: over machines that differ, and where the data cannot tell locks apart."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from support.run import first_line, run_here
from support.synthetic import around, cells, context_of, folder_of

from hartlock.analysis import hinge, regret, take
from hartlock.analysis.rank import standing, starved_on
from hartlock.analysis.rules import Ask, advise
from hartlock.base import text
from hartlock.base.terminal import whole
from hartlock.base.intervals import Estimate
from hartlock.figures.row_types import SampleRow, SummaryRow, TrialRow
from hartlock.folder import reader
from hartlock.folder.csv_rows import read_rows
from hartlock.folder.writer import write_rows
from hartlock.plan import strategies
from hartlock.report import plots
from hartlock.run import table

CANDIDATE = SummaryRow(context=context_of(), boots=1, trials=1, trials_measured=1)
N = 16
NOISE = [(5 * n) % N for n in range(N)]  # a key that has nothing to do with it


def folder(path, mcs, ticket, keys=None, harts=8, **more):
    """A folder of 16 machines. `mcs` and `ticket` give the cycles on each, from 0 on."""
    of = {"mcs": mcs, "ticket": ticket, **more.pop("others", {})}
    cycles = {(name, harts): (lambda boot, trial, f=f: f(boot - 1)) for name, f in of.items()}
    return folder_of(path, cycles, boots=N, trials=1, keys=keys or {"transfer": NOISE}, **{"machine": "any-8", **more})


def advice_of(path, goal="throughput"):
    data = reader.load(path)
    return data, advise(data, next(iter(data.settings)), Ask(8, 0, 100, goal))


def test_what_every_machine_says_is_sure(tmp_path):
    data, advice = advice_of(folder(tmp_path / "a", lambda n: 100 + 50 * n, lambda n: (100 + 50 * n) * (1.12 + 0.01 * n)))
    taken = take.take(data, advice)
    assert taken.name == "mcs" and taken.is_sure and "first on each of 16 machines that fit any-8; the next, ticket, has 1.19 [1.12, 1.27]" in taken.reason
    assert advice.places[1].ratio.low == pytest.approx(1.12, rel=1e-3) and advice.places[1].ratio.high == pytest.approx(1.27, rel=1e-3)


def test_less_than_the_model_errs_is_not_sure(tmp_path):
    data, advice = advice_of(folder(tmp_path / "a", lambda n: 100, lambda n: 104 if n == 5 else 150))
    taken = take.take(data, advice)
    assert taken.name == "mcs" and not taken.is_sure and advice.places[1].behind_on == N
    assert "it is the best lock on each of 16 machines that fit any-8; ticket up to 50 %" in taken.reason
    assert take.confidence(taken) == ("fair", "no other is ahead of it on any of 16 machines that fit any-8, though some not surely behind; it is a "
                                      "model's order")


def test_what_starves_and_is_slower_on_every_machine_is_surely_behind(tmp_path):
    path = folder(tmp_path / "a", lambda n: 100, lambda n: 150, lowest={"ticket": lambda boot: 0.01 if boot == 7 else 0.9})
    places = advice_of(path)[1].places
    assert [(p.name, p.call, p.is_worse) for p in places] == [("mcs", "leads", False), ("ticket", "starves", True)]
    assert "(it starves, and is surely behind)" in run_here("advise", path, "--goal", "throughput").stdout


def test_one_machine_that_says_otherwise_makes_it_unsure_and_is_counted(tmp_path):
    path = folder(tmp_path / "a", lambda n: 100, lambda n: 99 if n == 3 else 200)
    data, advice = advice_of(path)
    taken = take.take(data, advice)
    assert not taken.is_sure and taken.name == "mcs" and advice.places[1].behind_on == 15
    assert taken.reason.startswith("by cycles an operation it is never more than 1 % behind the best lock on any of 16 machines that fit any-8; ticket up to 2.0 times")
    done = run_here("advise", path, "--goal", "throughput")
    assert "(too close to call, behind on 15 of 16 machines)" in done.stdout and "Confidence: fair" in done.stdout


def test_the_least_loss_is_taken_and_not_the_least_median(tmp_path):
    """ticket is ahead on most machines, but far behind on some."""
    data, advice = advice_of(folder(tmp_path / "a", lambda n: 120, lambda n: 300 if n < 3 else 100))
    taken = take.take(data, advice)
    assert advice.places[0].name == "ticket" and taken.name == "mcs" and taken.worst == pytest.approx(1.2)
    assert [(loss.name, loss.best_on) for loss in taken.losses] == [("mcs", 3), ("ticket", 13)]


def test_what_starves_on_one_machine_has_no_sure_rank_and_is_not_taken(tmp_path):
    path = folder(tmp_path / "a", lambda n: 200, lambda n: 220, others={"ttas": lambda n: 50}, lowest={"ttas": lambda boot: 0.01 if boot == 7 else 0.9})
    data, advice = advice_of(path)
    ttas = next(p for p in advice.places if p.name == "ttas")
    assert take.take(data, advice).name == "mcs" and ttas.starves and not ttas.tied and advice.places[-1] is ttas
    assert [boot for _, boot in starved_on(ttas.cell)] == [7] and any("ttas on 1 of 16 machines" in said for said in advice.warnings)
    report, page = run_here("report", path), path / "report.md"
    assert report.returncode == 0 and "so these have no sure rank: ttas on 7 (members.csv" in page.read_text()
    assert "- Confidence: " in page.read_text() and "- To use mcs, copy lock/mcs.h, " in page.read_text()
    _, balanced = advice_of(path, "balanced")
    assert "on 1 of 16 machines" in balanced.out["ttas"]


def test_the_key_that_decides_is_found(tmp_path):
    """A store blocks on the first half of the machines."""
    keys = {"transfer": NOISE, "store_buffer": [0] * 8 + [8] * 8, "moesi": [n % 2 for n in range(N)]}
    path = folder(tmp_path / "a", lambda n: 100 if n < 8 else 150, lambda n: 150 if n < 8 else 100, keys)
    data, advice = advice_of(path)
    taken = take.take(data, advice)
    h = taken.hinge
    assert (h.key, h.below, h.above, h.low, h.high) == ("store_buffer", 0, 8, "mcs", "ticket") and h.loss == pytest.approx(1) and not h.is_switch
    said = run_here("advise", path, "--goal", "throughput").stdout
    assert "What it hangs on: store_buffer (stores that may wait" in said and "up to 0 mcs, from 8.00 on ticket" in said


def test_a_switch_is_told_as_one(tmp_path):
    keys = {"moesi": [n % 2 for n in range(N)]}
    data, advice = advice_of(folder(tmp_path / "a", lambda n: 100 + 50 * (n % 2), lambda n: 150 - 50 * (n % 2), keys))
    assert "moesi (" in (said := take.hinge_sentence(take.take(data, advice))) and "if not mcs, if so ticket" in said
    assert said.endswith("Measure that next: probe on the board, whose `copy` tells it (docs/ports/probe.md).")


def test_a_key_that_no_probe_sees_is_not_promised(tmp_path):
    keys = {"banks": [2 + 2 * (n % 2) for n in range(N)]}
    data, advice = advice_of(folder(tmp_path / "a", lambda n: 100 + 50 * (n % 2), lambda n: 150 - 50 * (n % 2), keys))
    said = take.hinge_sentence(take.take(data, advice))
    assert "banks (" in said and "No probe can see that: ask the maker" in said and "Measure" not in said


def noise(seed):
    """The figures of two locks on N machines, and twenty keys that have nothing to do with them."""
    rng = np.random.default_rng(seed)
    table = {name: {("run", n): float(value) for n, value in enumerate(rng.uniform(1, 2, N))} for name in ("mcs", "ticket")}
    return table, {("run", n): {f"key{k}": float(value) for k, value in enumerate(rng.uniform(0, 1, 20))} for n in range(N)}


def test_chance_is_not_taken_for_a_key():
    assert sum(hinge.hinge(*noise(seed)) is not None for seed in range(20)) <= 3


def test_a_split_that_is_no_better_on_other_machines_is_not_told(monkeypatch):
    """Each of these splits is better than one lock on the machines that it is made from."""
    monkeypatch.setattr(hinge, "_by_chance", lambda *_: 0.0)
    assert sum(hinge.hinge(*noise(seed)) is None for seed in range(20)) >= 7


def planted(seed, machines):
    """The figures of three locks on so many machines, and twenty keys, one of which moves one of the locks up or down."""
    rng = np.random.default_rng(seed)
    keys = rng.uniform(0, 1, (machines, 20))
    logs = {"mcs": np.zeros(machines), "ticket": np.where(keys[:, 0] > 0.5, 0.5, -0.5) + 0.2 * rng.normal(size=machines),
            "clh": 0.1 + 0.2 * rng.normal(size=machines)}
    table = {name: {("run", n): float(x) for n, x in enumerate(100 * np.exp(of))} for name, of in logs.items()}
    return table, {("run", n): {f"key{k}": float(x) for k, x in enumerate(of)} for n, of in enumerate(keys)}


def lost(table, keys, h, machines):
    """The mean loss of the choice by a hinge on these machines, as a logarithm."""
    names = [h.low if keys[m][h.key] <= (h.below + h.above) / 2 else h.high for m in machines]
    return np.mean([np.log(table[name][m] / min(of[m] for of in table.values())) for name, m in zip(names, machines, strict=True)])


def test_what_a_split_loses_is_told_as_it_is_on_other_machines():
    """Each split is made from sixteen machines, and held against a hundred others."""
    told, there, elsewhere = [], [], []
    for seed in range(30):
        table, keys = planted(seed, N + 100)
        here = [m for m in keys if m[1] < N]
        if h := hinge.hinge({name: {m: of[m] for m in here} for name, of in table.items()}, keys):
            told.append(np.log(h.loss))
            there.append(lost(table, keys, h, here))
            elsewhere.append(lost(table, keys, h, [m for m in keys if m not in here]))
    assert len(told) > 20 and np.mean(there) < 0.6 * np.mean(elsewhere) and 0.8 < np.mean(told) / np.mean(elsewhere) < 1.25


def test_a_machine_that_was_not_measured_for_all_gives_no_traceback(tmp_path):
    path = folder(tmp_path / "a", lambda n: 100, lambda n: 99 if n == 3 else 200)
    rows = read_rows(path / "trials.csv", TrialRow)
    write_rows(path / "trials.csv", TrialRow, [r for r in rows if (r.context.strategy, r.boot) != ("ticket", 7)])
    done = run_here("advise", path, "--goal", "throughput")
    assert done.returncode == 0 and done.stdout.startswith("The data cannot decide: what they have of ticket does not suffice")
    data, advice = advice_of(path)
    assert take.take(data, replace(advice, doubted={})) is not None


def without_trials(path, *gone):
    """Takes the trials of (strategy, machine) away, and from the rows of summary.csv, too, as where a run ended early."""
    rows = [r for r in read_rows(path / "trials.csv", TrialRow) if (r.context.strategy, r.boot) not in gone]
    write_rows(path / "trials.csv", TrialRow, rows)
    left = {s: [r.figures.cycles_per_op for r in rows if r.context.strategy == s] for s in {r.context.strategy for r in rows}}
    write_rows(path / "summary.csv", SummaryRow, [
        replace(r, boots=len(of), trials=len(of), trials_measured=len(of), cycles_per_op=Estimate(float(np.median(of)), np.nan, np.nan))
        for r in read_rows(path / "summary.csv", SummaryRow) for of in [left[r.context.strategy]]])
    return path


def test_machines_are_compared_where_all_were_measured(tmp_path):
    """clh was not measured on the machine that is slow for all, so its median would be the least. Where all were measured mcs is ahead on
    each, and the machines are not taken for one another."""
    path = folder(tmp_path / "a", lambda n: 100 * (n + 1), lambda n: 200 * (n + 1), others={"clh": lambda n: 107 * (n + 1)})
    data, advice = advice_of(without_trials(path, ("clh", 16), ("clh", 15)))
    assert [(p.name, p.call, p.machines) for p in advice.places] == [("mcs", "leads", 14), ("clh", "behind", 14), ("ticket", "behind", 14)]
    assert advice.places[1].ratio.low == pytest.approx(1.07) and advice.places[1].ratio.high == pytest.approx(1.07)
    taken = take.take(data, advice)
    assert taken.name == "mcs" and taken.is_sure and "on each of 14 machines" in taken.reason
    assert [(loss.name, round(loss.worst, 2)) for loss in taken.losses] == [("mcs", 1), ("clh", 1.07), ("ticket", 2)]


def test_what_was_measured_on_few_machines_may_be_the_first(tmp_path):
    path = without_trials(folder(tmp_path / "a", lambda n: 100, lambda n: 200), *(("ticket", n) for n in range(1, 6)))
    assert advice_of(path)[1].doubted == {"ticket": "it was measured on 11 of 16 machines"}


def status(path, **more):
    (path / "run.json").write_text(json.dumps({"status": "interrupted", "plan": {"harts": [8], "locks": ["mcs", "ticket", "clh", "indirect"]}, **more}))
    return path


def test_what_an_interrupted_run_did_not_come_to_may_be_the_first(tmp_path):
    path = folder(tmp_path / "a", lambda n: 100, lambda n: 200)
    assert advice_of(path)[1].doubted == {}
    assert advice_of(status(path))[1].doubted == {"clh": "it was not measured on 8 harts before the run ended"}
    run_here("report", path)
    page = (path / "report.md").read_text()
    assert "The data cannot decide" in page and "clh: it was not measured on 8 harts before the run ended." in page


@pytest.mark.parametrize("goal", ["throughput", "tail", "balanced", "fairness"])
def test_a_lock_that_hung_is_none(tmp_path, goal):
    """It may be the first on all other machines."""
    path = folder(tmp_path / "a", lambda n: 200, lambda n: 100)
    status(path, status="incomplete", sessions=2 * [{"engine": "model", "machine": "any-8", "hung": {"strategy": "ticket", "harts": 8, "boot": 3}}])
    data, advice = advice_of(path, goal)
    assert advice.out["ticket"].startswith("it hung on 8 harts: 1 of its trials never ended")
    taken = take.take(data, advice)
    assert taken.name == "mcs" and take.confidence(taken)[0] == "low"
    run_here("report", path)
    page = (path / "report.md").read_text()
    assert "Take mcs" in page and "ticket hung on 8 harts" in page


@pytest.mark.parametrize("operations,waits,goal,enough", [
    (49, 10**6, "throughput", False), (50, 10**6, "throughput", True), (10**6, 99, "throughput", True), (10**6, 99, "tail", False),
    (10**6, 99, "balanced", False), (10**6, 100, "tail", True), (None, None, "tail", True)])
def test_few_operations_tell_no_rank(tmp_path, operations, waits, goal, enough):
    path = folder(tmp_path / "a", lambda n: 100, lambda n: 200, operations=operations)
    if waits is not None:
        rows = read_rows(path / "samples.csv", SampleRow)
        write_rows(path / "samples.csv", SampleRow, [replace(r, latency_ops=waits if r.hart == 0 else 0) for r in rows])
    assert (advice_of(path, goal)[1].doubted == {}) == enough


def on_hardware(path, **more):
    """A folder of four boots on threads of this computer, in which mcs is clearly the first."""
    folder_of(path, {("mcs", 8): around(100), ("ticket", 8): around(200)}, boots=4, engine="native", machine="", evidence="hardware")
    (path / "run.json").write_text(json.dumps({"status": "complete", **more}))
    data = reader.load(path)
    return take.confidence(take.take(data, advise(data, next(iter(data.settings)), Ask(8, 0, 100, "throughput"))))


@pytest.mark.parametrize("stopped,virtual,how,why", [
    (0, False, "high", "clear in 4 boots on hardware"), (0, True, "fair", "it is a virtual machine"),
    (3, False, "fair", "now and then"), (360, False, "low", "stopped a thread 45 time(s) a trial")])
def test_a_disturbed_computer_gives_less_confidence(tmp_path, stopped, virtual, how, why):
    sessions = [{"engine": "native", "boot": {"preempted": stopped}, "trials_kept": 8}]
    found = on_hardware(tmp_path / "a", sessions=sessions, host={"virtual": virtual})
    assert found[0] == how and why in found[1]


@pytest.mark.parametrize("machines", [1, 2])
def test_one_or_two_machines_give_little_confidence(tmp_path, machines):
    gone = [(name, n) for name in ("mcs", "ticket") for n in range(machines + 1, N + 1)]
    data, advice = advice_of(without_trials(folder(tmp_path / "a", lambda n: 100, lambda n: 102), *gone))
    how, why = take.confidence(take.take(data, advice))
    assert how == "low" and why.startswith(f"{machines} machine(s)")


def test_losses_are_against_the_best_of_each_machine():
    table = {"a": {("", 1): 10.0, ("", 2): 40.0}, "b": {("", 1): 20.0, ("", 2): 20.0}}
    assert [(loss.name, loss.worst, loss.best_on) for loss in regret.losses(table)] == [("a", 2, 1), ("b", 2, 1)]
    assert regret.losses({}) == []


def test_a_tie_is_broken_by_the_tail_before_all_else(tmp_path):
    cycles = {("mcs", 8): around(255, 0.05, 1), ("ticket", 8): around(256, 0.05, 2)}
    path = folder_of(tmp_path / "a", cycles, tail={("mcs", 8): around(2000), ("ticket", 8): around(9000)})
    assert first_line(run_here("advise", path, "--goal", "throughput")).endswith("are too close to call, and of these it has the shorter p99.9 wait.")


def test_a_tie_is_broken_by_the_proof_where_all_else_is_equal(tmp_path):
    path = folder_of(tmp_path / "a", {("ticket", 8): around(256, 0.05, 2)}, tail={("ticket", 8): lambda boot, trial: 2000})
    folder_of(path, {("ticket-backoff", 8): around(255, 0.05, 1)}, tail={("ticket-backoff", 8): lambda boot, trial: 2000}, append=True, proof="holds:aa")
    data = reader.load(path)
    places = standing(list(data), lambda f: f.cycles_per_op)
    assert take.break_tie(places, 8)[0].name == "ticket-backoff" and take.break_tie(places, 8)[1] == "its code is proved"


def test_numbers_in_words():
    assert text.numbers([1, 2, 5, 6, 7, 9]) == "1, 2, 5 to 7, 9" and text.numbers([3]) == "3" and text.numbers([]) == ""


def test_sixteen_lines_look_different_in_print():
    names = [name for name, of in strategies.known().items() if name != "null"]
    assert len(names) >= 16
    looks = {}
    for name in names:
        looks.setdefault((seen := plots.look(reader.Cell(None, name, 8, summaries=[CANDIDATE]))), []).append(name)
        assert seen.mark and seen.colour
    assert all(len(alike) == 1 for alike in looks.values()), looks


def test_the_plot_of_losses_is_there_over_machines_only(tmp_path):
    data = reader.load(folder(tmp_path / "a", lambda n: 100, lambda n: 150 + n))
    setting = next(iter(data.settings))
    figure = plots.losses(data, setting, 8)
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["mcs", "ticket"]
    plots.pyplot().close(figure)
    one = reader.load(folder_of(tmp_path / "b", {("mcs", 8): around(255), ("ticket", 8): around(300)}))
    assert plots.losses(one, next(iter(one.settings)), 8) is None


def test_rows_that_rank_come_first_and_the_others_are_brief():
    rows = [SummaryRow(context=context_of(engine=engine, evidence=evidence, strategy="mcs", machine="", harts=8), boots=1, trials=1, trials_measured=1,
                       check="pass", cycles_per_op=Estimate(123, 120, 130)) for engine, evidence in (("tcg", "emulated"), ("model", "modelled"))]
    console = Console(width=160, file=io.StringIO())
    console.print(table.result(rows, 160))
    lines = [line for line in console.file.getvalue().splitlines() if "mcs" in line]
    assert [line.split()[0] for line in lines] == ["model", "tcg"] and "123" in lines[0] and "123" not in lines[1] and "pass" in lines[1]


@pytest.mark.parametrize("width", [60, 130])
def test_no_cell_of_the_table_is_cut_off(tmp_path, width):
    """Settings are told apart by words that may be longer than the table's column."""
    long = "heap_lock_of_a_hypervisor_" * 4
    folder = folder_of(tmp_path / "a", cells(4, ticket=300), replay=f"{long}@1")
    folder = folder_of(folder, cells(4, ticket=300), replay=f"{long}@2", append=True)
    out = io.StringIO()
    Console(file=out, width=width, soft_wrap=True).print(whole(table.result(read_rows(folder / "summary.csv", SummaryRow), width), width))
    assert f"{long}@1" in out.getvalue() and f"{long}@2" in out.getvalue() and "\N{HORIZONTAL ELLIPSIS}" not in out.getvalue()


@pytest.mark.parametrize("machine,probes", [("any-8", True), ("my-board", False)])
def test_a_probed_machine_is_not_to_be_probed_again(tmp_path, machine, probes):
    path = folder(tmp_path / "a", lambda n: 100 if n % 2 else 160, lambda n: 130, machine=machine)
    _, advice = advice_of(path)
    said = take.hinge_sentence(take.take(reader.load(path), advice))
    assert "no single key of the machine tells the winners apart." in said and ("Probe the board" in said) == probes
