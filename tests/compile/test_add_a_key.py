"""CONTRIBUTING.md's "Add a workload" and "Add a counter", done in a copy of the tree: what they name is all that
a new key and a new counter need."""

import csv
import os
import re
import shutil
import subprocess
from dataclasses import dataclass

from support.run import BUILDS, TOP

KEPT = ("null", "ticket")  # strategies of the copy: two are soon built


@dataclass(frozen=True)
class Edit:
    """Text that goes before the first match of `where` in `file`."""

    file: str
    where: str
    text: str


KEY = (
    Edit("bench/plan.def", r"^NUMBER\(duration_us,",
         'NUMBER(nap, WORK, 0, 10, 1000, FULL, nap_instructions, "instructions", "that a hart naps before each operation; 0: none")\n'),
    Edit("bench/variant_full.h", r"^\tif \(work->sizes != SIZES_FIXED\)\n\t\th->size = sizes_draw",
         "\tif (work->nap != 0)\n\t\thook_nap(work, h);\n"),
    Edit("bench/variant_full.h", r"^/\* Called before the operation",
         "static inline void hook_nap(const struct workload *work, struct hooks *h)\n{\n"
         "\tdelay((uint32_t)work->nap);\n\th->me->naps++;\n}\n\n"),  # the increment is the counter's
    Edit("host/hartlock/plan/workload_options.py", r"^\)\n\n# The type of each option",
         '    Option("nap", "INSTR", "instructions of a nap before each operation", "nap"),\n'),
)
COUNTER = (
    Edit("bench/counters.def", r"\n#undef COUNTER$", 'COUNTER(naps, CSV, "", "naps of `nap` that the hart took")\n'),
)


def apply(tree, edit):
    path = tree / edit.file
    text = path.read_text()
    at = re.search(edit.where, text, re.MULTILINE)
    assert at, (edit.file, edit.where)
    path.write_text(text[:at.start()] + edit.text + text[at.start():])


def copied(tmp_path):
    """A copy of the tree that has two strategies and one key and counter more."""
    tree = tmp_path / "tree"
    shutil.copytree(TOP, tree, ignore=shutil.ignore_patterns(".git", "build", "results", "tests", "__pycache__"))
    words = (tree / "lock/locks.def").read_text()
    kept = "".join(f"LOCK({name})\n" for name in KEPT)
    (tree / "lock/locks.def").write_text(words.split("LOCK(null)")[0] + kept)
    head, *tables = re.split(r"^(?=\[)", (tree / "lock/traits.toml").read_text(), flags=re.MULTILINE)
    (tree / "lock/traits.toml").write_text(head + "".join(t for t in tables if t[1:].split("]")[0] in KEPT))
    for edit in (*KEY, *COUNTER):
        apply(tree, edit)
    return tree


def rows(folder, name):
    with open(folder / name, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def test_a_key_and_a_counter_need_what_contributing_says_and_no_more(tmp_path):
    tree, out = copied(tmp_path), tmp_path / "out"
    done = subprocess.run(
        [str(tree / "run-bench.sh"), "--engine", "tcg", "--smp", "2", "--lock", "ticket", "--nap", "100", "--trials", "1",
         "--duration", "20", "--warmup", "2", "--out", str(out)], env={**os.environ, **BUILDS},
        capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    ticket = [row for row in rows(out, "samples.csv") if row["strategy"] == "ticket"]
    assert {row["nap_instructions"] for row in ticket} == {"100"}
    assert all(int(row["naps"]) >= int(row["ops_total"]) > 0 for row in ticket)
    total = next(row for row in rows(out, "summary.csv") if row["strategy"] == "ticket")
    assert int(total["naps_total"]) == sum(int(row["naps"]) for row in ticket)
    log = (out / "uart.log").read_text()
    assert " nap=100 " in log and "variant=full" in log and "variant=plain" not in log
    refused = subprocess.run([str(tree / "run-bench.sh"), "--nap", "9"], capture_output=True, text=True, timeout=60, check=False)
    assert refused.returncode == 2 and "from 10 to 1000" in refused.stderr
    shown = subprocess.run([str(tree / "run-bench.sh"), "--help-all"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert "--nap INSTR" in shown and "(default none)" in re.sub(r"\s+", " ", shown.split("--nap INSTR")[1])
    tables = "from tools.doc_schema import counter_table, plan_table; print(plan_table(), counter_table())"
    documented = subprocess.run(["/usr/bin/python3", "-c", tables], cwd=tree, env={**os.environ, "PYTHONPATH": "host:."},
                                capture_output=True, text=True, timeout=60, check=True).stdout
    assert "| `nap` | 0, 10 to 1000 | instructions | 0 |" in documented and "| `naps` | all |" in documented
