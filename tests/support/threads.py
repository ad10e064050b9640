"""Helpers that the tests of the bench on threads share."""

import subprocess

from support.run import ANYWHERE, TOP

from hartlock.base import toolchain
from hartlock.plan import strategies
from hartlock.records.parser import read

NATIVE = ("--engine", "native")
TWO = (*NATIVE, "--smp", "2")
PROCESSORS = toolchain.host_processors()
PROGRAM = TOP / "build/native/hartlock"
LOCKED = [s for s in ANYWHERE if s != strategies.CONTROL]
SHARED = [s for s in LOCKED if s != strategies.BASELINE]  # by more than one hart


def make(*args):
    subprocess.run(["make", "-s", "native", *args], cwd=TOP, check=True, timeout=300, capture_output=True)


def program(*words, command=(str(PROGRAM),), timeout=60, **kw):
    return subprocess.run([*command, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, check=False, **kw)


def records(text):
    """The records as {type: [fields of each]}."""
    out = {}
    for record in read(line.encode() for line in text.split("\n")):
        out.setdefault(record.type, []).append({k: v.decode() for k, v in record.fields().values.items()})
    return out
