"""Advice on synthetic folders with known answers, and on folders made to mislead."""

import json
import re
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from support.run import TOP, first_line, run_here
from support.synthetic import around, cells, folder_of
from tools.drop_in import snippets

from hartlock.analysis import drop_in, rules, verdict
from hartlock.analysis.advise import Question, answer, the_ask
from hartlock.analysis.next_sweep import sweep_for
from hartlock.analysis.rules import Ask
from hartlock.analysis.take import take
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINES
from hartlock.figures.row_types import Forms
from hartlock.folder import reader
from hartlock.plan import lock_bytes, strategies, traits


def run_advise(*args):
    return run_here("advise", *args)


def answer_of(done):
    """The answer, without its reason."""
    return first_line(done).partition(":")[0].rstrip(".")


def test_a_clear_case_names_the_lock_the_figures_and_the_files(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ttas=370, ticket=320, mcs=260)))
    assert answer_of(done) == "Take mcs"
    for words in ("Confidence: low. The order is clear in 5 boots, but of one machine of a model", "the next, ticket, has 1.2", "copy lock/mcs.h, lock/port.h, ", "mcs_acquire(&lock, &node);",
                  "probe your own", "evidence modelled (generic-8)"):
        assert words in done.stdout, words


WITH_STORE, WITHOUT = {"allocator": "cached-pool"}, {"allocator": "pool"}


def test_a_store_of_frames_is_the_answer_where_it_gains_more_than_any_lock(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ttas=370, ticket=320, mcs=260), **WITHOUT)
    folder_of(folder, cells(8, ttas=300, ticket=70, mcs=60), append=True, **WITH_STORE)
    done = run_advise(folder)
    assert first_line(done).startswith("Not another lock: a store of 16 frames for each hart, then any FIFO lock. The slowest of these, ticket, has 70.")
    assert re.search(r"Without the store:\nTake mcs: ", done.stdout) and "alloc/pool_cache.h, alloc/frame_cache.h, alloc/pool.h" in done.stdout
    assert "another setting fits too" not in done.stdout
    for of in ("cached-pool", "pool"):
        assert ("Not another lock" in run_advise(folder, "--allocator", of).stdout) == (of == "pool")
    assert "allocator buddy, hold 0 think 100 on 8 harts was not measured" in run_advise(folder, "--allocator", "buddy", "--no-measure").stdout


def test_frames_that_need_no_lock_are_told_as_such(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ticket=320, mcs=260, treiber=100), **WITHOUT))
    assert answer_of(done) == "Take mcs" and "No lock: treiber, if all that you protect is the list of free frames; mcs takes " in done.stdout
    assert "block = treiber_alloc(&heap, size, align);  /* was: lock, take a frame, unlock */" in done.stdout
    assert "treiber_free(&heap, block);" in done.stdout


@pytest.mark.parametrize("goal,pays", [("balanced", True), ("tail", False)])
def test_a_store_that_makes_the_tail_longer_is_no_answer_to_who_asks_for_the_tail(tmp_path, goal, pays):
    folder = folder_of(tmp_path / "a", cells(8, ticket=320, mcs=260), **WITHOUT)
    folder_of(folder, cells(8, ticket=70, mcs=60), append=True, tail={(name, 8): lambda boot, trial: 9000 for name in ("ticket", "mcs")}, **WITH_STORE)
    done = run_advise(folder, "--goal", goal)
    assert ("Not another lock" in first_line(done)) == pays
    assert pays or "is no sure gain by p99.9 wait. The slowest of these, " in done.stdout


def test_a_store_that_was_not_measured_is_named(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ticket=320, mcs=260), **WITHOUT))
    assert answer_of(done) == "Take mcs" and "was not measured: sweep with --allocator pool,cached-pool" in done.stdout


def test_of_many_locks_the_bytes_and_the_cost_on_one_hart_are_told(tmp_path):
    folder = folder_of(tmp_path / "a", {**cells(8, clh=250, mcs=300, ticket=320), **cells(1, clh=40, mcs=30, ticket=30)})
    assert "453 locks" not in run_advise(folder, "--goal", "throughput").stdout
    said = run_advise(folder, "--goal", "throughput", "--locks", "453").stdout
    assert re.search(r"453 locks: clh takes \d+(\.\d+)? KiB for all of them; (mcs|ticket) takes the least, 3.54 KiB\.", said), said
    assert re.search(r"clh costs [34][0-9.]+ cycles an operation; (mcs|ticket) the least, [0-9.]+ cycles an operation\. For locks like these", said), said
    alone = folder_of(tmp_path / "b", cells(8, clh=250, mcs=300))
    assert "was not measured: sweep with --harts 1 as well" in run_advise(alone, "--locks", "2").stdout


