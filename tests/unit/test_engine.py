"""The engines' answers about themselves, and listening to a source; nothing is started here."""

import dataclasses
from pathlib import Path

import pytest

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.base.evidence import PROBE, meaning
from hartlock.engine import qemu
from hartlock.engine.base import Options
from hartlock.engine.board import Board
from hartlock.engine.choose import ENGINES, choose, kind
from hartlock.engine.model import Model
from hartlock.engine.native import Native
from hartlock.engine.source import Limits, Silent, Source
from hartlock.engine.tcg import Tcg, refuse_contradictions
from hartlock.plan.plan import Plan, Workload, order
from hartlock.records.trials import Boot

TCG, MODEL, NATIVE, BOARD = (e(e.make_windows(1000, 250)) for e in (Tcg, Model, Native, Board))


@pytest.mark.parametrize("engine,harts,evidence", [
    (TCG, 2, "emulated"), (TCG, 3, "emulated-oversubscribed"), (MODEL, 64, "modelled"), (NATIVE, 2, "hardware"),
    (NATIVE, 3, "hardware-oversubscribed"), (dataclasses.replace(NATIVE, foreign=True), 2, "emulated"),
    (BOARD, 64, "hardware"), (dataclasses.replace(BOARD, foreign=True), 64, "emulated"),
    (dataclasses.replace(BOARD, modelled=True), 64, "modelled"),
])
def test_the_evidence_of_a_row_on_two_processors(engine, harts, evidence):
    assert engine.evidence(harts, 2) == evidence
    said = engine.evidence_remarks(Boot(online=harts), [harts], 2)
    assert len(said) == 1 and said[0].startswith(f"evidence {evidence}: ") and said[0].endswith(meaning(evidence))


def test_who_has_the_profile_of_a_probe_is_not_told_to_probe():
    own = dataclasses.replace(MODEL, facts={"machine_file": "results/x-probe/profile.toml"})
    assert [PROBE in engine.evidence_remarks(Boot(online=2), [2], 2)[0] for engine in (MODEL, own)] == [True, False]


@pytest.mark.parametrize("facts,overlaps,evidence", [
    ({"qemu_harts": 4, "qemu_threads": 4}, True, "emulated"), ({"qemu_harts": 4, "qemu_threads": 1}, False, "emulated-oversubscribed"),
    ({"qemu_harts": 1, "qemu_threads": 1}, True, "emulated"), ({}, True, "emulated")])
def test_what_qemu_says_of_its_threads_decides_what_is_shown(facts, overlaps, evidence):
    engine = dataclasses.replace(TCG, smp=4).told(facts)
    assert (engine.overlaps, engine.evidence(4, 8)) == (overlaps, evidence)
    said = engine.evidence_remarks(Boot(), [4], 8)
    assert ("shared one thread of QEMU's, in turns" in said[0]) != overlaps
    assert len(said) == 1 + (facts.get("qemu_harts") == 1) and said[-1].startswith("QEMU has 1 harts, not the 4") == (len(said) == 2)


@pytest.mark.parametrize("extra,overlaps", [((), True), (("-icount", "shift=0"), False), (("--accel", "tcg,thread=single"), False)])
def test_until_qemu_says_it_the_arguments_decide(monkeypatch, extra, overlaps):
    monkeypatch.setattr(Tcg, "check_programs", lambda: None)
    assert Tcg.create(Options(4, extra=extra)).overlaps == overlaps


@pytest.mark.parametrize("extra,words", [
    (("-smp", "8"), "--smp 4 says how many harts there are; give --smp 8"), (("--smp", "cpus=8,sockets=2"), "give --smp 8"),
    (("-cpu", "max"), "--cpu rv64 says another one"), (("-append", "x"), "is the plan"), (("-daemonize",), "ends it with the run")])
def test_an_argument_that_takes_back_what_was_asked_for_is_refused(extra, words):
    with pytest.raises(UsageError, match=f"^-- -{extra[0].lstrip('-')}.*{words}"):
        refuse_contradictions(Options(4, cpu="rv64", extra=extra))


@pytest.mark.parametrize("extra", [("-smp", "4,sockets=2"), ("-machine", "sifive_u", "-smp", "5"), ("-cpu", "rv64"), ("-m", "1G"), ("-d", "-smp")])
def test_an_argument_that_takes_nothing_back_is_passed_on(extra):
    refuse_contradictions(Options(4, cpu="rv64", extra=extra))


