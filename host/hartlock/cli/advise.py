"""./run-bench.sh advise: its parser; and the sweep that --measure makes."""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from hartlock.analysis.choices import GOALS
from hartlock.base import paths, toolchain
from hartlock.base.errors import EXIT_FAILED, EXIT_OK, UsageError
from hartlock.cli import arguments, sweep
from hartlock.engine.model import Model
from hartlock.plan import needs, plan as plans, schema
from hartlock.plan import replay

NAME = "advise"
AT_ONCE_S = 30  # seconds, below which what is missing is measured without being asked for


def parser() -> argparse.ArgumentParser:
    p = arguments.command(NAME,
                          "Say which strategy fits, from what was measured, how sure that is, and what would change it "
                          "(docs/use/advise.md).")
    p.add_argument("folder", nargs="?", type=Path, default=paths.RESULTS / "latest", metavar="DIR",
                   help="results folder (default results/latest)")
    p.add_argument("--harts", type=arguments.harts, metavar="N",
                   help="that contend (default: the most that were measured)")
    p.add_argument("--hold", type=arguments.integer(0, 10**9), metavar="INSTR",
                   help="instructions inside the lock (default: as measured)")
    p.add_argument("--think", type=arguments.integer(0, 10**9), metavar="INSTR",
                   help="instructions between (default: as measured)")
    p.add_argument("--scenario", metavar="NAME", default="",
                   help="of a sweep of several; hold and think are then its own")
    p.add_argument("--workload", type=Path, metavar="FILE",
                   help="a file that observe wrote: the answer is about that lock; harts, hold and think are its own")
    p.add_argument("--locks", type=arguments.integer(1, 10**6), metavar="N",
                   help="of this kind in your image: what all of them take, and what one costs where nobody waits (default: as measured)")
    p.add_argument("--allocator", choices=schema.choice("allocator").words, default="",
                   help="that the lock protects, of a sweep of several (default: the first that was measured)")
    p.add_argument("--goal", choices=GOALS, default="balanced",
                   help="throughput: cycles an operation; tail: the longest waits; fairness: an even share first, then "
                        "cycles; balanced: cycles and tail alike, nobody starved (default)")
    p.add_argument("--max-bytes-per-lock", type=arguments.integer(0, 2**30), metavar="N",
                   help="no more memory than this for each lock")
    p.add_argument("--need", action="extend", type=arguments.several(needs.named), default=[], metavar="NEED,...",
                   help="; ".join(f"{name}: {meaning}" for name, meaning in {**needs.OTHERS, **needs.INTERFACE}.items()))
    p.add_argument("--isa", default="", metavar="ISA", help="what the harts have, as rv64gc_zacas")
    p.add_argument("--measure", action="store_true",
                   help=f"measure on the cost model what is missing, however long that takes (default: if it takes less than {AT_ONCE_S} s)")
    p.add_argument("--no-measure", action="store_true", help="measure nothing, and say what is missing")
    arguments.add_help(p)
    return p


def measured(command: Sequence[str]) -> Path:
    """The folder of a new sweep, on the model, of what is missing."""
    from hartlock.folder import writer

    folder = writer.make_folder(paths.RESULTS, writer.name(NAME, int(command[command.index("--smp") + 1]), Model.name))
    status = sweep.main([*command, "--engine", Model.name, "--no-report", "--out", str(folder)])
    if status != EXIT_OK:
        raise UsageError(f"--measure: the sweep ended with {status}; what it measured is in {writer.short(folder)}")
    return folder


def seconds(command: Sequence[str]) -> float:
    """About the seconds that a sweep takes here."""
    _, parts = sweep.asked(command)
    takes = sum(len(plans.PASSES) * engine.pass_seconds(t.harts)
                for part in parts for engine in part.request.engines for t in part.request.plan.order)
    return takes / max(1, toolchain.host_processors())


def beside(path: Path) -> list[Path]:
    """The workload files of the image."""
    return sorted(path.parent.glob("*.toml"))


def _given(options: argparse.Namespace) -> replay.Workload | None:
    """The contents of the workload file. Raises UsageError for what does not go with it."""
    if not options.workload:
        return None
    for name in ("hold", "think", "scenario"):
        if getattr(options, name) not in (None, ""):
            raise UsageError(f"--{name} with --workload: the file says what a section does, and when; give one of them")
    return replay.read(options.workload)


def main(argv: Sequence[str], measure: Callable[[Sequence[str]], Path] = measured) -> int:
    options = parser().parse_args(argv[1:])
    from hartlock.analysis import advise
    from hartlock.analysis.next_sweep import sweep_for
    from hartlock.analysis.rules import fitting
    from hartlock.folder.reader import load

    given = _given(options)
    data = load(options.folder)
    ask = advise.the_ask(advise.Question(options.harts or (given.harts if given else None), options.hold, options.think, options.scenario,
                                         options.goal, options.max_bytes_per_lock, tuple(options.need), options.isa,
                                         given.label if given else "", str(options.workload or ""), options.allocator, options.locks), data)
    if not fitting(data, ask) and not options.no_measure:
        exactly = sweep_for(ask, data, alone=not options.measure)
        if options.measure or advise.may_be_measured(data, ask) and seconds(exactly) < AT_ONCE_S:
            print(f"{advise.missing(data, ask)}; it is measured on the cost model: ./run-bench.sh {' '.join(exactly)}", flush=True)
            data = load(options.folder, measure(exactly))
    if not fitting(data, ask):
        print(f"The data cannot decide: {advise.missing(data, ask)}.\n"
              f"Measure it: ./run-bench.sh {' '.join(sweep_for(ask, data))}\n"
              "or let advise do it on the model: --measure")
        return EXIT_FAILED
    files = [file for path in beside(options.workload) if (file := replay.read(path)).source.phase == given.source.phase] if given else []
    for line in advise.answer(data, ask, files):
        print(line)
    return EXIT_OK
