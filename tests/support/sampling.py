"""Samples a product of choices: the quick check takes some of it, the deep check all."""

import os

import pytest

DEEP = os.environ.get("HARTLOCK_DEEP") == "1"  # set by `make check-deep`


def sampled(names, cases, quick, ids=None, rest=pytest.mark.deep):
    """parametrize() over `cases`, each a tuple for several names; those for which
    quick(*case) is false carry the mark `rest`."""
    several = "," in names
    params = [pytest.param(*(case if several else (case,)), marks=() if quick(*(case if several else (case,))) else rest)
              for case in cases]
    return pytest.mark.parametrize(names, params, ids=ids)


def turns(quick, deep):
    """The number of repetitions: `quick`, or `deep` in the deep check."""
    return deep if DEEP else quick
