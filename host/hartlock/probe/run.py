"""Probes what memory costs, and writes a machine profile of it."""

import math
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from hartlock.base import paths, toolchain
from hartlock.engine.base import Engine
from hartlock.folder import run_json, writer
from hartlock.folder.probe_csv import ProbeRow
from hartlock.plan import plan as plans
from hartlock.plan.strategies import PROBE
from hartlock.probe import profile, view
from hartlock.records.trials import Trial
from hartlock.base.errors import RunError
from hartlock.base.terminal import console, whole
from hartlock.records.histogram import Histogram
from hartlock.probe.fit import fit
from hartlock.probe.measured import Contention, Found, Measure, Probe
from hartlock.records.parser import Fields
from hartlock.figures.rows import Rows, RunContext, Start, Table
from hartlock.run.guarded import Outcome, guarded
from hartlock.run.boot import Session

MOST_BY_DEFAULT = 8  # harts of a sweep that is not told
PATIENCE_S = 120  # the longest silence; harts of an emulated board may take turns for long


class Listening(Session):
    """A boot whose one trial is the probe."""

    def __init__(self, plan: plans.Plan, engine: Engine, run: str, processors: int):
        super().__init__(plan, engine, Table(RunContext(run, engine, plan, processors)), Start(1, plan.seed))
        self.probe = Probe(plan.harts[0], riscv=engine.is_riscv, real=not engine.is_deterministic)
        self.collector.handlers.update({"probe": self._measure, "lrsc": self._lrsc})

    def _measure(self, f: Fields) -> None:
        self.probe.add(Measure(
            f.text("kind"), f.number("a"), f.number("b"), f.number("ops"),
            Histogram(f.number("count"), f.number("sum"), f.number("min"), f.number("max"), f.buckets("buckets"))))

    def _lrsc(self, f: Fields) -> None:
        self.probe.contention.append(Contention(*(f.number(k) for k in ("harts", "hart", "attempts", "successes"))))

    def _rows(self, trial: Trial) -> Rows:
        self.probe.timebase_hz = self.collector.boot.timebase_hz
        if trial.status != "done":
            self.problems.append(f"the probe was not run: only {self.collector.boot.online} hart(s) came up")
        elif missing := self.probe.missing():
            self.problems.append(f"the probe is not complete: {len(missing)} measurements did not arrive, the first is "
                                 f"{missing[0]}")
        else:
            self.done.append(trial)
        return Rows()


def _short(x: float | None) -> float:
    return math.nan if x is None else round(x, 4)


def _csv(p: Probe) -> list[ProbeRow]:
    """Returns the rows of probe.csv."""
    rows = []
    for m in p.measures.values():
        h = m.cycles
        rows.append(ProbeRow(kind=m.kind, a=m.a, b=m.b, ops=m.ops, count=h.count, min_cycles=h.min,
                             median_cycles=_short(h.percentile(50)), mean_cycles=_short(h.mean()), max_cycles=h.max,
                             overhead_cycles=_short(p.overhead(m.kind)), cost_cycles=_short(p.cost(m.kind, m.a, m.b))))
    return rows + [ProbeRow(kind="lrsc", a=c.hart, b=c.harts, attempts=c.attempts, successes=c.successes)
                   for c in p.contention]


def _next(path: str, harts: int) -> tuple[str, ...]:
    """The lines that name the commands by which a profile becomes an answer."""
    smp = f" --smp {harts}" if harts > MOST_BY_DEFAULT else ""
    return ("next, what locks cost on this machine, and then which one fits your section (--help says how to describe it):",
            f"  ./run-bench.sh sweep --machine {path}{smp}", "  ./run-bench.sh advise")


@dataclass(frozen=True)
class Request:
    """The request of `probe`."""

    engine: Engine
    plan: plans.Plan
    base: Path  # the profile that gives what cannot be probed
    out: Path | None
    argv: list[str]
    silence_s: float | None
    remarks: list[str]  # about what was heard


