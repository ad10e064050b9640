"""The record parser: nothing damaged is accepted, nothing makes it raise, nothing is uncounted."""

import zlib

import pytest
from support.run import TOP
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hartlock.records.trials import TrialBuilder
from hartlock.records.parser import Reader, RecordError, read

CORPUS = TOP / "tests/unit/corpus"


def line(n, body="boot", text=" a=1"):
    raw = f"@{body} n={n}{text}".encode()
    return raw + f" *{zlib.crc32(raw):08x}\n".encode()


def parse(*lines):
    reader = Reader()
    return list(read(lines, reader)), reader


def test_good_records_come_out_with_their_values():
    records, reader = parse(line(0, text=" a=1 b=0xff c=x%20y d=-5"))
    f = records[0].fields()
    assert (f.number("a"), f.number("b"), f.text("c"), f.number("d")) == (1, 255, "x y", -5)
    assert reader.counts == {}


def test_text_between_records_is_tolerated():
    records, reader = parse(b"OpenSBI v1.1\n", line(0), b"v = ['a']\r\n", b"\0\xff\n",
                            line(1).replace(b"\n", b"\r\n"), b"mail me @ home n=3\n", b"")
    assert [r.n for r in records] == [0, 1]
    assert reader.counts == {}


def test_text_in_front_of_a_record_is_tolerated():
    records, _ = parse(b"firmware says hi " + line(0))
    assert [r.n for r in records] == [0]


def test_a_damaged_record_is_counted_once_and_named_by_its_line():
    bad = bytearray(line(1))
    bad[5] ^= 1
    records, reader = parse(line(0), bytes(bad), line(2))
    assert [r.n for r in records] == [0, 2]
    assert reader.counts == {"damaged": 1}
    assert reader.faults[0].line == 2


def test_a_missing_record_is_counted():
    records, reader = parse(line(0), line(3))
    assert len(records) == 2
    assert reader.counts == {"missing": 2}
    assert "2 record(s) missing before record 3" in reader.faults[0].text


def test_missing_and_damaged_together():
    _, reader = parse(line(0), b"@boot n=1 a=\n", line(4))
    assert reader.counts == {"damaged": 1, "missing": 2}


def test_a_repeated_record_is_dropped_and_counted():
    records, reader = parse(line(0), line(1), line(1), line(2))
    assert [r.n for r in records] == [0, 1, 2]
    assert reader.counts == {"repeated": 1}


def test_a_record_cut_off_by_another_loses_only_itself():
    records, reader = parse(line(0), line(1)[:9] + line(2))
    assert [r.n for r in records] == [0, 2]
    assert reader.counts == {"missing": 1}


def test_every_truncation_is_refused():
    whole = line(0, text=" trial=3 buckets=87:1,9")
    for length in range(len(whole) - 1):
        records, _ = parse(whole[:length])
        assert records == []


@given(st.binary(max_size=300))
def test_nothing_makes_it_raise(raw):
    parse(*raw.split(b"\n"))


@given(st.lists(st.sampled_from([b"@", b"boot", b" n=", b"0", b"1", b" a=", b"=", b" *", b"00000000", b"\r"]), max_size=12))
def test_nothing_like_a_record_makes_it_raise(parts):
    records, _ = parse(b"".join(parts))
    for record in records:
        try:
            record.fields()
        except RecordError:
            pass


@given(st.integers(0, 10_000), st.data())
def test_no_changed_byte_is_accepted(n, data):
    raw = bytearray(line(n % 10, text=f" trial={n} used=19287232"))
    at = data.draw(st.integers(0, len(raw) - 2))
    new = data.draw(st.integers(0, 255).filter(lambda b: b != raw[at]))
    raw[at] = new
    records, _ = parse(*bytes(raw).split(b"\n"))
    assert records == []


