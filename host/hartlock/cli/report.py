"""./run-bench.sh report: its parser and its print-out."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hartlock.base import paths
from hartlock.base.errors import EXIT_OK
from hartlock.cli import arguments

NAME = "report"


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME, "Write report.html, report.md and plots/ into a results folder (docs/use/report.md).")
    p.add_argument("folder", nargs="?", type=Path, default=paths.RESULTS / "latest", metavar="DIR",
                   help="of a run or a sweep (default results/latest)")
    p.add_argument("--probe", type=Path, metavar="DIR",
                   help="a probe's folder, for the heat map of hand-offs (default: the newest in results/ of the same "
                        "machine)")
    arguments.add_help(p)
    return p


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv[1:])
    from hartlock.folder import observe_files, writer
    from hartlock.folder.probe_csv import newest_probe
    from hartlock.folder.reader import load
    from hartlock.report import page

    if (options.folder / observe_files.TOLD).is_file():
        from hartlock.report import observed

        path = observed.write(options.folder)
    else:
        path = page.write(options.folder, options.probe or newest_probe(load(options.folder)))
    print(f"report: {writer.short(path)}")
    return EXIT_OK
