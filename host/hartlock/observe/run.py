"""Runs an image in QEMU under the watcher, and tells what was seen of its locks."""

import json
import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hartlock.base import ends, paths
from hartlock.base.errors import RunError, UsageError
from hartlock.base.terminal import console, whole
from hartlock.base.text import printable
from hartlock.base.toolchain import QEMU, commit, first_line, output_of
from hartlock.engine import build, qmp
from hartlock.engine.process import Drained
from hartlock.engine.qemu import escaped
from hartlock.folder import writer
from hartlock.folder.observe_files import CONSOLE, LOCKS, ORDER, TOLD
from hartlock.observe import phases, records, sizes, view, workload
from hartlock.observe.image import ACQUIRE, RELEASE, TRY, Function, Image, known_functions
from hartlock.observe.locks import Lock, locks_of, names_of, unclear
from hartlock.observe.phases import Mark, Phase
from hartlock.observe.sizes import Entry
from hartlock.observe.trouble import troubles
from hartlock.plan.replay import Source
from hartlock.run.guarded import INTERRUPTED, Outcome, guarded

KIND_OF = {ACQUIRE: "takes", TRY: "tries", RELEASE: "letsgo"}  # the words of the plugin's arguments
LOST = "hartlock-observe: "  # the plugin's lines begin with it
PATIENCE_S = 0.2
MB = 10**6


@dataclass(frozen=True)
class Request:
    """The request of `observe`."""

    image: Image
    functions: Sequence[Function]
    allocators: Sequence[Entry]
    marks: Sequence[Mark]
    automatic: bool
    seconds: int
    until: str
    most_mb: int  # MB that the records may take
    out: Path | None
    qemu: Sequence[str]  # QEMU's arguments
    source: Source  # the image that is watched, for the workload files
    page: Callable[[Path], Path]  # writes the page of the folder
    quiet: Sequence[tuple[int, int]] = ()  # code in which no inlined locks are looked for


@dataclass(frozen=True)
class Told:
    """The sentences of an observation, which the terminal and the page (observe.json) have."""

    facts: list[str]
    troubles: list[str]
    sizes: list[str]
    phases: list[str]
    unclear: str
    context: list[tuple[str, str]]

    @classmethod
    def of(cls, seen: records.Records, locks: Sequence[Lock], found: Sequence[Phase], request: Request, ended: str, said_it: bool, worked_s: float) -> "Told":
        executed = int(seen.hart["instructions"].sum())
        facts = [f"{executed / 1e6:.1f} M instructions of {len(seen.hart)} hart(s)",
                 f"{len(locks)} locks, {sum(lock.taken for lock in locks)} acquisitions",
                 *([f"QEMU worked for {worked_s:.1f} s"] if worked_s else []), *([f"ended because {ended}"] if ended else []),
                 *([f"the console did not say {request.until!r}"] if request.until and not said_it else [])]
        words = view.unsure(unclear(seen, names_of(locks)), request.image) if request.automatic else ""
        source = request.source
        context = [("command", source.command), ("image", source.image), ("SHA-256", source.sha256),
                   ("QEMU", first_line(output_of(QEMU, "--version"))), ("commit", commit())]
        asked = sizes.told(locks, request.allocators, any(lock.is_registered for lock in locks))
        return cls(facts, troubles(seen, locks, request.image), asked, phases.told(found, request.marks), words, [(name, value) for name, value in context if value])

    def write(self, folder: Path, workloads: Sequence[Path]) -> None:
        """Write observe.json."""
        path = folder / TOLD
        with writer.writing(path):
            path.write_text(json.dumps({**vars(self), "workloads": [writer.short(file) for file in workloads]}, indent=1), encoding="utf-8")


