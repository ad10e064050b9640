"""The board engine: options that are refused, and plans that are printed and read back."""

import re

import pytest
from support.board import print_plan
from support.run import run_bench

from hartlock.base.errors import UsageError
from hartlock.engine import board
from hartlock.plan import parse, strategies


@pytest.mark.parametrize("args,words", [
    (["--serial", "/dev/nosuch"], "--serial /dev/nosuch: No such file"),
    (["--serial", "/dev/null"], "cannot be set up as a serial line"),
    (["--serial", "/dev/null", "--baud", "12345"], "--baud 12345: this system has 9600"),
    (["--from-log", "/nosuch"], "--from-log /nosuch: No such file"),
    (["--from-log", "/dev/null", "--serial", "/dev/null"], "it is one of them"),
    (["--from-log", "/dev/null", "--smp", "4"], "--smp: the board has its plan already"),
    ([], "--print-plan says what to ask of a board"),
    (["--cpu", "rv64", "--print-plan"], "--cpu rv64: QEMU's; --engine board has a board's processors")])
def test_bad_options(tmp_path, args, words):
    done = run_bench(tmp_path / "run", "--engine", "board", *args, quick=False, here=True)
    assert done.status == 2 and words in done.err, done.err
    assert not done.folder.exists()


def test_serial_is_of_the_board_alone(tmp_path):
    done = run_bench(tmp_path / "run", "--engine", "tcg", "--serial", "/dev/null", quick=False, here=True)
    assert done.status == 2 and "are of the engine board" in done.err


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_a_default_run_fits_a_minute_of_115200_baud(smp):
    plan, said = print_plan("--smp", str(smp))
    read, windows = parse.read(plan, smp)
    assert board.seconds(read, 115_200) <= 60 and windows.duration_us == 20_000
    assert re.search(r"at most \d+ kB: (\d+) s of the line at 115200 baud$", said.strip())
    assert set(read.locks) >= set(strategies.choose("all"))


def test_what_does_not_fit_is_said():
    _, said = print_plan("--smp", "64")
    assert "fewer --lock, --harts or --trials" in said


def test_a_plan_is_read_back_as_it_was():
    text, _ = print_plan("--smp", "4", "--harts", "1,3", "--lock", "mcs,faa", "--hold", "7", "--think", "50", "--think-range", "9",
                         "--size", "64", "--align", "32", "--batch", "1K", "--seed", "99", "--trials", "3")
    plan, _ = parse.read(text, 4)
    w = plan.workload
    assert (w.size_bytes, w.align_bytes, w.hold_instructions, w.think_instructions, w.think_range_instructions, w.batch_bytes) == (
        64, 32, 7, 50, 9, 1024)
    assert (plan.harts, plan.trials, plan.seed, plan.smp) == ((1, 3), 3, 99, 4)
    assert f"run={','.join(f'{t.strategy}:{t.harts}' for t in plan.order)}" in text


def test_every_word_of_a_workload_is_read_back():
    text, _ = print_plan("--lock", "mcs", "--size", "mixed", "--touch", "3", "--placement", "random", "--arrival", "poisson:1000",
                         "--interrupt", "500,60", "--irq", "off")
    plan, _ = parse.read(text, 4)
    assert " ".join(plan.workload.words()) in text and plan.workload.arrival == "poisson"


@pytest.mark.parametrize("text,words", [
    ("hartlock: run=tiket:2", "knows no such strategy"), ("hartlock: run=cas:0", "not strategy:harts"),
    ("hartlock: run=cas:65", "not strategy:harts"), ("hartlock: run=cas", "not strategy:harts"),
    ("hartlock: size=x run=cas:1", "not a number"), ("hartlock: colour=red run=cas:1", "does not know"),
    ("hartlock: format=2 run=cas:1", "format 2"), ("", "no plan"), ("hartlock: size=8", "no plan")])
def test_plans_that_cannot_be_read(text, words):
    with pytest.raises(UsageError, match=words):
        parse.read(text, 2)
