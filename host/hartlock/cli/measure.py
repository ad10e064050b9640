"""Makes the request of a run from its options."""

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.base.text import words
from hartlock.cli import boards
from hartlock.engine import choose
from hartlock.engine.base import Options
from hartlock.plan import plan as plans
from hartlock.plan import replay, strategies, workload_options
from hartlock.plan.windows import MODEL_US
from hartlock.run.request import Request


MOST_US = 1000  # modelled microseconds of a window: the most that a workload file asks for
OPERATIONS = 60  # a workload file asks for so many operations of each hart in a window
PER_US = 1500  # instructions that a hart executes in a microsecond, about


def model_us(given: replay.Workload | None) -> int:
    """The length of the model's window, where the command line does not say: a workload file has slow locks, too."""
    if given is None:
        return MODEL_US
    return int(min(MOST_US, max(MODEL_US, OPERATIONS * given.replayed / PER_US)))


def engine_options(options: argparse.Namespace, smp: int, extra: Sequence[str], given: replay.Workload | None = None) -> Options:
    """The engine options of a command line. A scenario, or a workload file, may say how long windows are."""
    asked = vars(options)
    return Options(
        smp, seed=options.seed, duration_ms=workload_options.given(asked, "duration", None),
        warmup_ms=workload_options.given(asked, "warmup", None),
        model_duration_us=workload_options.given(asked, "model-duration", model_us(given)), time_limit_s=options.time_limit,
        machine=options.machine, cpu=options.cpu, extra=tuple(extra), relax=options.relax, unlock=options.unlock,
        baud=asked.get("baud", boards.BAUD), trace=asked.get("trace"), member=asked.get("member", 1), draw_seed=asked.get("draw_seed"))


def workload_of(options: argparse.Namespace) -> replay.Workload | None:
    """The contents of the workload file that the options name. Raises UsageError."""
    return replay.read(options.workload) if options.workload else None


def beside(path: Path) -> dict[str, bytes]:
    """The workload file, and the others of its image, by name."""
    return {p.name: p.read_bytes() for p in sorted({path, *path.parent.glob("*.toml")}) if p.is_file()}


def smp_of(options: argparse.Namespace, given: replay.Workload | None) -> int:
    """The harts of the machine: those of --smp, of the workload file, or of the engine."""
    return options.smp or (given.harts if given else choose.kind(options.engine).default_smp(options.machine))


def replayable(locks: Sequence[str], asked: str) -> tuple[tuple[str, ...], list[str]]:
    """The strategies that a workload file can be replayed with, and the remark on those that `--lock all` asked for, and that cannot."""
    known = strategies.known()
    left_out = [name for name in locks if known[name].lockfree]
    if named := [name for name in left_out if name in asked.replace("_", "-").split(",")]:
        raise UsageError(f"--lock {named[0]} with --workload: it hands out blocks and locks nothing, so it cannot run another's section")
    told = [f"left out with --workload, because they lock nothing and cannot run another's section: {words(left_out)}."] if left_out else []
    return tuple(name for name in locks if name not in left_out), told


def request(options: argparse.Namespace, extra: Sequence[str], argv: Sequence[str]) -> Request:
    """The run that the options ask for. Raises UsageError for what cannot be measured."""
    given = workload_of(options)
    drawn = workload_options.sizes_of(vars(options))
    workload, kind = workload_options.workload(vars(options), given), choose.kind(options.engine)
    locks, every = (tuple(strategies.choose(text, workload.allocator, workload.duty)) for text in (options.lock, "all"))
    remarks: list[str] = []
    if given:
        (locks, remarks), (every, _) = replayable(locks, options.lock), replayable(every, "all")
    smp = smp_of(options, given)
    harts = options.harts or (smp,)
    asked = engine_options(options, smp, extra, given)
    trials = options.trials or kind.default_trials(locks, harts, workload, asked)
    plan = plans.Plan(
        smp=smp, locks=locks, harts=harts, workload=workload, trials=trials, seed=options.seed, inject=options.inject,
        replay=given.word if given else "", observed=drawn.size_word(workload.align_bytes) if drawn else "", facts=asdict(given.facts) if given else {},
        relax=options.relax, unlock=options.unlock, clusters=options.clusters,
        optional=tuple(name for name in strategies.optional(options.lock, workload.allocator, workload.duty) if name in locks),
        order=plans.order(locks, harts, trials, options.seed))
    plans.check(plan)
    engines = choose.choose(options.engine, asked)
    members = options.trials or choose.default_members(options.engine, asked)
    engines, more = choose.split_by_ability(engines, workload_options.wants(plan.workload))
    return Request(plan=plan, engines=engines, label=strategies.label(locks, every), out=options.out, silence_s=options.time_limit,
                   argv=list(argv), remarks=[*remarks, *more], members=members,
                   workloads=beside(options.workload) if given else {})
