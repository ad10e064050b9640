"""`make validate`: its tables, and how it judges. tests/boot/test_validate.py runs a few cells."""

import math

import pytest
from tools.validate.validate import HERE, Cell, Found, cells, differ, errors, fair, members, note, pairs, sure, tau


def cell(strategy, cycles, harts=4, starved=False):
    return Cell("D", 20, strategy, harts, cycles, starved)


def test_the_tables_are_whole():
    found = cells()
    assert len(found) == len({(c.table, c.think, c.strategy, c.harts) for c in found}) == 192
    assert {c.table for c in found} == {"D", "S", "D headers"}
    assert {c.harts for c in found} == {1, 2, 4, 8}
    assert [c for c in found if c.cycles is None] == [Cell("D headers", 20, "cas", 8, None, False)]
    assert sum(c.starved for c in found) == 15


def test_members_of_both_machines_fit_them(tmp_path):
    for name in "DS":
        texts = [path.read_text() for path in members(tmp_path, name, 4)]
        assert len(set(texts)) == 4 and all("[" not in line.partition("#")[0] for text in texts for line in text.splitlines())
        assert (HERE / f"{name}.toml").is_file()


@pytest.mark.parametrize("a, b, said", [
    (Found([120.0, 130.0]), Found([100.0, 100.0]), 1), (Found([100.0, 100.0]), Found([120.0, 130.0]), -1),
    (Found([120.0, 104.0]), Found([100.0, 100.0]), 0), (Found([120.0, 90.0]), Found([100.0, 100.0]), 0),
    (Found([120.0, 130.0]), Found([100.0, 100.0], starved=1), 0), (Found([120.0, 130.0], starved=1), Found([100.0, 100.0]), 1),
    (Found([120.0, math.inf], starved=1), Found([100.0, 100.0]), 1)])
def test_sure_is_what_every_member_says_of_a_faster_one_that_starves_nobody(a, b, said):
    assert sure(a, b) == said


def test_a_pair_differs_by_more_than_the_margin():
    assert (differ(cell("a", 106.0), cell("b", 100.0)), differ(cell("a", 100.0), cell("b", 106.0)),
            differ(cell("a", 104.0), cell("b", 100.0))) == (1, -1, 0)


def test_tau_and_errors():
    results = {cell("a", 100.0): Found([110.0]), cell("b", 200.0): Found([190.0]), cell("c", 300.0): Found([150.0]),
               cell("d", 300.0, harts=8): Found([300.0]), cell("e", 50.0, harts=8, starved=True): Found([500.0])}
    assert len(list(pairs(results))) == 4
    assert tau({c: f for c, f in results.items() if c.harts == 4}) == pytest.approx(1 / 3)
    assert errors(results) == pytest.approx([0.1, 0.05, 0.5, 0.0])


def test_a_hart_starves_below_a_twentieth_of_its_share():
    found = Found()
    note(found, [100, 100], 10.0)
    note(found, [4, 196], 20.0)
    note(found, [], 0.0)
    assert (found.cycles, found.starved) == ([10.0, 20.0, math.inf], 2)


def test_a_pair_whose_faster_one_starves_has_no_answer():
    fast, slow = cell("a", 50.0, starved=True), cell("b", 100.0)
    assert not fair(fast, slow) and not fair(slow, fast) and fair(cell("a", 50.0), cell("b", 100.0, starved=True))
