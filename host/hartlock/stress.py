"""`./run-bench.sh stress`: random workloads on real locks, each trial checked, until the
time is up or a check fails (docs/stress.md)."""

import argparse
import re
import secrets
import shlex
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from hartlock import build, columns, context, engines, paths, plan as plans, results, strategies, tools
from hartlock.claims import bypass_bound
from hartlock.collect import Trial
from hartlock.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_TERMINATED, RunError
from hartlock.metrics import figures
from hartlock.options import whole
from hartlock.rows import Rows, Setting, Start, Table
from hartlock.run import Terminated, terminate, undisturbed
from hartlock.session import Session, failed_checks
from hartlock.stress_draw import Asked, Round, draw
from hartlock.stress_tally import COUNTS, Row, Tally

STRESS = "stress"
MINUTE_S = 60
FOR_S, REPLAYS = 600, 3
COLUMNS = ["run", "engine", "machine", "smp", "round", "began_seconds", "took_seconds", "check", "seed", "trials", *COUNTS,
           "controls", "controls_lost", "bootargs"]
UNITS = {"s": 1, "m": 60, "h": 3600}


def span(text: str) -> int:
    """Seconds of 30s, 10m, 2h."""
    found = re.fullmatch(r"([0-9]+)([smh])", text)
    if not found or not 0 < (seconds := int(found[1]) * UNITS[found[2]]) <= 30 * 86400:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 30s, 10m or 2h (at most 720h)")
    return seconds


def parser() -> argparse.ArgumentParser:
    p = argparse.ArgumentParser(
        prog="./run-bench.sh stress", allow_abbrev=False, usage="./run-bench.sh stress [--for TIME] [options] [-- QEMU arguments]",
        description="Random workloads, drawn from a seed, on random strategies and numbers of harts: harts that are stopped "
                    "and started again, interrupts and IPIs that land on holders, heaps that end again and again. Every trial "
                    "is checked; the first that fails ends the run (docs/stress.md).")
    p.add_argument("--for", dest="span_s", type=span, metavar="TIME", help="30s, 10m, 2h (default 10m; with --round: once)")
    p.add_argument("--smp", type=whole(1, plans.MAX_HARTS), metavar="N", help="harts the machine has (default 8; native: threads, "
                   "one for each processor)")
    p.add_argument("--lock", default="all", metavar="NAMES", help="strategies, with commas between them, or all (default all)")
    p.add_argument("--seed", type=whole(0, 2**64 - 1), metavar="N", help="of all that is drawn (default: drawn, and printed)")
    p.add_argument("--round", type=whole(1, 10**9), metavar="N", help="this round alone, as the run of that seed had it: a replay; "
                   "with --for again and again")
    p.add_argument("--replays", type=whole(0, 100), default=REPLAYS, metavar="N",
                   help=f"how often a round that failed is run again, to say how often it fails (default {REPLAYS})")
    p.add_argument("--engine", choices=["tcg", "model", "native"], default="tcg",
                   help="tcg: QEMU, a thread a hart (default). model: QEMU and the cost model, where the same plan is the same run. "
                        "native: threads on this computer's processors")
    p.add_argument("--machine", metavar="NAME", help="machine profile of the cost model (default generic-8, above 8 harts mesh-64)")
    p.add_argument("--cpu", metavar="MODEL", help="QEMU's -cpu (default rv64)")
    p.add_argument("--relax", choices=plans.RELAX, default=build.RELAX, help="how waiters wait, as for a run (default pause)")
    p.add_argument("--unlock", choices=plans.UNLOCK, default=build.UNLOCK, help="how holders let go, as for a run (default store)")
    p.add_argument("--time-limit", type=whole(1, 86400), metavar="S", help="nothing heard for S seconds is a lock that hangs "
                   "(default 15, and one for each hart)")
    p.add_argument("--out", type=Path, metavar="DIR", help="put the run's files into DIR, new or empty (default: in results/)")
    return p


