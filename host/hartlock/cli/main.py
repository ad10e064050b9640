"""The command line. No logic here: it reads the options and hands over."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hartlock.plan import plan as plans
from hartlock.analysis import advise, compare
from hartlock.engine import choose, hearing
from hartlock.engine.base import BOTH, Options
from hartlock.engine.board import may_be_meant
from hartlock.folder import merge
from hartlock.plan import lock_forms, scenarios, strategies, workload_options
from hartlock.probe import probe
from hartlock.report import page
from hartlock.run import run, sweep, table
from hartlock.stress import stress
from hartlock.base.errors import EXIT_USAGE, UsageError
from hartlock.base.option_types import int_between, shortened, word

DESCRIPTION = """\
Boot a bare-metal kernel on N RISC-V harts, hammer one shared bump allocator
under each lock, check every block it hands out, and show what each lock costs.
"""

EPILOG = """\
examples:
  ./run-bench.sh --setup --smp 8 --lock cas      install what is missing, then measure
  ./run-bench.sh --smp 8 --lock ttas,ticket,cas  compare three
  ./run-bench.sh --smp 8 --harts 1,2,4,8         all strategies on 1, 2, 4 and 8 harts
  ./run-bench.sh --smp 4 --lock ticket --hold 50 --think 500
  ./run-bench.sh --smp 8 --scenario page-fault   a named workload
  ./run-bench.sh --smp 64 --lock mcs,ticket --engine model --trials 1
  ./run-bench.sh --smp 2 --lock cas --engine tcg -- -icount shift=0
  ./run-bench.sh --engine native --smp 4         threads on this computer's processors
  ./run-bench.sh probe --smp 8                   what memory costs, as a profile
  ./run-bench.sh sweep --smp 8                   all locks, 1 to 8 harts, several boots
  ./run-bench.sh stress --smp 8 --for 10m        random workloads, until a check fails
  ./run-bench.sh report | compare | advise | collect    what results say: each has --help

