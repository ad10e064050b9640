"""Makes the request of a run from its options."""

import argparse
from collections.abc import Sequence

from hartlock.cli import boards
from hartlock.engine import choose
from hartlock.engine.base import Options
from hartlock.plan import plan as plans
from hartlock.plan import strategies, workload_options
from hartlock.run.request import Request


def engine_options(options: argparse.Namespace, smp: int, extra: Sequence[str]) -> Options:
    """The engine options of a command line. A scenario may say how long windows are."""
    asked = vars(options)
    return Options(
        smp, seed=options.seed, duration_ms=workload_options.given(asked, "duration", None),
        warmup_ms=workload_options.given(asked, "warmup", None),
        model_duration_us=workload_options.given(asked, "model-duration", 200), time_limit_s=options.time_limit,
        machine=options.machine, cpu=options.cpu, extra=tuple(extra), relax=options.relax, unlock=options.unlock,
        baud=asked.get("baud", boards.BAUD), trace=asked.get("trace"), member=asked.get("member", 1), draw_seed=asked.get("draw_seed"))


def request(options: argparse.Namespace, extra: Sequence[str], argv: Sequence[str]) -> Request:
    """The run that the options ask for. Raises UsageError for what cannot be measured."""
    workload, kind = workload_options.workload(vars(options)), choose.kind(options.engine)
    locks = tuple(strategies.choose(options.lock, workload.allocator))
    smp = options.smp or kind.default_smp()
    harts = options.harts or (smp,)
    asked = engine_options(options, smp, extra)
    trials = options.trials or kind.default_trials(locks, harts, workload, asked)
    plan = plans.Plan(
        smp=smp, locks=locks, harts=harts, workload=workload, trials=trials, seed=options.seed, inject=options.inject,
        relax=options.relax, unlock=options.unlock, clusters=options.clusters, optional=strategies.optional(options.lock, workload.allocator),
        order=plans.order(locks, harts, trials, options.seed))
    plans.check(plan)
    engines = choose.choose(options.engine, asked)
    members = options.trials or choose.default_members(options.engine, asked)
    engines, more = choose.split_by_ability(engines, workload_options.wants(plan.workload))
    return Request(plan=plan, engines=engines, label=strategies.label(locks), out=options.out, silence_s=options.time_limit,
                   argv=list(argv), remarks=more, members=members)
