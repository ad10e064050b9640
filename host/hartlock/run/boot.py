"""One boot under one engine: start it, make trials of its records, and say what went wrong."""

import re
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from hartlock.base import ends
from hartlock.diagnose import firmware, hang_report, symbols
from hartlock.run import remarks
from hartlock.records.trials import Trial, TrialBuilder, is_complete
from hartlock.records.sanity import why_impossible
from hartlock.engine.base import Engine
from hartlock.base.paths import IMAGE
from hartlock.plan.plan import Plan
from hartlock.engine.process import GRACE_S
from hartlock.engine.source import Silent, Source
from hartlock.records.parser import Reader, RecordError
from hartlock.figures.proved import Booted
from hartlock.figures.rows import Rows, RunContext, Start, Table

GAVE_UP = "gave up: "  # begins the sentence about a boot of which nothing was heard for too long
STARVED = 0.1  # a hang that the kernel reports counts if the emulator could work for this part of that time at least
LAST_WORDS_S = 1  # for firmware to say the rest, once it has said that it gives up
LONGEST_LINE = 1 << 20  # bytes; what is longer is no record


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


def failed_checks(table: Table) -> list[str]:
    """The checks that candidates failed. The control is there to fail its own."""
    said = []
    for key, group in table.groups.items():
        faults = [f.faults[0] for f in group.measured if f.faults]
        if faults and table.run.plan.role(key) != "control":
            said.append(f"CHECK FAILED: {key.strategy} on {key.harts} hart(s), in {len(faults)} of "
                        f"{len(group.measured)} trial(s): {faults[0]}")
    return said


def single(plan: Plan, engine: Engine, run: str, processors: int, booted: Booted) -> "Session":
    """The session of a run that has one boot."""
    return Session(plan, engine, Table(RunContext(run, engine, plan, processors, booted=booted)), Start(1, plan.seed))


