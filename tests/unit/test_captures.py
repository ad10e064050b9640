"""Logs are read as people's tools keep them, and what cannot be read is said with what was seen of it."""

import bz2
import gzip
import lzma
import re
import shutil
import subprocess

import pytest
from support.logs import recorded
from support.run import command, path_without, rows_of, run_here

from hartlock.engine import capture

LOG = recorded("board").replace(b"\r", b"")
LINES = LOG.split(b"\n")


def wrapped(width, trim=False, lines=LINES):
    """The log with a line's end after each `width` bytes, as a terminal's copy has it; `trim`: without blanks at the ends."""
    parts = [line[at:at + width] for line in lines for at in range(0, max(len(line), 1), width)]
    return b"\n".join(part.rstrip(b" ") if trim else part for part in parts)


def words_wrapped(width):
    return subprocess.run(["fold", "-s", "-w", str(width)], input=LOG, capture_output=True, check=True, timeout=30).stdout


def each(before=b"", behind=b"", end=b"\n", lines=LINES):
    return end.join(before + line + behind for line in lines)


def utf16(text, name):
    return text.decode("latin-1").encode(name)


def zstd(text):
    return subprocess.run(["zstd", "-qc"], input=text, capture_output=True, check=True, timeout=30).stdout


TOOLS = {
    "utf-16 with a mark": utf16(LOG, "utf-16"), "utf-16, big end first, with a mark": b"\xfe\xff" + utf16(LOG, "utf-16-be"),
    "utf-16": utf16(LOG, "utf-16-le"), "utf-16, big end first": utf16(LOG, "utf-16-be"), "utf-8 with a mark": b"\xef\xbb\xbf" + LOG,
    "gzip": gzip.compress(LOG), "xz": lzma.compress(LOG), "bzip2": bz2.compress(LOG), "gzip of utf-16": gzip.compress(utf16(LOG, "utf-16")),
    "two gzip members": gzip.compress(LOG[:5000]) + gzip.compress(LOG[5000:]),
    "CR LF": each(end=b"\r\n"), "CR": each(end=b"\r"), "CR CR LF": each(end=b"\r\r\n"), "LF CR": each(end=b"\n\r"),
    "stamps before": each(b"[2026-11-28 12:00:01.123] "), "stamps behind": each(behind=b" <20:00:01>"),
    "colours": each(b"\x1b[32m", b"\x1b[0m\x1b[K"), "colours inside": LOG.replace(b"@", b"\x1b[1m@\x1b[0m"), "a title": each(b"\x1b]0;minicom\x07"),
    "wrapped at 80": wrapped(80), "wrapped at 132": wrapped(132), "wrapped at 40": wrapped(40), "wrapped, blanks cut off": wrapped(80, True),
    "wrapped at words": words_wrapped(80), "wrapped at words, blanks cut off": re.sub(rb" +\n", b"\n", words_wrapped(80)),
    "wrapped, then stamped": each(b"12:00:01.123 ", lines=wrapped(80).split(b"\n")), "quoted": each(b"> "), "quoted by a job": each(b"  | > "),
    "quoted, then wrapped": wrapped(72, lines=each(b"> ").split(b"\n")), "wrapped, then quoted": each(b"> ", lines=wrapped(72).split(b"\n")),
    "wrapped, CR LF": wrapped(80).replace(b"\n", b"\r\n"),
}


def read(tmp_path, data, name="run"):
    (tmp_path / "log").write_bytes(data)
    return run_here("--engine", "board", "--from-log", tmp_path / "log", "--out", tmp_path / name)


@pytest.mark.parametrize("tool", TOOLS)
def test_a_log_is_read_whatever_tool_kept_it(tmp_path, tool):
    plain = read(tmp_path, LOG, "plain/run")
    done = read(tmp_path, TOOLS[tool], "other/run")
    assert done.returncode == plain.returncode == 0, done.stdout + done.stderr
    assert rows_of(tmp_path / "other/run", "trials.csv") == rows_of(tmp_path / "plain/run", "trials.csv")
    assert "damaged" not in done.stdout


