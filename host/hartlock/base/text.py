"""Numbers and lists in words, as tables, reports and remarks print them."""

import math
from collections.abc import Sequence

Interval = tuple[float, float, float]  # median, low, high, as base/intervals.Estimate
UNITS = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))  # from which size on, divided by what, called what


def printable(text: str) -> str:
    """The text with its control characters, and bytes that are no UTF-8, written out: a name cannot steer a terminal."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def unit(x: float) -> tuple[float, str]:
    """The size and the letter of the unit in which `x` is printed: (1e6, "M") for three million."""
    return next(((size, letter) for least, size, letter in UNITS if abs(x) >= least), (1, ""))


def digits(x: float) -> str:
    """Three significant digits, without an exponent; - if `x` is not finite."""
    if x == 0 or not math.isfinite(x):
        return "0" if x == 0 else "-"
    decimals = 2 - math.floor(math.log10(abs(x)))
    return f"{round(x, decimals):.{max(0, decimals)}f}"


def significant(x: float) -> str:
    """Three significant digits, with k, M or G from ten thousand on; - if `x` is not finite."""
    size, letter = unit(x)
    return digits(x / size) + letter if math.isfinite(x) else "-"


def count(x: float) -> str:
    """A whole number below ten thousand; above that, significant()."""
    return f"{x:.0f}" if abs(x) < 1e4 else significant(x)


def percent(x: float) -> str:
    """A share between 0 and 1 in per cent, with one decimal; - if it is not finite."""
    if not math.isfinite(x):
        return "-"
    return "0" if x == 0 else "<0.1%" if x < 0.001 else f"{100 * x:.1f}%"


def words(names: Sequence[str]) -> str:
    """A list in words: "a", "a and b", "a, b and c". The caller guarantees: there is at least one name."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def numbers(of: Sequence[int]) -> str:
    """Whole numbers in words, runs of three and more as their ends: "1, 2, 5 to 8"."""
    left, told = sorted(set(of)), []
    while left:
        size = next((i for i in range(1, len(left)) if left[i] != left[0] + i), len(left))
        told += [f"{left[0]} to {left[size - 1]}"] if size > 2 else [str(n) for n in left[:size]]
        left = left[size:]
    return ", ".join(told)


def on(harts: int) -> str:
    """"on 1 hart", "on 2 harts"."""
    return f"on {harts} hart{'s' if harts > 1 else ''}"


def estimate(e: Interval) -> str:
    """A median with its interval, each in three significant digits; without an interval, the median alone."""
    median, low, high = e
    return f"{significant(median)} [{significant(low)}, {significant(high)}]" if low == low else significant(median)


def times(e: Interval) -> str:
    """A ratio with its interval, in two decimals: intervals of ratios are not known more precisely."""
    median, low, high = e
    return f"{median:.2f} [{low:.2f}, {high:.2f}]" if low == low else f"{median:.2f}"
