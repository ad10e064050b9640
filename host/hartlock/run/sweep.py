"""`sweep`: all strategies on several hart counts, over several boots, into one folder.

A boot differs from the next by its seed: the order of its trials, the harts' random
numbers, the places of things in memory. The log of a boot has its finished trials, so a
sweep that was stopped goes on by reading the logs and booting for the missing ones. Boots of the
model run side by side (ahead.py).
"""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from rich.console import Console

from hartlock.plan import plan as plans
from hartlock.folder import writer
from hartlock.base import ends, toolchain
from hartlock.base.terminal import console
from hartlock.engine.base import Engine
from hartlock.engine.qmp import FACTS
from hartlock.base.errors import RunError, UsageError
from hartlock.run.ahead import Ahead
from hartlock.run.progress import Bar, Plain, progress
from hartlock.figures.rows import RunContext, Start, Table
from hartlock.run.request import Part
from hartlock.run.run import Run
from hartlock.run.boot import Session


@dataclass(frozen=True)
class Sweep:
    """Several boots of each workload, alike but for the seed."""

    parts: Sequence[Part]
    folder: Path | None  # the folder of a sweep to go on with
    conclude: Callable[[Path, Console], None] | None  # tells and writes its end
    boot: bool = True  # boot what is missing; else only read the logs there are


class Attempt:
    """One engine's log of one boot, or of a part of it."""

    def __init__(self, engine: Engine, part: Part, table: Table, several: bool, done: Sequence[Session]):
        plan, number = part.request.plan, len(done) + 1
        kept = Counter((t.strategy, t.harts) for s in done for t in s.settled())
        self.plan = replace(plan, order=remaining(plan.order, kept))
        work, again = f"-work{part.work}" if several else "", f"-{number}" if number > 1 else ""
        name = f"uart-{engine.name}{work}-boot{part.boot}{again}.log"
        first = max((s.start.first + t.id + 1 for s in done for t in s.settled()), default=0)
        self.session = Session(self.plan, replace(engine, log=name), table, Start(part.boot, plan.seed, first, engine.member))


def remaining(order: Sequence[plans.Combination], done: "Counter[tuple[str, int]]") -> tuple[plans.Combination, ...]:
    """The trials of the order that are not done yet, in order."""
    left, out = Counter(done), []
    for trial in order:
        if left[trial] > 0:
            left[trial] -= 1
        else:
            out.append(trial)
    return tuple(out)


