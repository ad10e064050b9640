"""Clusters of harts: told by the device tree, asked for, or the model's own."""

import pytest
from support.run import run_bench

# --- clusters ---

NUMA = ("--", *(word for n, cpus in enumerate(("0-1", "2-3")) for word in (
    "-object", f"memory-backend-ram,id=m{n},size=128M", "-numa", f"node,memdev=m{n},cpus={cpus}")))


@pytest.mark.deep
def test_clusters_are_those_of_the_device_tree(bench):
    """QEMU's virt machine has a cluster for each NUMA node."""
    done = bench("--smp", "4", "--harts", "2,3,4", "--lock", "cna", "--trials", "1", *NUMA)
    assert done.status == 0, done.out
    assert [done.row("cna", n)["clusters"] for n in (2, 3, 4)] == ["1", "2", "2"]
    assert done.session()["boot"]["clusters"] == 2


def test_clusters_can_be_asked_for(bench):
    done = bench("--smp", "4", "--harts", "1,2,4", "--lock", "cna", "--trials", "1", "--clusters", "2")
    assert [done.row("cna", n)["clusters"] for n in (1, 2, 4)] == ["1", "1", "2"]
    assert b" clusters=2 " in done.log


def test_an_unequal_number_of_clusters_is_refused(bench):
    done = bench("--smp", "8", "--clusters", "3")
    assert done.status == 2 and "do not make 3 equal clusters" in done.err


@pytest.mark.deep
def test_the_model_tells_the_truth_about_its_machine(tmp_path):
    """generic-8 has two clusters of four harts. A cna that is told of them does better, because the
    lines of a section stay in the cluster."""
    def cna(name, *args):
        done = run_bench(tmp_path / name, "--engine", "model", "--smp", "8", "--harts", "4,8", "--lock", "cna", "--think", "0",
                         "--touch", "16", "--trials", "1", *args)
        assert done.status == 0, done.out
        return done.row("cna", 4, "model"), done.row("cna", 8, "model")

    known, told, hidden = cna("known"), cna("told", "--clusters", "2"), cna("hidden", "--clusters", "1")
    assert [row["clusters"] for row in known] == ["1", "2"] and [row["clusters"] for row in hidden] == ["1", "1"]
    assert float(known[1]["same_cluster_share_median"]) > 0.9 and hidden[1]["same_cluster_share_median"] == ""
    cycles = [float(rows[1]["cycles_per_op_median"]) for rows in (known, told, hidden)]
    assert cycles[0] == cycles[1] < cycles[2]