class Run:
    path: Path

    def __init__(self, request: Request, out: Console):
        self.request, self.console, self.outcome = request, out, Outcome()
        self.ended = ""
        self.said_it = False  # the console said the request's text
        self.worked_s = 0.0  # processor time of QEMU itself, without that of Linux for it
        self.monitor = Path()
        self.written: Path | None = None  # the page

    def open(self) -> None:
        """Make the folder. Raises UsageError."""
        self.plugin = build.watcher()
        out = self.request.out
        self.path = writer.use_folder(out) if out else writer.make_folder(paths.RESULTS, f"{writer.stamp()}-observe")

    def open_again(self) -> None:
        """Take the folder of a watch that has ended. Raises UsageError."""
        assert self.request.out
        self.path = self.request.out
        if not records.are_in(self.path):
            raise UsageError(f"--remake {writer.short(self.path)}: observe has written no records there")

    def go(self) -> int:
        return guarded(self.outcome, self.open, self._watch, self._end)

    def remake(self) -> int:
        return guarded(self.outcome, self.open_again, lambda: None, self._end)

    def _command(self, folder: Path) -> list[str]:
        self.monitor = folder / "qmp"
        told = [f"{KIND_OF[f.kind]}={f.begin:#x}:{f.end:#x}" for f in self.request.functions]
        told += [*(entry.argument for entry in self.request.allocators), *(mark.argument for mark in self.request.marks)]
        told += [f"quiet={begin:#x}:{end:#x}" for begin, end in self.request.quiet]
        plugin = ",".join([escaped(self.plugin), f"out={escaped(self.path)}", *(["auto=on"] if self.request.automatic else []), *told])
        return [QEMU, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot",
                "-qmp", f"unix:{escaped(self.monitor)},server=on,wait=off", "-plugin", plugin, *self.request.qemu]

    def _watch(self) -> None:
        if not self.request.out:
            writer.point_latest(self.path)
        before_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        with Drained(self._command) as qemu, open(self.path / CONSOLE, "wb", buffering=0) as log:
            with self.console.status("watching") as shown:
                try:
                    self._listen(qemu, log, lambda text: shown.update(text))
                finally:
                    with ends.held():  # the watcher writes its records now
                        qmp.quit_qemu(self.monitor)
                        status = qemu.status()
                        self.worked_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before_s
                        self._note_end(status, qemu.errors())

    def _note_end(self, status: int, said: str) -> None:
        """Note what went wrong with QEMU, and the records that the watcher says were lost."""
        lost = [line.removeprefix(LOST) for line in said.splitlines() if line.startswith(LOST)]
        for line in lost:
            self.outcome.worse(line)
        if status < 0 or (status and not self.ended and not lost):
            how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
            self.outcome.worse(f"QEMU {how}: {printable(said) or 'it said nothing'}")

    def _listen(self, qemu: Drained, log, show: Callable[[str], None]) -> None:  # type: ignore[no-untyped-def]
        begin, tail = time.monotonic(), b""
        while not self.ended:
            left = begin + self.request.seconds - time.monotonic()
            show(f"watching for {max(0.0, left):.0f} s more; the console has said {log.tell()} bytes; Ctrl-C ends it, and keeps all")
            data = qemu.read(max(0.0, min(PATIENCE_S, left)))
            if data == b"":
                return
            if data:
                log.write(data)
                tail = (tail + data)[-65536:]
            if self.request.until and self.request.until.encode() in tail:
                self.said_it, self.ended = True, f"it said {self.request.until!r}"
            elif left <= 0:
                self.ended = f"{self.request.seconds} s were over (--for)"
            elif records.size(self.path) >= self.request.most_mb * MB:
                self.ended = f"the records take {self.request.most_mb} MB (--most)"

    def _end(self) -> None:
        try:
            self._make(records.read(self.path))
        except RunError as e:
            self.outcome.worse(str(e))
        for problem in dict.fromkeys(self.outcome.problems):
            self.console.print(f"hartlock: {problem}", style="bold red", markup=False)
        made = self.path / LOCKS if (self.path / LOCKS).exists() else self.path
        self.console.print(f"results: {writer.short(made)}{f' and {self.written.name}' if self.written else ''}", markup=False)

    def _make(self, seen: records.Records) -> None:
        """Make the tables, and say then what was seen: who reads only a part of that has all files. A signal ends the making, for
        the records are kept."""
        doing = f"making the tables of {len(seen.section)} sections; Ctrl-C ends it, and keeps the records alone"
        if self.outcome.is_interrupted:
            self.console.print(doing, markup=False)
        said: list[str | Table] = []
        try:
            with self.console.status(doing), ends.heeded():
                self._tell(seen, said.append)
        except ends.Ended as e:
            ends.settle()
            self.outcome.worse(f"{e}: not all tables were made. The records are kept: the same command with "
                               f"--remake {writer.short(self.path)} makes the tables of them", INTERRUPTED, e.status)
        finally:
            for each in said:
                self.console.print(each, markup=not isinstance(each, str))

    def _tell(self, seen: records.Records, say: Callable[[str | Table], None]) -> None:
        """Write all files, and say what they show. Raises RunError if no lock was seen."""
        image = self.request.image
        if lost := int(seen.hart["lost"].sum()):
            self.outcome.worse(f"{lost} words, pairs and lines were not kept: QEMU had no memory for them")
        locks = locks_of(seen, image)
        view.write_locks(self.path, locks, image)
        view.write_order(self.path / ORDER, seen, locks, image)
        found = phases.phases(seen, locks, image, self.request.marks)
        view.write_phases(self.path, found)
        said = Told.of(seen, locks, found, self.request, self.ended, self.said_it, self.worked_s)
        say(f"{'; '.join(said.facts)}")
        if locks:
            say(whole(view.table(locks), self.console.width))
        for trouble in said.troubles:
            say(f"- {trouble}")
        for sentence in (*said.sizes, *said.phases):
            say(sentence)
        if said.unclear:
            say(said.unclear)
        if self.request.functions and not seen.word["by_function"].any():
            say(view.untaken([f.name for f in self.request.functions], locks, image))
        files = self._workloads(seen, locks, found)
        said.write(self.path, files)
        if not locks:
            raise RunError(self._nothing(seen))
        say("Lengths are instructions of one hart. Waits are left out: under emulation they are this computer's.")
        if not files:
            say("No lock has such a file that sweep replays: each was taken by one hart alone, so nobody waits, and the lock that you have will do."
                if not any(len(lock.per_hart) > 1 for lock in locks) else "No lock has a file that sweep replays: too few of its sections were whole.")
        if files:
            say(f"Which lock suits the first of them ({len(files)} have such a file):")
            for command in ("sweep", "advise"):
                say(f"  ./run-bench.sh {command} --workload {writer.short(files[0])}")
        try:
            self.written = self.request.page(self.path)
        except UsageError as e:  # a page that cannot be written does not spoil what was seen
            say(f"no page: {e}")

    def _nothing(self, seen: records.Records) -> str:
        """The sentence on an image that took no lock."""
        said, executed = (self.path / CONSOLE).stat().st_size, int(seen.hart["instructions"].sum())
        return (f"no word was taken and let go again: in {executed} instructions {len(seen.word)} words were written by atomic instructions, and the "
                f"console said {said} bytes" + ("" if said else ". Perhaps it did not boot: what comes after -- is QEMU's, and has to start the image"))

    def _workloads(self, seen: records.Records, locks: Sequence[Lock], found: Sequence[Phase]) -> list[Path]:
        """Write the workload files; of an observation in phases, each phase's, the last phase's first."""
        if not found:
            return workload.write(self.path, locks, seen, self.request.source)
        return [file for phase in reversed(found)
                for file in workload.write(self.path, phase.locks, phase.seen, replace(self.request.source, phase=phase.name))]


def observe(request: Request) -> int:
    """Watch the image; returns the exit status."""
    return Run(request, console()).go()


def remake(request: Request) -> int:
    """Make the tables of the folder request.out again, from its records; returns the exit status."""
    return Run(request, console()).remake()


def functions_of(image: Image, asked: dict[str, Sequence[str]]) -> list[Function]:
    """The functions that the user named; without any, those of common projects."""
    if not any(asked.values()):
        return known_functions(image)
    if not asked[ACQUIRE] and not asked[TRY]:
        raise UsageError("--release alone says nothing: name the functions that take the lock with --acquire")
    return [f for kind, names in asked.items() for f in image.find(kind, names, True)]
