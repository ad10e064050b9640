"""`make peers` itself: one short run of all pairs."""

import os
import subprocess
from pathlib import Path

import pytest
from support.run import TOP
from tools.peers import pairs

NEEDED = (Path("/usr/include/ck_spinlock.h"), Path("/usr/bin/cargo"), Path("/usr/share/cargo/registry/spin-0.9.5"))
pytestmark = [
    pytest.mark.skipif(not all(path.exists() for path in NEEDED), reason="a peer is not installed: make setup-deep"),
    pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two threads need a processor each")]


def test_every_pair_is_measured():
    done = subprocess.run(["make", "-s", "peers", "BOOTS=2", "TRIALS=1"], cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = [line.strip("| ").split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")][2:]
    assert [(row[0], row[1]) for row in rows] == [(pair.peer, pair.ours) for pair in pairs.PAIRS]
    assert all(len(row) == 6 for row in rows)
