"""The documentation is true: columns, record keys, options, commands."""

import re
import subprocess
from pathlib import Path

from support.documents import documented
from support.run import TOP

from hartlock.figures.columns import header
from hartlock.figures.row_types import Context, SampleRow, SummaryRow, TrialRow, WaitRow
from hartlock.cli.main import parsers


def test_every_column_is_documented_in_order():
    both = documented("reference/columns.md", "Columns of all files")
    assert both == header(Context)
    assert both + documented("reference/columns.md", "Columns of samples.csv") == header(SampleRow)
    assert both + documented("reference/columns.md", "Columns of trials.csv") == header(TrialRow)
    assert both + documented("reference/columns.md", "Columns of waits.csv") == header(WaitRow)
    assert both + documented("reference/columns.md", "Columns of summary.csv") == header(SummaryRow)


OF_FAULTS = ("test_faults", "test_ends", "test_hang", "test_noise", "test_abuse", "test_fuzz")
OF_NO_FAULT = {"test_the_host_knows_where_the_kernel_keeps_what", "test_memory_that_makes_no_sense_is_not_shown",
               "test_the_records_are_documented", "test_words_that_are_none_are_a_record_error",
               "test_on_a_terminal_there_is_a_bar_and_the_csv_comes_last"}


def names_in(stem):
    """The tests of tests/*/STEM.py."""
    text = "".join(path.read_text() for path in (TOP / "tests").glob(f"*/{stem}.py"))
    return set(re.findall(r"^def (test_\w+)", text, re.MULTILINE))


def test_every_fault_has_its_test_and_every_test_its_fault():
    named = {}
    rows = [line for line in (TOP / "docs/trust/faults.md").read_text().splitlines() if line.startswith("| ") and "test_" in line]
    for row in rows:
        for part in row.split("|")[3].split(";"):
            stem, _, names = part.strip().partition(": ")
            named.setdefault(stem, set()).update(names.split(", "))
    for stem, names in named.items():
        assert names <= names_in(stem), stem
    for stem in OF_FAULTS:
        assert names_in(stem) - named[stem] <= OF_NO_FAULT, stem


def test_every_injected_fault_is_documented():
    known = set(re.findall(r'\{"([\w-]+)", \w+\}', (TOP / "kernel/inject.c").read_text()))
    text = (TOP / "docs/trust/faults.md").read_text().split("## Faults")[1]
    assert len(known) == 8 and all(f"`{fault}`" in text or f"`inject={fault}`" in text for fault in known)


def test_the_readme_has_the_two_commands_ci_runs():
    text = (TOP / "README.md").read_text()
    marked = text.split("<!-- the two commands -->\n")[1].split("<!-- end -->")[0]
    assert [line[4:] for line in marked.splitlines() if line.startswith("    ")] == [
        "./run-bench.sh --setup --smp 8 --lock cas", "./run-bench.sh --setup check"]


def test_every_option_in_the_docs_exists():
    known = {o for p in parsers() for action in p._actions for o in action.option_strings}
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]:
        for line in re.findall(r"^.*run-bench\.sh.*$", path.read_text(), re.MULTILINE):
            ours = line.split(" -- ")[0]
            assert set(re.findall(r"(?<=\s)--[a-z-]+", ours)) <= known, (path, line)


def test_every_make_target_in_the_docs_exists():
    makefiles = "".join(p.read_text() for p in (TOP / "Makefile", *TOP.glob("*/*.mk")))
    targets = set(re.findall(r"^\.PHONY: (.*)$", makefiles, re.MULTILINE))
    targets = {word for line in targets for word in line.split()}
    for path in [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]:
        for words in re.findall(r"`make ([a-z -]+)[^`]*`", path.read_text()):
            assert set(words.split()) <= targets, (path, words)


def folders(inside):
    """The names of the committed folders of `inside` that hold files."""
    listed = subprocess.run(["git", "ls-files", "--", inside], cwd=TOP, check=True, capture_output=True, text=True, timeout=30).stdout
    below = [Path(line).relative_to(inside).parts for line in listed.splitlines()]
    return {parts[0] for parts in below if len(parts) > 1 and not parts[0].startswith(".")}


def test_every_folder_and_every_package_is_in_the_architecture():
    assert set(documented("architecture.md", "The folders")) == folders(".") - {"docs"}
    assert set(documented("architecture.md", "The host's packages")) == folders("host/hartlock")


def test_make_help_lists_the_targets():
    out = subprocess.run(["make", "-s", "help"], cwd=TOP, check=True, capture_output=True, text=True, timeout=30).stdout
    for target in ("all", "setup", "check", "qemu", "qemu-gdb", "asm", "clean", "bench-self", "setup-prove", "prove", "prove-models"):
        assert re.search(rf"^{target} ", out, re.MULTILINE), target