def of_many(path, contended, append=False):
    """A sweep of 64 locks, on 8 harts and on one."""
    return folder_of(path, {**cells(8, clh=50, mcs=54, ticket=52), **cells(1, clh=48, mcs=46, ticket=45.5)}, contended=contended, append=append,
                     locks=64)


def test_where_harts_hardly_meet_on_many_locks_the_cost_alone_and_the_bytes_decide(tmp_path):
    said = run_advise(of_many(tmp_path / "a", 0.02), "--goal", "throughput").stdout
    assert said.startswith("Take ticket: of 64 locks at most 2.0% of the operations find theirs held, so what a lock costs where nobody waits decides, and "
                           "then the bytes of all words; ticket and mcs are within 5 % of the least cycles on one hart, and of these it takes the fewest bytes; "
                           "by cycles an operation it is 4 % behind the best lock."), said
    assert "64 locks: ticket takes 512 bytes for all of them, and none takes less." in said
    assert re.search(r"ticket costs 45[0-9.]* cycles an operation; the least of all\. For locks like these", said), said
    assert "between 1 and 8 harts" not in said


def many_told(folder, goal):
    return "\n".join(answer(reader.load(folder), Ask(8, 0, 100, goal, locks=64)))


def test_of_many_locks_none_is_taken_that_loses_much_by_the_goal(tmp_path):
    """Once tas was, whose tail was several times the best one's, under --goal tail."""
    of, tails = {**cells(8, tas=50, ticket=52, mcs=53), **cells(1, tas=45, ticket=45.5, mcs=46)}, {("tas", 8): around(5000)}
    folder = folder_of(tmp_path / "a", of, tail=tails, contended=0.02, locks=64)
    assert many_told(folder, "throughput").startswith("Take tas: ")
    for goal in ("tail", "balanced"):
        said = many_told(folder, goal)
        assert said.startswith("Take ticket: ") and "of those that lose little enough by the goal (ticket and mcs) it takes the fewest bytes" in said
    alone = folder_of(tmp_path / "b", {**of, ("ticket", 1): around(90), ("mcs", 1): around(95)}, tail=tails, contended=0.02, locks=64)
    said = many_told(alone, "tail")
    assert said.startswith("Take ticket: ") and "Each that is as quick there loses too much by --goal tail: the rank decides." in said


def test_of_many_locks_one_operation_more_in_a_window_makes_none_quicker(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, tas=500, mcs=502), contended=0.02, locks=64)
    folder_of(folder, cells(1, tas=16000, mcs=15000), append=True, locks=64, operations=14)
    said = many_told(folder, "throughput")
    assert "tas and mcs differ on one hart by less than one operation of the window (1140 cycles), and of these it takes the fewest bytes" in said
    assert "; none costs surely less." in said


def test_of_many_locks_the_cost_alone_is_without_the_work_inside_and_between(tmp_path):
    folder = of_many(tmp_path / "a", 0.02)
    folder_of(folder, cells(1, null=40), append=True, role="harness", locks=64)
    said = many_told(folder, "throughput")
    assert said.startswith("Take ticket: ") and "on one hart it alone takes the least cycles" in said
    assert re.search(r"ticket costs 5\.\d+ cycles an operation more than one without a lock; the least of all\.", said)


def test_the_page_says_how_many_locks_there_were(tmp_path):
    folder = of_many(tmp_path / "a", 0.02)
    assert "The workload is 64 bump allocators, each under a lock of its own, with 0 instructions" in " ".join(verdict.limits(reader.load(folder)))
    folder_of(folder, cells(8, clh=250), append=True)
    assert "one shared bump allocator or 64 bump allocators" in " ".join(verdict.limits(reader.load(folder)))


def test_where_harts_meet_on_many_locks_the_rank_decides(tmp_path):
    done = run_advise(of_many(tmp_path / "a", 0.3), "--goal", "throughput")
    assert answer_of(done) == "Take clh" and "With 30.0% of the operations finding theirs held, harts meet too often for these to decide" in done.stdout


