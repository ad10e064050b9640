"""verify/proofs.json is of the code that was built; `make prove` writes it, and proves it again."""

import json

import pytest
from support.run import TOP

from hartlock.figures.proved import FILE, text_hash

PROVED = json.loads(FILE.read_text())["strategies"]


@pytest.mark.parametrize("word", PROVED)
def test_a_built_object_has_the_proved_code_in_it(word):
    """A loop that the compiler cannot be followed in holds none: so one of the two objects is enough."""
    proved = {built for objects in PROVED[word].values() for built in objects}
    assert {text_hash(TOP / f"build/bench/{which}-{word}.o") for which in ("plain", "full")} & proved, "make setup-prove prove"
