"""Several locks of a kind, each with a heap of its own: one of them for each operation, or two at once."""

import pytest
from support.run import run_bench
from tools.simulate import simulate

from hartlock.plan import strategies

MANY = ("--engine", "model", "--smp", "4", "--hold", "20", "--trials", "1", "--model-duration", "40")
LOCKS = [name for name, strategy in strategies.known().items() if not strategy.lockfree and name not in ("null", "indirect")]


def measured(folder, *args):
    return run_bench(folder, *MANY, *args, quick=False)


def zipf(locks):
    """The share of the first one of so many locks."""
    return 1 / sum(1 / k for k in range(1, locks + 1))


@pytest.mark.parametrize("choose,share", [("even", 1 / 16), ("zipf", zipf(16)), ("nested", 1 / 16)])
def test_locks_are_chosen_as_asked_for_and_each_is_checked(choose, share, tmp_path):
    done = measured(tmp_path, "--lock", "mcs", "--locks", "16", "--choose", choose, "--touch", "2")
    assert done.status == 0, done.out
    row, control = done.row("mcs", 4, "model"), done.row("null", 4, "model")
    assert (row["check"], row["locks"], row["choose"], row["touch_lines"], row["proof"]) == ("pass", "16", choose, "2", "none")
    assert float(row["busiest_lock_share_median"]) == pytest.approx(share, rel=0.25)
    assert 0 < float(row["contended_share_median"]) < 0.6
    assert control["check"] == "fail" and float(control["lost_updates_share_median"]) > 0
    assert "sections were counted" in done.out and "line(s) each" in done.out and "two owners at once" in done.out
    assert "variant=many" in (tmp_path / "run/uart.log").read_text()