def test_a_question_about_many_locks_is_answered_by_the_sweep_that_had_as_many(tmp_path):
    folder = folder_of(tmp_path / "a", {**cells(8, clh=250, mcs=300), **cells(1, clh=40, mcs=30)})
    of_many(folder, 0.02, append=True)
    assert answer_of(run_advise(folder, "--goal", "throughput", "--locks", "64")) == "Take ticket"
    for locks in ("1", "453"):
        assert answer_of(run_advise(folder, "--goal", "throughput", "--locks", locks)) == "Take clh"
    said = run_advise(folder, "--goal", "throughput", "--locks", "453").stdout
    assert "the data are of one lock; whether harts meet on 453 of them, this tells: ./run-bench.sh sweep" in said and "--locks 453" in said


def test_noise_only_is_no_answer(tmp_path):
    """`advise` picks a winner in hardly any of 60 folders of eight strategies that do not differ."""
    names, picked = ["tas", "ttas", "ticket", "mcs"], 0
    for n in range(60):
        rng = np.random.default_rng(n)
        data = reader.load(folder_of(tmp_path / str(n), {(s, 8): (lambda boot, trial, rng=rng: 100 * (1 + 0.05 * rng.normal())) for s in names}))
        picked += take(data, rules.advise(data, next(iter(data.settings)), Ask(8, 0, 100, "throughput"))).is_sure
    assert picked <= 3
    assert "are too close to call, and of these" in run_advise(tmp_path / "7", "--goal", "throughput").stdout or picked


def test_a_tie_is_between_those_that_tie_and_says_how_many_boots_would_settle_it(tmp_path):
    folder = folder_of(tmp_path / "a", {("mcs", 8): around(255, 0.05, 1), ("ticket", 8): around(260, 0.05, 2), ("tas", 8): around(500)})
    done = run_advise(folder, "--goal", "throughput")
    assert re.search("(mcs and ticket|ticket and mcs) are too close to call, and of these it takes fewer bytes", first_line(done))
    assert answer_of(done) == "Take ticket" and "Confidence: low" in done.stdout and "boots instead of 5" in done.stdout
    assert "To use ticket, copy lock/ticket.h" in done.stdout


def test_fast_but_starving_is_said_and_ruled_out_where_it_matters(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ttas=100, mcs=260, ticket=320), lowest={"ttas": 0.02})
    done = run_advise(folder, "--goal", "throughput")
    assert answer_of(done) == "Take mcs" and "3. ttas: " in done.stdout and "(it starves: no sure rank)" in done.stdout
    assert "starve a hart on 8 harts: ttas, in the median trial its slowest hart did 2.0% of what the fastest did." in done.stdout
    for goal in ("tail", "fairness", "balanced"):
        done = run_advise(folder, "--goal", goal)
        assert answer_of(done) == "Take mcs" and "ttas: it starves" in done.stdout


def test_a_starving_hart_is_seen_though_the_mean_over_trials_is_even(tmp_path):
    """Another hart starves in each trial, so that in sum all harts did the same."""
    folder = folder_of(tmp_path / "a", cells(8, ttas=100, mcs=260), lowest={"ttas": 0.0})
    data = reader.load(folder)
    ttas = next(c for c in data if c.strategy == "ttas")
    places = {(t.boot, t.trial): at for at, t in enumerate(ttas.trials)}
    ttas.samples = [replace(s, ops_window=0 if s.hart == places[s.boot, s.trial] % 8 else 1000) for s in ttas.samples]
    assert "ttas" in rules.advise(data, ttas.setting, Ask(8, 0, 100, "balanced")).out


@pytest.mark.parametrize("operations,told", [(60, False), (620, False), (640, True)])
def test_a_window_of_few_operations_does_not_tell_who_starves(tmp_path, operations, told):
    """63 of 64 harts do alike, and one does nothing: at least 10 operations each are needed to say that it starves."""
    folder = folder_of(tmp_path / "a", cells(64, mcs=2350), lowest={"mcs": 0.0}, operations=operations)
    said = run_advise(folder, "--goal", "balanced").stdout
    assert ("mcs: it starves" in said, "mcs: whether it starves a hart cannot be told" in said) == (told, not told)
    assert told or "measure for longer (--duration; on the model, --model-duration)" in said


