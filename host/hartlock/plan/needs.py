"""The needs that an interface meets or not: words of `advise --need`, columns of lock/README.md, `has` and `lacks` of lock/traits.toml."""

import difflib

from hartlock.base.option_types import OptionError

INTERFACE = {
    "trylock": "`NAME_trylock()` takes the lock if it is free. It never waits, and one that fails leaves nothing behind",
    "is_locked": "`NAME_is_locked()` tells whether the lock is held",
    "static-init": "an initialiser of the compiler's makes a free lock, and a lone hart may take it before any join",
    "poll": "every wait calls `LOCK_POLL()`, so that a hart which waits with interrupts masked can answer what a holder asks of it",
    "one-node-a-hart": "a hart has one node or none, however many locks it holds",
    "irq-safe": "an interrupt handler may take another lock, whatever its hart was doing to this one",
    "recursive-able": "an owner beside the lock lets its holder take it again (`lock/recursive.h`)",
}
OF_A_LOCK = ("trylock", "is_locked", "static-init", "recursive-able")  # a strategy without a lock has none of these
OTHERS = {
    "fifo": "first come, first served",
    "lock": "more than one word is protected",
    "proof": "the very code that was measured is proved against the RISC-V memory model",
}
NEEDS = (*OTHERS, *INTERFACE)


def named(word: str) -> str:
    """Returns the need. Raises OptionError, with the nearest name, for a word that names none."""
    if word not in NEEDS:
        near = difflib.get_close_matches(word, NEEDS, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise OptionError(f"there is no need '{word}'; {hint}The needs are {', '.join(NEEDS)}")
    return word
