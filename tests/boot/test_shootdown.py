"""An owner that waits for all harts inside its section: without an answer it hangs and the run says why; waiters that poll or
try answer."""

import re

import pytest
from support import tried
from support.run import run_bench
from tools.simulate import simulate

from hartlock.plan import traits

SHOOT = ("--engine", "model", "--smp", "4", "--shootdown", "2", "--irq", "off", "--hold", "50", "--trials", "1", "--model-duration", "40")
TRIES = tuple(name for name, t in traits.known().items() if "trylock" in t.has)


def measured(folder, *args):
    return run_bench(folder, *SHOOT, *args, quick=False)


def count(done, name, counter):
    return sum(int(row[counter]) for row in done.rows("samples.csv") if row["strategy"] == name and row["harts"] == "4")


def test_without_an_answer_it_hangs_and_the_run_says_why(tmp_path):
    done = measured(tmp_path, "--lock", "ticket", "--time-limit", "20")
    assert done.status == 1 and "deadlock: every hart waits for another" in done.out
    assert re.search(r"hart \d: at 0x\w+ shootdown \(bench/shootdown\.c:\d+\)", done.out)
    assert len(re.findall(r"in ticket_acquire in section_acquire in section", done.out)) == 3
    assert "why: an owner waits inside its section for all harts to acknowledge a shootdown" in done.out and "--waiters poll" in done.out


@pytest.mark.deep
def test_a_hart_says_whom_it_waits_for(bench):
    """Under QEMU no hart gets on, and the host reads memory."""
    done = bench("--smp", "2", "--lock", "mcs", "--shootdown", "1", "--irq", "off", "--trials", "1", "--time-limit", "4")
    assert done.status == 3
    assert re.search(r"hart (\d): at 0x\w+ shootdown .*; in its section it waits for hart (?!\1)\d to acknowledge a shootdown", done.out)
    assert "why: an owner waits" in done.out


@pytest.mark.parametrize("how,locks", [("poll", "mcs"), pytest.param("poll", "ticket,qspin,clh", marks=pytest.mark.deep),
                                       pytest.param("try", "ticket,anderson", marks=pytest.mark.deep)])
def test_waiters_that_answer_get_on(how, locks, tmp_path):
    done = measured(tmp_path, "--lock", locks, "--waiters", how)
    assert done.status == 0, done.out
    for name in locks.split(","):
        row = done.row(name, 4, "model")
        assert (row["check"], row["waiters"], row["shootdown_ops"], row["proof"]) == ("pass", how, "2", "none")
        operations = count(done, name, "ops_total")
        assert 0 < operations <= 2 * count(done, name, "shootdowns") + 8
        assert (count(done, name, "polled") > 0) == (how == "poll")
    assert done.row("null", 4, "model")["check"] == "fail"


@pytest.mark.deep
@pytest.mark.parametrize("how", ["poll", "try"])
def test_every_lock_answers_as_its_traits_say(how, tmp_path):
    done = measured(tmp_path, "--lock", "all", "--waiters", how)
    assert done.status == 0, done.out
    wanted = {name for name in tried.of("poll", tried.POLLS) if how == "poll" or name in TRIES}
    assert {name for name in wanted if done.row(name, 4, "model")["check"] == "pass"} == wanted
    assert how == "poll" or wanted == set(TRIES)


@pytest.mark.deep
def test_with_interrupts_on_the_answer_is_an_interrupt(tmp_path):
    done = run_bench(tmp_path, *(word for word in SHOOT if word not in ("--irq", "off")), "--lock", "mcs", quick=False)
    assert done.status == 0, done.out
    assert count(done, "mcs", "shootdowns") > 0 == count(done, "mcs", "polled")


@pytest.mark.parametrize("args,words", [
    (("--lock", "cas", "--shootdown", "1"), "--lock cas: it is no lock, and --shootdown, --waiters, --handler and --locks are of locks"),
    (("--lock", "clh", "--waiters", "try"), "--lock clh: it has no trylock, which --waiters try needs. With that there are null, tas,"),
    (("--lock", "mcs", "--shootdown", "1", "--churn", "100"), "--shootdown: a hart that --churn has stopped acknowledges nothing"),
    (("--lock", "mcs", "--shootdown", "1", "--allocator", "pool"), "with --allocator pool there are none"),
    (("--lock", "mcs", "--shootdown", "0"), "--shootdown"),
    (("--lock", "mcs", "--shootdown", "1", "--engine", "native"), "--shootdown"),
])
def test_what_does_not_go_together_is_refused(refused, args, words):
    done = refused("--smp", "2", *args)
    assert done.status == 2 and words in done.err


def test_the_kernel_refuses_by_itself(model_built):
    for words, status in (("shootdown=1 run=cas:2", "no_section"), ("waiters=try run=clh:2", "no_trylock")):
        assert [t["status"] for t in simulate(words, harts=2).records("trial")] == [status]
