"""Fixtures that the tests of the deep check share."""

import os

import pytest
from support.run import BUILDS


@pytest.fixture(scope="module", autouse=True)
def builds():
    """Here runs build what they need: other forms, compilers and trees than `make check` has built."""
    before = os.environ.get("HARTLOCK_PREBUILT")
    os.environ.update(BUILDS)
    yield
    os.environ.pop("HARTLOCK_PREBUILT")
    if before is not None:
        os.environ["HARTLOCK_PREBUILT"] = before
