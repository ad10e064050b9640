"""`sweep`: all strategies on several hart counts, over several boots, into one folder.

A boot differs from the next by its seed: the order of its trials, the harts' random
numbers, where things lie. What a boot has finished is in its log, so a sweep that
was stopped goes on by reading the logs and booting for what is missing.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

from rich.console import Console

from hartlock.plan import plan as plans
from hartlock.folder import writer
from hartlock.report import page
from hartlock.run import slurm
from hartlock.folder.reader import Results, load
from hartlock.engine.base import Engine
from hartlock.engine.choose import kind
from hartlock.base.errors import EXIT_OK, RunError, UsageError
from hartlock.base.option_types import int_between
from hartlock.folder.probe_csv import newest_probe
from hartlock.run.progress import Bar, Plain, progress
from hartlock.figures.rows import RunContext, Start, Table
from hartlock.run.run import Request, Run
from hartlock.run.boot import Session
from hartlock.analysis.verdict import judge

BOOTS, TRIALS = 5, 2
VARIED = ("hold", "think", "scenario")  # options of a run of which a sweep takes several values
SWEEP = "sweep"


def parser(p: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The options of a run, with other defaults, and a few more."""
    p.prog, p.usage, p.epilog, p.formatter_class = "./run-bench.sh sweep", None, None, argparse.HelpFormatter
    p.description = ("Measure all strategies on 1, 2, 4, ... harts in several boots, each with its own order, random "
                     "numbers and placement, and report (docs/use/sweep.md).")
    for action in p._actions:
        if action.dest in VARIED:
            severally(action)
    p.set_defaults(engine="model", trials=TRIALS)
    for action in p._actions:
        if action.dest in ("trials", "engine", "harts"):
            action.help = {"trials": f"of each strategy and hart count in each boot (default {TRIALS})",
                           "engine": "what executes the harts, as for a run (default model)",
                           "harts": "how many of the harts take part (default 1, 2, 4, ... up to --smp)"}[action.dest]
    more = p.add_argument_group("the sweep")
    more.add_argument("--boots", type=int_between(1, 1000), default=BOOTS, metavar="N",
                      help=f"each with the next seed, from --seed on (default {BOOTS})")
    more.add_argument("--resume", type=Path, metavar="DIR",
                      help="go on with a sweep that was stopped: what it finished is kept, nothing is run twice")
    more.add_argument("--slurm", action="store_true",
                      help="submit the boots as a Slurm job array and return; `collect` puts them together")
    more.add_argument("--no-report", action="store_true", help="measure only; `report` makes the report later")
    return p


def severally(action: argparse.Action) -> None:
    """Several values with commas between them, each measured in every boot."""
    one: Any = action.type or str
    allowed, action.choices = action.choices, None

    def parse(text: str) -> tuple[object, ...]:
        values = tuple(dict.fromkeys(one(word) for word in text.split(",")))
        if wrong := [v for v in values if allowed is not None and v not in allowed]:
            raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(map(str, allowed or ()))}")
        return values

    action.type, action.default = parse, (action.default,)
    action.help = f"{action.help}; several with commas between them"


def doubling(smp: int) -> tuple[int, ...]:
    """1, 2, 4, ... and smp itself."""
    return (*(n for n in (1 << i for i in range(7)) if n < smp), smp)


@dataclass(frozen=True)
class Part:
    """One boot of one workload."""

    boot: int  # from 1
    work: int  # from 1: which of the workloads
    request: Request


@dataclass(frozen=True)
class Sweep:
    """Boots, alike but for the seed, of each workload."""

    parts: Sequence[Part]
    folder: Path | None  # to go on in
    report: bool
    boot: bool = True  # what is missing; else only what there is


class Attempt:
    """One engine's log of one boot, or of a part of it."""

    def __init__(self, engine: Engine, part: Part, table: Table, several: bool, done: Sequence[Session]):
        plan, number = part.request.plan, len(done) + 1
        kept = Counter((t.strategy, t.harts) for s in done for t in s.settled())
        self.plan = replace(plan, order=remaining(plan.order, kept))
        work, again = f"-work{part.work}" if several else "", f"-{number}" if number > 1 else ""
        name = f"uart-{engine.name}{work}-boot{part.boot}{again}.log"
        first = max((s.start.first + t.id + 1 for s in done for t in s.settled()), default=0)
        self.session = Session(self.plan, replace(engine, log=name), table, Start(part.boot, plan.seed, first))