def test_unfair_but_not_starving_is_out_for_fairness_only(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, tas=100, mcs=260), lowest={"tas": 0.5})
    assert answer_of(run_advise(folder, "--goal", "fairness")) == "Take mcs"
    assert answer_of(run_advise(folder, "--goal", "throughput")) == "Take tas"


def test_the_tail_is_another_question(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, tas=100, mcs=130),
                       tail={("tas", 8): around(50000), ("mcs", 8): around(2000)})
    assert answer_of(run_advise(folder, "--goal", "throughput")) == "Take tas"
    done = run_advise(folder, "--goal", "tail")
    assert answer_of(done) == "Take mcs" and "--goal throughput: tas" in done.stdout
    assert answer_of(run_advise(folder, "--goal", "balanced")) == "Take mcs"  # 25 times the tail for 1.3 times the cost


@pytest.mark.parametrize("args,answer,why", [
    (["--need", "fifo"], "Take ticket", "tas: it is not FIFO (fairness: none)"),
    (["--max-bytes-per-lock", "4"], "Take tas", "ticket: a lock takes 8 bytes, more than 4"),
    (["--need", "lock"], "Take tas", "faa: it protects one word only, and --need lock asks for more"),
    (["--isa", "rv64imac"], "Take tas", "No lock: faa, if all that you protect is handing out the next block; tas takes 2.8"),
    (["--need", "lock,trylock"], "Take tas", "faa: it protects one word only"),
    (["--need", "trylock"], "Take tas", "faa: it is no lock, so it has no trylock"),
    (["--need", "one-node-a-hart,trylock", "--need", "fifo"], "Take ticket", "tas: it is not FIFO"),
    (["--isa", "rv64imc"], "None", "tas: it needs a, which rv64imc has not"),
    (["--need", "fifo", "--max-bytes-per-lock", "4"], "None", "tas: it is not FIFO"),
])
def test_what_is_needed_rules_out(tmp_path, args, answer, why):
    folder = folder_of(tmp_path / "a", cells(8, tas=200, ticket=300, faa=70))
    done = run_advise(folder, "--goal", "throughput", *args)
    assert answer_of(done) == answer and why in done.stdout


@pytest.mark.parametrize("name", ["mcs", "clh", "hemlock", "qspin", "twa"])
def test_what_an_interface_lacks_rules_out_with_the_reason(tmp_path, name):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, **{name: 200}))
    for need, why in traits.known()[name].lacks.items():
        done = run_advise(folder, "--goal", "throughput", "--need", need)
        assert answer_of(done) == "Take ticket" and f"{name}: it has no {need} ({why})" in done.stdout
        assert f"without --need: {name}" in done.stdout


@pytest.mark.parametrize("name,harts,told", [("clh", 8, "128 bytes"), ("anderson", 6, "576 bytes (with ANDERSON_SLOTS=8)"), ("qspin", 8, "4 bytes")])
def test_the_bytes_of_a_lock_are_those_of_its_header_and_the_filter_takes_them(tmp_path, name, harts, told):
    """Once clh was said to take 72, and what anderson takes hung on a macro that nobody told."""
    data = reader.load(folder_of(tmp_path / "a", cells(harts, tas=900, **{name: 100})))
    ask = Ask(harts, 0, 100, "throughput")
    assert f", {told} a lock, " in "\n".join(answer(data, ask))
    size = int(told.split()[0])
    assert "\n".join(answer(data, replace(ask, max_bytes=size))).startswith(f"Take {name}")
    assert f"{name}: a lock takes {told}, more than {size - 1}" in "\n".join(answer(data, replace(ask, max_bytes=size - 1)))


def test_the_bytes_of_all_locks_have_what_they_share_and_the_macro(tmp_path):
    folder = folder_of(tmp_path / "a", {**cells(8, qspin=250, twa=300), **cells(1, qspin=40, twa=60)})
    said = "\n".join(answer(reader.load(folder), Ask(8, 0, 100, "throughput", locks=64)))
    assert "64 locks: qspin takes 320 bytes (with QSPIN_HARTS=8) for all of them, and none takes less." in said
    assert "    #define QSPIN_HARTS 8 " in said


