"""Every unsafe item of the Rust crate says why it is safe, or what its caller guarantees. It needs no rustc."""

import re

import pytest
from support.run import TOP

SOURCES = [*(TOP / "rust/src").glob("*.rs"), *(TOP / "rust/examples").glob("*.rs")]


def unexplained(text):
    """The lines with `unsafe` that no SAFETY comment and no Safety section, on the lines above, belongs to."""
    lines = text.splitlines()
    found = []
    for i, line in enumerate(lines):
        code = line.split("//")[0]
        if not re.search(r"\bunsafe\b", code) or "deny(" in code:
            continue
        above = []
        for before in reversed(lines[max(0, i - 9):i]):
            if not re.match(r"\s*(//|#\[|let |static |assert!\(s)", before):
                break
            above.append(before)
        if not re.search(r"// SAFETY: \w|/// # Safety", "\n".join(above)):
            found.append(line.strip())
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_every_unsafe_item_is_explained(path):
    assert unexplained(path.read_text()) == []


def test_an_unexplained_one_is_found():
    text = (TOP / "rust/src/heap.rs").read_text()
    assert len(unexplained(re.sub(r"// SAFETY: .*", "// it is", text))) > 5
    assert len(unexplained(text.replace("/// # Safety", "/// Safe"))) == 5