def remaining(order: Sequence[plans.Cell], done: "Counter[tuple[str, int]]") -> tuple[plans.Cell, ...]:
    """The trials of the order that were not done, in order."""
    left, out = Counter(done), []
    for trial in order:
        if left[trial] > 0:
            left[trial] -= 1
        else:
            out.append(trial)
    return tuple(out)


class SweepRun(Run):
    def __init__(self, sweep: Sweep, console: Console):
        self.sweep, self.first = sweep, sweep.parts[0].request
        super().__init__(self.first, console, sweep.folder)
        boots = max(part.boot for part in sweep.parts)
        self.by_work = {(e.name, part.work): Table(RunContext(self.path.name, e, part.request.plan, self.processors, boots))
                        for part in sweep.parts if part.boot == 1 for e in part.request.engines}

    def admit(self) -> None:
        self.context["sweep"] = described(self.sweep)
        self.known = saved(self.sweep.folder) if self.sweep.folder else {}
        if self.sweep.folder:
            same(self.sweep.folder, self.known, self.context)
            self.context["started"] = self.known["started"]
            if self.sweep.boot and self.known["host"]["processors"] != self.processors:
                raise UsageError(f"--resume {self.sweep.folder}: it began on {self.known['host']['processors']} host "
                                 f"processors, and here are {self.processors}: rows would differ in what they can prove")
            self.context["host"] = self.known["host"]  # the boots that are there ran on it
            self.processors = self.known["host"]["processors"]

    def measure(self) -> None:
        attempts = [self._replay(part, engine) for part in self.sweep.parts for engine in part.request.engines]
        total = self.planned()
        left = sum(len(a.plan.order) for a in attempts)
        with progress(self.console, total, total - left, brief=True) as bar:
            for attempt in attempts if self.sweep.boot else ():
                if attempt.plan.order:
                    self._boot(attempt, bar)

    def _replay(self, part: Part, engine: Engine) -> Attempt:
        """What is left of a boot after the logs that are there."""
        done: list[Session] = []
        several = any(other.work > 1 for other in self.sweep.parts)
        while True:
            attempt = Attempt(engine, part, self.by_work[engine.name, part.work], several, done)
            log = self.path / attempt.session.engine.log
            if not log.exists():
                return attempt
            attempt.session.replay(log.read_bytes(), self.folder.add)
            self.sessions.append(attempt.session)
            done.append(attempt.session)

    def _boot(self, attempt: Attempt, bar: Plain | Bar) -> None:
        self.boot(attempt.session, bar)
        self.context["sessions"] = self.last_words()
        self.folder.write_context(self.context)
        if not attempt.session.done:
            raise RunError(f"boot {attempt.session.start.boot} measured nothing; what was to come after it was left out")

    def last_words(self) -> list[dict[str, object]]:
        """Of boots of an earlier command, what was said then."""
        then = {str(s["log"]): s for s in self.known.get("sessions", [])}
        return [then.get(s.engine.log) or s.last_words() for s in self.sessions]

    def named(self, problem: str, engine: Engine, boot: int = 0) -> str:
        return super().named(f"boot {boot}: {problem}" if boot else problem, engine)

    def judged(self) -> list[Session]:
        """A log that was cut short is no problem once its boot went on in another."""
        ended = {(id(s.table), s.start.boot) for s in self.sessions if s.collector.ended}
        return [s for s in self.sessions if s.collector.ended or (id(s.table), s.start.boot) not in ended]

    def judge(self) -> None:
        super().judge()
        if self.missing() and self.outcome.status == "complete":
            self.outcome.worse(f"{self.missing()} trial(s) are missing")

    def planned(self) -> int:
        return sum(len(part.request.plan.order) * len(part.request.engines) for part in self.sweep.parts)

    def missing(self) -> int:
        return self.planned() - sum(len(s.settled()) for s in self.sessions)

    def afterwards(self) -> None:
        if self.sweep.report:
            self._report()
        if self.missing():
            self.console.print(f"{self.missing()} trials are left; to go on: ./run-bench.sh sweep --resume {writer.short(self.path)}",
                               markup=False)

    def _report(self) -> None:
        """A report that cannot be written does not spoil what was measured."""
        try:
            data = load(self.path)
            for line in told(data):
                self.console.print(line, markup=False)
            self.console.print(f"report: {writer.short(page.write(self.path, newest_probe(data)))}", markup=False)
        except UsageError as e:
            self.console.print(f"no report: {e}", markup=False)