def test_threads_that_share_and_threads_that_do_not_are_told_apart():
    alone, sharing = NATIVE.evidence_remarks(Boot(), [1, 2, 4], 2)
    assert alone.startswith("evidence hardware: 1 and 2 thread(s), each on one of the 2 processor(s)")
    assert sharing.startswith("evidence hardware-oversubscribed: 4 threads shared 2 processor(s)")


def test_windows_are_the_engines_own_unless_options_say_otherwise():
    assert Tcg.asked_windows(Options(2))[:3] == (100_000, 20_000, 25_000)
    assert Native.asked_windows(Options(2))[:3] == (20_000, 5_000, 5_000)
    assert Native.asked_windows(Options(2, duration_ms=8, warmup_ms=0))[:3] == (8_000, 0, 2_000)
    assert Model.modelled_windows(200)[:3] == (200, 50, 100)
    assert MODEL.shortened(1000, 5000).windows[:2] == (50, 250) and TCG.shortened(1000, 5000).windows[:2] == (1000, 5000)


def test_a_board_gets_the_time_that_its_line_takes():
    plan = Plan(4, ("cas",), (4,), Workload(16, 16, 0, 0, 0, 0), 5, 1, order=order(("cas",), (4,), 5, 1))
    slow, fast = (dataclasses.replace(BOARD, baud=baud).limits(plan, None) for baud in (9600, 921_600))
    assert slow.total_s > fast.total_s + 100 and slow.silence_s == fast.silence_s
    assert TCG.limits(plan, 7).silence_s == 7


@pytest.mark.parametrize("name,words", [("tcg", "translated code"), ("native", "system's scheduler")])
def test_what_cannot_be_probed_is_refused_with_its_reason(name, words):
    with pytest.raises(UsageError, match=f"probe --engine {name}.*{words}"):
        kind(name).refuse_probe(toolchain.host_processors() + 1)


@pytest.mark.parametrize("options,words", [({"machine": "mesh-64"}, "--machine mesh-64"), ({"cpu": "rv64"}, "--cpu rv64"), ({"extra": ("-d",)}, "-- -d")])
@pytest.mark.parametrize("name", ["native", "board"])
def test_options_for_qemu_are_refused_where_there_is_none(name, options, words):
    with pytest.raises(UsageError, match=words):
        ENGINES[name].create(Options(2, **options))


@pytest.mark.parametrize("name", ["tcg", "native", "board"])
def test_a_trace_is_refused_where_accesses_are_not_seen(name, tmp_path):
    with pytest.raises(UsageError, match=f"--trace .*: --engine {name} does not see what each access costs; --engine model does"):
        choose(name, Options(2, trace=tmp_path / "trace"))
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("options,cpu", [
    ({}, ["-cpu", "rv64"]), ({"cpu": "max"}, ["-cpu", "max"]), ({"extra": ("-machine", "spike")}, []), ({"extra": ("-M", "spike")}, []),
    ({"extra": ("-machine", "spike"), "cpu": "max"}, ["-cpu", "max"]), ({"extra": ("-d", "int")}, ["-cpu", "rv64"]),
])
def test_a_machine_of_the_users_has_its_own_processor(options, cpu):
    engine = Tcg.create(Options(2, **options))
    command = qemu.command(Path("image"), 2, "", engine.cpu, engine.extra, Path("qmp"))
    assert [word for at, word in enumerate(command) if "-cpu" in command[max(0, at - 1):at + 1]] == cpu


class Scripted(Source):
    """A source that says this, and then nothing."""

    speaker = "nobody"

    def __init__(self, *said):
        super().__init__(["scripted"])
        self.said = list(said)

    def close(self):
        pass

    def read(self, patience_s):
        return self.said.pop(0) if self.said else None

    def where(self):
        return ["hart 0: asleep"]


def test_a_source_is_heard_until_it_ends():
    assert list(Scripted(b"a", None, b"b", b"", b"c").chunks(Limits(9, 9))) == [b"a", b"b"]


@pytest.mark.parametrize("limits,words", [(Limits(0, 9), "nothing was heard from nobody"), (Limits(9, 0), "the run took more than 0 s")])
def test_one_that_falls_silent_or_goes_on_for_ever_is_left_with_where_its_harts_were(limits, words):
    with pytest.raises(Silent, match=words) as caught:
        list(Scripted().chunks(limits))
    assert caught.value.harts == ["hart 0: asleep"]