@pytest.mark.parametrize("measured,helps", [({}, True), ({"allocator": "pool"}, False), ({"locks": 64}, False), ({"waiters": "poll"}, False)])
def test_make_prove_is_named_where_it_helps(tmp_path, measured, helps):
    """Once it was where rows keep `none` by design."""
    data = reader.load(folder_of(tmp_path / "a", cells(8, ticket=300, mcs=200), **measured))
    said = "\n".join(answer(data, the_ask(Question(None, None, None, "", "throughput", None, (), ""), data)))
    assert ("run make prove before you ship it" in said) is helps
    assert ("make prove proves the lock's own code against the RISC-V memory model; the worker of this workload is not compared with it" in said) is not helps


def test_the_line_on_no_lock_compares_with_the_lock_that_was_taken(tmp_path):
    """Once it was with the one that is best without what is needed, and though a lock was needed."""
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, clh=100, faa=70))
    data, ask = reader.load(folder), Ask(8, 0, 100, "throughput", need=("lock",))
    assert "No lock" not in "\n".join(answer(data, ask))
    folder_of(folder, cells(8, ticket=600, clh=500), append=True, hold_instructions=200)
    folder_of(folder, cells(8, faa=500), append=True, hold_instructions=200)
    said = "\n".join(answer(reader.load(folder), Ask(8, 200, 100, "throughput", need=("trylock",))))
    assert said.startswith("Take ticket: ") and "; ticket takes 4.2" in said and "clh takes" not in said


def test_who_has_a_profile_is_not_told_to_probe(tmp_path):
    said = run_advise(folder_of(tmp_path / "a", cells(8, ticket=300, mcs=200), machine="mine")).stdout
    assert "To be surer:\n  the machine was a model by your profile mine; measure the first ones on the machine itself" in said
    hardware = folder_of(tmp_path / "b", cells(2, ticket=300, mcs=200), engine="native", machine="", evidence="hardware")
    assert "To be surer: nothing is left to measure that would tell more.\n" in run_advise(hardware).stdout
    assert verdict.limits(reader.load(tmp_path / "a"))[0].endswith("may turn on another one.")


def test_a_need_that_there_is_not_has_a_nearest_name(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, mcs=200)), "--need", "fifo,trylok")
    assert done.returncode == 2 and "there is no need 'trylok'; did you mean 'trylock'? The needs are fifo, lock" in done.stderr


def test_of_several_needs_each_is_left_away(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, clh=100, qspin=200))
    said = run_advise(folder, "--goal", "throughput", "--need", "trylock,irq-safe").stdout
    assert "without --need trylock: clh" in said and "without --need irq-safe: qspin" in said and "without --need: clh" in said


def test_no_lock_is_needed_for_one_word_only(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, mcs=260, faa=70))
    done = run_advise(folder)
    assert answer_of(done) == "Take mcs" and re.search(r"^  No lock: faa, .*; mcs takes 3\.\d+ \[.* times its cycles\.$", done.stdout, re.M)
    assert "To use mcs, copy" in done.stdout and "To use faa, copy alloc/faa.h" in done.stdout
    folder = folder_of(tmp_path / "b", cells(8, ticket=600, mcs=500, faa=300), hold_instructions=200)
    done = run_advise(folder, "--hold", 200)
    assert answer_of(done) == "Take mcs"
    assert "faa: it protects one word only, and your section holds 200 instructions of other work" in done.stdout
    assert "No lock: faa, if all that you protect is handing out the next block.\n" in done.stdout  # with other work, their cycles are no comparison
    folder_of(tmp_path / "b", cells(8, ticket=300, mcs=260, faa=70), append=True)
    done = run_advise(folder, "--hold", 200)
    assert re.search(r"No lock: faa, .*; mcs takes 3\.\d+ \[.* times its cycles", done.stdout)


