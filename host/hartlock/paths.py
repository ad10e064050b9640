"""Where things are in the checkout."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
RESULTS = TOP / "results"
LOCKS_DEF = TOP / "lock" / "locks.def"
BUILD = TOP / "build"
IMAGE = BUILD / "hartlock.elf"
