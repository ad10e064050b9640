"""The tools of `make mutants`: which check a run's words stand for, and what a patch says of itself."""

from contextlib import nullcontext
from dataclasses import replace

import pytest
from support.run import TOP
from tools.mutants import compiled, detectors, hunt, mutants, tree

from hartlock.plan import strategies

KNOWN = tree.known()
CAUGHT_HERE = [name for name, m in KNOWN.items() if not m.memory_model]


def test_each_mutant_is_one_mistake_in_one_strategy():
    assert len(CAUGHT_HERE) >= 9 and len(KNOWN) - len(CAUGHT_HERE) >= 3
    for mutant in KNOWN.values():
        assert tree.hunks(mutant) == 1, mutant.name
        assert mutant.strategy in strategies.known(), mutant.name
        assert tree.misfit(mutant, TOP, "--dry-run", "--forward") == ""


def test_the_document_names_every_mutant():
    named = {line.split("`")[1] for line in (TOP / "docs/trust/mutants.md").read_text().splitlines() if line.startswith("| `")}
    assert named == set(KNOWN)


ROW = {"engine": "model", "strategy": "mcs", "harts": "4", "trial": "0", "check": "pass", "latency_ops": "1",
       "audit_ops": "2", "fairness_ops": "", "bypass_max": ""}


def test_operations_are_counted_up_to_the_trial_that_failed():
    rows = [{**ROW, "trial": str(n), "ops_total": "10", "check": "fail" if n == 2 else "pass"} for n in (0, 2, 1, 3)]
    assert hunt.operations(rows) == (3 * 13, True)
    assert hunt.operations(rows[:1]) == (13, False)


@pytest.mark.parametrize("problem,check", [
    ("no hart got on for 2 s: 2 of 2 harts have not come back; trial 4, ticket, audit pass, window", "hang detector"),
    ("QEMU ended with status 3: deadlock: every hart waits for another", "hang detector"),
    ("the kernel panicked on hart 0, kernel/trap.c:1: trap", "trap"),
    ("CHECK FAILED: tas on 8 hart(s), in 9 of 10 trial(s): audit: 3 block(s) written by two harts", "audit"),
    ("CHECK FAILED: tas on 8 hart(s), in 9 of 10 trial(s): throughput pass: 7 operations take 112 bytes, but 96 were "
     "handed out", "conservation"),
    ("CHECK FAILED: tas on 8 hart(s), in 1 of 10 trial(s): fairness pass: 3 grant(s) do not follow the one before: two "
     "owners at once", "grant order"),
])
def test_a_check_is_known_by_what_a_run_says(problem, check):
    assert hunt.judge(1, [problem], []).check == check


GAVE_UP = ["gave up: nothing was heard from the kernel for 4 s in which QEMU could work", "the run has no end record: 2 of 3 trials are kept"]


def test_that_nothing_was_heard_catches_no_mutant():
    catch = hunt.judge(3, GAVE_UP, [])
    assert catch.given_up and not catch.check and str(catch) == "nothing heard"
    assert mutants.verdict(tree.Mutant("x", "y", "mcs"), {"tcg": catch, "model": hunt.Catch("")}) == "PASSED"
    assert hunt.check_of(GAVE_UP) == "" == hunt.check_of([])
    starved = "gave up: no hart got on for 2 s: 4 of 4 harts have not come back; but it could work in no more than 0.1 s of them"
    assert hunt.check_of([starved, GAVE_UP[1]]) == ""
    assert detectors.median_s([detectors.Find(1, 0, "")] * 3) == float("inf")


def test_a_check_that_failed_before_nothing_was_heard_has_caught_it():
    failed = "CHECK FAILED: tas on 8 hart(s), in 1 of 2 trial(s): audit: 3 block(s) written by two harts"
    assert hunt.judge(1, [*GAVE_UP, failed], []).check == hunt.check_of([failed, *GAVE_UP]) == "audit"


def test_a_program_that_never_ends_is_caught_by_nobody(monkeypatch, tmp_path):
    """The limit of ThreadSanitizer's program is its own time, and that it ran out says nothing of the lock."""
    monkeypatch.setattr(hunt, "TSAN_S", 1)
    spins = tmp_path / "gcc"
    spins.write_text('#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nmkdir -p "${2%/*}"\n'
                     'printf "#!/bin/sh\\nwhile :; do :; done\\n" > "$2"\nchmod +x "$2"\n')
    spins.chmod(0o755)
    monkeypatch.setattr(hunt, "HOSTCC", str(spins))
    assert hunt.tsan(replace(KNOWN["ticket-stuck"], tree=tmp_path)) == hunt.Catch("", given_up=True)


def test_what_no_check_is_known_for_is_an_error():
    with pytest.raises(SystemExit, match="no check is known"):
        hunt.judge(1, ["the disk is full"], [])


def test_a_mutant_whose_detector_is_not_asked_has_not_passed(monkeypatch):
    """`make mutants ENGINE=model` asks the model alone; a mutant that only the schedules must find is neither planted nor judged."""
    monkeypatch.setattr(hunt, "planted", lambda *_, **__: pytest.fail("it was planted"))
    assert (catches := dict(hunt.hunted(KNOWN["ttas-impatient"], ["model"], 1))) == {}
    assert mutants.verdict(KNOWN["ttas-impatient"], catches) == "not asked"


def test_what_could_not_be_run_is_not_judged():
    catches = {"model": hunt.Catch("", why="unrecognized arguments"), "tsan": hunt.Catch("")}
    assert mutants.verdict(tree.Mutant("x", "y", "cna"), catches) == "not run"


@pytest.mark.parametrize("checks,memory_model,said", [
    (("", "audit"), False, "caught"), (("", ""), False, "PASSED"), (("", ""), True, "make prove"),
    (("", "ThreadSanitizer"), True, "caught")])
def test_the_verdict(checks, memory_model, said):
    catches = {str(i): hunt.Catch(check) for i, check in enumerate(checks)}
    assert mutants.verdict(tree.Mutant("x", "y", "mcs", memory_model=memory_model), catches) == said


def test_a_patch_that_does_not_fit_is_said(monkeypatch, tmp_path):
    stale = tmp_path / "stale.patch"
    stale.write_text((TOP / "tools/mutants/null.patch").read_text().replace("swap_acquire", "swap_gone"))
    monkeypatch.setattr(tree, "PATCHES", tmp_path)
    monkeypatch.setattr(tree, "TREES", tmp_path / "trees")
    with pytest.raises(SystemExit, match="stale.patch does not fit"):
        tree.plant(tree.read(stale))


@pytest.mark.parametrize("ends", ["well", "with an error"])
def test_a_hunt_leaves_no_tree_behind(monkeypatch, tmp_path, ends):
    """A tree is hundreds of megabytes: those of all mutants once filled a disk."""
    monkeypatch.setattr(tree, "TREES", tmp_path / "trees")
    seen = []

    def look(mutant, hunter, runs):
        seen.append((hunter, mutant.tree, (mutant.tree / mutant.changes).read_text()))
        if ends != "well":
            raise SystemExit(ends)
        return hunt.Catch("audit")

    monkeypatch.setattr(hunt, "hunt", look)
    mutant = KNOWN["ttas-impatient"]
    with pytest.raises(SystemExit) if ends != "well" else nullcontext():
        assert dict(hunt.hunted(mutant, compiled.TABLES, 1)) == {mutant.detector: hunt.Catch("audit")}
    (hunter, where, text), = seen
    assert hunter == mutant.detector and where.parent == tmp_path / "trees" and text != (TOP / mutant.changes).read_text()
    assert list((tmp_path / "trees").iterdir()) == []
