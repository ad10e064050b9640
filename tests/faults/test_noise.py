"""Noise on the serial line: no row is ever wrong, whole trials are kept, and the damage is said.

One real run is damaged in many ways. The parser's own tests are in test_records.py.
"""

import csv
import re
import zlib

import pytest
from support.logs import recorded
from support.run import run_here
from support.sampling import turns
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hartlock.plan import parse
from hartlock.engine.board import Board
from hartlock.figures.proved import Booted
from hartlock.records.parser import read
from hartlock.run.boot import failed_checks, single

FIRMWARE = b"sbi_trap_error: hart1: trap handler failed (error -2)\r\n"  # OpenSBI's, amid ours
MANY = settings(max_examples=turns(quick=30, deep=150), deadline=None, suppress_health_check=list(HealthCheck))


class Heard:
    """A log, and the results that a run makes of it. (Its repr is short, because hypothesis prints it.)"""

    def __init__(self, log):
        self.log = log
        asked = next(r for r in read(log.split(b"\n")) if r.type == "asked").fields().text("plan")
        self.plan = parse.read(asked, 2)[0]
        self.truth, problems = self(log)
        assert len(self.truth) == 4 and problems == []

    def __call__(self, log):
        """The rows of each trial, and the complaints."""
        session = single(self.plan, Board(Board.make_windows(40_000, 10_000)), "run", 2, Booted())
        rows = {}
        session.replay(log, lambda new: rows.update({row.trial: hash(repr((row, new.samples))) for row in new.trials}))
        assert len(session.table.summary()) <= len(rows)
        return rows, session.judge() + failed_checks(session.table)


@pytest.fixture(scope="module")
def heard(log):
    return Heard(log)


@pytest.fixture(scope="module")
def log():
    return recorded("run")


def agrees(heard, said):
    rows, problems = said
    wrong = {trial: row for trial, row in rows.items() if heard.truth.get(trial) != row}
    assert wrong == {}, "a row that is not the true one was accepted"
    assert rows == heard.truth or problems, "rows are missing, and nobody says so"
    return problems


@pytest.mark.repeated
@MANY
@given(st.data())
def test_bytes_that_are_lost_flipped_or_doubled(heard, data):
    noisy = bytearray(heard.log)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(noisy) - 2))
        n = data.draw(st.sampled_from([1, 1, 1, 2, 16, 300]))
        match data.draw(st.sampled_from(["drop", "flip", "double", "put"])):
            case "drop":
                del noisy[at:at + n]
            case "flip":
                noisy[at] ^= 1 << data.draw(st.integers(0, 7))
            case "double":
                noisy[at:at] = noisy[at:at + n]
            case "put":
                noisy[at:at] = data.draw(st.sampled_from([b"\0" * n, b"\r", b"\n", b"@", b"*", b"\xff" * n, FIRMWARE]))
    agrees(heard, heard(bytes(noisy)))


@pytest.mark.repeated
@MANY
@given(st.data())
def test_a_log_that_ends_anywhere(heard, data):
    """Every trial whose last record came is kept."""
    end = data.draw(st.integers(0, len(heard.log) - 2))
    said = heard(heard.log[:end])
    problems = agrees(heard, said)
    if end < heard.log.rindex(b"@end"):
        assert any("no end record" in p for p in problems)
    assert len(said[0]) == len(re.findall(rb"^@trial .*\*[0-9a-f]{8}\s*$", heard.log[:end], re.MULTILINE))


@pytest.mark.repeated
@MANY
@given(st.data())
def test_whatever_stands_between_records_does_no_harm(heard, data):
    lines = heard.log.split(b"\n")
    for _ in range(data.draw(st.integers(1, 5))):
        between = data.draw(st.sampled_from([
            FIRMWARE, b"\0\0\0", b"x" * 65536, b"\xff" * 65536, b"@" * 65536, b"", b"OpenSBI v1.1\r", b"hart 1: @ home"]))
        lines.insert(data.draw(st.integers(0, len(lines))), between.rstrip(b"\n").replace(b"@@", b"x@"))
    end = data.draw(st.sampled_from([b"\n", b"\r\n", b"\r\r\n"]))
    assert heard(end.join(lines)) == (heard.truth, [])


def test_lines_of_64_kb(heard):
    """Long lines stand in front of a record, and are records of their own that no kernel makes."""
    body = b"@boot n=0 " + b"x=" + b"1" * 65536
    assert heard(heard.log.replace(b"@boot", b"y" * 65536 + b"@boot", 1)) == (heard.truth, [])
    assert agrees(heard, heard(heard.log + b"\n%s *%08x\n" % (body, zlib.crc32(body))))
    assert agrees(heard, heard(heard.log.replace(b"@share", b"@share" + b"z" * 65536, 1)))


def anew(log, pattern, change):
    """The log with `change` applied to each record that fits, as if the kernel had said it: with a new
    checksum."""
    def one(m):
        body = change(m[0].rpartition(b" *")[0])
        return b"%s *%08x" % (body, zlib.crc32(body))

    changed = re.sub(rb"^%s.*$" % pattern, one, log, flags=re.MULTILINE)
    assert changed != log
    return changed


def number(key, value):
    return lambda body: re.sub(rb" %s=\S+" % key, b" %s=%s" % (key, value), body)


