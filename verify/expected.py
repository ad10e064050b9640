"""Reads verify/expected.txt: the known verdicts other than HOLDS, each with its reason."""

from dataclasses import dataclass
from pathlib import Path

from verify.errors import ProofError

FILE = Path(__file__).parent / "expected.txt"
VERDICTS = ("HOLDS", "VIOLATED", "VACUOUS", "UNKNOWN")


@dataclass(frozen=True)
class Expected:
    verdict: str
    reason: str


def read(text: str) -> dict[tuple[str, str], Expected]:
    found: dict[tuple[str, str], Expected] = {}
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 3)
        if len(words) != 4 or words[2] not in VERDICTS:
            raise ProofError(f"{FILE.name}:{n}: not 'strategy test VERDICT reason'")
        found[words[0], words[1]] = Expected(words[2], words[3])
    return found


def of(table: dict[tuple[str, str], Expected], strategy: str, test: str) -> Expected:
    """The verdict that is expected. `strategy` may name a form (mcs.wrs-store): an entry for the
    form goes before one for its strategy."""
    for name in (strategy, strategy.split(".")[0]):
        for which in (test, "*"):
            if (name, which) in table:
                return table[name, which]
    return Expected("HOLDS", "")
