"""The mark of tests that ask herd7, which is not there until it was fetched."""

import pytest

from verify import herd

needs_herd = pytest.mark.skipif(not herd.version(), reason="herd7 is not there: make setup-prove")