@dataclass(frozen=True)
class Request:
    asked: Asked
    only: int | None  # this round alone
    span_s: float  # 0: once
    replays: int
    silence_s: int
    image: Path
    cpu: str
    extra: Sequence[str]
    out: Path | None
    argv: Sequence[str]
    again: Sequence[str]  # the command line of a replay, but for its round


class Files(results.Files):
    def __init__(self, path: Path):
        super().__init__(path)
        self.trials = results.Growing(path / "trials.csv", columns.TRIALS)
        self.rounds = results.Growing(path / "stress.csv", COLUMNS)

    def forget(self, name: str) -> None:
        """A log that nobody will need."""
        if (log := self._logs.pop(name, None)) is not None:
            log.close()
        (self.path / name).unlink(missing_ok=True)

    def close(self) -> None:
        super().close()
        self.trials.close()
        self.rounds.close()


class Boot(Session):
    """One boot of a round."""

    def __init__(self, drawn: Round, run: str, processors: int, tally: Tally):
        super().__init__(drawn.plan, drawn.engine, Table(Setting(run, drawn.engine, drawn.plan, processors)),
                         Start(drawn.number, drawn.plan.seed))
        self.tally, self.unfair = tally, list[str]()

    def _rows(self, trial: Trial) -> Rows:
        before = len(self.done)
        rows = super()._rows(trial)
        if len(self.done) > before:
            f = figures(trial, self.plan.workload, self.collector.boot.timebase_hz)
            self.tally.add(trial, bool(f.faults))
            self._fair(trial, f.fairness.bypass.max if f.fairness.bypass.count else 0)
        return rows

    def _fair(self, trial: Trial, bypass: int) -> None:
        """Only where no hart that waits is ever stopped."""
        most = bypass_bound(trial.strategy, trial.harts)
        if self.engine.name == "model" and bypass > most:
            self.unfair.append(f"CHECK FAILED: {trial.strategy} on {trial.harts} hart(s): fairness: {bypass} grants of others "
                               f"went first, at most {most:.0f} may")

    def faults(self) -> list[str]:
        return [*self.judge(), *failed_checks(self.table), *self.unfair]


@dataclass
class Found:
    """The first round that failed."""

    number: int
    problems: list[str]
    harts: list[str]
    tried: int = 0  # replays
    failed: int = 0  # of those

    def described(self, replay: str) -> Row:
        return {"round": self.number, "problems": self.problems, "harts_at_the_end": self.harts, "replay": replay,
                "replays": self.tried, "replays_failed": self.failed}


@dataclass
class State:
    tally: Tally = field(default_factory=Tally)
    rounds: int = 0
    found: Found | None = None
    found_s: float = 0
    problem: str = ""  # of the computer, not of a lock
    exit: int = EXIT_OK


