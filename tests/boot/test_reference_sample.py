"""The first of the reference's boots, which `make check-reference` and the deep check run whole: what it gives is
what is committed. Other tests read the committed figures as those of this tree."""

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