Results go to results/<UTC time>-<locks>-smp<N>-<engine>/: summary.csv, samples.csv,
uart.log and run.json; docs/reference/columns.md explains every column. Exit status: 0 all
well; 1 a check failed or the run is incomplete (what it measured is kept);
2 a wrong option or a missing program; 130 stopped by Ctrl-C.
"""


OF_BOARDS = {"--engine", "--serial", "--baud", "--from-log", "--labgrid", "--out", "--time-limit"}


def _counts(text: str) -> tuple[int, ...]:
    one = int_between(1, plans.MAX_HARTS)
    return tuple(sorted({one(word) for word in text.split(",")}))


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="./run-bench.sh", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="./run-bench.sh [--setup] [--smp N] [--lock NAMES] [options] [-- QEMU arguments]")
    what = p.add_argument_group("what to measure")
    what.add_argument("--smp", type=int_between(1, plans.MAX_HARTS), metavar="N",
                      help="harts the machine has, 1 to 64 (default 8); native: threads "
                           "(default: one for each processor)")
    what.add_argument("--lock", default="all", metavar="NAMES",
                      help="strategies, with commas between them, or all (default all)")
    what.add_argument("--harts", type=_counts, metavar="LIST",
                      help="how many of the harts take part, say 1,2,4,8 (default: all of --smp); "
                           "the others sleep")
    what.add_argument("--list-locks", action="store_true", help="list the strategies and stop")
    work = p.add_argument_group("the workload of each hart")
    workload_options.add_options(work)
    form = p.add_argument_group("the forms of the locks (lock/forms.h)")
    form.add_argument("--relax", choices=lock_forms.RELAX_FORMS, default=lock_forms.RELAX,
                      help="what a waiter does between two looks: nothing, pause, or stall until the "
                           "word changes (Zawrs) (default pause)")
    form.add_argument("--unlock", choices=lock_forms.UNLOCK_FORMS, default=lock_forms.UNLOCK,
                      help="how a holder lets go where that is one store: after the release fence "
                           "(default), a full fence before or behind it, or an AMO")
    form.add_argument("--clusters", type=int_between(1, plans.MAX_HARTS), default=0, metavar="N",
                      help="tell the locks that the harts form N equal clusters (default: what the "
                           "device tree's cpu-map, or the machine profile, says)")
    how = p.add_argument_group("how to measure")
    how.add_argument("--trials", type=int_between(1, 1000), metavar="N",
                     help="of each strategy and hart count, in random order (default 5; board: as many "
                          "of them as --baud sends in a minute)")
    how.add_argument("--duration", type=workload_options.milliseconds, metavar="MS",
                     help="of the window in which operations count (default 100; native: 20)")
    how.add_argument("--warmup", type=int_between(0, 3_600_000), metavar="MS",
                     help="before the window opens, discarded (default 20; native: 5)")
    how.add_argument("--model-duration", type=int_between(1, 1_000_000), metavar="US",
                     help="the same for the cost model, in modelled microseconds; a quarter more "
                          "is its warm-up (default 200)")
    how.add_argument("--seed", type=int_between(0, 2**64 - 1), default=1, metavar="N",
                     help="of the order of trials and the harts' random numbers (default 1)")
    where = p.add_argument_group("where and with what")
    where.add_argument("--setup", action="store_true",
                       help="first install what is missing (Debian packages, as root or with sudo)")
    where.add_argument("--out", type=Path, metavar="DIR",
                       help="put the run's files into DIR, new or empty (default: a new folder in results/)")
    where.add_argument("--engine", choices=["tcg", "model", BOTH, "native", "board"], default=BOTH,
                       help="tcg: QEMU, a thread a hart: stress and audit. model: QEMU and the cost "
                            "model of --machine: what it costs. Default both, in one table. native: "
                            "no QEMU, threads on this computer's own processors: what it costs there. "
                            "board: the kernel on a board, heard by --serial or --from-log")
    where.add_argument("--serial", metavar="DEVICE", help="board: the line to it, say /dev/ttyUSB0; its plan is its own")
    where.add_argument("--baud", type=int_between(1, 10**8), default=115200, metavar="N", help="of that line (default 115200)")
    where.add_argument("--from-log", type=Path, metavar="FILE",
                       help="board: what a terminal program took down of a run")
    where.add_argument("--labgrid", type=Path, metavar="FILE",
                       help="board: a labgrid environment, whose target main has a console")
    where.add_argument("--print-plan", action="store_true",
                       help="print the plan, for a board's bootargs or `make board PLAN=...`, and stop")
    where.add_argument("--machine", type=word, metavar="NAME",
                       help="machine profile of the cost model: a name in model/machines/, or a "
                            "TOML file (default generic-8, above 8 harts mesh-64)")
    where.add_argument("--cpu", type=word, metavar="MODEL", help="QEMU's -cpu (default rv64)")
    where.add_argument("--time-limit", type=int_between(1, 86400), metavar="S",
                       help="give the run up when nothing is heard of it for S seconds, or no hart gets on for "
                            "half of that (default: 30 and what the plan needs; 20)")
    where.add_argument("--inject", default="", choices=["panic", "record", "trap", "stack", "hang", "hang-all", "hang-irq", "lost"], help=argparse.SUPPRESS)
    return p


def _split(argv: list[str]) -> tuple[list[str], list[str]]:
    """Ours, and QEMU's behind `--`."""
    if "--" not in argv:
        return argv, []
    at = argv.index("--")
    return argv[:at], argv[at + 1:]


def _request(options: argparse.Namespace, extra: list[str], argv: list[str]) -> run.Request:
    locks = tuple(strategies.choose(options.lock))
    kind = choose.kind(options.engine)
    smp = options.smp or kind.default_smp()
    harts = options.harts or (smp,)
    work = workload_options.workload(options)
    asked = Options(
        smp, seed=options.seed, duration_ms=workload_options.given(options, "duration", None),
        warmup_ms=workload_options.given(options, "warmup", None),
        model_duration_us=workload_options.given(options, "model-duration", 200), time_limit_s=options.time_limit,
        machine=options.machine, cpu=options.cpu, extra=tuple(extra), relax=options.relax, unlock=options.unlock, baud=options.baud)
    trials = options.trials or kind.default_trials(locks, harts, work, asked)
    plan = plans.Plan(
        smp=smp, locks=locks, harts=harts,
        workload=work,
        trials=trials, seed=options.seed, inject=options.inject, relax=options.relax, unlock=options.unlock,
        clusters=options.clusters, optional=strategies.optional(options.lock),
        order=plans.order(locks, harts, trials, options.seed))
    plans.check(plan)
    chosen, remarks = choose.choose(options.engine, asked)
    chosen, more = choose.split_by_ability(chosen, workload_options.wants(plan.workload))
    return run.Request(plan=plan, engines=chosen, label=strategies.label(locks), out=options.out,
                       silence_s=options.time_limit, argv=argv, remarks=[*remarks, *more])


