"""The strategies there are, read from lock/locks.def and the headers themselves."""

import difflib
import re
from dataclasses import dataclass
from pathlib import Path

from hartlock.errors import UsageError
from hartlock.paths import LOCKS_DEF, TOP

CONTROL = "null"  # the strategy that must lose updates when harts overlap
CLOCK = "clock"  # not a strategy: the price of the clock read, as a row of its own


@dataclass(frozen=True)
class Strategy:
    name: str
    lockfree: bool
    header: Path

    def summary(self) -> str:
        """The first sentence of the header's own comment."""
        first = self.header.read_text().split("\n", 1)[0]
        return first.removeprefix(f"/* {self.name}: ").rstrip(".")


def known() -> dict[str, Strategy]:
    words = re.findall(r"^(LOCK|LOCKFREE)\((\w+)\)$", LOCKS_DEF.read_text(), re.MULTILINE)
    folder = {"LOCK": TOP / "lock", "LOCKFREE": TOP / "alloc"}
    return {name: Strategy(name, kind == "LOCKFREE", folder[kind] / f"{name}.h") for kind, name in words}


def choose(text: str) -> list[str]:
    """The strategies of `--lock spin,ticket` or `--lock all`, each once, in order."""
    names = known()
    chosen: dict[str, None] = {}
    for word in text.split(","):
        if word == "all":
            chosen.update(dict.fromkeys(names))
        elif word in names:
            chosen[word] = None
        else:
            near = difflib.get_close_matches(word, [*names, "all"], n=1, cutoff=0.4)
            hint = f"did you mean '{near[0]}'? " if near else ""
            raise UsageError(f"--lock: there is no strategy '{word}'. {hint}"
                             f"There are {', '.join(names)}; or all.")
    return list(chosen)
