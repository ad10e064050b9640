"""The places of things in the checkout."""

from pathlib import Path

TOP = Path(__file__).resolve().parents[3]
RESULTS = TOP / "results"
LOCKS_DEF = TOP / "lock" / "locks.def"
MACHINES = TOP / "model" / "machines"
BUILD = TOP / "build"
IMAGE = BUILD / "hartlock.elf"
MACHINE = BUILD / "model" / "hartlock-machine"
WATCHER = BUILD / "observe" / "hartlock-observe.so"
