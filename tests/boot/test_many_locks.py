"""Several locks of a kind, each with a heap of its own: one of them for each operation, or two at once."""

import pytest
from support.run import run_bench
from tools.simulate import simulate

from hartlock.plan import strategies

MANY = ("--engine", "model", "--smp", "4", "--hold", "20", "--trials", "1", "--model-duration", "40")
LOCKS = [name for name, strategy in strategies.known().items() if not strategy.lockfree and name not in ("null", "indirect")]


def measured(folder, *args):
    return run_bench(folder, *MANY, *args, quick=False)


def zipf(locks):
    """The share of the first one of so many locks."""
    return 1 / sum(1 / k for k in range(1, locks + 1))


@pytest.mark.parametrize("choose,share", [
    ("nested", 1 / 16), pytest.param("even", 1 / 16, marks=pytest.mark.deep), pytest.param("zipf", zipf(16), marks=pytest.mark.deep)])
def test_locks_are_chosen_as_asked_for_and_each_is_checked(choose, share, tmp_path):
    done = measured(tmp_path, "--lock", "mcs", "--locks", "16", "--choose", choose, "--touch", "2")
    assert done.status == 0, done.out
    row, control = done.row("mcs", 4, "model"), done.row("null", 4, "model")
    assert (row["check"], row["locks"], row["choose"], row["touch_lines"], row["proof"]) == ("pass", "16", choose, "2", "none")
    assert 0.8 * share < float(row["busiest_lock_share_median"]) < 1.6 * share
    assert 0 < float(row["contended_share_median"]) < 0.6
    assert control["check"] == "fail" and float(control["lost_updates_share_median"]) > 0
    assert b"variant=many" in done.log


@pytest.mark.deep
def test_one_lock_of_many_is_seldom_held_and_one_of_two_often(tmp_path):
    shares = [float(measured(tmp_path / locks, "--lock", "ticket", "--locks", locks).row("ticket", 4, "model")["contended_share_median"])
              for locks in ("2", "256")]
    assert shares[0] > 0.2 and shares[1] < 0.05


@pytest.mark.deep
@pytest.mark.parametrize("choose", ["even", "zipf", "nested"])
def test_every_lock_can_be_one_of_several(choose, tmp_path):
    """A lock that wants one node a hart has one, however many locks the hart holds; the others have one for each."""
    done = measured(tmp_path, "--lock", ",".join(LOCKS), "--locks", "3", "--choose", choose, "--interrupt", "20,100")
    assert done.status == 0, done.out
    assert {name for name in LOCKS if done.row(name, 4, "model")["check"] == "pass"} == set(LOCKS)


@pytest.mark.parametrize("engine", ["tcg", pytest.param("native", marks=pytest.mark.deep)])
def test_other_engines_run_them_too(engine, tmp_path):
    done = run_bench(tmp_path, "--engine", engine, "--smp", "2", "--lock", "hemlock,qspin", "--locks", "4", "--choose", "nested",
                     "--trials", "1", "--duration", "20", "--warmup", "2", quick=False)
    assert done.status == 0, done.out
    assert [done.row(name, 2, engine)["check"] for name in ("hemlock", "qspin")] == ["pass", "pass"]


@pytest.mark.parametrize("args,words", [
    (("--locks", "0"), "from 1 to 65536"),
    (("--choose", "zipf"), "--choose zipf: there is one lock to choose; say how many with --locks"),
    (("--locks", "2", "--lock", "cas"), "--lock cas: it is no lock, and --shootdown, --waiters, --handler and --locks are of locks"),
    (("--locks", "2", "--allocator", "pool"), "--allocator: it is of one lock and its bump allocator, and --locks 2 asks for several"),
    (("--locks", "2", "--exhaust", "3"), "--exhaust: it is of one lock"),
    (("--locks", "2", "--placement", "random"), "--placement random: it is of one lock"),
    (("--locks", "2", "--shootdown", "1"), "--shootdown: it is of one lock"),
    (("--locks", "65536", "--size", "1K"), "each lock has its part of half the heap, 711 bytes, and a block takes 1024"),
    (("--locks", "65536", "--lock", "anderson"), "--locks 65536: anderson takes 4224 bytes for each"),
])
def test_what_does_not_go_together_is_refused(refused, args, words):
    done = refused("--smp", "2", *args)
    assert done.status == 2 and words in done.err, done.err


def test_the_kernel_refuses_by_itself(model_built):
    for words, status in (("locks=2 run=cas:2", "no_section"), ("locks=65536 run=anderson:2", "no_room")):
        assert [t["status"] for t in simulate(words, harts=2).records("trial")] == [status]
