"""The CSV files as a user reads them, with pandas, R or gnuplot."""

import re
import shlex
import shutil
import subprocess

import pandas
import pytest
from support.run import TOP
from support.synthetic import cells, folder_of

from hartlock.figures.columns import header
from hartlock.figures.row_types import SampleRow, SummaryRow


def test_pandas_reads_both_files_without_options(all_on_two):
    summary = pandas.read_csv(all_on_two.folder / "summary.csv")
    samples = pandas.read_csv(all_on_two.folder / "samples.csv")
    assert list(summary.columns) == header(SummaryRow)
    assert list(samples.columns) == header(SampleRow)
    assert summary["cycles_per_op_median"].dtype == float
    assert (all_on_two.folder / "summary.csv").read_bytes().count(b"\r\n") == len(summary) + 1
    one = samples[(samples.strategy == "ttas") & (samples.harts == 2) & (samples.repetition == 1)]
    assert list(one.hart) == [0, 1]


def test_samples_and_summary_agree(all_on_two):
    samples = pandas.read_csv(all_on_two.folder / "samples.csv")
    ttas = samples[(samples.strategy == "ttas") & (samples.harts == 2)]
    per_trial = ttas.groupby("trial").throughput_ops_per_second.sum()
    assert float(all_on_two.row("ttas", 2)["throughput_ops_per_second_median"]) == pytest.approx(
        per_trial.median(), rel=1e-4)
    assert float(all_on_two.row("ttas", 2)["ops_window_total"]) == ttas.ops_window.sum()


def test_the_lines_of_the_docs_run(tmp_path):
    """The document's one-liners for pandas, R and gnuplot run, as far as the programs are installed."""
    folder = folder_of(tmp_path / "latest", cells(4, ticket=300, mcs=250))
    text = (TOP / "docs/use/collect.md").read_text()
    lines = {m[1]: m[0] for m in re.finditer(r"^    (python3|Rscript|gnuplot) .*(?:\n      .*)*$", text, re.M)}
    assert set(lines) == {"python3", "Rscript", "gnuplot"}
    for program, line in lines.items():
        words = shlex.split(line.strip().replace("results/latest", str(folder)))
        words[0] = {"python3": "/usr/bin/python3"}.get(program, program)
        if shutil.which(words[0]):
            done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0 and ("ticket" in done.stdout or "ticket" in done.stderr), (program, done.stdout, done.stderr)
    assert pandas.read_csv(folder / "summary.csv").strategy.tolist() == ["ticket", "mcs"]
