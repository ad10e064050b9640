"""`make mutants`: shows which check catches each of the locks that are wrong on purpose.

    mutants.py [--runs N] [--only NAME,...] [--engine NAME,...]

It exits with 1 when a mutant passed every check that could have noticed it.
"""

import argparse
import sys

from tools.mutants.hunt import HUNTERS, Catch, hunted
from tools.mutants.tree import Mutant, known

LEFT = "make prove"
NOT_ASKED = " "


def verdict(mutant: Mutant, catches: dict[str, Catch]) -> str:
    if not catches:
        return "not asked"  # its own detector is not among --engine
    if any(c.check for c in catches.values()):
        return "caught"
    if mutant.memory_model:
        return LEFT  # not noticed here, and could not be
    return "not run" if not mutant.detector and any(c.why for c in catches.values()) else "PASSED"


def table(found: dict[str, tuple[Mutant, dict[str, Catch]]], hunters: list[str]) -> str:
    head = ["mutant", "of", *hunters, "verdict"]
    lines = [[name, mutant.strategy, *(str(catches.get(h, NOT_ASKED)) for h in hunters), verdict(mutant, catches)]
             for name, (mutant, catches) in found.items()]
    width = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) for cell, w in zip(line, width, strict=True)).rstrip()
                     for line in [head, *lines])


def words(text: str, allowed: list[str], what: str) -> list[str]:
    chosen = text.split(",") if text else allowed
    for word in chosen:
        if word not in allowed:
            raise SystemExit(f"--{what} {word}: there is {', '.join(allowed)}")
    return chosen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3, help="of each, with different seeds (default 3)")
    parser.add_argument("--only", default="", help="these mutants, with commas between them")
    parser.add_argument("--engine", default="", help=f"these of {', '.join(HUNTERS)}")
    options = parser.parse_args()
    mutants = known()
    names = words(options.only, list(mutants), "only")
    hunters = words(options.engine, list(HUNTERS), "engine")
    found: dict[str, tuple[Mutant, dict[str, Catch]]] = {}
    for name in names:
        runs = 1 if mutants[name].memory_model else options.runs
        found[name] = (mutants[name], dict(hunted(mutants[name], hunters, runs)))
        print(f"{name}: {mutants[name].mistake}\n    {verdict(*found[name])}", file=sys.stderr, flush=True)
    print(table(found, hunters))
    print("\nA number: operations of all harts until the end of the trial in which it was noticed "
          f"(ThreadSanitizer: until it was), median of {options.runs} run(s); '>': and more in the trial that did not "
          "end.\n"
          f"'{LEFT}': QEMU and this computer order memory more strictly than RISC-V may, so nothing that runs here can "
          "notice it; the proof must.")
    passed = [name for name, (mutant, catches) in found.items() if verdict(mutant, catches) == "PASSED"]
    if passed:
        print(f"passed every check: {', '.join(passed)}", file=sys.stderr)
    return 1 if passed else 0


if __name__ == "__main__":
    sys.exit(main())
