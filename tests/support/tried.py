"""The table says which test tries a strategy for each need that lock/traits.toml claims. The tests take their strategies from it, and
tests/unit/test_traits.py holds the two to each other: a trait that is claimed and stands here of no test fails there."""

import re

SPIN = "tas ttas ttas-backoff ticket ticket-backoff"
THREADS, OVER = "tests/c/test_c.py::test_lock", "tests/c/test_c.py::test_what_goes_over_a_lock"
POLLS = "tests/boot/test_shootdown.py::test_every_lock_answers_as_its_traits_say"
HANDLER = "tests/boot/test_handler.py::test_every_lock_that_claims_it"
ONE_NODE = "tests/compile/test_schedules.py::test_a_hart_holds_two_locks_with_one_node"
NO_WAIT = "tests/compile/test_schedules.py::test_without_a_lock_nobody_waits"
ONE_HEAP = "tests/compile/test_schedules.py::test_without_a_lock_a_hart_has_one_node_or_none"

TRIED = {  # need -> test -> strategies
    "trylock": {THREADS: f"{SPIN} twa anderson mcs hemlock qspin cna"},
    "is_locked": {THREADS: f"{SPIN} twa anderson mcs clh hemlock qspin cna"},
    "static-init": {THREADS: f"{SPIN} anderson mcs hemlock qspin cna"},
    "poll": {POLLS: f"{SPIN} twa anderson mcs clh hemlock qspin cna", NO_WAIT: "cas lrsc amocas faa magazine baseline treiber"},
    "one-node-a-hart": {ONE_NODE: f"{SPIN} twa hemlock qspin", ONE_HEAP: "cas lrsc amocas faa magazine baseline treiber"},
    "irq-safe": {HANDLER: f"{SPIN} twa anderson mcs clh cna", THREADS: "cas lrsc amocas faa", NO_WAIT: "treiber"},
    "recursive-able": {OVER: f"{SPIN} twa anderson mcs clh hemlock qspin cna"},
}


def of(need: str, test: str) -> list[str]:
    """The strategies that a test tries for a need."""
    return TRIED[need].get(test, "").split()


def takes_from_here(text: str, test: str) -> bool:
    """Is a test in its file's text, and does that file take the strategies from here by the test's name?"""
    constant = next(name for name, value in globals().items() if value == test)
    return bool(re.search(rf"^def {test.split('::')[1]}\(", text, re.M)) and bool(re.search(rf"tried\.of\([^)]*tried\.{constant}\)", text))