@given(st.dictionaries(st.integers(0, 1919), st.integers(1, 2**40), max_size=60))
def test_buckets_come_back(buckets):
    text, last = [], None
    for b in sorted(buckets):
        gap = "" if last is not None and b - last == 1 else f"{b - (last or 0)}:"
        text.append(f"{gap}{buckets[b]}")
        last = b
    records, _ = parse(line(0, text=" buckets=" + ",".join(text)))
    assert records[0].fields().buckets("buckets") == buckets


def test_unreadable_values_are_record_errors():
    f = parse(line(0, text=" a=x b=1_0 c=1:2:3 d=5"))[0][0].fields()
    for ask in (lambda: f.number("a"), lambda: f.number("b"), lambda: f.number("none"),
                lambda: f.buckets("c"), lambda: f.buckets("d")):
        try:
            ask()
        except RecordError as e:
            assert "line 1" in str(e)
        else:
            raise AssertionError("accepted")


# tests/unit/corpus/NAME.log: numbers of the records that are accepted, of those the ones whose value
# cannot be read, and what is counted.
KEPT = {
    "a-record-in-a-record": ([0, 2], [], {"damaged": 1}),
    "a-record-in-a-value": ([0, 1, 2], [1], {}),
    "buckets-backwards": ([0, 1, 2], [1], {}),
    "buckets-beyond": ([0, 1, 2], [1], {}),
    "buckets-huge": ([0, 1, 2], [1], {}),
    "cr-lf": ([0, 1, 2], [], {}),
    "crc-far-behind": ([0, 2], [], {"damaged": 1}),
    "crc-in-capitals": ([0, 2], [], {"damaged": 1}),
    "crc-of-another": ([0, 2], [], {"damaged": 1}),
    "crc-of-nothing": ([0, 2], [], {"damaged": 1}),
    "cut-crc": ([0, 2], [], {"damaged": 1}),
    "cut-number": ([0, 2], [], {"damaged": 1}),
    "empty": ([], [], {}),
    "empty-value": ([0, 1, 2], [1], {}),
    "ends-amid-a-line": ([0], [], {"damaged": 1}),
    "firmware-amid": ([0, 2], [], {"damaged": 2}),
    "firmware-in-front": ([0, 1, 2], [], {}),
    "good": ([0, 1, 2], [], {}),
    "key-twice": ([0, 1, 2], [1], {}),
    "long-line": ([0, 1, 2], [], {"damaged": 1}),
    "many-ats": ([0, 1, 2], [], {"damaged": 1}),
    "missing": ([0, 2], [], {"missing": 1}),
    "n-from-the-future": ([0, 999999999999999999], [], {"missing": 999999999999999998, "repeated": 1}),
    "n-negative": ([0, 2], [], {"damaged": 1}),
    "n-of-20-digits": ([0, 2], [], {"damaged": 1}),
    "n-with-zeros": ([0, 1, 2], [], {}),
    "no-equals": ([0, 1, 2], [1], {}),
    "no-keys": ([0, 1, 2], [1], {}),
    "not-utf-8": ([0, 1, 2], [1], {}),
    "nul-behind": ([0, 2], [], {"damaged": 1}),
    "nul-between": ([0, 1, 2], [], {}),
    "nul-inside": ([0, 2], [], {"damaged": 1}),
    "number-in-capitals": ([0, 1, 2], [1], {}),
    "number-of-5000-digits": ([0, 1, 2], [1], {}),
    "number-of-65-bits": ([0, 1, 2], [1], {}),
    "number-of-another-script": ([0, 1, 2], [1], {}),
    "number-with-plus": ([0, 1, 2], [1], {}),
    "only-an-at": ([0, 1, 2], [], {"damaged": 1}),
    "out-of-order": ([1, 2], [], {"missing": 1, "repeated": 1}),
    "percent-at-the-end": ([0, 1, 2], [1], {}),
    "repeated": ([0, 1, 2], [], {"repeated": 1}),
    "two-blanks": ([0, 1, 2], [1], {}),
    "two-on-a-line": ([1, 2], [], {"missing": 1}),
}


