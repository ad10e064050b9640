"""The recorded logs are still what the kernel says."""

import pytest
from support.logs import keys_of, recorded


@pytest.mark.parametrize("name", ["run", "board"])
def test_the_kernel_s_records_have_the_keys_of_the_recorded_ones(all_on_two, name):
    today, then = keys_of(all_on_two.log), keys_of(recorded(name))
    assert {kind: keys - today.get(kind, set()) for kind, keys in then.items() if keys - today.get(kind, set())} == {}, "make record-logs"
    assert {kind: today[kind] - keys for kind, keys in then.items() if today[kind] - keys} == {}, "make record-logs"
    assert {"boot", "asked", "hart", "plan", "pass", "share", "hist", "audit", "trial", "end"} <= set(then)
