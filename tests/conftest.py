"""What tests share: running hartlock as a user would, and reading what it leaves."""

import contextlib
import csv
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "host"))

from hartlock.plan import strategies  # noqa: E402

# What every rv64gc hart can run; the others need an extension.
EVERYWHERE = [name for name, strategy in strategies.known().items() if not strategy.needs]
QUICK = ("--trials", "2", "--duration", "40", "--warmup", "10")


@dataclass
class Done:
    status: int
    out: str
    err: str
    folder: Path

    def rows(self, name="summary.csv"):
        with open(self.folder / name, newline="", encoding="utf-8") as f:
            return list(csv.DictReader(f))

    def row(self, strategy, harts, engine="tcg"):
        return next(r for r in self.rows()
                    if (r["strategy"], r["harts"], r["engine"]) == (strategy, str(harts), engine))

    def session(self, engine="tcg"):
        return next(s for s in self.context["sessions"] if s["engine"] == engine)

    @property
    def context(self):
        return json.loads((self.folder / "run.json").read_text())

    @property
    def log(self):
        return (self.folder / "uart.log").read_bytes()


def run_bench(folder, *args, timeout=120, env=None, quick=True):
    """./run-bench.sh ARGS --out FOLDER, as a user would; quick trials, and only under
    tcg, unless told otherwise."""
    at = args.index("--") if "--" in args else len(args)
    ours = [*(QUICK if quick else ()), *(() if "--engine" in args else ("--engine", "tcg")), *args[:at],
            "--out", str(folder)]
    done = subprocess.run(
        [str(TOP / "run-bench.sh"), *ours, *args[at:]], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=timeout, env={**os.environ, **(env or {})}, check=False)
    return Done(done.returncode, done.stdout, done.stderr, Path(folder))


def run_here(*args):
    """./run-bench.sh ARGS without a process of its own: for what only reads results."""
    from hartlock.cli.main import main

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(a) for a in args])
        except SystemExit as e:
            status = e.code
    return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())


@pytest.fixture
def bench(tmp_path):
    return lambda *args, **kw: run_bench(tmp_path / "run", *args, **kw)


@pytest.fixture(scope="session")
def all_on_two(tmp_path_factory):
    """One run that many tests look at: every strategy, on one and on two harts.

    A busy host may run two harts one after the other for a whole run, and then
    there is nothing to see: up to five runs, until the control lost updates.
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
    """Terminals can be had. A bare root that was entered by chroot may lack their file system."""
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
