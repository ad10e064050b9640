"""`make check-changed` runs the tests of the folders that changed."""

import pytest
from support.run import TOP
from tools import changed


@pytest.mark.parametrize("paths,tests", [
    (["model/l1.c"], ["tests/unit", "tests/c", "tests/boot"]), (["docs/words.md", "README.md"], ["tests/unit"]),
    (["tests/faults/test_hang.py"], ["tests/faults"]), (["Makefile"], [f"tests/{name}" for name in changed.ALL]),
    (["tests/support/run.py"], [f"tests/{name}" for name in changed.ALL]), ([], [])])
def test_folders_of_tests(paths, tests):
    assert changed.folders(paths) == tests


def test_every_folder_of_sources_has_its_tests():
    sources = {path.parent.relative_to(TOP).parts[0] for path in TOP.glob("[a-z]*/**/*.[chS]")} - {"build", "tests", "results"}
    assert sources <= set(changed.NEEDED_BY) and all((TOP / "tests" / name).is_dir() for name in changed.ALL)
