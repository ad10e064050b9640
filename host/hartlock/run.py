"""One run: build, boot, listen, check, and leave results whatever happens."""

import signal
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from hartlock import build, context, paths, results, symbols, table, tools
from hartlock.collect import Collector, Trial, whole
from hartlock.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_OK, EXIT_TERMINATED, RunError
from hartlock.plan import PASSES, Plan
from hartlock.progress import Bar, Plain, progress
from hartlock.qemu import Limits, Machine, Silent
from hartlock.records import Reader, RecordError
from hartlock.rows import Setting, Table

ENGINE = "tcg"
LONGEST_LINE = 1 << 20  # bytes; what is longer is no record


@dataclass(frozen=True)
class Request:
    plan: Plan
    label: str  # of --lock, for the folder's name
    cpu: str
    extra: Sequence[str]  # further QEMU arguments
    out: Path | None
    silence_s: float | None  # of --time-limit
    argv: list[str]


class Terminated(BaseException):
    """SIGTERM."""


@dataclass
class Outcome:
    status: str = "complete"  # complete, incomplete, interrupted
    exit: int = EXIT_OK
    problems: list[str] = field(default_factory=list)
    harts: list[str] = field(default_factory=list)  # where each was when it hung

    def worse(self, problem: str, status: str = "incomplete", exit_status: int = EXIT_FAILED) -> None:
        self.problems.append(problem)
        if self.status != "interrupted":
            self.status, self.exit = status, exit_status


class Lines:
    """Cuts chunks into lines."""

    def __init__(self) -> None:
        self._rest = b""

    def add(self, data: bytes) -> Iterator[bytes]:
        *lines, self._rest = (self._rest + data).split(b"\n")
        yield from lines
        if len(self._rest) > LONGEST_LINE:
            self._rest = self._rest[:1]

    def end(self) -> Iterator[bytes]:
        if self._rest:
            yield self._rest


def limits(plan: Plan, silence_s: float | None) -> Limits:
    """Generous: harts that wait in turn for two processors take a while to stop."""
    slow = 0.5 * max(plan.harts)
    a_pass = (plan.warmup_ms + plan.duration_ms) / 1000
    return Limits(
        silence_s=silence_s or 30 + 3 * a_pass + slow,
        total_s=60 + 5 * plan.seconds() + slow * len(PASSES) * len(plan.order))


