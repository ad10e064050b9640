"""Makes results folders with known answers, for tests of the programs that read them."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from hartlock.base import intervals
from hartlock.base.intervals import Estimate
from hartlock.figures.row_types import Coherence, Context, Forms, SampleRow, SummaryRow, TrialFigures, TrialRow, WaitRow
from hartlock.folder.csv_rows import FILES, read_rows
from hartlock.folder.members import MemberRow
from hartlock.folder.writer import write_rows
from hartlock.plan.plan import Workload

WORK = Workload(size_bytes=16, align_bytes=16, hold_instructions=0, think_instructions=100, think_range_instructions=100, batch_bytes=4096)
CONTEXT = Context(run="synthetic", engine="model", machine="generic-8", evidence="modelled", strategy="none", role="candidate", harts=1,
                  smp=8, host_processors=2, workload=WORK, forms=Forms(relax="pause", unlock="store", clusters=1), duration_us=200, seed=1)
HZ = 1e9


def context_of(**changes):
    """CONTEXT with changes; those of the workload by its fields."""
    work = {name: value for name, value in changes.items() if hasattr(WORK, name)}
    rest = {name: value for name, value in changes.items() if name not in work}
    return replace(CONTEXT, workload=replace(WORK, **work), **rest)


def shares_of(lowest, harts):
    """The operations of each hart when the slowest does `lowest` times as many as the others."""
    return [round(1000 * lowest)] + [1000] * (harts - 1)


def members_of(path, machine, keys):
    """Write members.csv. `keys` gives, for each key, the value on each machine, in order."""
    write_rows(path / "members.csv", MemberRow, [MemberRow(run=path.name, machine=machine, member=n, key=key, value=value)
                                                 for key, values in keys.items() for n, value in enumerate(values, 1)])


def folder_of(path, cycles, tail=None, lowest=None, check=None, boots=5, trials=2, seed=1, append=False, keys=None, contended=math.nan,
              operations=None, backlog=None, **context):
    """Write a results folder. `cycles` gives, for (strategy, harts), a function of boot and trial;
    `tail` likewise the 99.9th percentile (default ten times as much); `lowest`, by strategy, the
    slowest hart's share of the fastest's, or a function of the boot; `check` the strategies that do not pass; `keys` makes
    each boot another machine, with these values of some keys; `contended` is the share of the operations that waited;
    `operations` are those of all harts in a window; `backlog`, by strategy, those that were due at the end of an open loop, whose
    responses take a nanosecond for each cycle."""
    path = Path(path)
    path.mkdir(exist_ok=True)
    tables = {name: [] for name in FILES}
    if append:
        tables = {name: read_rows(path / name, of) if (path / name).exists() else [] for name, of in FILES.items()}
    for (strategy, harts), of in cycles.items():
        fixed = context_of(**{**context, "strategy": strategy, "harts": harts, "seed": seed, "run": path.name})
        passed = (check or {}).get(strategy, "pass")
        least = (lowest or {}).get(strategy, 1)
        each = []
        for boot in range(1, boots + 1):
            ops = shares_of(least(boot) if callable(least) else least, harts)
            jain, share = sum(ops) ** 2 / (harts * sum(x * x for x in ops)), min(ops) / max(ops)
            for trial in range(trials):
                value = float(of(boot, trial))
                wait = float(tail[strategy, harts](boot, trial)) if tail and (strategy, harts) in tail else 10 * value
                each.append((value, wait, boot))
                row = {"context": replace(fixed, seed=seed + boot - 1), "boot": boot, "member": boot if keys else None, "trial": trial,
                       "repetition": len(each)}
                tables["trials.csv"].append(TrialRow(**row, figures=TrialFigures(
                    window="measured", ended="time", check=passed,
                    cycles_per_op=value, throughput_ops_per_second=HZ / value, wait_p50_cycles=wait / 5,
                    wait_p99_cycles=wait / 2, wait_p999_cycles=wait, wait_max_cycles=2 * wait, jain_index=jain, contended_share=contended, ops_window=operations,
                    min_max_share=share, **({"response_p50_us": value / 1000, "response_p999_us": wait / 1000} if fixed.workload.arrival == "poisson" else {}),
                    coherence=Coherence(transfers_per_op=1, invalidations_per_op=1))))
                tables["samples.csv"] += [SampleRow(**row, window="measured", ended="time", check=passed, hart=hart, ops_window=n)
                                          for hart, n in enumerate(ops)]
        values = intervals.median_ci([e[0] for e in each], [e[2] for e in each])
        tables["summary.csv"].append(SummaryRow(
            context=fixed, boots=boots, trials=len(each), trials_measured=len(each), check=passed,
            overlap_shown="yes" if harts > 1 else "not-applicable", contended="yes",
            cycles_per_op=Estimate(values.median, math.nan, math.nan), min_max_share_median=share,
            jain_index=Estimate(jain, math.nan, math.nan), wait_p999_cycles=max(e[1] for e in each),
            backlog_ops_median=(backlog or {}).get(strategy, 0.0)))
        tables["waits.csv"] += [WaitRow(context=fixed, percent=p, wait_cycles=p * values.median / 10, waits=10**6)
                                for p in (0, 50, 99, 100)]
    for name, rows in tables.items():
        write_rows(path / name, FILES[name], rows)
    if keys:
        members_of(path, fixed.machine, keys)
    if not (path / "run.json").exists():
        (path / "run.json").write_text('{"status": "complete"}')
    return path


def around(middle, spread=0.01, seed=0):
    """A function of boot and trial that returns values around `middle`, always the same ones."""
    rng = np.random.default_rng(seed + int(middle * 1000))
    return lambda boot, trial: middle * (1 + spread * rng.normal())


def cells(harts, **cycles):
    """`cycles` for folder_of(), of strategies on one number of harts."""
    return {(name, harts): around(value) for name, value in cycles.items()}
