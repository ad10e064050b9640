"""Links and tables of the documentation are whole, and every document that a source names exists."""

import re
from pathlib import Path

import pytest
from support.run import TOP

FOLDERS = ("alloc", "bench", "docs", "host", "kernel", "linker", "lock", "machine", "model", "native", "results/reference", "tests", "tools", "verify")
SOURCES = {".c", ".cpp", ".def", ".h", ".html", ".ld", ".md", ".mk", ".py", ".S", ".toml"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)}|linker)/[\w./*-]*\w)/?`")  # as documents write it
NAMED = re.compile(r"\bdocs/[\w./-]*\w")


def tree():
    """Returns every text file of the project, at its top and in its folders."""
    below = (path for folder in FOLDERS for path in (TOP / folder).rglob("*") if path.suffix in SOURCES)
    return sorted({path for path in (*TOP.iterdir(), *below) if path.is_file()})


def documents():
    return [path for path in tree() if path.suffix == ".md"]


def prose(document: Path) -> str:
    """Returns the document's text without its blocks of code, which hold no links and no headings."""
    return re.sub(r"^```.*?^```$", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(document: Path) -> set[str]:
    """Returns the names by which GitHub links to the document's headings."""
    headings = re.findall(r"^#+ (.*)$", prose(document), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(document: Path) -> list[str]:
    """Returns the document's links that lead to no file, or to no heading of it."""
    found = []
    for link in LINK.findall(prose(document)):
        name, _, anchor = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        if ":" not in link and not (target.exists() and (not anchor or anchor in anchors(target))):
            found.append(link)
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(TOP)))
def test_every_link_leads_to_a_file_and_a_heading(document):
    assert broken(document) == []


def uneven_rows(document: Path) -> list[str]:
    """Returns the rows of the document's tables that have not as many cells as the row above them."""
    found, above = [], 0
    for line in prose(document).splitlines():
        cells = len(re.findall(r"(?<!\\)\|", line)) if line.lstrip().startswith("|") else 0
        if cells and above and cells != above:
            found.append(line)
        above = cells
    return found


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(TOP)))
def test_every_row_of_a_table_has_as_many_cells(document):
    assert uneven_rows(document) == []


def test_an_uneven_row_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("| a | b |\n|---|---|\n| 1 | 2 \\| 3 |\n| 1 | 2 | 3 |\n\n| c |\n|---|\n")
    assert uneven_rows(page) == ["| 1 | 2 | 3 |"]


def test_a_broken_link_is_found(tmp_path):
    (tmp_path / "there.md").write_text("# What it *is*, in short\n")
    page = tmp_path / "page.md"
    page.write_text("# A page\n[](there.md) [](there.md#what-it-is-in-short) [](#a-page) [](https://example.org/x)\n"
                    "[](gone.md) [](there.md#other)\n[](#nowhere)\n")
    assert broken(page) == ["gone.md", "there.md#other", "#nowhere"]


def test_every_document_that_a_source_names_exists():
    missing = [f"{path.relative_to(TOP)}: {name}" for path in tree()
               for name in NAMED.findall(path.read_text(encoding="utf-8", errors="replace")) if not (TOP / name).exists()]
    assert missing == []


def test_every_path_in_a_document_exists():
    missing = [f"{path.relative_to(TOP)}: {name}" for path in documents() for name in PATH.findall(prose(path))
               if "NAME" not in name and not any(TOP.glob(name))]
    assert missing == []


def test_every_document_is_linked_from_another():
    linked = {(path.parent / link.partition("#")[0]).resolve() for path in documents() for link in LINK.findall(prose(path))}
    docs = set((TOP / "docs").rglob("*.md"))
    assert docs - linked == set()
