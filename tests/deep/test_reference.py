"""This tree gives the committed reference, and a change in it is seen."""

import re
import subprocess

from support.run import TOP

from tools import reference


def test_the_reference_is_what_this_tree_gives():
    done = subprocess.run(["make", "-s", "check-reference"], cwd=TOP, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in every figure and word" in done.stdout


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
    for word in (b"load_at_start", b"plugin_sha256", str(TOP).encode(), b"/tmp/", b"image_sha256"):
        assert word not in text, word
