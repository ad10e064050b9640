"""Readers of options' values. A wrong value is an OptionError, whose text the user sees."""

import re
from collections.abc import Callable

LONGEST_WORD = 200  # characters of a message, for nobody reads more


class OptionError(ValueError):
    """An option has a value that it cannot have."""


def shortened(text: str) -> str:
    """The text, with words that would fill the screen cut off."""
    return re.sub(rf"(\S{{60}})\S{{{LONGEST_WORD - 60},}}", r"\1...", text)


def word(text: str) -> str:
    """Any text but an empty one."""
    if not text:
        raise OptionError("it is empty")
    return text


def int_between(low: int, high: int) -> Callable[[str], int]:
    """A whole number from `low` to `high`, both included."""
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,30}", text) or not low <= int(text) <= high:
            raise OptionError(f"{shortened(text)!r} is not a whole number from {low} to {high}")
        return int(text)

    return parse


def one_of(*words: str) -> Callable[[str], str]:
    """One of these words."""
    def parse(text: str) -> str:
        if text not in words:
            raise OptionError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return parse


def percentage(text: str) -> float:
    """A percentage from 0 to 1000."""
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 1000:
        raise OptionError(f"{text!r} is not a percentage from 0 to 1000")
    return value
