"""The committed reference: a change in a figure or a word of it is seen, another picture is not a change."""

import re
import shutil

import pytest
from support.run import TOP

from tools import reference


@pytest.fixture
def copy(tmp_path):
    return shutil.copytree(reference.REFERENCE, tmp_path / "reference")


def changed(copy, name, old, new):
    """The differences that are named after `old` became `new` in a file."""
    before = reference.files(copy)
    path = copy / name
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    return reference.differences(reference.files(copy), before)


@pytest.mark.parametrize("name,old,new", [
    ("trials.csv", b",pass,", b",fail,"), ("summary.csv", b"ticket", b"tickets"), ("report.md", b"on 8 harts", b"on 9 harts"),
    ("report.html", b"on 8 harts", b"on 9 harts"), ("report.html", b"What this cannot tell", b"What it cannot tell"),
    ("report.html", b'<td class="number"', b'<td class="word"'), ("run.json", b'"seed": 1', b'"seed": 2')])
def test_a_changed_figure_or_word_is_seen(copy, name, old, new):
    said, = changed(copy, name, old, new)
    assert said.startswith(f"{name}: differs from line ")


def test_other_bytes_of_a_picture_are_no_change_but_a_missing_picture_is(copy):
    assert changed(copy, "plots/cycles.png", b"PNG", b"png") == changed(copy, "plots/cycles.svg", b"<path", b"<g") == []
    assert changed(copy, "report.html", b"<path", b"<g") == []
    before = reference.files(copy)
    (copy / "plots/cycles.png").unlink()
    assert reference.differences(reference.files(copy), before) == ["plots/cycles.png: not made any more"]


def test_a_difference_is_named_by_file_and_line():
    old = {"a.csv": b"x\n1\n2\n", "gone": b"", "same": b"z"}
    new = {"a.csv": b"x\n1\n3\n", "new": b"", "same": b"z"}
    assert reference.differences(new, old) == [
        "a.csv: differs from line 3 on", "gone: not made any more", "new: missing"]


def test_the_readme_quotes_its_verdict_and_shows_its_plot():
    readme = reference.README.read_text()
    assert reference.quote(readme, (reference.REFERENCE / "report.md").read_text()) == readme
    for path in re.findall(r"\((results/reference/[\w./-]+)\)", readme):
        assert (TOP / path).exists(), path


def test_what_depends_on_the_computer_is_not_in_it():
    text = b"".join(reference.files(reference.REFERENCE).values())
    for word in (b"load_at_start", b"machine_sha256", str(TOP).encode(), b"/tmp/", b"image_sha256"):
        assert word not in text, word
