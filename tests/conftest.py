"""The fixtures that tests of several folders share."""

import os
import signal
import subprocess

import pytest
from support.run import TOP, run_bench
from support.shared import once

from hartlock.engine import build


def pytest_configure():
    """Tests send SIGINT as Ctrl-C does, and a shell has its background jobs ignore that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """All of tests/deep/ is of the deep check, and so is what is slow. The file that takes longest comes first: a worker that began
    it last would be left alone with it."""
    for item in items:
        if item.path.parent.name == "deep" or item.get_closest_marker("slow"):
            item.add_marker("deep")
    items.sort(key=lambda item: item.path.name != "test_mutants.py")


@pytest.fixture
def bench(tmp_path):
    return lambda *args, **kw: run_bench(tmp_path / "run", *args, **kw)


@pytest.fixture
def refused(tmp_path):
    """Runs ./run-bench.sh ARGS in this process: for words that it does not take."""
    return lambda *args: run_bench(tmp_path / "run", *args, quick=False, here=True)


@pytest.fixture(scope="session")
def all_on_two(tmp_path_factory):
    """One run that many tests look at: every strategy, on one and on two harts."""
    return once(tmp_path_factory, "all_on_two",
                lambda folder: run_bench(folder, "--smp", "2", "--harts", "1,2", "--lock", "all"))


@pytest.fixture(scope="session")
def reported(tmp_path_factory):
    """A sweep on the model, of three boots, with its report."""
    return once(tmp_path_factory, "reported",
                lambda folder: run_bench(folder, "sweep", "--smp", "4", "--harts", "1,4", "--lock", "ttas,mcs,faa", "--engine", "model",
                                         "--model-duration", "60", "--boots", "3", quick=False))


@pytest.fixture(scope="session")
def model_built():
    if not build.is_prebuilt():
        subprocess.run(["make", "-s", "all", "model"], cwd=TOP, timeout=300, check=True)


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