def test_it_says_what_is_proved_and_takes_nothing_else_if_asked(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, mcs=260))
    folder_of(folder, cells(8, ticket=320), append=True, proof="holds:0123456789ab (2 harts, each twice; one lock)")
    folder_of(folder, cells(8, clh=310), append=True, proof="partly:ba9876543210 (2 harts, each once; one lock; count3 is not known: too much)")
    plain, proved = run_advise(folder, "--goal", "throughput"), run_advise(folder, "--goal", "throughput", "--need", "proof")
    assert answer_of(plain) == "Take mcs" and "is not proved against the RISC-V memory model" in plain.stdout
    assert re.search(r"1\. mcs: .*, not proved$", plain.stdout, re.M)
    assert re.search(r"2\. clh: .*, proved in part \(2 harts, each once; one lock; count3 is not known: too much\)$", plain.stdout, re.M)
    assert re.search(r"3\. ticket: .*, proved \(2 harts, each twice; one lock\)$", plain.stdout, re.M)
    assert "is proved against the RISC-V memory model: 2 harts, each twice; one lock (docs" in proved.stdout
    assert answer_of(proved) == "Take ticket" and "mcs: the code that was measured is not proved" in proved.stdout
    assert "clh: the code that was measured is proved in part only" in proved.stdout
    assert "without --need: mcs" in proved.stdout


def test_a_cell_of_several_runs_is_proved_if_all_are(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, mcs=260), proof="holds:aa")
    folder_of(folder, cells(8, mcs=261), append=True, run="other", proof="none")
    assert [c.proof for c in reader.load(folder)] == ["none"]


def test_what_failed_its_checks_is_never_advised(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, tas=50, ticket=300), check={"tas": "fail"})
    done = run_advise(folder, "--goal", "throughput")
    assert answer_of(done) == "Take ticket" and "tas: it failed its checks: it is no lock" in done.stdout


def test_emulated_times_decide_nothing(tmp_path):
    folder = folder_of(tmp_path / "a", cells(2, tas=50, ticket=300), engine="tcg", machine="", evidence="emulated")
    done = run_advise(folder, "--no-measure")
    assert done.returncode == 1 and "The data cannot decide: all it has is emulated times" in done.stdout
    assert "Take" not in done.stdout


def test_hardware_goes_before_the_model(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, mcs=200))
    folder_of(tmp_path / "a", cells(8, ticket=200, mcs=300), append=True, engine="native", machine="", evidence="hardware")
    done = run_advise(folder)
    assert answer_of(done) == "Take ticket" and "Confidence: high" in done.stdout and "evidence hardware" in done.stdout


def test_what_was_not_measured_is_named_with_the_command(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, mcs=260))
    done = run_advise(folder, "--hold", 200, "--think", 2000, "--no-measure")
    assert done.returncode == 1
    assert "hold 200 think 2000 on 8 harts was not measured; there is hold 0 think 100 on 8" in done.stdout
    assert "./run-bench.sh sweep --smp 8 --harts 4,8 --lock ticket,mcs --hold 200 --think 2000 --machine generic-8" in done.stdout


@pytest.mark.parametrize("harts,smp,machine", [(1, "2", True), (4, "8", True), (8, "8", True), (16, "16", False), (64, "64", False)])
def test_the_command_fits_the_machine(tmp_path, harts, smp, machine):
    data = reader.load(folder_of(tmp_path / "a", cells(8, ticket=300)))
    words = sweep_for(Ask(harts, 0, 100, "tail"), data)
    assert words[words.index("--smp") + 1] == smp and ("--machine" in words) is machine


def test_the_command_is_for_the_probed_machine(tmp_path):
    """Once it was for any machine, whose answer is another one."""
    folder, file = folder_of(tmp_path / "a", cells(4, ticket=300, mcs=260), machine="probed"), tmp_path / "probed/profile.toml"
    file.parent.mkdir()
    file.write_text((MACHINES / "inorder-4.toml").read_text())
    (folder / "run.json").write_text(json.dumps({"sessions": [{"machine": "probed", "machine_file": str(file)}]}))
    said = run_advise(folder, "--hold", 200, "--no-measure").stdout
    assert f"./run-bench.sh sweep --smp 4 --harts 2,4 --lock ticket,mcs --hold 200 --think 100 --machine {file}\n" in said


