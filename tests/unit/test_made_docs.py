"""The parts of documents that are made from data: they are there, and not stale."""

import subprocess

import pytest
from support.run import TOP

from tools import docs
from tools.docs import Part

TEXT = "before\n<!-- some: made -->\nold\n<!-- end of some -->\nafter\n"


@pytest.mark.parametrize("part", docs.PARTS, ids=lambda part: f"{part.file}:{part.mark}")
def test_the_document_has_what_its_data_gives(part):
    assert docs.stale((part,)) == [], "make docs"


def test_a_stale_part_is_named_and_written(tmp_path):
    (tmp_path / "a.md").write_text(TEXT)
    parts = (Part("a.md", "some", lambda: "new\n"),)
    assert docs.stale(parts, tmp_path) == ["a.md: some"] and (tmp_path / "a.md").read_text() == TEXT
    assert docs.stale(parts, tmp_path, write=True) == ["a.md: some"]
    assert (tmp_path / "a.md").read_text() == TEXT.replace("old", "new") and docs.stale(parts, tmp_path) == []


@pytest.mark.parametrize("text", ["nothing", TEXT + TEXT, TEXT.replace("end of some", "end of other")])
def test_marks_that_are_not_there_once_are_an_error(tmp_path, text):
    (tmp_path / "a.md").write_text(text)
    with pytest.raises(SystemExit, match="a.md: the marks <!-- some: ... -->"):
        docs.stale((Part("a.md", "some", str),), tmp_path)


def test_make_docs_writes_nothing_that_is_written():
    done = subprocess.run(["make", "-s", "docs"], cwd=TOP, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == ""
