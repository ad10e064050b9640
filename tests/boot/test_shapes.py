"""The memory traffic of each strategy, under the cost model, has the shape its textbook says:
remote references an operation, and how they grow with harts.

Every lock has to fetch the line of `next` for its section. In addition, for each hand-off
(after the papers that the headers cite): a queue lock touches a number of lines that does
not depend on the harts; a ticket lock takes `serving` from every waiter; a test-and-set
lock moves its word at every turn of a waiter.
"""

import re

import pytest
from tools.simulate import cycles_an_operation, simulate

from hartlock.plan import traits

COUNTS = (4, 8)
# A ticket lock's growth is 1 or 2 lines: a release takes `serving` from every waiter, and so does a draw,
# on the same line, unless it comes before they have looked again.
CONSTANT = {name: t.lines_per_operation for name, t in traits.known().items() if t.lines_per_operation is not None}
GROWS_BY = {name: t.lines_per_waiter for name, t in traits.known().items() if t.lines_per_waiter}
TOLERANCE = 0.08


class Cost:
    def __init__(self, p, shares, count):
        ops = sum(int(s["ops_close"]) - int(s["ops_open"]) for s in shares)
        self.cycles = cycles_an_operation(p, shares)
        self.fetched = (int(count["transfers"]) + int(count["shared"])) / ops
        self.invalidated = int(count["invalidations"]) / ops


def measure(harts, machine, names):
    trials = ",".join(f"{s}:{n}" for s in names for n in harts)
    run = simulate(f"passes=t think=20 duration_us=60 warmup_us=20 run={trials}", harts=max(harts),
                   machine=machine)
    return {(p["strategy"], int(p["harts"])): Cost(*trial) for trial in run.trials() for p in trial[:1]}


@pytest.fixture(scope="module")
def cost(model_built):
    return measure(COUNTS, "reference", [*CONSTANT, *GROWS_BY, "ttas", "cas"])


def test_traffic_is_claimed_where_it_can_be():
    """Locks without turns, and those that back off, have no number of lines that can be stated."""
    claimed = {*CONSTANT, *GROWS_BY}
    assert {"mcs", "clh", "ticket", "tas", "faa"} <= claimed and not set(CONSTANT) & set(GROWS_BY)


@pytest.mark.parametrize("strategy", CONSTANT)
def test_a_constant_number_of_lines_a_hand_off(cost, strategy):
    few, many = cost[strategy, 4].fetched, cost[strategy, 8].fetched
    assert many == pytest.approx(CONSTANT[strategy], rel=TOLERANCE, abs=0.05)
    assert many == pytest.approx(few, rel=TOLERANCE, abs=0.05)
    assert cost[strategy, 8].cycles < 1.1 * cost[strategy, 4].cycles


@pytest.mark.parametrize("strategy", GROWS_BY)
def test_a_line_taken_from_every_waiter(cost, strategy):
    least, most = GROWS_BY[strategy]
    further = (cost[strategy, 8].invalidated - cost[strategy, 4].invalidated) / 4
    assert (1 - TOLERANCE) * least <= further <= (1 + TOLERANCE) * most


def test_ttas_wakes_all_its_waiters(cost):
    assert cost["ttas", 8].invalidated - cost["ttas", 4].invalidated > 2


def test_a_lost_compare_and_swap_costs_a_line_and_no_more(cost):
    assert 1 <= cost["cas", 8].fetched <= 2
    assert cost["cas", 8].cycles < cost["cas", 4].cycles


def test_magazine_scales_and_faa_is_one_transfer(cost):
    assert cost["magazine", 8].cycles == pytest.approx(cost["magazine", 4].cycles / 2, rel=0.1)
    assert cost["faa", 8].cycles < 1.1 * 26  # the reference's one way of a dirty line


def test_the_same_at_32_harts(model_built):
    """The queue locks move as many lines an operation at 32 harts of 64 as at 8; the ticket lock more."""
    queues = ["twa", "anderson", "mcs", "clh", "hemlock", "qspin", "cna"]
    cost = measure((8, 32), "mesh-64", [*queues, "ticket"])
    for s in queues:
        assert cost[s, 32].fetched == pytest.approx(cost[s, 8].fetched, rel=0.12), s
    assert cost["ticket", 32].fetched > 3 * cost["ticket", 8].fetched


def test_what_the_readme_of_locks_says_of_waiters():
    """A lock whose waiters share a word is one whose traffic grows."""
    rows = {name: known.waiters for name, known in traits.known().items()}
    for strategy in GROWS_BY:
        assert "shared by all" in rows[strategy] or "the lock word" in rows[strategy], strategy
    for strategy in ("anderson", "mcs", "clh", "hemlock", "cna"):
        assert re.search("own|predecessor", rows[strategy]), strategy
