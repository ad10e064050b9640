"""Runs the kernel on the cost model's machine by hand, without the host program."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

Record = dict[str, str]  # a record's keys and their values

TOP = Path(__file__).resolve().parents[1]
MACHINE = TOP / "build/model/hartlock-machine"


class Run:
    """The output of one machine until it ended."""

    def __init__(self, done: "subprocess.CompletedProcess[str]") -> None:
        self.status, self.log, self.errors = done.returncode, done.stdout, done.stderr

    def records(self, kind: str) -> list[Record]:
        """The records of a type, in their order."""
        return [dict(re.findall(r"(\S+?)=(\S*)", line))
                for line in re.findall(rf"^@{kind} (.*)$", self.log, re.M)]

    def measured(self) -> list[str]:
        """The measured records without their numbers. They must not depend on the computer."""
        lines = re.findall(r"^@(?:share|hist|pass|audit|coherence|fair) .*$", self.log, re.M)
        return [re.sub(r" n=\d+| \*\w+$", "", line) for line in lines]

    def trials(self) -> Iterator[tuple[Record, list[Record], Record]]:
        """Each pass's record with its shares and its counters."""
        shares, counters = self.records("share"), self.records("coherence")
        for p in self.records("pass"):
            mine = [s for s in shares if (s["trial"], s["pass"]) == (p["trial"], p["pass"])]
            count = next(c for c in counters if (c["trial"], c["pass"]) == (p["trial"], p["pass"]))
            yield p, mine, count


def simulate(plan: str, harts: int = 8, arguments: Sequence[str] = (), machine: str | Path = "reference", status: int = 0,
             image: Path | None = None, program: Path = MACHINE) -> Run:
    """The run of `plan` on a profile's name or file, with further arguments for the machine; one that does not end with `status` is an
    AssertionError."""
    profile = machine if isinstance(machine, Path) else TOP / f"model/machines/{machine}.toml"
    done = subprocess.run(
        [program, "--machine", profile, "--smp", str(harts), "--plan", f"hartlock: format=1 {plan}",
         *arguments, image or TOP / "build/hartlock.elf"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120, check=False)
    run = Run(done)
    assert run.status == status, run.errors + run.log[-2000:]
    return run


def cycles_an_operation(p: Record, shares: list[Record]) -> float:
    """The window's cycles divided by the operations that all harts did in it."""
    window = int(p["close"]) - int(p["open"])
    return window / sum(int(s["ops_close"]) - int(s["ops_open"]) for s in shares)