class Run:
    def __init__(self, request: Request, console: Console):
        self.request, self.console, self.plan = request, console, request.plan
        self.image = build.build()
        processors = tools.host_processors()
        self.path = (results.use_folder(request.out) if request.out else results.make_folder(
            paths.RESULTS, results.name(request.label, self.plan.smp, ENGINE)))
        self.folder = results.Folder(self.path)
        self.context = context.begin(self.plan, ENGINE, request.argv, self.image, processors)
        self.setting = Setting(self.path.name, ENGINE, self.plan, processors)
        self.rows = Table(self.setting)
        self.reader, self.collector, self.outcome = Reader(), Collector(), Outcome()
        self.done = 0

    def go(self) -> int:
        try:
            self.folder.write_context(self.context)
            if not self.request.out:
                results.point_latest(self.path)
            with progress(self.console, len(self.plan.order)) as bar:
                self._listen(bar)
        except (KeyboardInterrupt, Terminated) as e:
            status = EXIT_TERMINATED if isinstance(e, Terminated) else EXIT_INTERRUPTED
            self.outcome.worse("interrupted: what was measured until then is kept", "interrupted", status)
        except RunError as e:
            self.outcome.worse(str(e))
        with _undisturbed():
            self._judge()
            self._finish()
        return self.outcome.exit

    def _listen(self, bar: Plain | Bar) -> None:
        lines = Lines()
        with Machine(self.image, self.plan.smp, self.plan.bootargs(), self.request.cpu,
                     self.request.extra) as machine:
            self.context["qemu_command"] = machine.command
            try:
                for data in machine.chunks(limits(self.plan, self.request.silence_s)):
                    self.folder.log(data)
                    self._take(lines.add(data), bar)
            except Silent as e:
                self._hung(e)
                return
            finally:
                self._take(lines.end(), bar)
            self._ended(machine)

    def _take(self, lines: Iterator[bytes], bar: Plain | Bar) -> None:
        for raw in lines:
            record = self.reader.feed(raw)
            if record is None:
                continue
            try:
                trial = self.collector.feed(record)
                if trial is not None:
                    self._trial(trial, bar)
            except RecordError as e:
                self.reader.note(e)

    def _trial(self, trial: Trial, bar: Plain | Bar) -> None:
        self.setting.timebase_hz = self.collector.boot.timebase_hz
        if trial.status != "done":
            self.outcome.worse(f"trial {trial.id} ({trial.strategy} on {trial.harts} harts) was not run: "
                               f"only {self.collector.boot.online} hart(s) came up")
        elif not whole(trial) or not self.setting.timebase_hz:
            self.outcome.worse(f"trial {trial.id} ({trial.strategy} on {trial.harts} harts) is left out: "
                               "some of its records did not arrive")
        else:
            self.folder.add_samples(self.rows.add(trial))
            self.done += 1
        bar.step(f"{trial.strategy} on {trial.harts} hart{'s' if trial.harts > 1 else ''}")

    def _ended(self, machine: Machine) -> None:
        status, errors = machine.status(), machine.errors()
        self.context["qemu_exit_status"] = status
        if errors:
            self.context["qemu_stderr"] = errors
        if status != 0 or not self.collector.ended:
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            if status != 0 and not self.collector.crash:
                self.outcome.worse(f"QEMU {how}" + (f": {errors}" if errors else ""))

    def _hung(self, e: Silent) -> None:
        self.outcome.worse(f"gave up: {e}")
        where = symbols.locate([r.get("pc", 0) for r in e.harts.values()])
        called = symbols.locate([r.get("x1/ra", 0) for r in e.harts.values()])
        self.outcome.harts = [f"hart {hart}: at {at}, called from {by}"
                              for hart, at, by in zip(e.harts, where, called, strict=True)]
        if not e.harts:
            self.outcome.harts = ["QEMU did not answer when asked where its harts were"]

    def _judge(self) -> None:
        """What the records say about the run itself."""
        boot, end = self.collector.boot, self.outcome
        for failed in boot.failed_harts:
            end.worse(f"{failed}: {boot.online} of {boot.harts} harts run")
        for check in boot.failed_checks:
            end.worse(f"the boot self-test {check} failed")
        if self.collector.crash:
            c = self.collector.crash
            end.worse(f"the kernel panicked on hart {c['hart']}, {c['file']}:{c['line']}: {c['msg']}")
        if self.collector.trap:
            self._judge_trap()
        for kind, count in self.reader.counts.items():
            first = next(f for f in self.reader.faults if f.kind == kind)
            end.worse(f"uart.log: {count} {kind} record(s), the first at line {first.line}: {first.text}")
        if not self.collector.ended:
            end.worse(f"the run has no end record: {self.done} of {len(self.plan.order)} trials are kept")
        for key, group in self.rows.groups.items():
            faults = [f.faults[0] for f in group.measured if f.faults]
            if faults and self.plan.role(key) != "control":
                end.worse(f"CHECK FAILED: {key.strategy} on {key.harts} hart(s), in {len(faults)} of "
                          f"{len(group.measured)} trial(s): {faults[0]}", "complete")

    def _judge_trap(self) -> None:
        trap = self.collector.trap
        at, by = symbols.locate([trap.get("sepc", 0), trap.get("ra", 0)])
        self.outcome.harts.append(
            f"hart {trap.get('hart')}: trap, scause {trap.get('scause', 0):#x}, stval {trap.get('stval', 0):#x}, "
            f"at {at}, called from {by}")

    def _finish(self) -> None:
        summary = self.path / "summary.csv"
        rows = self.rows.summary()
        with suppress(RunError):  # a full disk was said already, or is said next
            self.context.update(self._last_words())
            self.folder.write_context(self.context)
        try:
            summary = self.folder.write_summary(rows)
        except RunError as e:
            self.outcome.worse(str(e))
        self.folder.close()
        say = self.console.print
        if rows:
            say()
            say(table.result(rows, self.console.width))
            say()
            for remark in table.remarks(rows, self.setting.host_processors):
                say(remark, markup=False)
        for problem in dict.fromkeys(self.outcome.problems):
            say(f"hartlock: {problem}", style="bold red", markup=False)
        for line in self.outcome.harts:
            say(f"  {line}", markup=False)
        if self.outcome.status != "complete":
            say(f"hartlock: this run is {self.outcome.status}; what it measured is kept", markup=False)
        say(f"results: {_short(summary)}", markup=False)

    def _last_words(self) -> dict[str, object]:
        boot, reader = self.collector.boot, self.reader
        return {
            "status": self.outcome.status,
            "ended": context.now(),
            "problems": self.outcome.problems,
            "harts_at_the_end": self.outcome.harts,
            "boot": {**vars(boot)},
            "trials_kept": self.done,
            "records": {
                "good": reader.good, "lines": reader.line, "faults": reader.counts,
                "first_faults": [f._asdict() for f in reader.faults[:20]],
            },
        }


def _short(path: Path) -> str:
    """From here, if it is below here."""
    with suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


class _undisturbed:
    """Ctrl-C waits: the results are being written."""

    def __enter__(self) -> None:
        self._old = {s: signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM)}

    def __exit__(self, *_: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)


def _terminate(*_: object) -> None:
    raise Terminated


def run(request: Request, console: Console) -> int:
    tools.check()
    signal.signal(signal.SIGTERM, _terminate)
    return Run(request, console).go()
