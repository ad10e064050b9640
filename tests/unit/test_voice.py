"""The house's voice: comments, docstrings and headings begin with a subject, so that a stranger can read them."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from support.run import TOP

FOLDERS = ("alloc", "bench", "docs", "host", "kernel", "linker", "lock", "machine", "model", "native", "tests", "tools", "verify")
C = {".c", ".h", ".S", ".ld", ".def", ".dts"}

# A text that begins with one of these leaves its subject to the reader: "Of the last grant.", "What it left."
LOOSE = re.compile(r"(of|what(ever)?|which(ever)?|who(ever|m|se)?|those|the same|how|why|in the midst|one (that|which|who|whose))\b", re.I)
# A text that begins with one of these is a clause, and needs a main clause behind a comma.
CLAUSE = re.compile(r"(as|from|when|whenever|where|wherever|if|while|until|because|since|unless|although)\b", re.I)
# A heading may name a clause that has a subject and a verb ("What it does not cover", "How a trial is measured").
HEADING = re.compile(r"(what|how|when|where|why) (?!(is|are|was|were)\b)[\w`]+ \w+", re.I)

C_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*(?P<comment>.*?)\*/', re.S)


class Said(NamedTuple):
    """A text, the place where it stands, and its kind: `docstring`, `comment`, `note` (behind code) or `heading`."""

    where: str
    kind: str
    text: str


def is_loose(said: Said) -> bool:
    sentence = re.split(r"(?<=[.?!:;])\s", said.text, maxsplit=1)[0]
    if sentence.endswith("?") or (said.kind == "heading" and HEADING.match(said.text)):
        return False
    if said.kind == "note":
        return bool(LOOSE.match(said.text))
    return bool(LOOSE.match(said.text)) or bool(CLAUSE.match(said.text) and "," not in sentence)


def docstrings(path: Path) -> Iterator[Said]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (text := ast.get_docstring(node)):
            yield Said(f"{path}:{getattr(node, 'lineno', 1)}", "docstring", " ".join(text.split()))


def python_comments(path: Path) -> Iterator[Said]:
    last = 0
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        line, column = token.start
        if token.type == tokenize.COMMENT:
            alone = not token.line[:column].strip()
            if not (alone and line == last + 1):  # a block's further lines begin no sentence
                yield Said(f"{path}:{line}", "comment" if alone else "note", token.string.lstrip("#! "))
            last = line if alone else 0


def c_comments(path: Path) -> Iterator[Said]:
    text = path.read_text(encoding="utf-8")
    for found in C_TEXT.finditer(text):
        if found["comment"] is not None:
            alone = not text[text.rfind("\n", 0, found.start()) + 1:found.start()].strip()
            yield Said(f"{path}:{text.count(chr(10), 0, found.start()) + 1}", "comment" if alone else "note",
                       " ".join(re.sub(r"\n\s*\*", " ", found["comment"]).split()))


def headings(path: Path) -> Iterator[Said]:
    prose = re.sub(r"^```.*?^```$", lambda code: "\n" * code[0].count("\n"), path.read_text(encoding="utf-8"), flags=re.M | re.S)
    for found in re.finditer(r"^#+ (.*)$", prose, re.MULTILINE):
        yield Said(f"{path}:{prose.count(chr(10), 0, found.start()) + 1}", "heading", found[1])


def said_in(path: Path) -> Iterator[Said]:
    if path.suffix == ".py":
        yield from docstrings(path)
        yield from python_comments(path)
    elif path.suffix in C:
        yield from c_comments(path)
    elif path.suffix == ".md":
        yield from headings(path)


def everything() -> list[Said]:
    paths = sorted({*TOP.glob("*.md"), *(p for folder in FOLDERS for p in (TOP / folder).rglob("*") if p.is_file())})
    return [said for path in paths for said in said_in(path)]


def test_every_text_begins_with_its_subject():
    texts = everything()
    assert {said.kind for said in texts} == {"docstring", "comment", "note", "heading"} and len(texts) > 3000
    loose = [f"{Path(said.where).relative_to(TOP)}: {said.text[:100]}" for said in texts if is_loose(said)]
    assert not loose, "\n" + "\n".join(loose)


@pytest.mark.parametrize("kind,text", [
    ("docstring", "Of the functions that are proved."), ("docstring", "What one trial gives: a row for each hart."),
    ("docstring", "The same from a log."), ("docstring", "As make prints it."), ("docstring", "From the warm-up on. Then, the end."),
    ("comment", "Those of its last cache"), ("comment", "When a store finds an entry free."), ("note", "of the last grant"),
    ("note", "who was first"), ("heading", "What is drawn"), ("heading", "How"), ("heading", "From that to a profile")])
def test_a_text_without_a_subject_is_seen(kind, text):
    assert is_loose(Said("", kind, text))


@pytest.mark.parametrize("kind,text", [
    ("docstring", "The hash of the functions that are proved."), ("docstring", "Returns the rows of one trial."),
    ("docstring", "How often is it read?"), ("docstring", "With one boot only trials are resampled."),
    ("comment", "When the alarm comes early, it is set again."), ("comment", "release (A): what was written is visible."),
    ("note", "when it was issued"), ("heading", "What it does not cover"), ("heading", "How a trial is measured")])
def test_a_text_with_a_subject_passes(kind, text):
    assert not is_loose(Said("", kind, text))
