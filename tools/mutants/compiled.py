"""Gives a mutant's compiled functions to a table of `make prove` that takes seconds, in its tree.

`schedules` executes them in every order in which harts can go on (verify/schedules.py), `claims` holds their memory orders
against the header's comments (verify/claims.py).
"""

import subprocess

from hartlock.plan import strategies, traits
from tools.copied import environment
from tools.mutants.tree import Mutant
from verify.computing import computed_s

TABLES = ("schedules", "claims")


def found_by(mutant: Mutant, table: str) -> tuple[str, float]:
    """Returns what a table says of the mutant, in words ("" for nothing), and the seconds of computing that it took."""
    word = mutant.strategy.replace("-", "_")
    folder = "verify/freeing" if strategies.known()[mutant.strategy].frees else "verify"
    tried = [f"build/verify/try/{word}.o"] if "trylock" in traits.known()[mutant.strategy].has else []
    subprocess.run(["make", "-s", f"build/{folder}/{word}.o", *tried, "build/verify/schedules"], cwd=mutant.tree, check=True, timeout=120,
                   capture_output=True)
    before_s = computed_s()
    done = subprocess.run(["/usr/bin/python3", "-m", "verify", "--only", table, "--lock", mutant.strategy], cwd=mutant.tree, text=True,
                          env={**environment(), "PYTHONPATH": ".:host"}, capture_output=True, timeout=600, check=False)
    took_s = computed_s() - before_s
    said = _said(table, [line for line in done.stdout.splitlines() if line.startswith(f"{word} ")])
    if done.returncode not in (0, 1) or bool(said) != bool(done.returncode):
        raise SystemExit(f"the {table} of {mutant.name} ended with {done.returncode}: {done.stderr.strip()[-200:]}")
    return f"{table}: {said}" if said else "", took_s


def _said(table: str, rows: list[str]) -> str:
    """Returns the first complaint of a table's rows; "" where there is none."""
    if table == "claims":
        return rows[0].split(None, 2)[2] if rows else ""
    plans = [row.split(None, 5) for row in rows]
    return next((f"{plan[1]} refused" if plan[2] == "UNKNOWN" else plan[1] for plan in plans if plan[2] != "HOLDS"), "")