@pytest.mark.parametrize("measured,words", [
    ({"waiters": "try", "irq": "off"}, "--hold 500 --think 100 --irq off --waiters try --machine"),
    ({"touch_lines": 16, "think_range_instructions": 0}, "--hold 500 --think 100 --think-range 0 --touch 16 --machine"),
    ({"arrival": "poisson", "arrival_ops_per_second": 5000, "think_instructions": 0, "think_range_instructions": 0},
     "--hold 500 --arrival poisson:5000 --machine"),
    ({"forms": Forms(relax="wrs", unlock="amoswap", clusters=1)}, "--hold 500 --think 100 --relax wrs --unlock amoswap --machine"),
    ({"duration_us": 1000}, "--hold 500 --think 100 --model-duration 1000 --machine"),
])
def test_what_is_missing_is_measured_under_the_workload_that_was_measured(tmp_path, measured, words):
    """Once all but hold, think and the allocator were the defaults, without a word."""
    data = reader.load(folder_of(tmp_path / "a", cells(8, ticket=300, mcs=260), boots=1, **measured))
    asked, nothing = (the_ask(Question(None, hold, None, "", "balanced", None, (), ""), data) for hold in (500, None))
    assert words in " ".join(sweep_for(asked, data))
    assert words.replace("--hold 500", "--hold 0") in "\n".join(answer(data, nothing)).partition("To be surer:")[2]


def test_another_allocator_is_asked_for_with_the_think_that_was_measured(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=300, mcs=260))
    said = run_advise(folder, "--allocator", "pool", "--no-measure").stdout
    assert "sweep --smp 8 --harts 4,8 --lock ticket,mcs --hold 0 --think 100 --allocator pool --machine generic-8\n" in said


def test_what_goes_with_nothing_that_was_measured_is_refused(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ticket=300), waiters="try"), "--allocator", "pool")
    assert done.returncode == 2 and "what is asked for does not go with what was measured there: --shootdown, --waiters" in done.stderr


def test_where_the_answer_turns(tmp_path):
    folder = folder_of(tmp_path / "a", {**cells(1, tas=100, mcs=120), **cells(2, tas=110, mcs=125), **cells(4, tas=200, mcs=150),
                                        **cells(8, tas=400, mcs=160)})
    folder_of(tmp_path / "a", cells(8, tas=700, mcs=800), append=True, hold_instructions=500)
    done = run_advise(folder, "--hold", 0, "--goal", "throughput")
    assert "between 2 and 4 harts: tas → mcs" in done.stdout
    assert "between 0 and 500 instructions of hold: mcs → tas" in done.stdout
    assert "think: one value was measured" in done.stdout


def test_without_what_was_asked_for(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, tas=100, ticket=300))
    assert "without --need: tas" in run_advise(folder, "--need", "fifo", "--goal", "throughput").stdout


def test_one_boot_is_little_to_go_by(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ticket=300, mcs=200), boots=1, trials=5))
    assert answer_of(done) == "Take mcs" and "Confidence: low. 1 boot(s)" in done.stdout and "several boots: ./run-bench.sh sweep" in done.stdout


def test_more_of_hardware_is_measured_on_hardware(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(2, ticket=300, mcs=200), boots=1, engine="native", machine="", evidence="hardware"))
    assert "--think 100 --engine native" in done.stdout


