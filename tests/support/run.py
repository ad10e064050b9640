"""Functions that tests share: they run hartlock as a user would, and read its results."""

import contextlib
import csv
import io
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hartlock.cli.main import main
from hartlock.plan import strategies

TOP = Path(__file__).resolve().parents[2]

# The strategies that every rv64gc hart can run; the others need an extension.
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
    """Run ./run-bench.sh ARGS --out FOLDER as a user would, with quick trials and only under tcg,
    unless told otherwise."""
    at = args.index("--") if "--" in args else len(args)
    ours = [*(QUICK if quick else ()), *(() if "--engine" in args else ("--engine", "tcg")), *args[:at],
            "--out", str(folder)]
    done = subprocess.run(
        [str(TOP / "run-bench.sh"), *ours, *args[at:]], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=timeout, env={**os.environ, **(env or {})}, check=False)
    return Done(done.returncode, done.stdout, done.stderr, Path(folder))


def run_here(*args):
    """Run ./run-bench.sh ARGS in this process, for commands that only read results."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(a) for a in args])
        except SystemExit as e:
            status = e.code
    return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())


def path_without(tmp_path, *hidden):
    """A PATH with every program of this one's except the hidden ones."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for directory in os.environ["PATH"].split(":"):
        for program in Path(directory).iterdir() if Path(directory).is_dir() else ():
            link = folder / program.name
            if program.name not in hidden and not link.exists():
                link.symlink_to(program)
    return {"PATH": str(folder)}
