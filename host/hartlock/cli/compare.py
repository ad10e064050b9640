"""./run-bench.sh compare: its parser, and when it fails."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hartlock.analysis.choices import FIGURES
from hartlock.base.option_types import percentage
from hartlock.cli import arguments

NAME, USUAL = "compare", "cycles_per_op"


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME, "Compare two results folders, strategy by strategy: B over A (docs/use/compare.md).")
    p.add_argument("a", type=Path, metavar="A", help="results folder: the one before")
    p.add_argument("b", type=Path, metavar="B", help="results folder: the one after")
    p.add_argument("--figure", choices=list(FIGURES), default=USUAL, metavar="NAME",
                   help=f"what is compared: {', '.join(FIGURES)} (default {USUAL})")
    p.add_argument("--fail-if-worse", type=arguments.typed(percentage), metavar="PERCENT",
                   help="exit with 1 when a strategy is surely worse by more than that, fails its checks in B, or is missing there; "
                   "and when B is not complete")
    p.add_argument("--allow-missing", action="store_true", help="let --fail-if-worse pass though something is missing")
    p.add_argument("--across-evidence", action="store_true", help="compare even what are different kinds of evidence")
    arguments.add_help(p)
    return p


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv[1:])
    from hartlock.analysis.compare import compare_folders
    from hartlock.base.terminal import console

    return compare_folders(options.a, options.b, options.figure, options.across_evidence, options.fail_if_worse,
                           options.allow_missing, console())
