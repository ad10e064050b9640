"""Damaged results folders: no command ends in a traceback, and no verdict comes from a damaged cell.

FUZZ_FOLDERS says how many are damaged, and FUZZ_FIRST the seed of the first; `make fuzz-folders RUNS=100000 FIRST=0` sets them.
"""

import csv
import json
import os
import random
import re
import shutil

from support.run import run_here
from support.synthetic import around, folder_of

from hartlock.base import intervals
from hartlock.folder import reader
from hartlock.folder.csv_rows import FILES
from hartlock.report import plots

RUNS, FIRST = int(os.environ.get("FUZZ_FOLDERS", "150")), int(os.environ.get("FUZZ_FIRST", "0"))
TEXTS = ["", "", "", "nan", "NaN", "inf", "-1", "-0.5", "1.5", "1e999", "0x10", "x", "\x1b[31m", "é", '"', "9" * 400]
JSONS = [None, 1.5, "x", [], {}, [None], [[]], {"a": None}, True, [{"engine": None}], [{"engine": [], "machine": {}}], {"processor": [1]}]
REFUSALS = ("The data cannot decide", "None: everything", "No lock")
RIGHT = re.compile("Take mcs|Take .* too close to call")


def cell(rng, rows, text):
    row = rng.randrange(1, len(rows))
    rows[row][rng.randrange(len(rows[row]))] = text


def damage_table(rng, path):
    """Damages a CSV file in one of several ways."""
    way = rng.randrange(8)
    if way == 0:
        data = path.read_bytes()
        path.write_bytes(data[:rng.randrange(len(data))])
        return
    with open(path, newline="", encoding="utf-8") as f:
        rows = list(csv.reader(f))
    if way == 1:
        column = rng.randrange(len(rows[0]))
        rows = [row[:column] + row[column + 1:] for row in rows]
    elif way == 2:
        del rows[rng.randrange(1, len(rows))]
    elif way == 3:
        rows.insert(1, list(rng.choice(rows[1:])))  # it stands there twice
    elif way == 4:
        rng.choice(rows).append("1")
    elif way == 5:
        rows = [row + row[-1:] for row in rows]
    else:
        cell(rng, rows, rng.choice(TEXTS))
    with open(path, "w", newline="", encoding="utf-8") as f:
        csv.writer(f).writerows(rows)


def damage_json(rng, path):
    """Damages run.json: another value of a key, a deep one, or a file that is cut."""
    known = json.loads(path.read_text())
    key = rng.choice(["status", "command", "started", "ended", "plan", "commit", "host", "sessions", "sweep", "merged", "qemu"])
    text = json.dumps({**known, key: rng.choice(JSONS)})
    deep = rng.choice([5, 900, 100_000])
    path.write_text(rng.choice([text, text, text, text[:rng.randrange(len(text))], f'{{"{key}": {"[" * deep}{"]" * deep}}}']))


def said(*words):
    """Returns a command that is done. It may refuse; an exception of any kind fails the test."""
    done = run_here(*words)
    assert done.returncode in (0, 1, 2), done
    assert "\x1b" not in done.stdout + done.stderr
    return done


def remember(monkeypatch, module, name, key):
    """Makes a pure function remember its answers: most files and figures of a folder are not damaged, and the same in all of them."""
    known, function = {}, getattr(module, name)

    def asked(*args):
        of = key(*args)
        if of not in known:
            if len(known) > 5000:
                known.clear()
            known[of] = function(*args)
        return known[of]

    monkeypatch.setattr(module, name, asked)


def test_no_damaged_folder_gives_a_traceback_or_a_verdict(tmp_path, monkeypatch):
    monkeypatch.setattr(plots, "PLOTS", {})  # a drawing takes a second, and decides nothing
    remember(monkeypatch, reader, "read_rows", lambda path, of: (of, path.read_bytes() if path.is_file() else path))
    remember(monkeypatch, intervals, "median_ci", lambda values, boots=None: (tuple(values), tuple(boots or ())))
    whole = folder_of(tmp_path / "whole", {("mcs", 4): around(260), ("ticket", 4): around(400), ("tas", 4): around(900)}, boots=3, trials=1)
    folder_of(whole, {("null", 4): around(50)}, boots=3, trials=1, append=True, role="control")
    (whole / "run.json").write_text(json.dumps({
        "status": "complete", "command": ["./run-bench.sh"], "host": {"processor": "p"}, "plan": {"smp": 4}, "commit": "c",
        "sessions": [{"engine": "model", "machine": "generic-8", "machine_profile": "harts = 8"}]}))
    assert said("advise", whole).stdout.startswith("Take mcs:")
    for seed in range(FIRST, FIRST + RUNS):
        rng = random.Random(seed)
        folder = tmp_path / "damaged"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(whole, folder)
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            try:
                name = rng.choice([*FILES, "trials.csv", "summary.csv", "run.json"])
                (damage_json if name == "run.json" else damage_table)(rng, folder / name)
            except (ValueError, csv.Error, IndexError, AttributeError, TypeError, RecursionError):
                pass  # it is damaged too much already
        advice = said("advise", folder, "--no-measure")
        assert advice.returncode == 2 or advice.stdout.startswith(REFUSALS) or RIGHT.match(advice.stdout), (seed, advice.stdout)
        if seed % 5 == 0:
            shutil.rmtree(tmp_path / "merged", ignore_errors=True)
            said("collect", whole, folder, "--out", tmp_path / "merged")
        report = said("report", folder)
        assert report.returncode == 2 or "### Take" not in (text := (folder / "report.md").read_text()) or RIGHT.search(text.replace("\n", " ")), seed
        gate = said("compare", whole, folder, "--fail-if-worse", 1)
        if "Take mcs:" not in advice.stdout:
            assert gate.returncode != 0, (seed, advice.stdout, gate.stdout)
