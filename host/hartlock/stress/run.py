"""A stress run makes round after round until the time is up or a check fails."""

import functools
import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from hartlock.base import ends, paths, toolchain
from hartlock.folder import run_json, writer
from hartlock.plan import strategies
from hartlock.base.errors import EXIT_FAILED, EXIT_GIVEN_UP, RunError
from hartlock.base.terminal import console
from hartlock.plan.plan import Plan
from hartlock.figures import proved
from hartlock.figures.rows import Rows
from hartlock.run.guarded import Outcome, guarded
from hartlock.stress.boot import Boot, Files, RoundRow
from hartlock.stress.draw import MORE, Asked, Round, draw
from hartlock.stress.tally import Row, Tally

STRESS = "stress"
MINUTE_S = 60


@dataclass(frozen=True)
class Request:
    asked: Asked
    only: int | None  # this round alone
    span_s: float  # 0: once
    replays: int
    silence_s: int
    extra: Sequence[str]  # arguments for QEMU, of which the engine knows; a replay repeats them
    out: Path | None
    argv: Sequence[str]
    again: Sequence[str]  # the command line of a replay, but for its round


class TimeIsUp(Exception):
    """The time of the run was up in the middle of a round."""


@dataclass
class Found:
    """The first round that failed, or that was given up."""

    number: int
    problems: list[str]
    gave_up: list[str]  # nothing was heard of it for too long: no check says that
    harts: list[str]
    tried: int = 0  # replays
    failed: int = 0  # replays that failed or were given up

    def described(self, replay: str) -> Row:
        return {"round": self.number, "problems": [*self.problems, *self.gave_up], "given_up": not self.problems,
                "harts_at_the_end": self.harts, "replay": replay, "replays": self.tried, "replays_failed": self.failed}


@dataclass
class State:
    tally: Tally = field(default_factory=Tally)
    rounds: int = 0
    found: Found | None = None
    found_s: float = 0
    turns: bool = False  # harts were executed one at a time


