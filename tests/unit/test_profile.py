"""Machine profiles: what a file may say, and the machines that are drawn from its ranges."""

import re
import tomllib

import pytest

from hartlock.base.errors import UsageError
from hartlock.engine.board import Board
from hartlock.plan import profile
from hartlock.plan.machine_keys import completed, machine_keys
from hartlock.plan.windows import Windows
from hartlock.records.trials import Boot

TEXT = """\
# mine: what it is
# boards: Some Board | Other
# isa: rv64imac_zba
harts = 8              # measured: the source
transfer = [20, 200]   # bounded: between
l1_load = [2.0, 3.0]   # assumed: nothing found
moesi = [false, true]  # assumed: nothing found
lr_hold = [0, 40, 80]  # assumed: nothing found
upgrade = "[149, 208] - transfer"  # derived: a sum
shared = "[0.5, 1.0] * transfer"   # derived: a part
rest = "400 - transfer - upgrade"  # derived: what is left
"""
MINE = profile.parse("mine.toml", TEXT)


def test_a_line_says_a_value_and_its_grounds():
    harts, transfer = MINE.keys[:2]
    assert (harts.key, harts.values, harts.varies, harts.ground, harts.source) == ("harts", (8,), False, "measured", "the source")
    assert (transfer.values, transfer.varies, transfer.ground) == ((20, 200), True, "bounded")
    assert (MINE.name, MINE.summary, MINE.boards, MINE.most("transfer"), MINE.most("nothing")) == ("mine", "what it is", ("some board", "other"), 200, 0)


def test_two_probed_machines_have_two_names():
    """Rows of one name are rows of one machine."""
    names = [profile.parse(path, TEXT).name for path in ("results/a-probe/profile.toml", "results/b-probe/profile.toml", "profile.toml", "a/mine.toml")]
    assert names == ["a-probe", "b-probe", "profile", "mine"]


@pytest.mark.parametrize("line,isa", [("# isa: RV64GC_Zba", "rv64gc_zba"), ("# isa:  rv64gc ", "rv64gc"), ("isa: rv64gc", "")])
def test_an_isa_is_one_that_can_be_read(line, isa):
    assert profile.isa_of(f"# x: y\n{line}\nharts = 8\n") == isa and MINE.isa == "rv64imac_zba"


@pytest.mark.parametrize("isa", ["rv64imafdc, zba, zbb", "rv64i2p1_m2p0", "x86_64", ""])
def test_a_line_that_names_no_isa_is_refused(isa):
    """Once it was ignored without a word, and advice needed what the machine has not."""
    with pytest.raises(UsageError, match=re.escape(f"a.toml:2: isa: '{isa}' is no ISA; one reads rv64gc or")):
        profile.parse("a.toml", f"# x: y\n# isa: {isa}\nharts = 8\n")


def test_no_chip_that_people_have_is_said_to_have_zacas():
    """Their device trees do not list it, so an answer for them must not need it."""
    chips = {p.name: p.isa for p in profile.shipped() if p.boards}
    assert len(chips) == 6 and all(isa.startswith("rv64imafdc") and "zacas" not in isa for isa in chips.values())


def test_members_lie_in_the_ranges_and_cover_them():
    drawn = [MINE.member(n, seed=1) for n in range(1, 17)]
    assert all(m.keys() == {"transfer", "l1_load", "moesi", "lr_hold", "upgrade", "shared", "rest"} for m in drawn)
    assert all(20 <= m["transfer"] <= 200 and isinstance(m["transfer"], int) for m in drawn)
    assert all(2 <= m["l1_load"] <= 3 and round(m["l1_load"], 1) == m["l1_load"] for m in drawn)
    assert sum(m["moesi"] for m in drawn) == 8 and {m["lr_hold"] for m in drawn} == {0, 40, 80}
    assert sum(m["transfer"] < (20 * 200) ** 0.5 for m in drawn) == 8  # equal factors
    assert all(max(1, 149 - m["transfer"]) <= m["upgrade"] <= max(1, 208 - m["transfer"]) for m in drawn)
    assert all(0.5 * m["transfer"] - 0.1 <= m["shared"] <= m["transfer"] for m in drawn) and len({m["shared"] / m["transfer"] for m in drawn}) == 16
    assert all(m["rest"] == max(0, 400 - m["transfer"] - m["upgrade"]) for m in drawn)