def lines_of(name):
    return (CORPUS / f"{name}.log").read_bytes().split(b"\n")


def readable(record):
    """The record's one value, `a`, read as its type says."""
    try:
        fields = record.fields()
        return (fields.buckets if record.type == "hist" else fields.number)("a") is not None
    except RecordError:
        return False


def test_every_file_of_the_corpus_is_judged():
    assert {path.stem for path in CORPUS.iterdir()} == set(KEPT)


@pytest.mark.parametrize("name", KEPT)
def test_the_corpus(name):
    records, reader = parse(*lines_of(name))
    unreadable = [r.n for r in records if not readable(r)]
    assert ([r.n for r in records], unreadable, reader.counts) == KEPT[name]


AT_LEISURE = settings(deadline=None, suppress_health_check=list(HealthCheck))  # on a computer that others keep busy


@AT_LEISURE
@given(st.lists(st.sampled_from(sorted(KEPT)), min_size=1, max_size=3), st.data())
def test_what_is_accepted_stood_there_with_its_checksum(names, data):
    """The test shuffles and damages the corpus."""
    raw = bytearray(b"\n".join(b"\n".join(lines_of(name)) for name in names))
    for _ in range(data.draw(st.integers(0, 4))):
        at, n = data.draw(st.integers(0, len(raw))), data.draw(st.integers(0, 40))
        raw[at:at + data.draw(st.sampled_from([0, n]))] = data.draw(st.binary(max_size=3) | st.just(bytes(raw[at:at + n])))
    for record in parse(*bytes(raw).split(b"\n"))[0]:
        assert record.body + b" *%08x" % zlib.crc32(record.body) in raw
        readable(record)


def boot_of(*said):
    builder = TrialBuilder()
    for record in parse(*(line(n, kind, text) for n, (kind, text) in enumerate(said)))[0]:
        builder.feed(record)
    return builder.boot


BOOT = (" harts=3 timebase_hz=1 console=dbcn isa=rv64gc boot_hart=0 clusters=1 image=0 machine=m sbi_impl=1 sbi_impl_version=0")


def test_extensions_are_those_of_all_harts_that_run():
    online = [("hart", f" id={i} state=online index={i} cycle=1 extensions={has}")
              for i, has in enumerate(("zacas,zawrs,zihintpause", "zihintpause,zawrs"))]
    failed = ("hart", " id=9 state=failed sbi_error=-3 error=invalid_param")
    assert boot_of(("boot", BOOT), *online, failed).extensions == ("zawrs", "zihintpause")
    assert boot_of(("boot", BOOT), failed, *online[:1]).extensions == ("zacas", "zawrs", "zihintpause")
    assert boot_of(("boot", BOOT), *online, ("hart", " id=2 state=online index=2 cycle=1 extensions=")).extensions == ()


def test_extensions_of_an_older_kernel_are_those_of_its_machine():
    older = ("hart", " id=0 state=online index=0 cycle=1")
    assert boot_of(("boot", BOOT + " extensions=zacas,zawrs"), older).extensions == ("zacas", "zawrs")


WORDS = st.sampled_from(["trial", "pass", "strategy", "harts", "hart", "kind", "count", "buckets", "status", "state", "id"]) | st.text(
    "abc_", min_size=1, max_size=3)
TYPES = st.sampled_from(sorted(TrialBuilder().handlers) + ["trial", "nothing"])


@AT_LEISURE
@given(st.lists(st.tuples(TYPES, st.dictionaries(WORDS, st.text("01x-:,abc%", max_size=5), max_size=6)), max_size=6))
def test_whole_records_of_any_content_raise_nothing_else(said):
    builder = TrialBuilder()
    for n, (kind, values) in enumerate(said):
        for record in parse(line(n, kind, "".join(f" {k}={v}" for k, v in values.items())))[0]:
            try:
                builder.feed(record)
            except RecordError as e:
                assert "line 1" in str(e)
