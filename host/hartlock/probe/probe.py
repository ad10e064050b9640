"""`./run-bench.sh probe`: what memory costs here, and a machine profile of it."""

import argparse
import csv
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from rich.console import Console

from hartlock.base import paths, toolchain
from hartlock.engine import build, choose, native
from hartlock.folder import run_json, writer
from hartlock.plan import plan as plans
from hartlock.probe import profile, view
from hartlock.records.trials import Trial
from hartlock.base.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_TERMINATED, RunError, UsageError
from hartlock.records.histogram import Histogram
from hartlock.base.option_types import int_between
from hartlock.probe.fit import Contention, Found, Measure, Probe, fit
from hartlock.records.parser import Fields
from hartlock.figures.rows import Rows, RunContext, Start, Table
from hartlock.run.run import Terminated, terminate, undisturbed
from hartlock.run.boot import Session

PROBE = "probe"  # a word of the plan
COLUMNS = [
    "kind", "a", "b", "ops", "count", "min_cycles", "median_cycles", "mean_cycles", "max_cycles",
    "overhead_cycles", "cost_cycles", "attempts", "successes",
]
WINDOW_US = 200  # the model's limits are told from it
REFUSED = {
    "board": "the serial-line engine is not built yet; probe with --engine model or native",
    "tcg": "its latencies are those of translated code on this computer, and would be no machine's profile",
}


class Listening(Session):
    """A boot whose one trial is the probe."""

    def __init__(self, plan: plans.Plan, engine: choose.Engine, run: str, processors: int):
        super().__init__(plan, engine, Table(RunContext(run, engine, plan, processors)), Start(1, plan.seed))
        self.probe = Probe(plan.smp, real=engine.name == "native")
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
            self.problems.append(f"the probe is not complete: {len(missing)} measurements did not arrive, the first is {missing[0]}")
        else:
            self.done.append(trial)
        return Rows([], [])


def _parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="./run-bench.sh probe", allow_abbrev=False,
        description="Measure what loads, stores, AMOs and hand-offs between harts cost, and write a machine "
                    "profile for the cost model from it (docs/ports/probe.md).")
    p.add_argument("--engine", choices=["model", "native", *REFUSED], default="model",
                   help="model: QEMU and the cost model (default). native: threads on this computer's "
                        "processors. board: not built yet")
    p.add_argument("--smp", type=int_between(1, plans.MAX_HARTS), metavar="N",
                   help="harts, 1 to 64 (default 8; native: one for each processor)")
    p.add_argument("--machine", metavar="NAME", help="machine profile that the model runs on: a name in model/machines/, "
                   "or a TOML file (default generic-8, above 8 harts mesh-64)")
    p.add_argument("--base", metavar="NAME", help="machine profile that the new one takes from what cannot be probed "
                   "(default generic-8, above 8 harts mesh-64)")
    p.add_argument("--seed", type=int_between(0, 2**64 - 1), default=1, metavar="N", help="of what lies where (default 1)")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the files into DIR, new or empty")
    return p


def _plan(smp: int, seed: int) -> plans.Plan:
    return plans.Plan(smp=smp, locks=(PROBE,), harts=(smp,), workload=plans.Workload(16, 16, 0, 0, 0, 0), trials=1,
                      seed=seed, order=(plans.Cell(PROBE, smp),))


def _short(x: float | None) -> object:
    return "" if x is None else writer.cell(round(x, 4))


def _csv(p: Probe) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for m in p.measures.values():
        h = m.cycles
        rows.append({"kind": m.kind, "a": m.a, "b": m.b, "ops": m.ops, "count": h.count, "min_cycles": h.min,
                     "median_cycles": _short(h.percentile(50)), "mean_cycles": _short(h.mean()), "max_cycles": h.max,
                     "overhead_cycles": _short(p.overhead(m.kind)), "cost_cycles": _short(p.cost(m.kind, m.a, m.b))})
    rows += [{"kind": "lrsc", "a": c.hart, "b": c.harts, "attempts": c.attempts, "successes": c.successes}
             for c in p.contention]
    return rows


def _native(smp: int, machine: str | None) -> choose.Engine:
    choose.refuse_for_native(machine, None, ())
    if smp > toolchain.host_processors():
        raise UsageError(f"probe --engine native --smp {smp}: this computer gives it {toolchain.host_processors()} processor(s), and between "
                         "threads that share one it would be the system's scheduler that is measured")
    return choose.native(1, 0)