class SweepRun(Run):
    def __init__(self, sweep: Sweep, out: Console):
        self.sweep, self.first = sweep, sweep.parts[0].request
        super().__init__(self.first, out, sweep.folder)

    def open(self) -> None:
        super().open()
        sweep, boots = self.sweep, max(part.boot for part in self.sweep.parts)
        self.by_work = {(e.name, part.work): Table(RunContext(self.path.name, e, part.request.plan, self.processors, boots,
                                                              booted=self.booted(e)))
                        for part in sweep.parts if part.boot == 1 for e in part.request.engines}

    def admit(self) -> None:
        self.context["sweep"] = described(self.sweep)
        self.known = saved(self.sweep.folder) if self.sweep.folder else {}
        self.then = {str(s["log"]): s for s in self.known.get("sessions", [])}
        if self.sweep.folder:
            same(self.sweep.folder, self.known, self.context)
            self.context["started"] = self.known["started"]
            if self.sweep.boot and self.known["host"]["processors"] != self.processors:
                raise UsageError(f"--resume {self.sweep.folder}: it began on {self.known['host']['processors']} host "
                                 f"processors, and here are {self.processors}: rows would differ in what they can "
                                 f"prove")
            self.context["host"] = self.known["host"]  # the boots that are there ran on it
            self.processors = self.known["host"]["processors"]

    def measure(self) -> None:
        with ends.held():  # the tables begin anew: they get back what the logs have
            attempts = [self._replay(part, engine) for part in self.sweep.parts for engine in part.request.engines]
        total = self.planned()
        left = sum(len(a.plan.order) for a in attempts)
        wanted = [a for a in attempts if a.plan.order] if self.sweep.boot else []
        with (progress(self.console, total, total - left, brief=True) as bar,
              Ahead([a.session for a in wanted], self.image, toolchain.host_processors()) as ahead):
            for attempt in wanted:
                ahead.start_from(attempt.session)
                self._boot(attempt, bar)

    def _replay(self, part: Part, engine: Engine) -> Attempt:
        """Read the logs that a boot has left; returns what is still to be measured of it."""
        done: list[Session] = []
        several = any(other.work > 1 for other in self.sweep.parts)
        while True:
            attempt = Attempt(engine, part, self.by_work[engine.name, part.work], several, done)
            log = self.path / attempt.session.engine.log
            if not log.exists():
                return attempt
            attempt.session.inform({k: v for k, v in self.then.get(log.name, {}).items() if k in FACTS})
            attempt.session.replay(log.read_bytes(), self.folder.add)
            self.sessions.append(attempt.session)
            done.append(attempt.session)

    def _boot(self, attempt: Attempt, bar: Plain | Bar) -> None:
        self.boot(attempt.session, bar)
        self.context["sessions"] = self.last_words()
        self.folder.write_context(self.context)
        if not attempt.session.done:
            raise RunError(f"boot {attempt.session.start.boot} measured nothing; what was to come after it was left "
                           f"out")

    def last_words(self) -> list[dict[str, object]]:
        """The sessions for run.json. Boots of an earlier command keep what was said of them then."""
        return [self.then.get(s.engine.log) or s.last_words() for s in self.sessions]

    def named(self, problem: str, engine: Engine, boot: int = 0) -> str:
        return super().named(f"boot {boot}: {problem}" if boot else problem, engine)

    def judged(self) -> list[Session]:
        """The sessions that are judged. A log that was cut short is left out if its boot went on in another."""
        ended = {(id(s.table), s.start.boot) for s in self.sessions if s.collector.ended}
        return [s for s in self.sessions if s.collector.ended or (id(s.table), s.start.boot) not in ended]

    def judge(self) -> None:
        super().judge()
        if self.missing() and not self.outcome.problems:
            self.outcome.worse(f"{self.missing()} trial(s) are missing")

    def planned(self) -> int:
        return sum(len(part.request.plan.order) * len(part.request.engines) for part in self.sweep.parts)

    def missing(self) -> int:
        return self.planned() - sum(len(s.settled()) for s in self.sessions)

    def afterwards(self) -> None:
        if self.sweep.conclude:
            self.sweep.conclude(self.path, self.console)
        if self.missing():
            self.console.print(f"{self.missing()} trials are left; to go on: ./run-bench.sh sweep --resume "
                               f"{writer.short(self.path)}",
                               markup=False)

def described(sweep: Sweep) -> dict[str, object]:
    """The part of run.json that has to be the same for a sweep to go on."""
    return {
        "boots": [{"boot": p.boot, "seed": p.request.plan.seed, "workload": asdict(p.request.plan.workload),
                   "order": [f"{t.strategy}:{t.harts}" for t in p.request.plan.order]} for p in sweep.parts],
        "engines": [{"engine": e.name, "duration_us": e.windows.duration_us, "warmup_us": e.windows.warmup_us,
                     **e.facts}
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
    """Refuse to go on with another kernel or another plan: their trials are no sweep."""
    for key, what in (("image_sha256", "the kernel image"), ("qemu", "QEMU"), ("plan", "the plan"),
                      ("sweep", "the plan of its boots, or the cost model")):
        if json.loads(json.dumps(now[key])) != known.get(key):
            raise UsageError(f"--resume {folder}: {what} is not what the sweep began with; begin a new one")


def sweep(wanted: Sweep) -> int:
    """Measure all boots of a sweep, or what is missing of them; returns the exit status."""
    return SweepRun(wanted, console()).go()
