"""What lock/README.md claims of a strategy, where a trial can show that it is not so."""

import math
import re

from hartlock.paths import TOP


def bypass_bound(strategy: str, harts: int) -> float:
    """How many grants of others may come between a request and its own; infinite where
    nothing is claimed."""
    rows = (line.split("|") for line in (TOP / "lock/README.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| "))
    claim = next(cells[3].strip() for cells in rows if cells[1].strip() == strategy)
    if claim.startswith("FIFO: at most"):
        return harts - 1
    longer = re.search(r"at most (\d+) hand-overs longer", claim)
    return harts - 1 + int(longer[1]) if longer else math.inf
