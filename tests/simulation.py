"""The kernel in QEMU under the cost model, by hand: no host program in between."""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
QEMU = os.environ.get("QEMU", "qemu-system-riscv64")


class Run:
    def __init__(self, done):
        self.status, self.log, self.errors = done.returncode, done.stdout, done.stderr

    def records(self, kind):
        return [dict(re.findall(r"(\S+?)=(\S*)", line))
                for line in re.findall(rf"^@{kind} (.*)$", self.log, re.M)]

    def measured(self):
        """What must not depend on the computer: all that is measured."""
        lines = re.findall(r"^@(?:share|hist|pass|audit|coherence|fair) .*$", self.log, re.M)
        return [re.sub(r" n=\d+| \*\w+$", "", line) for line in lines]

    def trials(self):
        """Of each pass: strategy, harts, its record, its shares, its counters."""
        shares, counters = self.records("share"), self.records("coherence")
        for p in self.records("pass"):
            mine = [s for s in shares if (s["trial"], s["pass"]) == (p["trial"], p["pass"])]
            count = next(c for c in counters if (c["trial"], c["pass"]) == (p["trial"], p["pass"]))
            yield p, mine, count


def simulate(plugin, plan, harts=8, arguments="", machine="reference", qemu=(), status=0, image=None):
    accel = () if "-accel" in qemu else ("-accel", "tcg,thread=multi")
    path = ROOT / f"model/machines/{machine}.toml"
    done = subprocess.run(
        [QEMU, "-M", "virt", "-m", "256M", "-smp", str(harts), "-display", "none",
         "-serial", "stdio", "-monitor", "none", "-bios", "default", *accel, *qemu,
         "-kernel", image or ROOT / "build/hartlock.elf", "-append", f"hartlock: format=1 {plan}",
         "-plugin", f"{plugin},machine={path}{arguments}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=120,
        check=False)
    run = Run(done)
    assert run.status == status, run.errors + run.log[-2000:]
    return run


def cycles_an_operation(p, shares):
    window = int(p["close"]) - int(p["open"])
    return window / sum(int(s["ops_close"]) - int(s["ops_open"]) for s in shares)
