"""A message names the true cause, or none: it does not guess."""

import subprocess

import pytest
from support.run import run_here
from support.synthetic import around, folder_of

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.engine import model
from hartlock.engine.qemu import command
from hartlock.plan.strategies import Strategy


@pytest.mark.parametrize("comment,said", [
    ("/* mine: a lock that fits a line.\n *\n * Fairness none. */\n", "a lock that fits a line"),
    ("/* mine: a lock of v1.2 whose sentence is longer\n * than a line, e.g. of two. A second one.\n *\n * Space 4 bytes.\n */\n",
     "a lock of v1.2 whose sentence is longer than a line, e.g. of two"),
    ("/* mine: a lock whose sentence is longer\n * than a line\n *\n * Space 4 bytes.\n */\n", "a lock whose sentence is longer than a line"),
    ("/* mine: a lock */\nint x;\n", "a lock")])
def test_a_strategy_is_listed_by_its_whole_first_sentence(tmp_path, comment, said):
    (tmp_path / "mine.h").write_text(comment)
    assert Strategy("mine", False, tmp_path / "mine.h").summary() == said


def test_a_ranking_of_nothing_has_no_heading_of_one(tmp_path):
    folder = folder_of(tmp_path / "run", {("mcs", 8): around(260)}, check={"mcs": "fail"})
    said = run_here("advise", folder).stdout
    assert said.startswith("None: everything") and "\nRanked by" not in said and "\nNothing is left to rank by" in said


def test_a_compiler_that_cannot_be_run_lacks_no_library(monkeypatch):
    def cannot(*_, **__):
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(toolchain.subprocess, "run", cannot)
    with pytest.raises(UsageError, match="^riscv64-unknown-elf-gcc cannot be run: Too many open files$"):
        toolchain.check(kernel=True)


def test_a_compiler_that_fails_is_quoted(tmp_path, monkeypatch):
    (tmp_path / "my-gcc").write_text("#!/bin/sh\necho no licence >&2\nexit 3\n")
    (tmp_path / "my-gcc").chmod(0o755)
    monkeypatch.setenv("CROSS_COMPILE", f"{tmp_path}/my-")
    with pytest.raises(UsageError, match="my-gcc -print-file-name=picolibc.specs ended with status 3: no licence"):
        toolchain.check(kernel=True)


def test_firmware_lies_where_qemu_says(tmp_path, monkeypatch):
    """A QEMU that is started by a script has its files elsewhere."""
    (tmp_path / "bin").mkdir()
    script, there = tmp_path / "bin" / toolchain.QEMU, tmp_path / "there"
    script.write_text(f"#!/bin/sh\necho {there}\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{script.parent}:/usr/bin:/bin")
    with pytest.raises(UsageError, match="missing: OpenSBI for QEMU"):
        toolchain.check(qemu=True)
    there.mkdir()
    (there / toolchain.FIRMWARE).touch()
    toolchain.check(qemu=True)


def test_a_machine_that_is_killed_is_no_fault_of_the_profile(tmp_path, monkeypatch):
    monkeypatch.setattr(model.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess((), -9, "", ""))
    with pytest.raises(UsageError, match="was killed by signal 9 when it was to check"):
        model._check(tmp_path / "mine.toml", tmp_path / "mine.toml")


def test_a_comma_in_a_path_does_not_end_it(tmp_path):
    words = command(tmp_path, 1, "", "rv64", (), tmp_path / "a,b" / "qmp")
    assert f"unix:{tmp_path}/a,,b/qmp,server=on,wait=off" in words