class Stress:
    def __init__(self, request: Request, console: Console):
        self.request, self.asked = request, request.asked
        self.say = lambda text: console.print(text, markup=False, highlight=False, soft_wrap=True)
        self.processors = tools.host_processors()
        first = self._draw(request.only or 1)
        self.context = context.begin(first.plan, list(request.argv), request.image, self.processors,
                                     native=self.asked.engine.name == "native")
        label = "all" if set(self.asked.locks) == set(strategies.known()) else "-".join(self.asked.locks)
        self.path = results.use_folder(request.out) if request.out else results.make_folder(
            paths.RESULTS, results.name(f"{STRESS}-{label}", self.asked.smp, self.asked.engine.name))
        self.files, self.state = Files(self.path), State()
        self.began = self.told = time.monotonic()

    def _draw(self, number: int) -> Round:
        return draw(self.asked, number, lambda n: f"uart-round{n}.log")

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def go(self) -> int:
        state = self.state
        self.say(f"stress: seed {self.asked.seed}, {len(self.asked.locks)} strategies, {self.asked.smp} harts, engine "
                 f"{self.asked.engine.name}")
        try:
            self._write("running")
            if not self.request.out:
                results.point_latest(self.path)
            self._rounds()
            if state.found:
                self._replay(state.found)
        except (KeyboardInterrupt, Terminated) as e:
            state.exit = EXIT_TERMINATED if isinstance(e, Terminated) else EXIT_INTERRUPTED
        except RunError as e:
            state.problem, state.exit = str(e), EXIT_FAILED
        with undisturbed():
            self._finish()
        return EXIT_FAILED if state.found else state.exit

    def _rounds(self) -> None:
        number = self.request.only or 1
        while not self.state.found and (self.state.rounds == 0 or self.seconds() < self.request.span_s):
            self._round(self._draw(number))
            number += not self.request.only

    def _round(self, drawn: Round) -> None:
        began, tally = self.seconds(), Tally()
        boot = Boot(drawn, self.path.name, self.processors, tally)
        ended = False
        try:
            self._boot(boot)
            ended = True
        finally:  # Ctrl-C, too: what the round had done is counted
            self.state.tally += tally
            problems = boot.faults() if ended else []
            self.files.rounds.add([self._row(drawn, boot, began, "fail" if problems else "pass" if ended else "")])
        self.state.rounds += 1
        if problems:
            self.state.found, self.state.found_s = Found(drawn.number, problems, boot.harts), self.seconds()
        else:
            self.files.forget(drawn.engine.log)

    def _row(self, drawn: Round, boot: Boot, began: float, check: str) -> Row:
        engine = drawn.engine
        return {"run": self.path.name, "engine": engine.name, "machine": engine.machine, "smp": self.asked.smp,
                "round": drawn.number, "began_seconds": round(began, 3), "took_seconds": round(self.seconds() - began, 3),
                "check": check, "seed": drawn.plan.seed, **boot.tally.counts(), "bootargs": drawn.plan.bootargs(engine)}

    def _boot(self, boot: Boot) -> None:
        boot.go(self.request.image, self.request.cpu, self.request.extra, self.request.silence_s,
                lambda data: self.files.log(boot.engine.log, data), lambda rows: self.files.trials.add(rows.trials),
                lambda what: self._minute(boot))

    def _minute(self, boot: Boot) -> None:
        """A line each minute, between two trials."""
        if time.monotonic() - self.told >= MINUTE_S:
            self.told += MINUTE_S
            so_far = Tally()
            so_far += self.state.tally
            so_far += boot.tally
            self.say(f"{clock(self.seconds())} round {boot.start.boot}: {so_far.words()}")

    def _replay(self, found: Found) -> None:
        """The same plan again: how harts interleave is not in it, unless they are modelled."""
        for n in range(1, self.request.replays + 1):
            drawn = draw(self.asked, found.number, lambda number, n=n: f"uart-round{number}-replay{n}.log")  # type: ignore[misc]
            boot = Boot(drawn, self.path.name, self.processors, Tally())
            boot.go(self.request.image, self.request.cpu, self.request.extra, self.request.silence_s,
                    lambda data, b=boot: self.files.log(b.engine.log, data), lambda rows: None, lambda what: None)  # type: ignore[misc]
            found.tried += 1
            found.failed += bool(boot.faults())

    def replay(self, number: int) -> str:
        return shlex.join([*self.request.again, "--round", str(number), *(["--", *self.request.extra] if self.request.extra else [])])

    def _write(self, status: str) -> None:
        state = self.state
        found = state.found.described(self.replay(state.found.number)) if state.found else None
        self.context.update(status=status, problems=[*(state.found.problems if state.found else []), *filter(None, [state.problem])],
                            stress={"seed": self.asked.seed, "rounds": state.rounds, "seconds": round(self.seconds(), 3),
                                    "found_seconds": round(state.found_s, 3) if found else None, "found": found,
                                    **state.tally.counts(), "strategies": dict(state.tally.strategies)})
        self.files.write_context(self.context)

    def _finish(self) -> None:
        state, tally = self.state, self.state.tally
        self.context["ended"] = context.now()
        interrupted = state.exit in (EXIT_INTERRUPTED, EXIT_TERMINATED)
        with suppress(RunError):  # a full disk was said already
            self._write("interrupted" if interrupted else "incomplete" if state.found or state.problem else "complete")
        self.files.close()
        self.say(f"{clock(self.seconds())} {state.rounds} round(s): {tally.words()}")
        self.say("trials: " + ", ".join(f"{name} {n}" for name, n in sorted(tally.strategies.items())))
        if tally.controls:
            self.say(f"control: without a lock, updates were lost in {tally.controls_lost} of {tally.controls} trials"
                     + ("" if tally.controls_lost else ": it is not shown that harts overlapped, so this shows little"))
        if state.problem:
            self.say(f"hartlock: {state.problem}")
        if state.found:
            self._tell(state.found)
        elif interrupted:
            self.say("hartlock: interrupted; nothing had failed until then")
        elif not state.problem:
            self.say(f"stress: nothing failed (seed {self.asked.seed})")
        self.say(f"results: {results.short(self.path / 'stress.csv')}")

    def _tell(self, found: Found) -> None:
        for problem in found.problems:
            self.say(f"hartlock: round {found.number}: {problem}")
        for hart in found.harts:
            self.say(f"  {hart}")
        log = self.path / self._draw(found.number).engine.log
        self.say(f"console: {results.short(log)}")
        if found.tried:
            same = "a modelled run is the same each time" if self.asked.engine.name == "model" else \
                "the plan is the same each time, how harts interleave is not"
            self.say(f"replayed {found.tried} time(s): failed again {found.failed} time(s); {same}")
        self.say(f"replay: {self.replay(found.number)}")


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def _engine(options: argparse.Namespace, smp: int, seed: int, extra: Sequence[str]) -> tuple[engines.Engine, Path]:
    if options.engine == "native":
        engines.refuse_for_native(options.machine, options.cpu, extra)
        tools.check(native=True)
        if options.relax == "wrs":
            engines.refuse_wrs()
        engine = engines.native(1, 1, options.relax, options.unlock)
        assert engine.program is not None
        return engine, engine.program
    tools.check()
    chosen, _ = engines.choose(options.engine, engines.tcg(1, 1), options.machine or engines.default_machine(smp), seed, 1)
    return chosen[0], build.image(options.relax, options.unlock)


