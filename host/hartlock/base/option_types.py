"""Types of options' values, for argparse."""

import argparse
import re
from collections.abc import Callable


LONGEST_WORD = 200  # of a message: nobody reads more


def shortened(text: str) -> str:
    """The text, cut off if it would fill the screen."""
    return re.sub(rf"(\S{{60}})\S{{{LONGEST_WORD - 60},}}", r"\1...", text)


def word(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("it is empty")
    return text


def int_between(low: int, high: int) -> Callable[[str], int]:
    """An option's type: a whole number from `low` to `high`, both included."""
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,30}", text) or not low <= int(text) <= high:
            raise argparse.ArgumentTypeError(f"{shortened(text)!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse
