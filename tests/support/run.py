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

# The strategies for the bump allocator that any processor can run, and that every rv64gc hart can run, too; the others need an extension.
ANYWHERE = [name for name in strategies.choose("all") if not strategies.known()[name].needs]
EVERYWHERE = [name for name in strategies.choose("all") if strategies.known()[name].needs in ("", "zalrsc")]
QUICK = ("--trials", "2", "--duration", "40", "--warmup", "10")


def rows_of(folder, name="summary.csv"):
    """The rows of a CSV file of a results folder."""
    with open(Path(folder) / name, newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


@dataclass
class Done:
    status: int
    out: str
    err: str
    folder: Path

    def rows(self, name="summary.csv"):
        return rows_of(self.folder, name)

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


def until_overlap_is_shown(run, engine="tcg", turns=5):
    """The first Done of run(0), run(1), ... whose control lost updates: a busy computer may run two harts one after
    the other for a whole run, and then there is nothing to see. The last one if none did."""
    for n in range(turns):
        done = run(n)
        if done.status != 0 or done.row("null", 2, engine)["overlap_shown"] == "yes":
            break
    return done


# The environment of a run that builds what it needs: forms, compilers or a tree that `make check` has not built.
BUILDS = {"HARTLOCK_PREBUILT": "0"}


def of_numbers(args):
    """The option that names one machine, where the model would measure several: tests are of exact figures."""
    modelled = "--engine" in args and args[args.index("--engine") + 1] in ("model", "both")
    many = "--smp" in args and args[args.index("--smp") + 1] in ("16", "64")
    return ("--machine", "generic-8") if modelled and not many and "--machine" not in args and "probe" not in args else ()


def run_bench(folder, *args, timeout=120, env=None, quick=True, here=False):
    """Run ./run-bench.sh ARGS --out FOLDER as a user would, with quick trials and only under tcg,
    unless told otherwise. `here` runs it in this process, for what ends before an engine starts."""
    at = args.index("--") if "--" in args else len(args)
    ours = [*(QUICK if quick else ()), *(() if "--engine" in args else ("--engine", "tcg")), *args[:at], *of_numbers(args),
            "--out", str(folder), *args[at:]]
    if here:
        done = run_here(*ours)
        return Done(done.returncode, done.stdout, done.stderr, Path(folder))
    done = subprocess.run(
        [str(TOP / "run-bench.sh"), *ours], stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=timeout, env={**os.environ, **(env or {})}, check=False)
    return Done(done.returncode, done.stdout, done.stderr, Path(folder))


def command(*args, env=None, timeout=120):
    """Run ./run-bench.sh ARGS as a process of its own, and ask nothing else of it."""
    return subprocess.run([str(TOP / "run-bench.sh"), *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, env={**os.environ, **(env or {})}, check=False)


def run_here(*args):
    """Run ./run-bench.sh ARGS in this process, for commands that only read results."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = main([str(a) for a in args])
        except SystemExit as e:
            status = e.code
    return subprocess.CompletedProcess(args, status, out.getvalue(), err.getvalue())


def first_line(done):
    """The first line that a command printed which ended well."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[0]


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
