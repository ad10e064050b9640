"""./run-bench.sh collect: its parser; what it merges, or which sweep it finishes."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from hartlock.base import paths
from hartlock.base.errors import EXIT_OK, UsageError
from hartlock.cli import arguments

NAME = "collect"


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME,
                          "Merge results folders into one, with columns for where each row is from; or finish the one "
                          "folder of a sweep that Slurm ran (docs/use/collect.md).")
    p.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="results folders; or one of sweep --slurm")
    p.add_argument("--out", type=Path, metavar="DIR",
                   help="put the files into DIR, new or empty (default: a new folder in results/)")
    arguments.add_help(p)
    return p


def finish_array(folder: Path) -> int:
    """Put the boots of a Slurm job array into the sweep's folder, and end the sweep."""
    from hartlock.cli.conclude import conclude
    from hartlock.cli.sweep import asked
    from hartlock.run import slurm, sweep

    known = sweep.saved(folder)
    slurm.remember(folder, host=slurm.gather(folder, known))
    options, boots = asked(known["command"][1:])
    return sweep.sweep(sweep.Sweep(boots, folder, None if options.no_report else conclude, boot=False))


def main(argv: Sequence[str]) -> int:
    options = parser().parse_args(argv[1:])
    from hartlock.folder import merge, writer
    from hartlock.run import slurm

    first: Path = options.folders[0]
    if len(options.folders) == 1 and slurm.is_array(first):
        return finish_array(first)
    if len(options.folders) < 2:
        raise UsageError(f"{first}: one folder is a table already; give two or more, or the folder of sweep --slurm")
    out = writer.use_folder(options.out) if options.out else writer.make_folder(
        paths.RESULTS, f"{writer.stamp()}-merged-{len(options.folders)}")
    merge.merge(options.folders, out)
    print(f"results: {writer.short(out / 'summary.csv')}")
    return EXIT_OK
