"""The fixtures that tests of several folders share."""

import os
import subprocess

import pytest
from support.run import TOP, run_bench


@pytest.fixture
def bench(tmp_path):
    return lambda *args, **kw: run_bench(tmp_path / "run", *args, **kw)


@pytest.fixture(scope="session")
def all_on_two(tmp_path_factory):
    """A run that many tests read: every strategy, on one and on two harts.

    A busy host may run two harts one after the other for a whole run, and then there is nothing
    to see. So there are up to five runs, until the control has lost updates.
    """
    for attempt in range(5):
        done = run_bench(tmp_path_factory.mktemp("all") / str(attempt), "--smp", "2", "--harts", "1,2", "--lock", "all")
        if done.status != 0 or done.row("null", 2)["overlap_shown"] == "yes":
            break
    return done


@pytest.fixture(scope="session")
def plugin():
    subprocess.run(["make", "-s", "all", "model"], cwd=TOP, timeout=300, check=True)
    return TOP / "build/model/hartlock-model.so"


@pytest.fixture(scope="session")
def terminal():
    """Skip the test where no terminal can be had: a bare root entered by chroot may lack /dev/pts."""
    try:
        pty = os.openpty()
    except OSError:
        if os.geteuid() != 0 or subprocess.run(["mount", "-t", "devpts", "-o", "ptmxmode=666", "devpts", "/dev/pts"],
                                               capture_output=True, check=False).returncode != 0:
            pytest.skip("no terminal can be opened here: /dev/pts is not mounted")
        yield
        subprocess.run(["umount", "/dev/pts"], check=False)
        return
    for fd in pty:
        os.close(fd)
    yield
