"""The page of a folder that `observe` wrote: its locks, what stops people, and where locks are taken."""

import importlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hartlock.base.errors import UsageError
from hartlock.base.text import count, percent, printable
from hartlock.folder import writer
from hartlock.folder.observe_files import CONSOLE, LOCKS, ORDER, PHASES, SITES, SIZES, TOLD, rows
from hartlock.report.page import PAGE, missing
from hartlock.report.table import Column, Entry, TableRow

SITES_SHOWN = 200
COLUMNS = [
    Column("lock", "symbol and member, or address", "word"), Column("taken", "acquisitions"), Column("harts", "that took it"),
    Column("busiest", "share of the hart that took it most"), Column("hold p50", "instructions from having it to letting it go"),
    Column("p90", "instructions"), Column("p99", "instructions"), Column("max", "instructions"),
    Column("gap p50", "instructions until the same hart asks again, without a WFI"), Column("slept", "gaps with a WFI in them"),
    Column("writes", "lines of 64 bytes that a section writes"), Column("reads", "lines that it only reads"),
    Column("shared", "lines that several harts touch in its sections, one of them writing"),
    Column("tries", "calls of functions that try; below: failed"), Column("traps", "sections in which one came"),
    Column("interrupts on", "when it was taken; empty before QEMU 10"),
    Column("allocating", "sections of a function that allocates; below: median of the bytes asked for; empty before QEMU 10"), Column("found by", "a named function, or its instructions", "word"),
]
LIMITS = (
    "How much harts wait: under emulation that depends on this computer. The model says it: sweep --workload replays a lock.",
    "Time: lengths are instructions of one hart, and a hart that sleeps executes none.",
    "Two locks at one address, one after the other: they are one lock here.",
)


def _number(text: str, shown: str = "", below: str = "") -> Entry:
    return Entry(shown or count(float(text)), text, interval=below) if text else Entry("–", "")


def _share(text: str) -> Entry:
    return _number(text, percent(float(text)) if text else "")


def _word(text: str) -> Entry:
    return Entry(text, text, "word")


def _row(lock: dict[str, str]) -> TableRow:
    tries = f"{lock['tries_failed']} failed" if float(lock["tries"]) else ""
    lengths = [_number(lock[f"hold_{q}_instructions"]) for q in ("p50", "p90", "p99", "max")]
    lines = [_number(lock[name]) for name in ("written_lines_p50", "read_lines_p50", "shared_lines")]
    return TableRow("candidate" if int(lock["harts"]) > 1 else "harness", lock["lock"], [
        _word(lock["lock"]), _number(lock["taken"]), _number(lock["harts"]),
        _share(lock["busiest_share"]), *lengths, _number(lock["gap_p50_instructions"]), _share(lock["gaps_slept_share"]), *lines,
        _number(lock["tries"], below=tries), _share(lock["trapped_share"]), _share(lock["interrupts_on_share"]),
        _number(lock["allocating"], below=f"{count(float(lock['size_p50_bytes']))} bytes" if lock["size_p50_bytes"] else ""),
        _word(lock["found_by"])])


def headline(locks: Sequence[dict[str, str]]) -> str:
    """The page's first sentence."""
    if not locks:
        return "No lock was seen"
    shared = [lock for lock in locks if int(lock["harts"]) > 1]
    taken = sum(int(lock["taken"]) for lock in locks)
    first = f"{shared[0]['lock']} is held longest by most harts" if shared else "each was taken by one hart alone"
    return f"{len(locks)} lock{'s' if len(locks) > 1 else ''}, taken {count(taken)} times: {first}"


def lead(locks: Sequence[dict[str, str]], workloads: Sequence[str]) -> str:
    """The figures of the first lock, and how to get an answer about it."""
    shared = next((lock for lock in locks if int(lock["harts"]) > 1), None)
    if shared is None:
        return "A lock that one hart alone takes makes nobody wait; only its bytes and its shortest path count."
    ask = f" ./run-bench.sh advise --workload {workloads[0]} says which lock suits it." if workloads else ""
    return (f"{shared['harts']} harts took it {count(float(shared['taken']))} times, for {count(float(shared['hold_p50_instructions']))} "
            f"instructions in the median and {count(float(shared['hold_p99_instructions']))} at p99.{ask}")


def _page(folder: Path, environment: Any, markup: Any) -> str:
    """The text of the page. Raises OSError, or what damaged files make of it, as KeyError."""
    locks, sites = rows(folder / LOCKS), rows(folder / SITES)
    told = json.loads((folder / TOLD).read_text(encoding="utf-8"))
    return str(environment.get_template("observe.html").render(
        title=folder.name, headline=headline(locks), lead=lead(locks, told["workloads"]), told=told, columns=COLUMNS,
        rows=[_row(lock) for lock in locks], sites=sites[:SITES_SHOWN], more=max(0, len(sites) - SITES_SHOWN), limits=LIMITS,
        files=[name for name in (LOCKS, SITES, SIZES, PHASES, ORDER, CONSOLE, TOLD) if (folder / name).exists()],
        css=markup((PAGE / "report.css").read_text(encoding="utf-8")), js=markup((PAGE / "report.js").read_text(encoding="utf-8"))))


def write(folder: Path) -> Path:
    """Write observe.html into the folder; returns its path. Raises UsageError without the package that it needs."""
    if package := missing("jinja2"):
        raise UsageError(f"a page needs the Debian package {package}: apt-get install -y --no-install-recommends {package}")
    jinja2: Any = importlib.import_module("jinja2")
    markup: Any = importlib.import_module("markupsafe").Markup
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined)
    try:
        text = _page(folder, environment, markup)
    except OSError as e:
        raise UsageError(f"{folder}: it is no folder of observe: {e.filename}: {e.strerror}") from e
    except (AttributeError, KeyError, TypeError, ValueError, jinja2.UndefinedError) as e:
        raise UsageError(f"{folder}: its files are not as observe writes them: {printable(str(e))}") from e
    path = folder / "observe.html"
    with writer.writing(path):
        path.write_text(text, encoding="utf-8")
    return path
