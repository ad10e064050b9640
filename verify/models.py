"""Checks the algorithms of the locks with Spin: verify/spin/*.pml, on 3 and on 4 harts."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from verify.computing import told
from verify.errors import ProofError

FOLDER = Path(__file__).parent / "spin"
LIMIT_S = 120
DEPTH = 1_000_000  # steps of one path
CUT_OFF = ("Search not completed", "max search depth too small")  # pan says so, and "errors: 0" besides
SIZES = ((3, 2), (4, 1))  # (harts, times that each takes the lock)
MORE = {"cna": ((3, 3),)}  # a cluster's turn is a count of hand-overs: with fewer it never comes to its end


@dataclass(frozen=True)
class Checked:
    model: str
    harts: int
    rounds: int
    verdict: str  # HOLDS, VIOLATED, UNKNOWN
    states: int
    seconds: float
    note: str = ""


def names() -> list[str]:
    return sorted(p.stem for p in FOLDER.glob("*.pml") if p.stem != "harts")


def quoted(model: Path) -> list[tuple[str, str]]:
    """The (header, line) that each step of a model stands for."""
    return re.findall(r'(\w+\.h): "([^"]+)"', model.read_text())


def _run(command: list[str], where: str) -> str:
    done = subprocess.run(["nice", "-n", "10", *command], cwd=where, capture_output=True, text=True, timeout=LIMIT_S,
                          check=False)
    if done.returncode != 0 and command[0] != "./pan":
        raise ProofError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()[:300]}")
    return done.stdout


def check(model: Path, harts: int, rounds: int) -> Checked:
    """Check every interleaving of `harts` harts, in steps of one access to memory."""
    if not shutil.which("spin"):
        raise ProofError("spin is not installed: make setup-prove")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as where:
        for source in FOLDER.glob("*.pml"):
            shutil.copy(source, where)
        shutil.copy(model, where)
        try:
            _run(["spin", f"-DN={harts}", f"-DROUNDS={rounds}", "-a", model.name], where)
            _run(["gcc", "-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-DMEMLIM=1024", "-o", "pan", "pan.c"], where)
            text = _run(["./pan", f"-m{DEPTH}"], where)
        except subprocess.TimeoutExpired:
            return Checked(model.stem, harts, rounds, "UNKNOWN", 0, LIMIT_S, f"more than {LIMIT_S} s")
    states = re.search(r"(\d+) states, stored", text)
    errors = re.search(r"errors: (\d+)", text)
    found = re.search(r"pan:\d+: (.*)", text)
    whole = not any(said in text for said in CUT_OFF) and states is not None and errors is not None
    bad = errors is not None and errors[1] != "0"
    verdict = "VIOLATED" if bad else "HOLDS" if whole else "UNKNOWN"
    return Checked(model.stem, harts, rounds, verdict, int(states[1]) if states else 0,
                   round(time.monotonic() - began, 1), found[1] if found and bad else "" if whole else text[-200:])


def _checked() -> int:
    """Print what becomes of each model. Returns how many do not hold."""
    failed = 0
    print(f"{'model':<12} {'harts':>5} {'rounds':>6} {'verdict':<9} {'states':>9} {'s':>6}")
    for name in names():
        for harts, rounds in (*SIZES, *MORE.get(name, ())):
            c = check(FOLDER / f"{name}.pml", harts, rounds)
            failed += c.verdict != "HOLDS"
            print(f"{c.model:<12} {c.harts:>5} {c.rounds:>6} {c.verdict:<9} {c.states:>9} {c.seconds:>6.1f}  {c.note}".rstrip(), flush=True)
    return failed


def main() -> int:
    try:
        return 1 if told("models", _checked) else 0
    except ProofError as e:
        print(f"hartlock: {e}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
