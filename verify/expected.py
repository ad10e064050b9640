"""Reads verify/expected.txt: the known verdicts other than HOLDS, each with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from verify.errors import ProofError
from verify.prove import CAUSES, Result

FILE = Path(__file__).parent / "expected.txt"
VERDICTS = ("HOLDS", "VIOLATED", "VACUOUS", "UNKNOWN")


@dataclass(frozen=True)
class Expected:
    verdict: str
    reason: str
    cause: str = ""  # the cause of an UNKNOWN, one of prove.CAUSES


def read(text: str) -> dict[tuple[str, str], Expected]:
    found: dict[tuple[str, str], Expected] = {}
    for n, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split(None, 3)
        verdict, _, cause = words[2].partition(":") if len(words) == 4 else ("", "", "")
        if verdict not in VERDICTS or (verdict == "UNKNOWN") != bool(cause) or cause not in ("", *CAUSES):
            raise ProofError(f"{FILE.name}:{n}: not 'strategy test VERDICT reason', where UNKNOWN is UNKNOWN:cause")
        found[words[0], words[1]] = Expected(verdict, words[3], cause)
    return found


def fits(wanted: Expected, result: Result) -> bool:
    """Is a result as it is expected? One that holds may come where it is not known; one that is not known for another
    reason than the expected one is not."""
    return (result.verdict == wanted.verdict and result.cause == wanted.cause) or (wanted.verdict, result.verdict) == ("UNKNOWN", "HOLDS")


def of(table: Mapping[tuple[str, str], Expected], strategy: str, test: str) -> Expected:
    """The verdict that is expected. `strategy` may name a form (mcs.wrs-store): an entry for the
    form goes before one for its strategy."""
    for name in (strategy, strategy.split(".")[0]):
        for which in (test, "*"):
            if (name, which) in table:
                return table[name, which]
    return Expected("HOLDS", "")