def test_a_tied_value_is_one_that_the_model_can_have():
    tied = profile.parse("tied.toml", 'fence = 0.3\nfence_release = "[0.1, 1.0] * fence"\nwhole = 2\nfence_acquire = "[0.1, 1.0] * whole"')
    low, high = tied.ends()
    assert (low["fence_release"], high["fence_release"]) == (0.1, 0.3) and (round(low["fence_acquire"], 1), high["fence_acquire"]) == (0.2, 2)


def test_a_tied_whole_number_is_not_rounded_to_less_than_the_least():
    assert profile.parse("tied.toml", 'harts = [2, 8]\nop = "[1, 3] - harts"').ends()[0]["op"] == 0.1


def test_a_member_is_the_same_however_many_are_drawn_and_another_with_another_seed():
    assert MINE.member(3, seed=1) == profile.parse("other.toml", TEXT).member(3, seed=1)
    assert MINE.member(3, seed=1) != MINE.member(3, seed=2) and MINE.member(3, seed=1) != MINE.member(4, seed=1)


def test_a_member_s_text_is_a_profile_of_numbers_with_the_same_lines():
    values = MINE.member(1, seed=1)
    text = MINE.with_values(values)
    assert tomllib.loads(text) == {"harts": 8, **values}
    assert [line.split(" = ")[0] for line in text.splitlines()] == [line.split(" = ")[0] for line in TEXT.splitlines()]
    assert not profile.parse("one.toml", text).is_ensemble


def test_both_ends_are_machines():
    low, high = MINE.ends()
    assert (low["transfer"], high["transfer"]) == (20, 200) and (low["lr_hold"], high["lr_hold"]) == (0, 80)


@pytest.mark.parametrize("line, words", [
    ("transfer = [20]", "a range has two ends"), ("transfer = [30, 20]", "the range goes from 30 to 20"),
    ("transfer = [\"a\", 2]", "a number, a range"), ("transfer = \"twice\"", "is wanted"), ("transfer = [1, 2", "mine.toml: "),
    ("upgrade = \"[1, 2] * nothing\"", "mine.toml:1: upgrade: it is tied to nothing"), ("upgrade = \"2 * upgrade\"", "it is tied to upgrade"),
    ("upgrade = \"[1 * harts\"", "is no number and no range")])
def test_a_line_that_says_nothing_is_refused(line, words):
    with pytest.raises(UsageError, match=re.escape(words)):
        profile.parse("mine.toml", line)


@pytest.mark.parametrize("text", [
    "[section]\nharts = 4", "harts = 4\n[section]\nbanks = 2", "[[section]]\nharts = 4", "harts.of = 4", "harts = {of = 4}", "harts = [{of = 4}, 2]",
    '"harts" = 4', "harts = [\n2,\n4]", 'harts = """\nbanks = 2\n"""', "harts = 4\nhop = '''\nharts = 2\n'''", "hop = " + "[" * 5000,
    "hop = " + "9" * 5000, "hop = 1" + "0" * 400, "hop = nan", "hop = 1979-05-27", "hop = [[1, 2], 3]"], ids=range(16))
def test_what_toml_can_say_and_a_profile_does_not_is_refused(text):
    with pytest.raises(UsageError, match="^mine.toml:"):
        profile.parse("mine.toml", text)


@pytest.mark.parametrize("line, words", [
    ("banks = [1, 999, 2]", "999 is out of range: 1 to 256"), ("banks = [1.0, 4.0]", "a whole number is wanted, not 1.0"),
    ("banks = [1, 1.5, 2]", "a whole number is wanted, not 1.5"), ("moesi = [false, 2, true]", "true or false is wanted, not 2"),
    ("hop = [1, true, 2]", "a number is wanted, not true"), ('banks = "0.5 * harts"', "a whole number is wanted, not 1.0"),
    ('op = "[1, 1005] - harts"', "op: 1003 is out of range"), ('moesi = "1 * harts"', "true or false is wanted, not 2")])
