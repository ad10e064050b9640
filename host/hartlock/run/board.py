"""The board engine: a kernel that runs elsewhere, with a plan of its own, heard over a serial line."""

import argparse
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from hartlock.plan import plan as plans
from hartlock.plan import parse, strategies
from hartlock.engine.choose import Engine
from hartlock.base.errors import UsageError
from hartlock.engine.labgrid import Lab
from hartlock.plan.plan import Plan
from hartlock.engine.process import Limits, Silent
from hartlock.records.parser import Reader, Record, RecordError
from hartlock.run.run import Request
from hartlock.engine.serial import Line, Log, Source

START_S = 600  # until a board says its first word
LINE_S = 60  # that a default plan's records take, at the most
BITS = 10  # of a byte on a line: 8N1
_BOOT = re.compile(rb"[^\n]*@boot n=0 ")
OURS = {"--engine", "--serial", "--baud", "--from-log", "--labgrid", "--out", "--time-limit"}


def volume(plan: Plan) -> int:
    """Bytes of a plan's records, on the high side (docs/ports/boards.md says how they were measured)."""
    passes, of_hart, histograms, once = 4 * 185, 4 * 185, 3 * 300, 350
    return 8000 + 60 * plan.smp + sum(
        passes + once + t.harts * (of_hart + histograms) for t in plan.order) + 20 * len(plan.order)


def seconds(plan: Plan, baud: int) -> float:
    return volume(plan) * BITS / baud


def default_trials(locks: tuple[str, ...], harts: tuple[int, ...], smp: int, workload: plans.Workload, baud: int) -> int:
    """As many as fit on the line in LINE_S, at least one and at most what is usual elsewhere."""
    def fits(trials: int) -> bool:
        order = plans.order(locks, harts, trials, 1)
        return seconds(Plan(smp, locks, harts, workload, trials, 1, order=order), baud) <= LINE_S

    return next((n for n in range(plans.TRIALS, 1, -1) if fits(n)), 1)


def advice(plan: Plan, baud: int) -> str:
    takes = seconds(plan, baud)
    text = f"its records are at most {volume(plan) / 1000:.0f} kB: {takes:.0f} s of the line at {baud} baud"
    return text + ("; fewer --lock, --harts or --trials, or a higher --baud, take less" if takes > LINE_S else "")


@dataclass
class Heard:
    """What a board said before its first trial."""

    data: bytes = b""  # from the last start on
    harts: int = 0
    machine: str = ""
    plan: str = ""
    forms: tuple[str, str] | None = None  # relax and unlock, of its image
    panic: str = ""
    ended: bool = False

    def take(self, record: Record) -> None:
        f = record.fields()
        if record.type == "boot":
            self.harts, self.machine = f.number("harts"), f.text("machine")
        elif record.type == "asked":
            self.plan = f.text("plan")
        elif record.type == "plan":
            self.forms = f.text("relax"), f.text("unlock")
        elif record.type == "panic":
            self.panic = f"{f.text('file')}:{f.text('line')}: {f.text('msg')}"
        self.ended |= record.type == "end"


def _understand(data: bytes) -> Heard:
    """Of whole lines from a start on."""
    heard, reader = Heard(data), Reader()
    for raw in data.split(b"\n")[:-1]:
        record = reader.feed(raw)
        try:
            if record is not None:
                heard.take(record)
        except RecordError:
            continue  # the session says so
        if heard.plan and heard.forms:
            break
    return heard


def listen(chunks: Iterator[bytes]) -> Heard:
    """Until the plan is heard, or it is clear that none will be."""
    data, heard = b"", Heard()
    for chunk in chunks:
        data += chunk
        starts = [found.start() for found in _BOOT.finditer(data)]
        data = data[starts[-1]:] if starts else data[-len(b"@boot n=0 ") - 4096:]
        if starts and b"\n" in chunk:
            heard = _understand(data)
            if (heard.plan and heard.forms) or heard.panic or heard.ended:
                break
        if b"@trial n=" in data:
            break  # too late: what it was asked comes before
    if heard.panic:
        raise UsageError(f"the kernel panicked before it had a plan: {heard.panic}")
    if not heard.data:
        raise UsageError("the board said nothing of hartlock, or its beginning was not heard: there is no @boot record")
    if not heard.plan.strip():
        raise UsageError("the board did not say what it was asked: there is no @asked record, or it had no plan (docs/ports/boards.md)")
    return heard


def refuse_plan(argv: list[str]) -> None:
    """The board has its plan already: options about it would mean nothing."""
    given = [a.split("=")[0] for a in argv if a.startswith("--")]
    other = [a for a in given if a not in OURS]
    if other:
        raise UsageError(f"{other[0]}: the board has its plan already, in its image or its boot loader's bootargs; "
                         "give this option to --engine board --print-plan, which prints a plan")


def _source(options: argparse.Namespace) -> Source:
    if sum(1 for given in (options.serial, options.from_log, options.labgrid) if given) > 1:
        raise UsageError("--serial, --from-log and --labgrid: it is one of them")
    if options.labgrid:
        return Lab(options.labgrid)
    return Log(options.from_log) if options.from_log else Line(options.serial, options.baud)


def _start(source: Source, options: argparse.Namespace, say: Callable[[str], None]) -> None:
    if isinstance(source, Lab):
        say(f"labgrid: {options.labgrid}: " + ("switched on" if source.switch_on() else "start the board now"))
    if isinstance(source, Line):
        say(f"listening to {options.serial} at {options.baud} baud: start the board now")


def request(options: argparse.Namespace, argv: list[str], say: Callable[[str], None]) -> Request:
    if options.engine not in ("both", "board"):
        raise UsageError(f"--engine {options.engine}: --serial, --from-log and --labgrid are of the engine board")
    refuse_plan(argv)
    source = _source(options)
    try:
        _start(source, options, say)
        wait = options.time_limit or START_S
        heard = listen(source.chunks(Limits(silence_s=wait, total_s=2 * wait)))
        plan, numbers = parse.read(heard.plan, heard.harts)
        if heard.forms:
            plan = replace(plan, relax=heard.forms[0], unlock=heard.forms[1])
    except Silent as e:
        source.close()
        raise UsageError(str(e)) from e
    except BaseException:
        source.close()
        raise
    source.unread(heard.data)
    engine = Engine("board", numbers["duration_us"], numbers["warmup_us"], machine=heard.machine, source=source,
                    foreign="qemu" in heard.machine.lower(), line_s=seconds(plan, options.baud))
    return Request(plan=plan, engines=[engine], label=strategies.label(plan.locks), cpu="", extra=[], out=options.out,
                   silence_s=options.time_limit, argv=argv)
