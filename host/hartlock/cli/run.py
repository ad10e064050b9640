"""./run-bench.sh without a command: one run. Its parser, its refusals, and what it lists and prints."""

import argparse
import textwrap
from collections.abc import Sequence
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.cli import arguments, boards, help, measure
from hartlock.plan import profile, scenarios, strategies, traits
from hartlock.run.request import Request


def parser() -> argparse.ArgumentParser:
    p = arguments.command("", help.DESCRIPTION,
                          "./run-bench.sh [--setup] [--smp N] [--lock NAMES] [options] [-- QEMU arguments]",
                          [arguments.measuring(arguments.RUN)])
    p.epilog, p.formatter_class = help.EPILOG, argparse.RawDescriptionHelpFormatter
    boards.add_options(p)
    seen = p.add_argument_group("a look inside (docs/trust/model.md)")
    seen.add_argument("--trace", type=Path, metavar="FILE",
                      help="the model writes a line for each access to memory: the line's state before and after, and the cost")
    more = p.add_argument_group("what there is")
    more.add_argument("--list-locks", action=arguments.Print, const=list_locks, help="list the strategies and stop")
    more.add_argument("--list-scenarios", action=arguments.Print, const=scenarios.listing,
                      help="list the scenarios, with reasons, and stop")
    more.add_argument("--list-machines", action=arguments.Print, const=profile.listing,
                      help="list the machine profiles and stop")
    arguments.add_help(p, lambda: help.BRIEF, p.format_help)
    return p


def list_locks() -> str:
    other = {name: also for also, name in strategies.aliases().items()}
    lines = list[str]()
    for name, strategy in strategies.known().items():
        lines.append(f"{name:14} {strategy.summary()}" + (f" (also: {other[name]})" if name in other else ""))
        if when := traits.known()[name].when:
            lines += textwrap.wrap(f"choose it when {when}", 90, initial_indent=" " * 17, subsequent_indent=" " * 17)
    return "\n".join(lines)


def heard(options: argparse.Namespace, argv: Sequence[str]) -> Request:
    """The run of the board that is heard."""
    plan, engine, line = boards.hear(options, argv)
    if plan.probes:
        line.close()
        raise UsageError("the board was asked to probe its memory: ./run-bench.sh probe reads that, with the same options "
                         "(docs/ports/probe.md)")
    every = strategies.choose("all", plan.workload.allocator, plan.workload.duty)
    return Request(plan=plan, engines=[engine], label=strategies.label(plan.locks, every), out=options.out,
                   silence_s=options.time_limit, argv=list(argv), remarks=line.remarks)


def main(argv: Sequence[str]) -> int:
    ours, extra = arguments.split(argv)
    options = parser().parse_args(ours)
    hears = boards.where(options).is_given()
    request = heard(options, argv) if hears else measure.request(options, extra, argv)
    if options.print_plan:
        return boards.print_plan(request.plan, request.engines[0])
    boards.refuse_silent(request.engines, hears=hears)
    # This module measures and prints. It is imported late, so that commands which do neither start fast.
    from hartlock.run.run import run

    return run(request)