def _again(options: argparse.Namespace, smp: int, seed: int) -> list[str]:
    words = ["./run-bench.sh", STRESS, "--smp", str(smp), "--lock", options.lock, "--engine", options.engine, "--seed", str(seed)]
    for name, usual in (("machine", None), ("cpu", None), ("relax", build.RELAX), ("unlock", build.UNLOCK), ("time_limit", None)):
        if (value := getattr(options, name)) != usual:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return words


def main(argv: list[str], split: Callable[[list[str]], tuple[list[str], list[str]]], console: Console) -> int:
    ours, extra = split(argv[1:])
    options = parser().parse_args(ours)
    smp = options.smp or engines.default_smp(options.engine)
    seed = secrets.randbits(32) if options.seed is None else options.seed
    locks = tuple(strategies.choose(options.lock))
    engine, image = _engine(options, smp, seed, extra)
    asked = Asked(smp, locks, strategies.optional(options.lock), seed, engine, options.relax, options.unlock)
    request = Request(
        asked, options.round, options.span_s or (0 if options.round else FOR_S), options.replays,
        options.time_limit or 15 + smp, image, options.cpu or "rv64", extra, options.out, argv, _again(options, smp, seed))
    signal.signal(signal.SIGTERM, terminate)
    return Stress(request, console).go()
