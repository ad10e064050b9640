"""./run-bench.sh sweep: its parser, the boots it consists of, and the report at its end."""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.cli import arguments, boards, measure
from hartlock.engine.base import Options
from hartlock.engine.choose import default_members
from hartlock.engine.model import MANY_HARTS, MEMBERS, Model
from hartlock.run.request import Part, Request

NAME = "sweep"
BOOTS, TRIALS = 5, 2
DESCRIPTION = ("Measure all strategies on 1, 2, 4, ... harts in several boots, each with its own order, random numbers "
               "and placement, and report (docs/use/sweep.md).")
USUAL = arguments.Usual(
    Model.name, f"what executes the harts, as for a run (default {Model.name})", None,
    f"of each strategy and hart count in each boot (default {TRIALS}; 1 where each boot is another machine)",
                        "how many of the harts take part (default 1, 2, 4, ... up to --smp)",
    several=True)


def parser(shown: bool = True) -> argparse.ArgumentParser:
    """`shown`: with the options of a run in its help."""
    p = arguments.command(NAME, DESCRIPTION, "./run-bench.sh sweep [options] [-- QEMU arguments]",
                          parents=[arguments.measuring(replace(USUAL, shown=shown))])
    p.epilog = None if shown else ("The options of a run apply, too; --hold, --think and --scenario take several "
                                   "values with commas between them. --help-all lists them.")
    more = p.add_argument_group("the sweep")
    more.add_argument("--boots", type=arguments.integer(1, 1000), metavar="N",
                      help=f"each with the next seed, from --seed on (default {BOOTS}); and each on another machine, where the "
                           f"profile stands for many (default {MEMBERS}, above {MANY_HARTS} harts {MEMBERS // 2})")
    more.add_argument("--resume", type=Path, metavar="DIR",
                      help="go on with a sweep that was stopped: what it finished is kept, nothing is run twice")
    more.add_argument("--slurm", action="store_true",
                      help="submit the boots as a Slurm job array and return; `collect` puts them together")
    more.add_argument("--no-report", action="store_true", help="measure only; `report` makes the report later")
    arguments.add_help(p, lambda: parser(shown=False).format_help(), p.format_help)
    return p


def counts(smp: int) -> tuple[int, ...]:
    """The harts of a sweep: 1, 2, 4, ... below `smp`, and `smp` itself. Of many harts every other power of two, because they take long."""
    step = 1 if smp <= MANY_HARTS else 2
    return (*(n for n in (1 << i for i in range(0, 7, step)) if n < smp), smp)


def parts(options: argparse.Namespace, extra: Sequence[str], argv: Sequence[str]) -> Iterator[Part]:
    """The parts of a sweep, boot by boot, with each workload in each boot."""
    given = measure.workload_of(options)
    smp = measure.smp_of(options, given)
    harts = options.harts or ((smp,) if given else counts(smp))
    members = default_members(options.engine, Options(smp, machine=options.machine))
    boots = options.boots or (members if members > 1 else BOOTS)
    for boot in range(1, boots + 1):
        for work, values in enumerate(product(*(getattr(options, name) for name in arguments.VARIED)), 1):
            one = argparse.Namespace(**{**vars(options), **dict(zip(arguments.VARIED, values, strict=True)),
                                        "harts": harts, "trials": options.trials or (1 if members > 1 else TRIALS),
                                        "seed": options.seed + boot - 1, "draw_seed": options.seed, "member": boot})
            yield Part(boot, work, _labelled(measure.request(one, extra, argv)))


def _labelled(request: Request) -> Request:
    boards.refuse_silent(request.engines, hears=False)
    return replace(request, label=NAME if request.label == "all" else f"{NAME}-{request.label}")


def asked(argv: Sequence[str]) -> tuple[argparse.Namespace, list[Part]]:
    """The options of a sweep's command line, and the boots that they ask for."""
    ours, extra = arguments.split(argv[1:])
    options = parser().parse_args(ours)
    return options, [] if options.resume else list(parts(options, extra, argv))


def main(argv: Sequence[str]) -> int:
    options, boots = asked(argv)
    from hartlock.run import slurm, sweep
    from hartlock.cli.conclude import conclude

    if not options.resume:
        wanted = sweep.Sweep(boots, None, None if options.no_report or options.slurm else conclude)
        return slurm.submit_sweep(wanted, argv) if options.slurm else sweep.sweep(wanted)
    folder: Path = options.resume
    if list(argv[1:]) not in (["--resume", str(folder)], [f"--resume={folder}"]):
        raise UsageError("--resume DIR goes on as the sweep began: give no other options with it")
    options, boots = asked(sweep.saved(folder)["command"][1:])
    return sweep.sweep(sweep.Sweep(boots, folder, None if options.no_report else conclude))
