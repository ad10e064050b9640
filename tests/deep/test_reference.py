"""This tree gives the committed reference."""

import subprocess

from support.run import TOP


def test_the_reference_is_what_this_tree_gives():
    done = subprocess.run(["make", "-s", "check-reference"], cwd=TOP, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "in every figure and word" in done.stdout
