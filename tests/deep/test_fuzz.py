"""The fuzzer of the device tree's parser: a short run of `make fuzz`, and that it finds what there is to find."""

import shutil
import subprocess

import pytest
from support.run import TOP

SHORT = 50_000
NEEDED = ("tools/fuzz", "tests/c/trees", "kernel")


def fuzz(top, folder, runs):
    return subprocess.run([top / "tools/fuzz/run", folder, str(runs)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=200, check=False)


def test_no_tree_that_is_made_up_does_harm(tmp_path):
    done = fuzz(TOP, tmp_path / "fuzz", SHORT)
    assert done.returncode == 0, done.stderr
    assert f"stat::number_of_executed_units: {SHORT}" in done.stderr
    # Inputs that reach new code were found, so the parser lets them in.
    assert len(list((tmp_path / "fuzz/found").iterdir())) > 100


@pytest.mark.parametrize("file,right,wrong,words", [
    ("kernel/fdt.c", "return offset <= size && len <= size - offset;", "return offset <= size && len <= size;",
     "heap-buffer-overflow"),
    ("kernel/ranges.c", "if (last_of(r) < from)", "if (last_of(r) > from)", "SUMMARY: "),
], ids=["bounds", "heap"])
def test_a_planted_mistake_is_found(tmp_path, file, right, wrong, words):
    for folder in NEEDED:
        shutil.copytree(TOP / folder, tmp_path / folder)
    source = tmp_path / file
    assert right in source.read_text()
    source.write_text(source.read_text().replace(right, wrong))
    done = fuzz(tmp_path, tmp_path / "fuzz", 2_000_000)
    assert done.returncode != 0
    assert words in done.stderr, done.stderr[-2000:]