def test_a_plain_log_is_left_as_it_is():
    for data in (LOG, LOG.replace(b"\n", b"\r\n"), b"noise\0\xff\n" + LOG, b""):
        assert capture.lines_of(data) == data


@pytest.mark.skipif(shutil.which("zstd") is None, reason="the Debian package zstd is not installed")
def test_zstd_is_unpacked_by_its_own_tool(tmp_path):
    assert read(tmp_path, zstd(LOG)).returncode == 0


def test_without_the_tool_of_zstd_a_sentence_names_its_package(tmp_path):
    (tmp_path / "log").write_bytes(b"\x28\xb5\x2f\xfd" + b"x" * 100)
    done = command("--from-log", tmp_path / "log", "--out", tmp_path / "run", env=path_without(tmp_path, "zstd"))
    assert done.returncode == 2 and "it is compressed by zstd: install the Debian package zstd, or unpack it" in done.stderr


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_compressed_log_that_is_cut_short_keeps_what_it_has(tmp_path, pack):
    data = pack(LOG + bytes(range(256)) * 4000)
    assert capture.lines_of(data[:-20]).startswith(LOG[:5000]) or pack is bz2.compress
    done = read(tmp_path, data[:30])
    assert done.returncode == 2 and ("cannot be unpacked" in done.stderr or "no @boot record" in done.stderr)


@pytest.mark.parametrize("data,words", ids=["empty", "text", "checksums", "a word", "quoted"], argvalues=[
    (b"", "it is empty"), (b"hello\n" * 3, "it has no record of hartlock's in 18 bytes, 4 lines"),
    (LOG.replace(b" *", b" *0"), r"it has \d+ record\(s\), all damaged: "),
    (LOG.replace(b"@asked n=", b"@asked n=0"), r"it has \d+ whole records, \d+ damaged: its checksum is wrong"),
    (LOG.replace(b"=", b"&#61;").replace(b"n&#61;", b"n="), r"it has \d+ record\(s\), all damaged: its checksum is wrong")])
def test_what_cannot_be_read_is_said_with_what_was_seen_of_it(tmp_path, data, words):
    done = read(tmp_path, data)
    assert done.returncode == 2 and re.search(words, done.stderr), done.stderr
    assert not (tmp_path / "run").exists()


def test_the_reader_says_that_something_follows_a_checksum():
    """A serial line has no file to clean."""
    assert "something follows its checksum" in capture.seen(each(behind=b" <20:00:01>"))


def test_of_two_runs_in_a_log_it_is_said_that_the_last_counts(tmp_path):
    done = read(tmp_path, LOG + LOG)
    assert done.returncode == 0 and "the log holds 2 runs, one after the other: these are the results of the last one" in done.stdout
    assert "2 runs" not in read(tmp_path, LOG, "one").stdout


LARGE = {
    "a line": b"x" * 4_000_000, "starts": b"@boot n=" * 500_000, "checksums": b"@share n=1 *00000000" * 200_000,
    "torn": b"@share n=1\ny\n" * 100_000, "titles": b"\x1b]" * 2_000_000, "boots": b"@boot n=0 " * 300_000,
    "one torn": b"@share n=1\n" + b"y\n" * 200_000, "torn, long": (b"@share n=1\n" + b"y" * 60_000 + b"\n") * 40}


@pytest.mark.parametrize("name", LARGE)
def test_the_work_grows_with_the_size_of_a_log(tmp_path, name):
    """A log of some megabytes took hours when the work grew with the square of a line's length."""
    (tmp_path / "log").write_bytes(LARGE[name])
    done = command("--from-log", tmp_path / "log", "--out", tmp_path / "run", timeout=60)
    assert done.returncode == 2 and "no @boot record" in done.stderr or "did not say what it was asked" in done.stderr