class Stress:
    path: Path
    files: Files

    def __init__(self, request: Request, out: Console):
        self.request, self.asked, self.console = request, request.asked, out
        self.processors = toolchain.host_processors()
        self._build = functools.cache(self.asked.engine.build)
        first = self._draw(request.only or 1)
        self.context = run_json.begin(first.plan, list(request.argv), self.asked.engine, self.image(first.plan),
                                      self.processors)
        self.state, self.outcome = State(), Outcome()
        self.began = self.told = time.monotonic()

    def open(self) -> None:
        """Make the folder, and open its files. Raises UsageError."""
        out, asked = self.request.out, self.asked
        self.path = writer.use_folder(out) if out else writer.make_folder(
            paths.RESULTS, writer.name(f"{STRESS}-{strategies.label(asked.locks)}", asked.smp, asked.engine.name))
        self.files = Files(self.path)

    def _draw(self, number: int, replay: int = 0) -> Round:
        again = f"-replay{replay}" if replay else ""
        return draw(self.asked, number, f"uart-round{number}{again}.log")

    def image(self, plan: Plan) -> Path:
        """The image that executes the plan. Each set of forms is built when a round first asks for it, because
        that takes a while."""
        return self._build(plan.relax, plan.unlock)

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def seconds(self) -> float:
        return time.monotonic() - self.began

    def go(self) -> int:
        many = self.asked.many
        more = f"; in some rounds {MORE[0]} to {MORE[1]}, engine {many.name}" if many else ""
        self.say(f"stress: seed {self.asked.seed}, {len(self.asked.locks)} strategies, {self.asked.smp} harts, engine "
                 f"{self.asked.engine.name}{more}")
        return guarded(self.outcome, self.open, self._measure, self._finish)

    def _measure(self) -> None:
        self._write("running")
        if not self.request.out:
            writer.point_latest(self.path)
        self._rounds()
        if self.state.found:
            self._replay(self.state.found)

    def _rounds(self) -> None:
        number = self.request.only or 1
        while not self.state.found and (self.state.rounds == 0 or self.seconds() < self.request.span_s):
            self._round(self._draw(number))
            number += not self.request.only

    def _round(self, drawn: Round) -> None:
        """Measure a round to its end, or as far as it comes until the time is up."""
        began, tally = self.seconds(), Tally()
        boot = Boot(drawn, self.path.name, self.processors, tally)
        ended = False
        try:
            self._boot(boot, lambda rows: self.files.trials.add(rows.trials), lambda what: self._step(boot))
            ended = True
        except TimeIsUp:
            pass
        finally:  # Ctrl-C, too: what the round had done is counted
            with ends.held():
                self._count(drawn, boot, began, ended)
        if not self.state.found:
            self.files.forget(drawn.engine.log)

    def _count(self, drawn: Round, boot: Boot, began: float, ended: bool) -> None:
        """Add a round to the counts and the files, and judge it as far as it came."""
        self.state.tally += boot.tally
        self.state.turns |= not boot.engine.overlaps
        problems = boot.faults() if ended else boot.failed()
        check = "fail" if problems else "given-up" if boot.gave_up else "pass" if ended else ""
        self.files.rounds.add([self._row(drawn, boot, began, check)])
        self.state.rounds += 1
        if problems or boot.gave_up:
            self.state.found, self.state.found_s = Found(drawn.number, problems, boot.gave_up, boot.harts), self.seconds()

    def _row(self, drawn: Round, boot: Boot, began: float, check: str) -> RoundRow:
        engine = drawn.engine
        return RoundRow(
            run=self.path.name, engine=engine.name, machine=engine.machine, smp=drawn.plan.smp, round=drawn.number,
            began_seconds=round(began, 3), took_seconds=round(self.seconds() - began, 3), check=check,
                        seed=drawn.plan.seed,
            tally=boot.tally, bootargs=drawn.plan.bootargs(engine.windows))

    def _boot(self, boot: Boot, keep: Callable[[Rows], None], step: Callable[[str], None]) -> None:
        boot.table.run.booted = proved.booted(boot.engine.executed(self.image(boot.plan)))
        boot.go(self.image(boot.plan), self.request.silence_s,
                lambda data: self.files.log(boot.engine.log, data), keep, step)

    def _step(self, boot: Boot) -> None:
        """Between two trials, print a line each minute; raises TimeIsUp."""
        if 0 < self.request.span_s <= self.seconds():
            raise TimeIsUp
        if time.monotonic() - self.told >= MINUTE_S:
            self.told += (time.monotonic() - self.told) // MINUTE_S * MINUTE_S
            so_far = Tally()
            so_far += self.state.tally
            so_far += boot.tally
            self.say(f"{clock(self.seconds())} round {boot.start.boot}: {so_far.words()}")

    def _replay(self, found: Found) -> None:
        """Run the plan that failed again. How harts interleave is not part of it, unless they are modelled."""
        for n in range(1, self.request.replays + 1):
            boot = Boot(self._draw(found.number, n), self.path.name, self.processors, Tally())
            self._boot(boot, lambda rows: None, lambda what: None)
            found.tried += 1
            found.failed += bool(boot.faults() or boot.gave_up)

    def replay(self, number: int) -> str:
        return shlex.join([*self.request.again, "--round", str(number),
                           *(["--", *self.request.extra] if self.request.extra else [])])

    def _write(self, status: str) -> None:
        state = self.state
        found = state.found.described(self.replay(state.found.number)) if state.found else None
        told: Row = {"seed": self.asked.seed, "rounds": state.rounds, "seconds": round(self.seconds(), 3),
                     "found_seconds": round(state.found_s, 3) if found else None, "found": found,
                     **state.tally.counts(), "strategies": dict(state.tally.strategies)}
        self.context.update(status=status, problems=self.outcome.problems, stress=told)
        self.files.write_context(self.context)

    def _finish(self) -> None:
        found, problems = self.state.found, list(self.outcome.problems)
        for problem in found.problems if found else ():
            self.outcome.worse(problem)
        for problem in found.gave_up if found else ():
            self.outcome.gave_up(problem)
        if found:
            # A signal during its replays changes nothing about it.
            self.outcome.exit = EXIT_FAILED if found.problems else EXIT_GIVEN_UP
        self.context["ended"] = run_json.now()
        with suppress(RunError):  # a full disk was said already
            self._write(self.outcome.status)
        self.files.close()
        self._tell_counts()
        for problem in () if self.outcome.is_interrupted else problems:
            self.say(f"hartlock: {problem}")
        if found:
            self._tell(found)
        elif self.outcome.is_interrupted:
            self.say("hartlock: interrupted; nothing had failed until then")
        elif not problems:
            self.say(f"stress: nothing failed (seed {self.asked.seed})")
        self.say(f"results: {writer.short(self.path / 'stress.csv')}")

    def _tell_counts(self) -> None:
        tally = self.state.tally
        self.say(f"{clock(self.seconds())} {self.state.rounds} round(s): {tally.words()}")
        self.say("trials: " + ", ".join(f"{name} {n}" for name, n in sorted(tally.strategies.items())))
        if tally.controls:
            why = "harts took turns on one thread, so this shows little" if self.state.turns else \
                "it is not shown that harts overlapped, so this shows little" if not tally.controls_lost else ""
            self.say(f"control: without a lock, updates were lost in {tally.controls_lost} of {tally.controls} trials"
                     f"{': ' if why else ''}{why}")

    def _tell(self, found: Found) -> None:
        for problem in (*found.problems, *found.gave_up):
            self.say(f"hartlock: round {found.number}: {problem}")
        for hart in found.harts:
            self.say(f"  {hart}")
        log = self.path / self._draw(found.number).engine.log
        self.say(f"console: {writer.short(log)}")
        if found.tried:
            same = "a modelled run is the same each time" if self._draw(found.number).engine.is_deterministic else \
                "the plan is the same each time, how harts interleave is not"
            self.say(f"replayed {found.tried} time(s): failed again {found.failed} time(s); {same}")
        self.say(f"replay: {self.replay(found.number)}")


def stress(request: Request) -> int:
    """Run rounds until the time is up or one fails; returns the exit status."""
    return Stress(request, console()).go()


def clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"
