"""lock/traits.toml is read, and mistakes in it are refused."""

import json
import math
import re
from pathlib import Path

import pytest
from support import tried
from support.run import TOP

from hartlock.base.errors import UsageError
from hartlock.plan import needs, strategies, traits
from hartlock.plan.strategies import Strategy
from hartlock.plan.traits import Order

OF = {"one-more": Strategy("one-more", False, Path("lock/one_more.h"))}
LINES = {"order": '"fifo"', "waiters": '"own"', "lock_bytes": "8", "waiter_bytes": "0", "harts": '"any"',
         "instructions": '["amoswap.w"]', "has": json.dumps(list(needs.INTERFACE)), "shipped_by": '"nobody"'}

LOCKS = (Order.FIFO, Order.CLUSTER, Order.NEARLY, Order.NONE, Order.ALONE)
LOCKFREE = (Order.LOCK_FREE, Order.WAIT_FREE, Order.BATCHES, Order.ALONE)


def text(word="one_more", **more):
    lines = {**LINES, **more}
    return f"[{word}]\n" + "\n".join(f"{name} = {value}" for name, value in lines.items() if value)


def parsed(**more):
    return traits.parse(text(**more), OF)["one-more"]


def test_the_traits_of_the_tree():
    known = traits.known()
    assert list(known) == list(strategies.known())
    assert known["mcs"].bytes_per_lock(8) == 8 and known["anderson"].bytes_per_lock(8) == 576
    assert known["faa"].needs() == known["magazine"].needs() == {"a"} and known["amocas"].needs() == {"zacas"}
    assert {name for name, t in known.items() if t.yardstick} == {"null", "indirect"}


@pytest.mark.parametrize("name", strategies.known())
def test_traits_agree_with_the_list(name):
    """locks.def says which strategies need no lock, and which need what not every processor has. Zalrsc is a part of A."""
    strategy, known = strategies.known()[name], traits.known()[name]
    assert known.needs() - {"a"} == {strategy.needs} - {"", "zalrsc"}
    assert known.order in (LOCKFREE if strategy.lockfree else LOCKS)


@pytest.mark.parametrize("name", [name for name, s in strategies.known().items() if not s.lockfree and not traits.known()[name].yardstick])
def test_the_header_says_of_traps_what_the_traits_say(name):
    """tests/boot/test_handler.py tries it."""
    has, word = traits.known()[name].has, strategies.known()[name].header.stem
    said = re.search(rf"enum {{ {word}_in_traps = LOCK_TRAPS_(\w+) }};", strategies.known()[name].header.read_text())[1]
    assert said == ("NEVER" if "irq-safe" not in has else "ANY_NODE" if "one-node-a-hart" in has else "OWN_NODE")


def claims():
    return {(need, name) for name, known in traits.known().items() for need in known.has}


def untried(claimed, table):
    """Returns what is claimed and no test tries, and what a test tries and nobody claims."""
    return claimed ^ {(need, name) for need, by in table.items() for names in by.values() for name in names.split()}


def test_every_trait_that_is_claimed_has_a_test_that_tries_it():
    assert set(tried.TRIED) == set(needs.INTERFACE) and untried(claims(), tried.TRIED) == set()


def test_a_trait_without_its_test_is_told():
    assert untried(claims() | {("trylock", "clh")}, tried.TRIED) == {("trylock", "clh")}
    assert untried(claims() - {("irq-safe", "treiber")}, tried.TRIED) == {("irq-safe", "treiber")}
    assert untried(claims(), {**tried.TRIED, "poll": {}}) == {pair for pair in claims() if pair[0] == "poll"}


@pytest.mark.parametrize("test", sorted({test for by in tried.TRIED.values() for test in by}))
def test_a_test_that_tries_traits_takes_its_strategies_from_the_table(test):
    text = (TOP / test.partition("::")[0]).read_text()
    assert tried.takes_from_here(text, test)
    assert not tried.takes_from_here(text.replace("tried.of(", "all("), test)


def test_each_strategy_without_a_lock_says_when_to_choose_it():
    assert {name for name, t in traits.known().items() if t.when} == {name for name, s in strategies.known().items() if s.lockfree}


def test_families():
    of = {name: traits.family(name) for name in ("ticket", "qspin", "cna", "tas", "null", "cas", "faa", "baseline", "gone")}
    assert of == {"ticket": "FIFO lock", "qspin": "FIFO lock", "cna": "FIFO lock", "tas": "lock", "null": "lock", "cas": "lock-free",
                  "faa": "lock-free", "baseline": "lock-free", "gone": "lock"}


