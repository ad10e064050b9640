"""Runs a mutant's compiled functions through every schedule (verify/schedules.py), in a copy of the sources."""

import resource
import subprocess

from hartlock.plan import strategies
from tools.copied import copy_sources, environment
from tools.mutants.tree import Mutant, apply

CATCH = "schedules"


def found_by(mutant: Mutant) -> tuple[str, float]:
    """Returns what found the mutant, in words ("" for nothing), and the seconds of computing that it took."""
    copy_sources(mutant.tree)
    apply(mutant)
    word = mutant.strategy.replace("-", "_")
    folder = "verify/freeing" if strategies.known()[mutant.strategy].frees else "verify"
    subprocess.run(["make", "-s", f"build/{folder}/{word}.o", "build/verify/schedules"], cwd=mutant.tree, check=True, timeout=120,
                   capture_output=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(["/usr/bin/python3", "-m", "verify", "--only", "schedules", "--lock", mutant.strategy], cwd=mutant.tree, text=True,
                          env={**environment(), "PYTHONPATH": ".:host"}, capture_output=True, timeout=600, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    rows = [line.split(None, 5) for line in done.stdout.splitlines() if line.startswith(word)]
    plans = [f"{row[1]} refused" if row[2] == "UNKNOWN" else row[1] for row in rows if row[2] != "HOLDS"]
    if done.returncode not in (0, 1) or not rows or bool(plans) != bool(done.returncode):
        raise SystemExit(f"the schedules of {mutant.name} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    return f"{CATCH}: {plans[0]}" if plans else "", after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
