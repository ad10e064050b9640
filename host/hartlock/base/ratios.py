"""Measures of how evenly harts shared something."""

from collections.abc import Sequence

NAN = float("nan")


def ratio(a: float, b: float) -> float:
    return a / b if b else NAN


def jain(counts: Sequence[int]) -> float:
    """Jain's index: 1 is even, 1/n is one hart takes all (R. Jain et al., DEC TR-301, 1984)."""
    return ratio(sum(counts) ** 2, len(counts) * sum(c * c for c in counts))


def top_half(counts: Sequence[int]) -> float:
    """The busier half's share of all: 0.5 is even, at 1 the others had nothing (D. Dice and A. Kogan,
    EuroSys 2019). With an odd number of harts the middle one counts half."""
    ranked = sorted(counts, reverse=True)
    middle = ranked[len(ranked) // 2] / 2 if len(ranked) % 2 else 0
    return ratio(sum(ranked[:len(ranked) // 2]) + middle, sum(ranked))