def told(data: Results) -> Iterator[str]:
    """The verdict, setting by setting."""
    settings = [s for s in data.settings if data.cells(s)]
    for s in settings:
        verdict = judge(data, s, max(data.harts(s)))
        if len(settings) > 1:
            yield f"\n{s.apart(settings)}:"
        yield from (f"{verdict.headline}: {verdict.lead}", *verdict.points)


def described(sweep: Sweep) -> dict[str, object]:
    """For run.json: what has to be the same for a sweep to go on."""
    return {
        "boots": [{"boot": p.boot, "seed": p.request.plan.seed, "workload": asdict(p.request.plan.workload),
                   "order": [f"{t.strategy}:{t.harts}" for t in p.request.plan.order]} for p in sweep.parts],
        "engines": [{"engine": e.name, "duration_us": e.windows.duration_us, "warmup_us": e.windows.warmup_us, **e.facts}
                    for e in sweep.parts[0].request.engines],
    }


def saved(folder: Path) -> dict[str, Any]:
    try:
        known = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as e:
        raise UsageError(f"--resume {folder}: there is no run.json of a sweep to go on with ({e})") from e
    if not isinstance(known, dict) or "sweep" not in known:
        raise UsageError(f"--resume {folder}: that run is no sweep")
    return known


def same(folder: Path, known: dict[str, Any], now: dict[str, object]) -> None:
    """Trials of two kernels, or of two plans, are no sweep."""
    for key, what in (("image_sha256", "the kernel image"), ("qemu", "QEMU"), ("plan", "the plan"),
                      ("sweep", "the plan of its boots, or the cost model")):
        if json.loads(json.dumps(now[key])) != known.get(key):
            raise UsageError(f"--resume {folder}: {what} is not what the sweep began with; begin a new one")


def parts(options: argparse.Namespace, make: Callable[[argparse.Namespace], Request]) -> list[Part]:
    """Boot by boot, each workload in each."""
    options.harts = options.harts or doubling(options.smp or kind(options.engine).default_smp())
    names = [name for name in VARIED if hasattr(options, name)]
    out = []
    for boot in range(1, options.boots + 1):
        for work, values in enumerate(product(*(getattr(options, name) for name in names)), 1):
            one = argparse.Namespace(**{**vars(options), **dict(zip(names, values, strict=True)), "seed": options.seed + boot - 1})
            request = make(one)
            label = SWEEP if request.label == "all" else f"{SWEEP}-{request.label}"
            out.append(Part(boot, work, replace(request, label=label)))
    return out


Prepare = Callable[[Sequence[str]], tuple[argparse.Namespace, Callable[[argparse.Namespace], Request]]]


def main(argv: Sequence[str], prepare: Prepare, console: Console) -> int:
    """`prepare` reads a command line; it gives the options, and what makes requests of them."""
    options, make = prepare(argv)
    folder = options.resume
    if folder:
        if list(argv[1:]) not in (["--resume", str(folder)], [f"--resume={folder}"]):
            raise UsageError("--resume DIR goes on as the sweep began: give no other options with it")
        options, make = prepare(saved(folder)["command"][1:])
    if options.slurm and not folder:
        return submit(argv, Sweep(parts(options, make), None, False), console)
    sweep = Sweep(parts(options, make), folder, not options.no_report)
    return SweepRun(sweep, console).go()


def submit(argv: Sequence[str], sweep: Sweep, console: Console) -> int:
    slurm.check()
    run = SweepRun(sweep, console)
    run.folder.close()
    run.folder.write_context({**run.context, "status": "submitted"})
    boots = max(part.boot for part in sweep.parts)
    smp = max(e.used_processors(run.plan.smp) for e in run.first.engines)
    text = slurm.script(run.path, argv, boots, run.plan.seed, smp)
    job = slurm.submit(run.path, text)
    slurm.remember(run.path, slurm_job=job)
    console.print(f"submitted: job {job}, {boots} boots\nwhen it is done: ./run-bench.sh collect {writer.short(run.path)}",
                  markup=False)
    return EXIT_OK


def gather(folder: Path, prepare: Prepare, console: Console) -> int:
    """`collect` of a job array."""
    known = saved(folder)
    slurm.remember(folder, host=slurm.gather(folder, known))
    options, make = prepare(known["command"][1:])
    return SweepRun(Sweep(parts(options, make), folder, not options.no_report, boot=False), console).go()