VALUES = [b"0", b"1", b"2", b"-1", b"9223372036854775808", b"18446744073709551615", b"0xffffffffffffffff", b"", b"word", b"0:1"]


@pytest.mark.repeated
@MANY
@given(st.data())
def test_nothing_that_a_mad_machine_says_makes_it_raise(heard, data):
    """The records are whole, but have values that no kernel has."""
    lines = heard.log.split(b"\n")
    records = [i for i, line in enumerate(lines) if line.startswith(b"@")]
    for i in data.draw(st.lists(st.sampled_from(records), min_size=1, max_size=4)):
        body = lines[i].rpartition(b" *")[0]
        key, _, _ = data.draw(st.sampled_from(body.split(b" ")[2:])).partition(b"=")
        body = re.sub(rb" %s=\S*" % key, b" %s=%s" % (key, data.draw(st.sampled_from(VALUES))), body)
        lines[i] = b"%s *%08x" % (body, zlib.crc32(body))
    rows, _ = heard(b"\n".join(lines))
    assert set(rows) <= {*range(4), 2**63, 2**64 - 1}


def test_harts_that_no_memory_could_count_are_not_counted(heard):
    """A set of so many harts took 24 GB."""
    rows, problems = heard(anew(heard.log, rb"@trial .*strategy=cas", number(b"harts", b"18446744073709551615")))
    assert "some of its records did not arrive" in " ".join(problems) and len(rows) < len(heard.truth)


@pytest.mark.parametrize("pattern,change,words", [
    (rb"@share .*pass=throughput hart=1", number(b"end", b"1"), "a clock of hart 1 went backwards in its throughput pass"),
    (rb"@share .*pass=throughput hart=1", number(b"cycles", b"18446744073709551000"), "a clock of hart 1 went backwards"),
    (rb"@pass .*pass=latency", number(b"close", b"5"), "time went backwards in its latency pass"),
    (rb"@hist .*kind=wait", number(b"max", b"18446744073709551000"), r"a clock of hart 0 went backwards \(wait\)"),
    (rb"@hist .*kind=wait", number(b"count", b"7"), r"a histogram of hart 0 \(wait\) does not add up"),
    (rb"@trial .*strategy=cas", number(b"strategy", b"lotus"), "this hartlock knows no strategy lotus"),
    (rb"@share .*pass=audit hart=1", number(b"ops", b"9" * 19), "CHECK FAILED: cas on 2 hart.*audit"),
    (rb"@share .*pass=audit hart=1", number(b"hart", b"0"), "some of its records did not arrive"),
    (rb"@share .*pass=audit hart=1", number(b"ops", b"9" * 5000), "unreadable"),
])
def test_clocks_that_go_backwards_and_other_nonsense(heard, pattern, change, words):
    """The records are whole, so the machine must have been wrong."""
    rows, problems = heard(anew(heard.log, pattern, change))
    assert any(re.search(words, p) for p in problems), problems
    assert len(rows) <= len(heard.truth)


# By name, as docs/trust/faults.md lists them: what is done to the log, and what the run then says.
FAULTS = {
    "bytes dropped": (lambda log: log.replace(b" pass=latency ", b" pass=ltency "), "damaged record"),
    "bytes flipped": (lambda log: log.replace(b" waste=", b" vaste="), "damaged record"),
    "bytes doubled": (lambda log: log.replace(b"@share ", b"@share share "), "damaged record"),
    "lines doubled": (lambda log: re.sub(rb"^(@audit .*\n)", rb"\1\1", log, flags=re.MULTILINE), "repeated record"),
    "lines lost": (lambda log: re.sub(rb"^@audit .*\n", b"", log, flags=re.MULTILINE), "missing record"),
    "firmware amid a record": (lambda log: log.replace(b" ops_open=", FIRMWARE + b" ops_open="), "damaged record"),
    "NUL in a record": (lambda log: log.replace(b" ops_open=", b"\0 ops_open="), "damaged record"),
    "cut amid a line": (lambda log: log[:log.rindex(b"@trial") + 20], "no end record"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_a_user_sees_of_a_noisy_line(log, tmp_path, fault):
    change, words = FAULTS[fault]
    (tmp_path / "log").write_bytes(change(log))
    done = run_here("--engine", "board", "--from-log", tmp_path / "log", "--out", tmp_path / "run")
    assert done.returncode == 1
    assert words in done.stdout and "this run is incomplete; what it measured is kept" in done.stdout
    with open(tmp_path / "run/summary.csv", newline="", encoding="utf-8") as f:
        assert {row["strategy"] for row in csv.DictReader(f)} >= {"clock"}


@pytest.mark.parametrize("change", [
    lambda log: log.replace(b"\n", b"\r\n"), lambda log: b"\0" * 100 + log, lambda log: log.replace(b"\n@", b"\n" + FIRMWARE + b"@")],
    ids=["CR LF", "NUL in front", "firmware between"])
def test_what_a_line_may_do(log, tmp_path, change):
    (tmp_path / "log").write_bytes(change(log))
    done = run_here("--engine", "board", "--from-log", tmp_path / "log", "--out", tmp_path / "run")
    assert done.returncode == 0, done.stdout + done.stderr