@pytest.mark.parametrize("order,more,bound", [("fifo", {}, 7), ("cluster fifo", {"bypass_above_fifo": "256"}, 263),
                                              ("nearly fifo", {}, math.inf), ("none", {}, math.inf), ("wait-free", {}, math.inf)])
def test_how_many_may_go_first(order, more, bound):
    assert parsed(order=f'"{order}"', **more).bypass_bound(8) == bound


def test_each_cluster_but_the_own_may_go_first():
    """Three clusters: harts of the third are passed over again when the second one's turn comes."""
    assert [traits.known()["cna"].bypass_bound(16, clusters) for clusters in (1, 2, 4)] == [271, 271, 783]
    assert traits.known()["mcs"].bypass_bound(16, 4) == 15


def test_only_strictly_fifo_is_fifo():
    assert [order for order in Order if parsed(order=f'"{order}"').fifo] == [Order.FIFO]


def test_bytes_grow_with_harts_where_a_lock_says_so():
    assert parsed().bytes_per_lock(64) == 8
    assert parsed(lock_bytes_per_hart="64").bytes_per_lock(4) == 8 + 4 * 64


@pytest.mark.parametrize("instruction,extension", [("amoswap.w", "a"), ("lr.d", "a"), ("sc.w", "a"), ("amocas.d", "zacas"), ("wrs.sto", "zawrs"),
                                                   ("amoswap.b", "zabha")])
def test_the_extension_of_an_instruction(instruction, extension):
    assert parsed(instructions=f'["{instruction}"]').needs() == {extension}


def test_a_corner_needs_nothing():
    assert parsed(instructions="[]", corner_instructions='["lr.d", "sc.d"]').needs() == set()


@pytest.mark.parametrize("more,said", [
    ({"waiter_bites": "8"}, r"\[one_more\]: there is no trait 'waiter_bites'; did you mean 'waiter_bytes'\?"),
    ({"harts": ""}, r"\[one_more\]: it lacks harts"),
    ({"lock_bytes": '"8"'}, "lock_bytes is '8'; it has to be a whole number"),
    ({"lock_bytes": "-8"}, "lock_bytes is -8; it has to be a whole number, 0 or more"),
    ({"lock_bytes": "true"}, "lock_bytes is True"),
    ({"lines_per_waiter": "[2, 1]"}, r"lines_per_waiter is \[2, 1\]; it has to be \[least, most\]"),
    ({"lines_per_waiter": "[1]"}, r"it has to be \[least, most\]"),
    ({"yardstick": "1"}, "yardstick is 1; it has to be true or false"),
    ({"order": '"FIFO"'}, "order is 'FIFO'; it is one of fifo, cluster fifo"),
    ({"lr_sc": '"constraint"'}, "lr_sc is 'constraint'; it is one of none, constrained, retry computes, retry reads more"),
    ({"instructions": '"amoswap.w"'}, "it has to be a list of words"),
    ({"instructions": '["amoswop"]'}, "'amoswop' is no atomic instruction"),
    ({"corner_instructions": '["add"]'}, "'add' is no atomic instruction"),
    ({"has": '"trylock"'}, "has is 'trylock'; it has to be a list of needs"),
    ({"has": '["trylok"]'}, "has names trylok; the needs are trylock, is_locked"),
    ({"lacks": '["trylock"]'}, "it has to be needs with reasons"),
    ({"lacks": "{trylock = 1}"}, "it has to be needs with reasons"),
    ({"lacks": '{trylock = "why"}'}, "each once they have to name"),
    ({"has": '["trylock"]'}, "has and lacks name trylock; each once they have to name irq-safe"),
])
def test_a_wrong_trait_is_told(more, said):
    with pytest.raises(UsageError, match=said):
        parsed(**more)


@pytest.mark.parametrize("written,said", [
    ("", r"has no table \[one_more\], and lock/locks.def names that strategy"),
    (text() + "\n" + text("twa"), r"\[twa\] is no strategy of lock/locks.def"),
    (text(""), "lock/traits.toml: Invalid initial character"),
])
def test_tables_that_do_not_fit_the_list_are_told(written, said):
    with pytest.raises(UsageError, match=said):
        traits.parse(written, OF)


def test_the_bound_of_cna_is_the_one_it_is_built_with():
    local = re.search(r"#define CNA_LOCAL (\d+)", strategies.known()["cna"].header.read_text())
    assert traits.known()["cna"].bypass_above_fifo == int(local[1])