class Run:
    path: Path
    files: writer.Files
    session: Listening

    def __init__(self, request: Request, out: Console):
        self.request, self.plan, self.engine, self.console = request, request.plan, request.engine, out
        self.smp, self.base, self.outcome = self.plan.harts[0], request.base, Outcome()
        self.image = self.engine.build(self.plan.relax, self.plan.unlock)
        self.processors = toolchain.host_processors()
        self.context = run_json.begin(self.plan, request.argv, self.engine, self.image, self.processors)

    def open(self) -> None:
        """Make the folder. Raises UsageError."""
        self.path = (writer.use_folder(self.request.out) if self.request.out else writer.make_folder(
            paths.RESULTS, writer.name(PROBE, self.smp, self.engine.name)))
        self.files = writer.Files(self.path)
        self.session = Listening(self.plan, self.engine, self.path.name, self.processors)

    def go(self) -> int:
        return guarded(self.outcome, self.open, self._measure, self._end)

    def _measure(self) -> None:
        self.files.write_context(self.context)
        if not self.request.out:
            writer.point_latest(self.path)
        with self.console.status(f"probing {self.smp} hart(s)"):
            self.session.go(self.image, self.request.silence_s or PATIENCE_S, lambda data: self.files.log(self.engine.log, data),
                            lambda rows: None, lambda name: None)

    def _end(self) -> None:
        for problem in self.session.judge():
            self.outcome.worse(problem)
        for problem in self.session.gave_up:
            self.outcome.gave_up(problem)
        try:
            self._results()
        except RunError as e:
            self.outcome.worse(str(e))
        self._finish()

    def _results(self) -> None:
        p = self.session.probe
        enough = p.measures.keys() >= {("clock", 0, 0), ("loop", 0, 0), ("gap", 0, 0), ("load", 0, 0)}
        writer.write_rows(self.path / "probe.csv", ProbeRow, _csv(p) if enough else [])
        if not self.session.done:
            return
        base_text = self.base.read_text(encoding="utf-8")
        found = fit(p, profile.columns(base_text))
        of = self.engine.place(self.smp)
        with writer.writing(self.path / "profile.toml"):
            (self.path / "profile.toml").write_text(
                profile.write(found, self.base.stem, base_text, of, self.session.collector.boot.isa), encoding="utf-8")
        self._show(p, found, of)

    def _show(self, p: Probe, found: dict[str, Found], of: str) -> None:
        say = self.console.print
        if p.harts > 1:
            say("\none-way hand-off of a line, cycles, mean over the lines:\n", whole(view.matrix(p, self.console.width), self.console.width))
            say("\n", whole(view.lrsc(p.contention), self.console.width))
            with writer.writing(self.path / "handoff.png"):
                remark = view.heat_map(p, self.path / "handoff.png", f"Hand-offs between {of}")
            if remark:
                say(remark, markup=False)
        say("\n", whole(view.found(found), self.console.width))
        say(f"\nwhat is not probed is from the profile {self.base.stem} (--base). evidence "
            f"{self.engine.evidence(1, 1)}.", markup=False)
        for remark in (*self.request.remarks, *self.engine.clock_remarks(self.session.collector.boot)):
            say(remark, markup=False)

    def _finish(self) -> None:
        self.context.update(status=self.outcome.status, ended=run_json.now(), problems=self.outcome.problems,
                            base=self.base.stem, sessions=[self.session.last_words()])
        with suppress(RunError):
            self.files.write_context(self.context)
        self.files.close()
        for problem in dict.fromkeys(self.outcome.problems):
            self.console.print(f"hartlock: {problem}", style="bold red", markup=False)
        for line in self.session.harts:
            self.console.print(f"  {line}", markup=False)
        if self.session.done:
            self.console.print(f"profile: {writer.short(self.path / 'profile.toml')}", markup=False)
        self.console.print(f"results: {writer.short(self.path / 'probe.csv')}", markup=False)
        if self.session.done:
            for line in _next(writer.short(self.path / "profile.toml"), self.smp):
                self.console.print(line, markup=False)


def probe(request: Request) -> int:
    """Probe, and write the profile; returns the exit status."""
    return Run(request, console()).go()
