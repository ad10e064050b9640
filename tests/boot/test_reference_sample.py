"""The first of the reference's boots, which `make check-reference` and the deep check run whole: what it gives is
what is committed. Other tests read the committed figures as those of this tree."""

import json

from support.run import command, rows_of
from tools import reference

ELSEWHERE = {"run", "host_processors"}  # columns that tell where and when


def test_the_first_boot_gives_the_committed_rows(tmp_path):
    done = command(*reference.SWEEP, "--boots", "1", "--out", tmp_path / "run", timeout=400)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in ("trials.csv", "samples.csv"):
        committed = [row for row in rows_of(reference.REFERENCE, name) if row["boot"] == "1"]
        assert len(committed) > 70
        for mine, theirs in zip(rows_of(tmp_path / "run", name), committed, strict=True):
            assert {k: v for k, v in mine.items() if k not in ELSEWHERE} == {k: v for k, v in theirs.items() if k not in ELSEWHERE}


def test_the_reference_names_no_file_of_the_computer_that_made_it():
    """Else another checkout would not give it: a profile of the tree is named by its name alone."""
    (engine,) = json.loads((reference.REFERENCE / "run.json").read_text())["sweep"]["engines"]
    assert engine["machine"] == "any-8" and engine["machine_file"] == ""