def _sweep(argv: Sequence[str]) -> tuple[argparse.Namespace, Callable[[argparse.Namespace], run.Request]]:
    ours, extra = _split(list(argv[1:]))
    return sweep.parser(_parser()).parse_args(ours), lambda options: _request(options, extra, list(argv))


def _list_locks() -> int:
    other = {name: also for also, name in strategies.aliases().items()}
    for name, strategy in strategies.known().items():
        print(f"{name:14} {strategy.summary()}" + (f" (also: {other[name]})" if name in other else ""))
    return 0


def _heard(options: argparse.Namespace, argv: list[str], where: hearing.Where) -> run.Request:
    """The run that a board is about to make, or made: its plan is the board's own."""
    if not may_be_meant(options.engine):
        raise UsageError(f"--engine {options.engine}: --serial, --from-log and --labgrid are of the engine board")
    _refuse_plan(argv)
    line, call = where.open()
    if call:
        print(call, flush=True)
    plan, engine = hearing.hear(line, where.baud, options.time_limit)
    return run.Request(plan=plan, engines=[engine], label=strategies.label(plan.locks), out=options.out,
                       silence_s=options.time_limit, argv=argv)


def _refuse_plan(argv: list[str]) -> None:
    """Refuse options about the plan: the board has its plan already."""
    given = [a.split("=")[0] for a in argv if a.startswith("--")]
    other = [a for a in given if a not in OF_BOARDS]
    if other:
        raise UsageError(f"{other[0]}: the board has its plan already, in its image or its boot loader's bootargs; "
                         "give this option to --engine board --print-plan, which prints a plan")


def _print_plan(request: run.Request) -> int:
    engine = request.engines[0]
    print(request.plan.bootargs(engine.windows))
    if advice := engine.plan_advice(request.plan):
        print(f"hartlock: {advice}", file=sys.stderr)
    return 0


def parsers() -> list[argparse.ArgumentParser]:
    """Of the run and of every subcommand."""
    return [_parser(), sweep.parser(_parser()), page.parser(), compare.parser(), advise.parser(), merge.parser(), stress.parser()]


def _collect(argv: list[str]) -> int:
    return merge.main(argv, table.console(), lambda folder: sweep.gather(folder, _sweep, table.console()))


COMMANDS: dict[str, Callable[[list[str]], int]] = {
    probe.PROBE: lambda argv: probe.main(argv, table.console()),
    sweep.SWEEP: lambda argv: sweep.main(argv, _sweep, table.console()),
    page.REPORT: lambda argv: page.main(argv, table.console()),
    compare.COMPARE: lambda argv: compare.main(argv, table.console()),
    advise.ADVISE: lambda argv: advise.main(argv, table.console(), main),
    merge.COLLECT: _collect,
    stress.STRESS: lambda argv: stress.main(argv, _split, table.console()),
}


def main(argv: list[str]) -> int:
    try:
        if argv and argv[0] in COMMANDS:
            return COMMANDS[argv[0]](argv)
        ours, extra = _split(argv)
        options = _parser().parse_args(ours)
        if options.list_locks:
            return _list_locks()
        if options.list_scenarios:
            print(scenarios.listing())
            return 0
        where = hearing.Where(options.serial, options.from_log, options.labgrid, options.baud)
        if where.is_given():
            return run.run(_heard(options, argv, where), table.console())
        request = _request(options, extra, argv)
        if options.print_plan:
            return _print_plan(request)
        if not request.engines[0].is_started_here:
            raise UsageError("--engine board: --print-plan says what to ask of a board; then --serial DEVICE listens to it, "
                             "or --from-log FILE reads what it said (docs/ports/boards.md)")
        return run.run(request, table.console())
    except UsageError as e:
        print(f"hartlock: {shortened(str(e))}", file=sys.stderr)
        return EXIT_USAGE
    except OSError as e:  # a name that no file can have: what is written, or run, says so itself
        if e.filename is None:
            raise
        print(f"hartlock: {shortened(str(e.filename))}: {e.strerror}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("hartlock: interrupted before anything was measured", file=sys.stderr)
        return 130
