"""`make peers`: its pairs are there, nothing of a peer is copied, and its ratios are above 1 where ours is better."""

import re
from types import SimpleNamespace

import pytest
from support.run import TOP
from tools.peers import pairs, peers

from hartlock.base.intervals import Estimate, Sample
from hartlock.plan import strategies

HEADERS = sorted((TOP / "tools/peers/lock").glob("*.h"))


def test_both_sides_of_every_pair_are_there():
    own = set(strategies.known()) | set(pairs.OURS_IN_RUST)
    assert {pair.ours for pair in pairs.PAIRS} <= own
    assert {pair.peer for pair in pairs.PAIRS} | set(pairs.OURS_IN_RUST) == {path.stem.replace("_", "-") for path in HEADERS} - {"peer"}


def test_a_peer_comes_as_it_is_installed():
    packages = (TOP / "host/packages.txt").read_text()
    assert all(re.search(rf"^deep +{pair.package} ", packages, re.M) for pair in pairs.PAIRS)
    for path in HEADERS:
        included = set(re.findall(r"^#include (.*)$", path.read_text(), re.M))
        assert included <= {'"peer.h"', '"port.h"', "<ck_spinlock.h>"}, path.name
        assert not re.search(r"Copyright|__asm__|ck_pr_", path.read_text()), path.name


def cells(**figures):
    """Returns cells of the two sides, each with one figure of six trials in two boots."""
    return {(name, column.harts): SimpleNamespace(sample=lambda _, v=value: Sample((v, v, v, v, v, v), (0, 0, 0, 1, 1, 1)))
            for name, value in figures.items() for column in peers.COLUMNS}


@pytest.mark.parametrize("column", peers.COLUMNS, ids=lambda c: c.title)
def test_a_ratio_is_above_1_where_ours_is_better(column):
    pair = pairs.Pair("peer", "ours", "package")
    good, bad = (1.0, 2.0) if column.lower else (2.0, 1.0)
    assert peers.better(pair, cells(ours=good, peer=bad), column) == Estimate(2, 2, 2)
    assert peers.better(pair, cells(ours=bad, peer=good), column) == Estimate(0.5, 0.5, 0.5)


def test_what_is_behind_and_what_has_no_ratio_is_said():
    assert peers.worded(Estimate(0.5, 0.4, 0.6)) == "0.50 [0.40, 0.60] **peer ahead**"
    assert peers.worded(Estimate(0.995, 0.99, 0.999)) == "0.99 [0.99, 1.00]"
    assert peers.worded(Estimate(1.5, 1.4, 1.6)) == "1.50 [1.40, 1.60]"
    assert peers.worded(Estimate(float("nan"), 0, 0)) == "–"