def test_a_narrow_lead_is_a_low_confidence(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", {("ticket", 8): around(103, 0.001), ("mcs", 8): around(100, 0.001)}), "--goal", "throughput")
    assert answer_of(done) == "Take mcs" and "Confidence: low. The next is surely behind, but perhaps by only" in done.stdout


def test_a_strategy_the_table_does_not_know_is_not_advised(tmp_path):
    done = run_advise(folder_of(tmp_path / "a", cells(8, ticket=300, wonder=20)))
    assert answer_of(done) == "Take ticket" and "wonder: lock/locks.def does not name it any more" in done.stdout


@pytest.mark.parametrize("isa,found", [("rv64gc", set("imafdc")), ("rv64imac_zacas_zawrs", {*"imac", "zacas", "zawrs"}), ("RV64GC_Zabha", {*"imafdc", "zabha"})])
def test_an_isa_string(isa, found):
    assert rules.extensions(isa) == found


def test_what_the_machine_lacks_is_no_answer_on_it(tmp_path):
    folder = folder_of(tmp_path / "a", cells(8, ticket=320, amocas=100, cas=150), machine="mine")
    assert "No lock: amocas" in run_advise(folder).stdout
    (folder / "run.json").write_text(json.dumps({"sessions": [{"machine": "mine", "machine_profile": "# mine: it\n# isa: rv64gc_zba\nharts = 8\n"}]}))
    done = run_advise(folder)
    assert "No lock: cas" in done.stdout
    assert "amocas: it needs zacas, which rv64gc_zba has not: the machine, by its device tree (--isa)" in done.stdout
    assert "No lock: amocas" in run_advise(folder, "--isa", "rv64gc_zacas").stdout


def test_what_the_waiters_need_counts_too(tmp_path):
    """Once the instructions of the strategy counted alone, and on a machine without Zawrs a lock whose waiters stall by it was taken."""
    wrs, stays = {"forms": Forms(relax="wrs", unlock="store", clusters=1)}, {"forms": Forms(relax="none", unlock="store", clusters=1)}
    folder = folder_of(tmp_path / "a", cells(8, mcs=260, amocas=100), **wrs)
    folder_of(folder, cells(8, tas=400), append=True, **stays)
    data = reader.load(folder)
    ask = Ask(8, 0, 100, "throughput", isa="rv64gc")
    said = "\n".join(answer(data, ask))
    assert "mcs: with --relax wrs its waiters need zawrs, which rv64gc has not" in said and said.startswith("Take tas: it is the only one"), said
    assert "amocas: it needs zacas and with --relax wrs its waiters need zawrs, which rv64gc has not" in said
    assert "hold 0, think 100, --relax wrs, on 8 harts" in said and "_FORM_NONE as it was measured, and change" in said
    said = "\n".join(answer(data, replace(ask, isa="rv64gc_zawrs")))
    assert said.startswith("Take mcs: ") and "compile with -DLOCK_RELAX_FORM_WRS as it was measured, and change:" in said


def test_an_isa_string_that_is_none():
    with pytest.raises(UsageError, match="an ISA reads"):
        rules.extensions("armv8")


HARTS = 6


@pytest.mark.parametrize("name", [n for n in strategies.known()])
def test_the_lines_to_change_compile(tmp_path, name):
    """The printed lines compile in a function that declares the names they use, and what they define has the bytes that are told."""
    strategy = strategies.known()[name]
    printed = drop_in.snippet(strategy, HARTS)
    include = "\n".join(line for line in printed if line.startswith("#"))
    lines = [line for line in printed if not line.startswith("#")]
    c, size, shared = strategy.header.stem, lock_bytes.of_one(name, HARTS), lock_bytes.of_all(name, HARTS, 1) - lock_bytes.of_one(name, HARTS)
    if not strategy.lockfree:
        lines.append(f"_Static_assert(sizeof(struct {c}_lock) == {size} && sizeof(struct {c}_space) == {shared}, \"bytes\");")
    body = "\n".join(("static " if line.startswith("struct") else "") + line for line in lines)
    (tmp_path / "use.c").write_text(f"#include <stddef.h>\n#include <stdint.h>\n{include}\nvoid *use(uintptr_t start, uintptr_t end, size_t size, "
                                    f"size_t align, size_t batch, unsigned hart);\nvoid *use(uintptr_t start, uintptr_t end, size_t size, "
                                    "size_t align, size_t batch, unsigned hart)\n{\nvoid *block = 0;\n" + body
                                    + "\n(void)start, (void)end, (void)size, (void)align, (void)batch, (void)hart;\nreturn block;\n}\n")
    for header in drop_in.files(strategy):  # the headers that are said to be copied are enough
        target = tmp_path / header
        target.parent.mkdir(exist_ok=True)
        shutil.copy(TOP / header, target)
    riscv = ["riscv64-unknown-elf-gcc", "-march=rv64gc", "-mabi=lp64d", "-ffreestanding"]
    for compiler in (["cc"], riscv):
        done = subprocess.run([*compiler, "-std=gnu11", "-Wall", "-Werror", "-c", "-o", "use.o", "-I.", "use.c"], cwd=tmp_path, capture_output=True,
                              text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr


NODES = {"plain": "", "queue": "one for each hart and each lock it may hold at once", "hart": "one for each hart, for all its locks"}
SHAPES = {name: shape for (_, shape), (names, _) in snippets().items() for name in names if shape in NODES}


@pytest.mark.parametrize("name", SHAPES)
def test_the_lines_to_change_have_the_nodes_that_the_page_says(name):
    """Once every lock had a node for each lock that a hart holds, and a space."""
    lines = "\n".join(drop_in.snippet(strategies.known()[name], HARTS))
    assert re.findall(r"_node node; +/\* (.*) \*/", lines) == [NODES[SHAPES[name]]] * bool(NODES[SHAPES[name]])
    assert ("_acquire(&lock, NULL);" in lines) == ("_space" not in lines and "_node" not in lines) == (SHAPES[name] == "plain")
