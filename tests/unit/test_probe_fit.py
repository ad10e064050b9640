"""The probe's fits: topologies of measurements with noise, numbers below the model's least."""

import subprocess
import tomllib

import numpy as np
import pytest
from support.records import bucket
from support.run import TOP, run_bench

from hartlock.cli.probe import parser
from hartlock.probe import fit, profile
from hartlock.probe.measured import Measure, Probe
from hartlock.probe.topology import topology
from hartlock.records.histogram import Histogram

BASE = TOP / "model/machines/generic-8.toml"


def test_without_matplotlib_one_sentence(tmp_path):
    (tmp_path / "none").mkdir()
    (tmp_path / "none/matplotlib.py").write_text("raise ImportError\n")
    (tmp_path / "none/sitecustomize.py").write_text(f"import sys; sys.path.insert(0, {str(tmp_path / 'none')!r})\n")
    code = ("import sys; sys.path[:0] = sys.argv[1:3]; from hartlock.probe import measured, view; from pathlib import Path;"
            "print(view.heat_map(measured.Probe(2), Path('never.png'), ''))")
    out = subprocess.run(["/usr/bin/python3", "-c", code, str(tmp_path / "none"), str(TOP / "host")], check=True,
                         capture_output=True, text=True, timeout=60, cwd=tmp_path).stdout
    assert out == "no heat map: Python has no matplotlib here (Debian package python3-matplotlib).\n"
    assert not (tmp_path / "never.png").exists()


@pytest.mark.parametrize("engine,words", [("board", "--print-plan says what to ask of a board"), ("tcg", "translated code")])
def test_engines_that_cannot_be_started_are_refused_by_name(tmp_path, engine, words):
    done = run_bench(tmp_path / "run", "probe", "--engine", engine, quick=False, here=True)
    assert done.status == 2 and f"--engine {engine}" in done.err and words in done.err
    assert not done.folder.exists()


def test_every_option_is_documented():
    text = (TOP / "docs/ports/probe.md").read_text()
    for option in {o for a in parser()._actions for o in a.option_strings} - {"-h", "--help"}:
        assert f"`{option}" in text, option


def measured(harts, cost):
    """A Probe whose dirty load from hart b to hart a costs cost(a, b), and whose clock costs 2."""
    p = Probe(harts)
    for kind, a, b, cycles in [("clock", 0, 0, 2), ("loop", 0, 0, 0), ("load", 0, 0, 3),
                               *(("dirty", a, b, 2 + cost(a, b)) for a in range(harts) for b in range(harts) if a != b)]:
        p.add(Measure(kind, a, b, 1, Histogram(1, cycles, cycles, cycles, {cycles if cycles < 32 else bucket(cycles): 1})))
    return p


def test_a_board_whose_harts_lines_come_nearly_as_fast_as_the_shared_cache_is_measured():
    """openC910 has 61 cycles and 50: no prefetcher of its own has brought another hart's line."""
    p = measured(4, lambda a, b: 61)
    p.real = True
    p.add(Measure("shared", 0, 0, 1, Histogram(20, 52 * 20, 52, 52, {bucket(52): 20})))
    for m in [m for m in p.measures.values() if m.kind == "dirty"]:
        p.add(Measure("dirty", m.a, m.b, 1, Histogram(20, 63 * 20, 63, 63, {bucket(63): 20})))
    assert p.cost("dirty", 0, 1) == pytest.approx(61, rel=0.02) and topology(p).size == 4


def test_a_noisy_single_cluster_is_one_cluster():
    t = topology(measured(6, lambda a, b: 200 + (a * 7 + b) % 3))
    assert (t.size, t.hop) == (6, 0)


def test_a_noisy_mesh_is_still_a_mesh():
    noise = np.random.default_rng(1)
    t = topology(measured(16, lambda a, b: 100 + 40 * (abs(a // 4 % 2 - b // 4 % 2) + abs(a // 8 - b // 8)) + int(noise.integers(3))))
    assert (t.size, t.columns) == (4, 2)
    assert (t.transfer, t.hop) == (pytest.approx(101, abs=1.5), pytest.approx(20, rel=0.05))


def test_banks_near_the_first_cluster_alone_are_found():
    """The way of a request goes by the bank: to it from the reader, from it to the owner, and from there to the reader."""
    t = topology(measured(8, lambda a, b: 60 + 10 * (b // 4 + a // 4 + abs(a // 4 - b // 4))))
    assert (t.size, t.homes, t.transfer, t.hop) == (4, 1, pytest.approx(60), pytest.approx(10))


def test_a_number_below_the_models_least_is_raised_and_said():
    text = profile.write({"branch": fit.Found(0.25, "a loop"), "l1_load": fit.Found(0.25, "a load")}, "generic-8",
                         BASE.read_text(), "a test")
    assert "l1_load = 1  # measured: probed: a load; 0.25, and the model's least is 1" in text
    assert (tomllib.loads(text)["l1_load"], tomllib.loads(text)["branch"]) == (1, 0.2)
