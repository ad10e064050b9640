"""Interrupt handlers that take another lock of the kind, whatever their hart was doing to the first (--handler lock): what irq-safe claims."""

import pytest
from support import tried
from support.run import run_bench
from tools.simulate import simulate

from hartlock.plan import strategies, traits

HANDLED = ("--interrupt", "10,20", "--handler", "lock", "--hold", "200", "--trials", "1")
MODEL = ("--engine", "model", "--machine", "generic-8", "--model-duration", "300", "--smp", "4")
SAFE = tried.of("irq-safe", tried.HANDLER)
UNSAFE = [name for name, t in traits.known().items() if "irq-safe" in t.lacks and not strategies.known()[name].lockfree]


def check(done, locks, engine):
    """Each lock passes; handlers took the second one, and found their harts in their sections and elsewhere."""
    assert done.status == 0, done.out
    for name in locks:
        row = done.row(name, 4, engine)
        assert (row["check"], row["handler"], row["proof"]) == ("pass", "lock", "none"), name
        handled, inside, interrupts = (int(row[f"{c}_total"]) for c in ("handled", "interrupts_inside", "interrupts"))
        assert interrupts - 4 <= handled <= interrupts and 0 < handled and inside < interrupts, (name, handled, inside)  # a hart may be done


def test_handlers_take_a_lock_while_their_harts_wait_for_another_or_hold_it(tmp_path):
    done = run_bench(tmp_path, *MODEL, *HANDLED, "--lock", "mcs,ttas-backoff", quick=False)
    check(done, ["mcs", "ttas-backoff"], "model")
    assert all(int(done.row(name, 4, "model")["interrupts_inside_total"]) > 0 for name in ("mcs", "ttas-backoff"))


@pytest.mark.deep
@pytest.mark.parametrize("engine", ["model", "tcg", "native"])
def test_every_lock_that_claims_it(engine, tmp_path):
    how = MODEL if engine == "model" else ("--engine", engine, "--smp", "4", "--duration", "20")
    more = HANDLED if engine == "model" else ("--interrupt", "200,20", *HANDLED[2:])
    done = run_bench(tmp_path, *how, *more, "--lock", "all", quick=False)
    check(done, SAFE, engine)
    assert not {row["strategy"] for row in done.rows("summary.csv")} & {*UNSAFE}


@pytest.mark.parametrize("args,words", [
    (("--lock", "qspin", *HANDLED), "--lock qspin: no interrupt handler may take it, as --handler lock has them do"),
    (("--lock", "cas", *HANDLED), "--lock cas: it is no lock"),
    (("--lock", "mcs", "--handler", "lock"), "no interrupt comes whose handler could take a lock; give --interrupt PERIOD,LENGTH"),
    (("--lock", "mcs", *HANDLED, "--waiters", "poll"), "--handler lock goes with neither --shootdown nor --waiters"),
    (("--lock", "mcs", *HANDLED, "--locks", "2"), "--handler: it is of one lock"),
    (("--lock", "mcs", *HANDLED, "--allocator", "pool"), "with --allocator pool there are none"),
])
def test_what_cannot_be_is_refused(args, words, tmp_path):
    done = run_bench(tmp_path, *MODEL, *args, quick=False)
    assert done.status == 2 and words in " ".join((done.out + done.err).split())


def test_the_kernel_refuses_a_kind_that_no_handler_may_take():
    run = simulate("interrupt_us=10 handler=lock duration_us=50 run=qspin:2", machine="generic-8")
    assert {record["status"] for record in run.records("trial")} == {"not_in_traps"}


def test_there_are_locks_of_both_kinds():
    assert UNSAFE == ["hemlock", "qspin"] and len(SAFE) == 10