class Run:
    def __init__(self, options: argparse.Namespace, argv: list[str], console: Console):
        self.smp, self.console = options.smp or choose.default_smp(options.engine), console
        default = choose.default_machine(self.smp)
        self.base = choose.machine_file(options.base or default)
        self.engine = (_native(self.smp, options.machine) if options.engine == "native" else choose.choose(
            "model", choose.tcg(1, 0), options.machine or default, options.seed, WINDOW_US)[0][0])
        self.plan, self.image = _plan(self.smp, options.seed), self.engine.program or build.image()
        self.path = (writer.use_folder(options.out) if options.out else writer.make_folder(
            paths.RESULTS, writer.name(PROBE, self.smp, self.engine.name)))
        self.files, self.latest = writer.Files(self.path), not options.out
        processors = toolchain.host_processors()
        self.context = run_json.begin(self.plan, argv, self.image, processors, native=options.engine == "native")
        self.session = Listening(self.plan, self.engine, self.path.name, processors)
        self.problems: list[str] = []
        self.exit = EXIT_OK

    def go(self) -> int:
        try:
            self.files.write_context(self.context)
            if self.latest:
                writer.point_latest(self.path)
            with self.console.status(f"probing {self.smp} hart(s)"):
                self.session.go(self.image, "rv64", (), None, lambda data: self.files.log(self.engine.log, data),
                                lambda rows: None, lambda name: None)
        except (KeyboardInterrupt, Terminated) as e:
            self.problems.append("interrupted: what was measured until then is kept")
            self.exit = EXIT_TERMINATED if isinstance(e, Terminated) else EXIT_INTERRUPTED
        except RunError as e:
            self.problems.append(str(e))
        with undisturbed():
            self.problems += self.session.judge()
            try:
                self._results()
            except RunError as e:
                self.problems.append(str(e))
            self._finish()
        return self.exit or (EXIT_FAILED if self.problems else EXIT_OK)

    def _results(self) -> None:
        p = self.session.probe
        with writer.writing(self.path / "probe.csv"), open(self.path / "probe.csv", "w", newline="", encoding="utf-8") as f:
            if p.measures.keys() >= {("clock", 0, 0), ("loop", 0, 0), ("gap", 0, 0), ("load", 0, 0)}:
                table = csv.DictWriter(f, COLUMNS)
                table.writeheader()
                table.writerows(_csv(p))
        if not self.session.done:
            return
        base_text = self.base.read_text(encoding="utf-8")
        found = fit(p, profile.columns(base_text))
        of = (f"{self.smp} processor(s) of this computer, {toolchain.processor()}" if self.engine.name == "native"
              else f"{self.smp} hart(s) of the cost model's machine {self.engine.machine}")
        with writer.writing(self.path / "profile.toml"):
            (self.path / "profile.toml").write_text(
                profile.write(found, self.base.stem, base_text, of), encoding="utf-8")
        self._show(p, found, of)

    def _show(self, p: Probe, found: dict[str, Found], of: str) -> None:
        say = self.console.print
        if p.harts > 1:
            say("\none-way hand-off of a line, cycles, mean over the lines:\n", view.matrix(p, self.console.width))
            say("\n", view.lrsc(p.contention))
            with writer.writing(self.path / "handoff.png"):
                remark = view.heat_map(p, self.path / "handoff.png", f"Hand-offs between {of}")
            if remark:
                say(remark, markup=False)
        say("\n", view.found(found))
        say(f"\nwhat is not probed is from the profile {self.base.stem} (--base). evidence {self.engine.evidence(1, 1)}.", markup=False)
        boot = self.session.collector.boot
        if boot.native:
            say(native.clock(boot.native, boot.timebase_hz), markup=False)

    def _finish(self) -> None:
        status = "interrupted" if self.exit else "incomplete" if self.problems else "complete"
        self.context.update(status=status, ended=run_json.now(), problems=self.problems,
                            base=self.base.stem, sessions=[self.session.last_words()])
        with suppress(RunError):
            self.files.write_context(self.context)
        self.files.close()
        for problem in dict.fromkeys(self.problems):
            self.console.print(f"hartlock: {problem}", style="bold red", markup=False)
        for line in self.session.harts:
            self.console.print(f"  {line}", markup=False)
        if self.session.done:
            self.console.print(f"profile: {writer.short(self.path / 'profile.toml')}", markup=False)
        self.console.print(f"results: {writer.short(self.path / 'probe.csv')}", markup=False)


def main(argv: Sequence[str], console: Console) -> int:
    options = _parser().parse_args(argv[1:])
    if options.engine in REFUSED:
        raise UsageError(f"probe --engine {options.engine}: {REFUSED[options.engine]}")
    toolchain.check(native=options.engine == "native")
    signal.signal(signal.SIGTERM, terminate)
    return Run(options, list(argv), console).go()
