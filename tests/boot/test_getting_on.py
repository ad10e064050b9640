"""The strategies that rely on the eventual success of SC get on, however many harts want the word."""

import platform
import re

import pytest
from support.run import TOP, run_bench

# `lrsc` is made of RISC-V's instructions.
HERE = ["cas", "lrsc"] if platform.machine() == "riscv64" else ["cas"]
PASSES = ("ops_total", "latency_ops", "audit_ops")

pytestmark = pytest.mark.deep


def counts(folder, harts, *options):
    """The operations of each hart, by strategy and pass."""
    done = run_bench(folder / "run", "--smp", str(harts), "--lock", "cas,lrsc", "--trials", "1", *options, "--time-limit", "120",
                     quick=False, timeout=500)
    rows = [row for row in done.rows("samples.csv") if row["role"] == "candidate" and row["harts"] == str(harts)]
    assert {row["check"] for row in rows} == {"pass"}
    return {(s, key): [int(row[key] or 0) for row in rows if row["strategy"] == s]
            for s in dict.fromkeys(row["strategy"] for row in rows) for key in PASSES}


def machine(harts):
    return "generic-8" if harts == 8 else "mesh-64"


@pytest.mark.parametrize("harts", [8, 64])
def test_where_an_lr_keeps_its_line_every_hart_gets_on(tmp_path, harts):
    each = counts(tmp_path, harts, "--engine", "model", "--machine", machine(harts), "--model-duration", "100")
    assert len(each) == 2 * len(PASSES) and all(len(n) == harts and min(n) > 0 for n in each.values()), each


@pytest.mark.parametrize("harts", [8, 64])
def test_where_an_lr_keeps_nothing_some_hart_gets_on(tmp_path, harts):
    """The worst of machines: an LR takes a copy of its line, yields it at once, and most SCs fail."""
    text = (TOP / f"model/machines/{machine(harts)}.toml").read_text()
    worst = tmp_path / "worst.toml"
    worst.write_text(re.sub(r"^lr_hold = .*$", "lr_hold = 0\nlr_shares = true", text, count=1, flags=re.MULTILINE))
    each = counts(tmp_path, harts, "--engine", "model", "--machine", str(worst), "--model-duration", "100")
    assert len(each) == 2 * len(PASSES) and all(sum(n) > 2 * harts for n in each.values()), each
    assert any(4 * min(n) < max(n) for n in each.values()), each  # the machine is as bad as it was meant


@pytest.mark.parametrize("engine,names", [("tcg", ["cas", "lrsc"]), ("native", HERE)])
@pytest.mark.parametrize("harts", [8, 64])
def test_on_processors_some_hart_gets_on(tmp_path, engine, names, harts):
    """Harts that share a processor may have no turn in a window."""
    each = counts(tmp_path, harts, "--engine", engine, "--duration", "20", "--warmup", "5")
    assert list(each) == [(s, key) for s in names for key in PASSES] and all(sum(n) > 4 * harts for n in each.values()), each