class Session:
    def __init__(self, plan: Plan, engine: Engine, table: Table, start: Start):
        self.plan, self.engine, self.table, self.start = plan, engine, table, start
        self.reader, self.collector = Reader(), TrialBuilder()
        self.problems: list[str] = []
        self.gave_up: list[str] = []  # nothing was heard for too long, and what follows from that; no check says it
        self.worked_s: float | None = None  # that the source could work from the last record to the kernel's word that harts hang
        self._record_at = 0.0  # when the last record came, by the source's clock
        self.died = ""  # the last words of firmware, and their line
        self.harts: list[str] = []  # where each was when it went wrong
        self.asked: hang_report.Registers | None = None  # registers of harts that hung, from QEMU
        self.done: list[Trial] = []
        self.refused: list[Trial] = []  # trials that lacked an extension: it is no use to ask again
        self.over = 0  # trials that came to an end, whatever became of their rows
        self.image = IMAGE  # for the names of addresses
        self.source: Source | None = None  # once it is launched
        self.heard = False  # a byte of it
        self.lacking: dict[tuple[str, str], None] = {}  # strategies not run, and what some hart lacks for them
        self.context: dict[str, object] = {
            "engine": engine.name, "bootargs": plan.bootargs(engine.windows), "duration_us": engine.windows.duration_us,
            "warmup_us": engine.windows.warmup_us, "boot_number": start.boot, "seed": start.seed, "log": engine.log, **engine.facts}
        if engine.member is not None:
            self.context.update(member=engine.member, member_keys=dict(engine.member_keys))

    def launch(self, image: Path) -> Source:
        """Start what go() listens to, if it is not started yet."""
        with ends.held():  # close() has to know what is started
            self.source = self.source or self.engine.start(self.plan, image)
        return self.source

    def close(self) -> None:
        """Stop it, if it was started and is not over."""
        source, self.source = self.source, None
        if source:
            source.close()

    def go(self, image: Path, silence_s: float | None,
           log: Callable[[bytes], None], keep: Callable[[Rows], None], step: Callable[[str], None]) -> None:
        """Boot and listen to the end. `log` gets the console's bytes, `keep` each trial's rows, and `step`
        each trial's name."""
        lines, self.image = Lines(), image

        def take(these: Iterator[bytes]) -> None:
            for raw in these:
                trial = self._record(raw)
                if trial is not None:
                    keep(self._rows(trial))
                    step(f"{self.engine.name}: {trial.strategy} on {trial.harts} hart{'s' if trial.harts > 1 else ''}")

        with closing(self):
            process = self.launch(image)
            self.context[f"{process.key}_command"] = process.command
            bounds = self.engine.limits(self.plan, silence_s)
            self._record_at = process.worked()
            try:
                for data in process.chunks(bounds):
                    if not self.heard:
                        self.inform(process.facts())
                    self.heard = True
                    good = self.reader.good
                    with ends.held():  # the log, the rows and the counts say the same
                        log(data)
                        take(lines.add(data))
                    if self.reader.good > good:
                        self._note_work(process.worked())
                    if self._asks(process):
                        return
                    if self._over() and not self.engine.is_started_here:
                        break
                    if self._over():
                        bounds.silence_s = LAST_WORDS_S if self.died else GRACE_S
            except Silent as e:
                if not self._over():  # otherwise a machine that cannot switch itself off
                    self._hung(e)
                return
            finally:
                with ends.held():
                    take(lines.end())
            self._ended(process)

    def inform(self, facts: Mapping[str, object]) -> None:
        """Take what the program says of itself: it decides what its figures are evidence of."""
        self.context.update(facts)
        self.engine, self.table.run.engine = self.engine.told(facts), self.table.run.engine.told(facts)

    def replay(self, data: bytes, keep: Callable[[Rows], None]) -> None:
        """Read a log that a boot left, as go() reads the console."""
        lines = Lines()
        for raw in (*lines.add(data), *lines.end()):
            trial = self._record(raw)
            if trial is not None:
                keep(self._rows(trial))

    def _over(self) -> bool:
        """Whether the kernel, or the firmware below it, has said its last word."""
        return bool(self.collector.ended or self.collector.crashes or self.died)

    def _asks(self, process: Source) -> bool:
        """Whether harts hung that only the emulator can locate. It is asked; there is no use to go on then."""
        if self.collector.hang is not None and self.collector.hang.number("silent") and self.asked is None:
            self.asked = process.registers()
        return bool(self.asked)

    def _record(self, raw: bytes) -> Trial | None:
        record = self.reader.feed(raw)
        if record is None and not self._over() and (words := firmware.last_words(raw)):
            self.died = f"{words} ({self.engine.log}, line {self.reader.line})"
        try:
            return self.collector.feed(record) if record is not None else None
        except RecordError as e:
            self.reader.note(e)
            return None

    def _rows(self, trial: Trial) -> Rows:
        self.table.run.timebase_hz = self.collector.boot.timebase_hz
        self.over += 1
        name = f"trial {trial.id} ({trial.strategy} on {trial.harts} harts)"
        if trial.status.startswith("needs_"):
            self.lacking[trial.strategy, trial.status.removeprefix("needs_")] = None
            self.refused.append(trial)
        elif trial.status != "done":
            why = {"too_few_harts": f"only {self.collector.boot.online} hart(s) came up",
                   "no_interrupts": "this machine delivers no interrupts in a timed loop",
                   "no_ipis": "this machine delivers no IPIs in a timed loop",
                   "no_stops": "this machine cannot stop a hart in a timed loop and start it again",
                   "no_masking": "this machine has no way to keep interrupts off",
                   "no_section": "it is no lock, and only a lock has a section",
                   "no_room": "its locks take more than half of the heap",
                   "no_trylock": "it has no trylock",
                   "not_in_traps": "no interrupt handler may take it"}
            self.problems.append(f"{name} was not run: {why.get(trial.status, trial.status)}")
        elif not is_complete(trial, self.plan.workload.exhaust_rounds > 0) or not self.table.run.timebase_hz:
            self.problems.append(f"{name} is left out: some of its records did not arrive")
        elif why_impossible(trial):
            self.problems.append(f"{name} is left out: {why_impossible(trial)}")
        else:
            self.done.append(trial)
            return self.table.add(trial, self.start, self.engine.delay_cycles)
        return Rows()

    def _ended(self, process: Source) -> None:
        status, errors = process.status(), process.errors()
        self.context[f"{process.key}_exit_status"] = status
        if errors:
            self.context[f"{process.key}_stderr"] = errors
        if status != 0 and not self.collector.crashes:
            self.problems.append(self._why(process.name, status, errors))

    def _why(self, name: str, status: int, errors: str) -> str:
        how = f"was killed by signal {-status} ({signal.strsignal(-status)})" if status < 0 else f"ended with status {status}"
        said = [line.removeprefix("hartlock-machine: ") for line in errors.splitlines()]
        places = [m for line in said if (m := re.fullmatch(r"hart (\d+) pc 0x(\w+) (.*)", line))]
        for m, at in zip(places, symbols.locate([int(m[2], 16) for m in places], self.image), strict=True):
            self.harts.append(f"hart {m[1]}: at {at}, {m[3]}")
        self.harts += hang_report.why(self.harts)
        rest = [line for line in said if not re.fullmatch(r"hart (\d+) pc .*", line)]
        return f"{name} {how}" + (": " + "\n  ".join(rest) if rest else "")

    def _hung(self, e: Silent) -> None:
        self.gave_up.append(f"{GAVE_UP}{e}")
        self.harts = e.harts

    def judge(self) -> list[str]:
        """List what the records say went wrong. A run whose checks failed is complete all the same. What follows from nothing
        being heard stands in `gave_up`."""
        boot, said = self.collector.boot, []
        said += [f"{failed}: {boot.online} of {boot.harts} harts run" for failed in boot.failed_harts]
        said += [f"the boot self-test {check} failed" for check in boot.failed_checks]
        if self.collector.hang:
            (self.gave_up if self._starved() else said).append(self._hang())
            self.harts += hang_report.lines(self.collector.hang, self.collector.stuck, self.asked or {}, self.image, boot.image)
        elif self.collector.crashes:
            said += self._panics()
        if self.died and not self.collector.ended:  # with a last record of the kernel it went on
            said.append(f"firmware gave up: {self.died}")
        if self.collector.trap:
            self.harts.append(self._trap())
        for kind, count in self.reader.counts.items():
            first = next(f for f in self.reader.faults if f.kind == kind)
            said.append(f"{self.engine.log}: {count} {kind} record(s), the first at line {first.line}: {first.text}")
        said += remarks.refusals(self.lacking, self.plan, self.engine)
        if self.collector.forms not in (None, (self.plan.relax, self.plan.unlock)):
            said.append(f"the image was built with the forms {self.collector.forms}, not "
                        f"{(self.plan.relax, self.plan.unlock)} as asked for")
        if not self.collector.ended:
            (self.gave_up or said).append(f"the run has no end record: {len(self.done)} of {len(self.plan.order)} trials are kept")
        self.problems += said
        return self.problems

    def _hung_in(self) -> dict[str, object]:
        """The strategy and the harts of the trial that never ended because harts wait for each other or go round, for run.json; {} if
        there is none. Harts that the emulator hardly let work did not hang."""
        hung = bool(self.collector.hang and not self._starved()) or any("deadlock" in said or "livelock" in said for said in self.problems)
        if not hung or self.collector.ended or self.over >= len(self.plan.order):
            return {}
        trial = self.plan.order[self.over]
        return {"hung": {"strategy": trial.strategy, "harts": trial.harts, "member": self.engine.member or 0, "boot": self.start.boot}}

    def _note_work(self, now: float) -> None:
        """Note the source's clock when a record has come."""
        if self.collector.stuck and self.worked_s is None:
            self.worked_s = now - self._record_at
        self._record_at = now

    def _starved(self) -> bool:
        """Whether harts seem to hang because the emulator hardly got to work in the time that they were looked at. The kernel
        cannot tell: its clock goes on."""
        return (self.collector.hang is not None and self.worked_s is not None
                and self.worked_s < self.collector.hang.number("ms") / 1000 * STARVED)

    def _hang(self) -> str:
        assert self.collector.hang is not None
        said = hang_report.problem(self.collector.hang)
        return f"{GAVE_UP}{said}; but it could work in no more than {self.worked_s:.1f} s of them" if self._starved() else said

    def _panics(self) -> list[str]:
        """The first panic, which is the cause, and those that followed it."""
        said = [f"panicked on hart {c['hart']}, {c['file']}:{c['line']}: {c['msg']}" for c in self.collector.crashes]
        return [f"{self.engine.program} {said[0]}", *(f"after that, {self.engine.program} {each}" for each in said[1:])]

    def remarks(self) -> list[str]:
        """The remarks that keep a reader from misreading its rows."""
        return remarks.remarks(self.lacking, self.plan, self.collector.boot, self.table.groups.values(), self.engine,
                               self.table.run.host_processors)

    def _trap(self) -> str:
        trap = self.collector.trap
        at, by = symbols.locate([trap.get("sepc", 0), trap.get("ra", 0)], self.image,
                                loaded_at=self.collector.boot.image)
        return (f"hart {trap.get('hart')}: trap, scause {trap.get('scause', 0):#x}, "
                f"stval {trap.get('stval', 0):#x}, at {at}, called from {by}")

    def settled(self) -> list[Trial]:
        """The trials that need not be run again."""
        return [*self.done, *self.refused]

    def last_words(self) -> dict[str, object]:
        reader = self.reader
        return {
            **self.context, **self._hung_in(),
            "problems": [*self.gave_up, *self.problems],
            "harts_at_the_end": self.harts,
            "boot": {**vars(self.collector.boot)},
            "trials_kept": len(self.done),
            "records": {
                "good": reader.good, "lines": reader.line, "faults": reader.counts,
                "first_faults": [f._asdict() for f in reader.faults[:20]],
            },
        }
