"""The trylocks under the memory model (verify/tries.py) with two locks, and mistakes that must be found there."""

import pytest
from support.herd7 import needs_herd
from support.run import TOP
from support.sampling import sampled
from support.subject import compiled

from verify import tries
from verify.prove import prove

pytestmark = needs_herd

TRY = "return a32_cas_relaxed(&l->next, serving, serving + 1);"
LOOK = "a32_value serving = a32_load_acquire(&l->serving);\n\n\t(void)node;\n\t/* relaxed: (T)"


def built(folder, *changes):
    """The ticket lock and its trylock, with these changes of its header."""
    text = (TOP / "lock/ticket.h").read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    subject = compiled(folder, "ticket", text, "-DTRYLOCK")
    return tries.Tried(subject.name, subject.functions, subject.sizes)


def verdict(subject, name, folder):
    return prove(next(t for t in tries.tests(subject) if t.name == name), folder / "litmus", set()).verdict


@pytest.mark.parametrize("name", ["trynested2", "trycrossed2", "trycrossed2ends"])
def test_a_lock_is_tried_while_another_is_held(name, tmp_path):
    assert verdict(built(tmp_path), name, tmp_path) == "HOLDS"


@sampled("what,changes,name", [
    ("a free lock is refused at times", [(TRY, f"if (serving % 2 != 0)\n\t\treturn false;\n\t{TRY}")], "trynested2"),
    ("what the last holder wrote is not seen", [(LOOK, LOOK.replace("load_acquire", "load_relaxed"))], "trycrossed2"),
    ("a held lock is given", [(TRY, "a32_fetch_add_relaxed(&l->next, 1);\n\treturn true;")], "trycrossed2"),
    ("a draw is left behind", [(TRY, "return a32_fetch_add_relaxed(&l->next, 1) == serving;")], "trycrossed2ends"),
], quick=lambda what, *_: "left behind" in what)
def test_a_wrong_trylock_is_found(what, changes, name, tmp_path):
    assert verdict(built(tmp_path, *changes), name, tmp_path) == "VIOLATED"
