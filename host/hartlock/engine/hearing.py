"""Listens to a board until it has said which plan it was given."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from hartlock.base.errors import UsageError
from hartlock.diagnose import firmware
from hartlock.engine.board import Board
from hartlock.engine.labgrid import Lab
from hartlock.engine.serial import Line, Log, Serial
from hartlock.engine.source import Limits, Silent
from hartlock.plan import parse
from hartlock.plan.plan import Plan
from hartlock.records.parser import Reader, Record, RecordError

START_S = 600  # until a board says its first word
_BOOT = re.compile(rb"@boot n=0 ")


@dataclass
class Heard:
    """The records that a board sent before its first trial."""

    data: bytes = b""  # since its last start
    harts: int = 0
    machine: str = ""
    modelled: bool = False  # by its own word
    plan: str = ""
    forms: tuple[str, str] | None = None  # relax and unlock, of its image
    panic: str = ""  # the first
    died: str = ""  # the last words of firmware
    ended: bool = False
    runs: int = 0  # that began, until this one

    def take(self, record: Record) -> None:
        f = record.fields()
        if record.type == "boot":
            self.harts, self.machine, self.modelled = f.number("harts"), f.text("machine"), f.number("modelled") == 1
        elif record.type == "asked":
            self.plan = f.text("plan")
        elif record.type == "plan":
            self.forms = f.text("relax"), f.text("unlock")
        elif record.type == "panic":
            self.panic = self.panic or f"{f.text('file')}:{f.text('line')}: {f.text('msg')}"
        self.ended |= record.type == "end"


def _understand(data: bytes) -> Heard:
    """Read the whole lines of `data`, which begins where a kernel started."""
    heard, reader = Heard(data), Reader()
    for raw in data.split(b"\n")[:-1]:
        record = reader.feed(raw)
        try:
            if record is not None:
                heard.take(record)
        except RecordError:
            continue  # the run counts damaged records, later
        if heard.plan and heard.forms:
            break
    return heard


def listen(chunks: Iterator[bytes]) -> Heard:
    """Listen until the plan is heard, or it is clear that none will come. Raises UsageError for the latter."""
    data, heard, runs = b"", Heard(), 0
    for chunk in chunks:
        data += chunk
        starts = [found.start() for found in _BOOT.finditer(data)]
        runs += len(starts) - (runs > 0)  # `data` begins with a start, once there was one
        data = data[data.rfind(b"\n", 0, starts[-1]) + 1:] if starts else data[-len(b"@boot n=0 ") - 4096:]
        if starts and b"\n" in chunk:
            heard = _understand(data)
            if (heard.plan and heard.forms) or heard.panic or heard.ended:
                break
        heard.died = next(filter(None, map(firmware.last_words, data.split(b"\n")[:-1])), "")
        if heard.died:
            break
        if b"@trial n=" in data:
            break  # too late: what it was asked comes before
    heard.runs = runs
    if heard.died:
        raise UsageError(f"firmware gave up before there was a plan: {heard.died}")
    if heard.panic:
        raise UsageError(f"the kernel panicked before it had a plan: {heard.panic}")
    if not heard.data:
        raise UsageError("the board said nothing of hartlock, or its beginning was not heard: there is no @boot record")
    if not heard.plan.strip():
        raise UsageError("the board did not say what it was asked: there is no @asked record, or it had no plan "
                         "(docs/ports/boards.md)")
    return heard


@dataclass(frozen=True)
class Where:
    """The place where a board is heard: exactly one of the three."""

    serial: str | None
    log: Path | None
    labgrid: Path | None
    baud: int

    def is_given(self) -> bool:
        return bool(self.serial or self.log or self.labgrid)

    def open(self) -> tuple[Line, str]:
        """The line, and what to tell the person at the board."""
        if sum(1 for given in (self.serial, self.log, self.labgrid) if given) > 1:
            raise UsageError("--serial, --from-log and --labgrid: it is one of them")
        if self.labgrid:
            return _switched_on(Lab(self.labgrid), self.labgrid)
        if self.log:
            return Log(self.log), ""
        return Serial(str(self.serial),
                      self.baud), f"listening to {self.serial} at {self.baud} baud: start the board now"


def _switched_on(lab: Lab, path: Path) -> tuple[Line, str]:
    try:
        return lab, f"labgrid: {path}: " + ("switched on" if lab.switch_on() else "start the board now")
    except BaseException:
        lab.close()
        raise


def hear(line: Line, baud: int, time_limit_s: float | None) -> tuple[Plan, Board]:
    """The plan that the board on this line was given, and the engine whose run goes on from there."""
    wait = time_limit_s or START_S
    try:
        heard = listen(line.chunks(Limits(silence_s=wait, total_s=2 * wait)))
        plan, asked = parse.read(heard.plan, heard.harts)
    except Silent as e:
        line.close()
        raise UsageError(str(e)) from e
    except UsageError as e:
        line.close()
        raise UsageError(f"{e}; {line.seen()}" if line.seen() else str(e)) from e
    except BaseException:
        line.close()
        raise
    if heard.runs > 1:
        line.remarks.append(f"{line.name} holds {heard.runs} runs, one after the other: these are the results of the last one")
    if heard.forms:
        plan = replace(plan, relax=heard.forms[0], unlock=heard.forms[1])
    line.unread(heard.data)
    windows = Board.make_windows(asked.duration_us, asked.warmup_us)
    return plan, Board(windows, machine=heard.machine, foreign="qemu" in heard.machine.lower(), modelled=heard.modelled, line=line,
                       baud=baud)
