"""One run: build, boot under each engine, and leave results whatever happens."""

from contextlib import suppress
from pathlib import Path

from rich.console import Console

from hartlock.base import paths, toolchain
from hartlock.folder import run_json, writer
from hartlock.folder.members import member_rows
from hartlock.run import table
from hartlock.engine.base import Engine
from hartlock.base.errors import RunError
from hartlock.base.terminal import console, whole
from hartlock.run.progress import Bar, Plain, progress
from hartlock.figures import proved
from hartlock.figures.row_types import SummaryRow
from hartlock.figures.rows import RunContext, Start, Table
from hartlock.plan import plan as plans
from hartlock.run.ahead import Ahead
from hartlock.run.boot import Session, failed_checks, single
from hartlock.run.request import Request
from hartlock.run.guarded import COMPLETE, Outcome, guarded


class Run:
    path: Path
    folder: writer.Folder

    def __init__(self, request: Request, out: Console, known: Path | None = None):
        """The results go into the folder `known`, if there is one already."""
        self.known_folder = known
        self.request, self.console, self.plan = request, out, request.plan
        engine = request.engines[0]
        self.image = engine.build(self.plan.relax, self.plan.unlock)
        self.processors = toolchain.host_processors()
        self.context = run_json.begin(self.plan, request.argv, engine, self.image, self.processors)
        self.admit()
        self.sessions: list[Session] = []
        self.outcome = Outcome()
        self.rows: list[SummaryRow] = []

    def booted(self, engine: Engine) -> proved.Booted:
        """Returns what the engine executes, as far as proofs are about it."""
        return proved.booted(engine.executed(self.image))

    def open(self) -> None:
        """Make the folder, and open its files. Raises UsageError."""
        out, names = self.request.out, "+".join(e.name for e in self.request.engines)
        self.path = self.known_folder or (writer.take_folder(out) if out else writer.make_folder(
            paths.RESULTS, writer.name(self.request.label, self.plan.smp, names)))
        self.folder = writer.Folder(self.path)

    def go(self) -> int:
        return guarded(self.outcome, self.open, self._begin, self._end)

    def _begin(self) -> None:
        self.folder.write_context(self.context)
        self.folder.write_workloads(self.request.workloads)
        if not self.request.out:
            writer.point_latest(self.path)
        self.measure()

    def _end(self) -> None:
        self.judge()
        self._finish()

    def admit(self) -> None:
        """Refuse the run before anything is written, by a UsageError. A run refuses nothing more."""

    def measure(self) -> None:
        sessions = [s for engine in self.request.engines for s in self._sessions(engine)]
        with (progress(self.console, sum(len(s.plan.order) for s in sessions)) as bar,
              Ahead(sessions, self.image, self.processors) as ahead):
            for session in sessions:
                ahead.start_from(session)
                self.boot(session, bar)

    def _sessions(self, engine: Engine) -> list[Session]:
        """The boots of an engine: one; or one for each machine that its profile stands for, with one trial of each cell."""
        members = engine.members(self.request.members)
        if members == [engine]:
            return [single(self.plan, engine, self.path.name, self.processors, self.booted(engine))]
        of_all = Table(RunContext(self.path.name, engine, plans.renewed(self.plan, self.plan.seed), self.processors, len(members),
                                  booted=self.booted(engine)))
        return [Session(plans.renewed(self.plan, self.plan.seed + n - 1), member, of_all, Start(n, self.plan.seed + n - 1, member=member.member))
                for n, member in enumerate(members, 1)]

    def boot(self, session: Session, bar: Plain | Bar) -> None:
        self.sessions.append(session)
        session.go(self.image, self.request.silence_s,
                   lambda data: self.folder.log(session.engine.log, data), self.folder.add, bar.step)

    def tables(self) -> list[Table]:
        """One table for each engine, whatever the number of boots."""
        return list({id(s.table): s.table for s in self.sessions}.values())

    def judged(self) -> list[Session]:
        return self.sessions

    def named(self, problem: str, engine: Engine, boot: int = 1) -> str:
        """The problem, with the engine that has it when there are several."""
        return f"{engine.name}: {problem}" if len(self.request.engines) > 1 else problem

    def judge(self) -> None:
        for session in self.judged():
            for problem in session.judge():
                self.outcome.worse(self.named(problem, session.engine, session.start.boot))
            for problem in session.gave_up:
                self.outcome.gave_up(self.named(problem, session.engine, session.start.boot))
        for of_engine in self.tables():
            for problem in failed_checks(of_engine):
                self.outcome.failed_check(self.named(problem, of_engine.run.engine))

    def last_words(self) -> list[dict[str, object]]:
        return [session.last_words() for session in self.sessions]

    def afterwards(self) -> None:
        """Make what else there is to make of the results. A run makes nothing more."""

    def _finish(self) -> None:
        summary = self._write()
        self._print_rows()
        self._print_problems()
        self.afterwards()
        self.console.print(f"results: {writer.short(summary)}", markup=False)

    def _write(self) -> Path:
        """Write what is written once, at the end; returns the summary's path."""
        self.rows = [row for each in self.tables() for row in each.summary()]
        with suppress(RunError):  # a full disk was said already, or is said next
            self.context.update(
                status=self.outcome.status, ended=run_json.now(), problems=self.outcome.problems,
                sessions=self.last_words())
            self.folder.write_context(self.context)
        try:
            self.folder.write_members(member_rows(self.path.name, (s.engine for s in self.sessions)))
            return self.folder.write_summary(self.rows, (row for each in self.tables() for row in each.waits()))
        except RunError as e:
            self.outcome.worse(str(e))
            return self.path / "summary.csv"
        finally:
            self.folder.close()

    def _print_rows(self) -> None:
        say = self.console.print
        if self.rows:
            say()
            say(whole(table.result(self.rows, self.console.width), self.console.width))
            say()
        of_engines = [remark for session in self.sessions for remark in session.remarks()]
        for remark in (*dict.fromkeys(of_engines), *table.remarks(self.rows), *self.request.remarks):
            say(remark, markup=False)

    def _print_problems(self) -> None:
        for problem in dict.fromkeys(self.outcome.problems):
            self.console.print(f"hartlock: {problem}", style="bold red", markup=False)
        for line in (line for session in self.sessions for line in session.harts):
            self.console.print(f"  {line}", markup=False)
        if self.outcome.status != COMPLETE:
            self.console.print(f"hartlock: this run is {self.outcome.status.replace('-', ' ')}; what it measured is kept", markup=False)


def run(request: Request) -> int:
    """Make one run and print what it measured; returns the exit status."""
    return Run(request, console()).go()