def test_a_value_that_only_some_machines_have_is_refused_too(line, words):
    """Each of these was accepted, and the machine whose turn came refused it in the middle of the run."""
    with pytest.raises(UsageError, match=f"^mine.toml:2: .*{re.escape(words)}"):
        profile.parse("mine.toml", "harts = [2, 8]\n" + line)


def test_the_fewest_harts_of_a_range_are_known_where_they_are_tied_too():
    tied = profile.parse("mine.toml", 'cluster_harts = [1, 4]\nharts = "2 * cluster_harts"\n  hop = 3  # assumed: it begins with blanks')
    assert (tied.least("harts"), tied.most("harts"), tied.least("hop"), tied.least("nothing")) == (2, 8, 3, 0)


@pytest.mark.parametrize("change, words", [(("op = ", "ops = "), "unknown key ops"), (("op = 1 ", "# "), "key op is missing"),
                                           (("hop = 10", "[other]\nhop = 10"), "no tables")])
def test_a_file_has_the_keys_of_the_model(tmp_path, change, words):
    path = tmp_path / "mine.toml"
    path.write_text((profile.MACHINES / "generic-8.toml").read_text().replace(*(f"\n{part}" for part in change)))
    with pytest.raises(UsageError, match=re.escape(words)):
        profile.read(path)


def test_a_line_ends_where_toml_and_the_machine_end_it():
    """A comment may have characters that other programs take for the end of a line."""
    odd = profile.parse("mine.toml", "harts = [2, 4]  # assumed: one\u2028two\x85three\r\nbanks = 2\n")
    assert odd.with_values({"harts": 3}).split("\n") == ["harts = 3  # assumed: one\u2028two\x85three", "banks = 2", ""]


@pytest.mark.parametrize("known", profile.shipped(), ids=lambda p: p.name)
def test_every_profile_says_the_grounds_of_every_key(known):
    for k in known.keys:
        assert k.ground in profile.GROUNDS and k.source, f"{known.name}: {k.key}"


def test_the_listing_has_a_line_for_each_profile():
    lines = profile.listing().splitlines()
    assert [line.split()[0] for line in lines] == [p.name for p in profile.shipped()] and f"{len(profile.shipped()[0].varied)} of" in lines[0]


@pytest.mark.parametrize("known", [p for p in profile.shipped() if p.is_ensemble], ids=lambda p: p.name)
def test_every_machine_that_is_drawn_is_one_that_the_model_reads(known):
    keys = machine_keys()
    for n in range(1, 65):
        values = completed(tomllib.loads(known.with_values(known.member(n, seed=1))))
        for name, value in values.items():
            assert keys[name].least <= value <= keys[name].most, f"{known.name} {n}: {name} = {value}"
            assert isinstance(value, bool) is (keys[name].kind == "SWITCH") and (keys[name].kind != "COUNT" or isinstance(value, int))


@pytest.mark.parametrize("model, name", [("StarFive VisionFive 2 v1.3B", "jh7110"), ("Sipeed Lichee Pi 4A", "th1520"), ("Milk-V Pioneer", "sg2042"),
                                         ("SiFive HiFive Premier P550", "eic7700x"), ("Banana Pi BPI-F3", "spacemit-k1")])
def test_a_board_s_run_names_the_profile_of_its_chip(model, name):
    said = Board(Windows(1, 1, 1), machine=model).evidence_remarks(Boot(online=4), [4], 4)
    assert any(f"--machine {name}" in line for line in said)


def test_a_board_that_no_profile_knows_is_told_nothing():
    assert len(Board(Windows(1, 1, 1), machine="riscv-virtio,qemu").evidence_remarks(Boot(online=4), [4], 4)) == 1
