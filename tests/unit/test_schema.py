"""bench/plan.def, counters.def and passes.def as the host program reads them."""

import inspect
import re
from dataclasses import fields

import pytest
from support.run import TOP

from hartlock.figures.columns import header
from hartlock.figures.row_types import Context, SampleRow
from hartlock.plan import parse, schema
from hartlock.plan.plan import Workload
from hartlock.plan.windows import Windows
from hartlock.records.trials import Share


def test_every_line_of_the_lists_is_an_entry():
    """The reader skips what it does not understand; nothing may be left but comments and the mark."""
    for path, found in ((schema.PLAN_DEF, len(schema.entries())), (schema.COUNTERS_DEF, len(schema.counters())),
                        (schema.PASSES_DEF, len(schema.passes()))):
        text = re.sub(r"/\*.*?\*/|^#.*?$", "", path.read_text(), flags=re.S | re.M)
        assert len(re.findall(r"^[A-Z_]+\(", text, re.M)) == found, path
        assert re.sub(r'^[A-Z_]+\((?:"[^"]*"|[^"()])*\)$', "", text, flags=re.M).split() in ([], ["GRANTS_HERE"])


def test_the_files_have_the_columns_of_the_lists():
    assert header(Context)[-len(schema.columns()):] == list(schema.columns())
    assert [name for name in header(SampleRow) if name in schema.csv_counters()] == list(schema.csv_counters())


@pytest.mark.parametrize("key,text,value", [
    ("size", "1", 1), ("ipi_us", "0", 0), ("ipi_us", "10", 10), ("seed", "18446744073709551615", 2**64 - 1), ("irq", "off", "off")])
def test_what_the_kernel_takes(key, text, value):
    assert schema.keys()[key].read(text) == value


@pytest.mark.parametrize("key,text,words", [
    ("size", "0", "from 1 to"), ("ipi_us", "9", "from 10 to 1000000"), ("touch", "65", "from 0 to 64"), ("hold", "-1", "not a number"),
    ("hold", "٣", "not a number"), ("irq", "maybe", "one of on, off"), ("sizes", "", "one of fixed, small")])
def test_what_the_kernel_refuses(key, text, words):
    with pytest.raises(ValueError, match=words):
        schema.keys()[key].read(text)


def test_defaults_and_variants():
    """The defaults are those that docs/reference/records.md has always named."""
    usual = {name: key.usual for name, key in schema.keys().items()}
    assert (usual["size"], usual["batch"], usual["sizes"], usual["irq"], usual["duration_us"], usual["fairness_us"]) == (
        16, 4096, "fixed", "on", 100_000, 0)
    assert [name for name, key in schema.keys().items() if key.full] == [
        "sizes", "touch", "placement", "rate", "interrupt_us", "irq", "ipi_us", "churn_us", "allocator", "live", "burst", "remote", "shootdown",
        "waiters", "locks", "choose", "handler", "exhaust"]


def test_what_the_entries_say_can_stand_in_a_table():
    for path in (schema.PLAN_DEF, schema.COUNTERS_DEF, schema.PASSES_DEF):
        assert path.is_relative_to(TOP) and "|" not in re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S)


@pytest.mark.parametrize("made,names", [(Workload, set(schema.columns())), (Share, set(schema.counters()))])
def test_what_a_made_dataclass_declares_is_in_the_list(made, names):
    """A field that is declared for mypy and is in no list would have no default."""
    source = re.split(r"^    (?:def |@)", inspect.getsource(made), flags=re.M)[0]
    declared = set(re.findall(r"^    (\w+): (?:int|str)\b", source, re.M))
    assert declared and declared - names <= {"hart", "ops", "ops_window", "start", "end", "cycles"}
    assert declared <= {f.name for f in fields(made)}


def test_the_default_of_a_time_is_said_once():
    """A board's plan that names no window has the kernel's."""
    assert parse.read("hartlock: run=cas:1", 1)[1] == Windows(100_000, 20_000, 0, 0)
