"""The kinds of the probe's measurements, read from bench/probes.def, whose head says what an entry means."""

from dataclasses import dataclass
from functools import cache

from hartlock.base.lists import entries_of
from hartlock.base.paths import TOP

PROBES_DEF = TOP / "bench" / "probes.def"
ANY, RISCV, NONE = "ANY", "RISCV", "NONE"


@dataclass(frozen=True)
class Kind:
    """A kind of measurement. `less`: the kind whose time is part of a try of it, or ""."""

    name: str
    where: str  # the meaning of a and b
    less: str
    meaning: str
    alone: bool  # hart 0 makes it by itself
    needs: str = ANY  # a kind that is alone: ANY, RISCV, or an extension

    def must_come(self, riscv: bool) -> bool:
        """True if harts that are RISC-V's or not cannot leave it out. Those without its extension can."""
        return self.needs == ANY or (riscv and self.needs == RISCV)


def _kind(macro: str, name: str, *rest: str) -> Kind:
    if macro == "ALONE":
        _ops, less, needs, meaning = rest
        return Kind(name, "0, 0", "" if less == NONE else less, meaning, True, needs)
    where, less, meaning = rest
    return Kind(name, where, "" if less == NONE else less, meaning, False)


@cache
def kinds() -> dict[str, Kind]:
    """The kinds by name, in the list's order."""
    return {kind.name: kind for kind in (_kind(macro, *arguments) for macro, arguments in entries_of(PROBES_DEF))}
