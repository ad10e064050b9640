"""The strategies that rely on the eventual success of SC get on, however many harts want the word."""

import platform

import pytest
from support.run import run_bench

HERE = {"cas", "lrsc"} if platform.machine() == "riscv64" else {"cas"}  # `lrsc` is made of RISC-V's instructions
PASSES = ("ops_total", "latency_ops", "audit_ops")


@pytest.mark.deep
@pytest.mark.parametrize("engine", ["model", "tcg", "native"])
@pytest.mark.parametrize("harts", [8, 64])
def test_cas_and_lrsc_get_on(tmp_path, engine, harts):
    """A hart may starve, and harts that share a processor get no turn: so their operations count together. The model's
    harts all run, and there each of them gets on."""
    of_model = ("--machine", "generic-8" if harts == 8 else "mesh-64", "--model-duration", "100")
    windows = of_model if engine == "model" else ("--duration", "20", "--warmup", "5")
    done = run_bench(tmp_path / "run", "--engine", engine, "--smp", str(harts), "--lock", "cas,lrsc", "--trials", "1", *windows,
                     "--time-limit", "120", quick=False, timeout=500)
    rows = [row for row in done.rows("samples.csv") if row["role"] == "candidate" and row["harts"] == str(harts)]
    for strategy in HERE if engine == "native" else ("cas", "lrsc"):
        mine = [row for row in rows if row["strategy"] == strategy]
        assert len(mine) == harts and {row["check"] for row in mine} == {"pass"}
        for key in PASSES:
            counts = [int(row[key] or 0) for row in mine]
            assert min(counts) > 0 if engine == "model" else sum(counts) > 4 * harts, (strategy, key, counts)
