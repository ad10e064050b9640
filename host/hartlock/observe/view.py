"""The ranked table of locks in the terminal, and the files that a run of `observe` leaves."""

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from hartlock.base.text import count, percent
from hartlock.folder import writer
from hartlock.folder.observe_files import LOCKS, PHASES, SITES, SIZES
from hartlock.observe.image import Image
from hartlock.observe.locks import UNCLEAR, Lock, names_of
from hartlock.observe.phases import Phase
from hartlock.observe.records import Records
from hartlock.observe.trouble import orders

SHOWN = 20  # locks in the terminal; locks.csv has all
SITES_SHOWN = 3  # SITES_FILE has all sites of a lock
LOCK_COLUMNS = (
    "lock", "address", "taken", "harts", "busiest_share", "hold_p50_instructions", "hold_p90_instructions",
    "hold_p99_instructions", "hold_max_instructions", "gap_p50_instructions", "gap_p90_instructions",
    "gaps_slept_share", "written_lines_p50", "read_lines_p50", "shared_lines", "tries", "tries_failed", "trapped_share",
    "interrupts_on_share", "interrupted_share", "allocating", "size_p50_bytes", "size_p90_bytes", "size_max_bytes", "found_by")
OF_ALL_TIME = ("shared_lines",)  # columns that are not told by phases
SITE_COLUMNS = ("lock", "function", "site", "taken", "place")
SIZE_COLUMNS = ("lock", "size_bytes", "taken")
_ARROW = re.compile(r'^  "(.*)" -> "(.*)" \[label="(\d+)"\];$', re.MULTILINE)  # as write_order() writes it


def table(locks: Sequence[Lock]) -> Table:
    """The locks that are held for longest by most harts."""
    shown = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for title in ("lock", "taken", "harts", "busiest", "hold p50", "p99", "writes", "reads", "shared", "gap p50", "slept", "taken in"):
        is_text = title in ("lock", "taken in")
        shown.add_column(title, justify="left" if is_text else "right", no_wrap=title != "taken in")
    for lock in locks[:SHOWN]:
        shown.add_row(
            lock.name, count(lock.taken), str(len(lock.per_hart)), percent(lock.busiest), count(lock.hold.p50),
            count(lock.hold.p99), count(lock.written), count(lock.read), str(lock.shared), count(lock.gap.p50),
            percent(lock.slept), _sites(lock))
    return shown


def _sites(lock: Lock) -> str:
    functions: dict[str, int] = {}
    for site in lock.sites:
        functions[site.function] = functions.get(site.function, 0) + site.times
    ranked = sorted(functions.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {times}" for name, times in ranked[:SITES_SHOWN]) + (", ..." if len(ranked) > SITES_SHOWN else "")


def unsure(words: Sequence[Any], image: Image) -> str:
    """A sentence about words that may be locks, and how to have them; "" if there are none."""
    if not words:
        return ""
    named = [f"{_with_address(image, int(word['address']))} ({count(int(word['writes']))} writes, first in {image.function(int(word['site']))})"
             for word in words[:UNCLEAR]]
    return (f"Atomic instructions of several harts wrote {len(words)} more word(s) that no store let go. These are counters, flags, or locks that "
            f"are let go in another word, as mcs and clh. If one is a lock, name its functions with --acquire and --release: {', '.join(named)}{', ...' if len(words) > UNCLEAR else ''}")


def untaken(functions: Sequence[str], locks: Sequence[Lock], image: Image) -> str:
    """A sentence on functions that take or let go of locks, none of which took one: where locks were found by the instructions of code
    that the image's symbols name, the symbols lie where they say."""
    names = list(dict.fromkeys(functions))  # a compiler makes several copies of one
    named = f"{', '.join(names[:UNCLEAR])}{', ...' if len(names) > UNCLEAR else ''}"
    said = f"None of the {len(functions)} functions that take or let go of locks took one ({named}): "
    found = next(((lock, site) for lock in locks for site in lock.sites if image.is_named(site.address)), None)
    if found is None:
        return said + "the image does not lie where its symbols say (--bias), or they are another image's"
    return said + (f"probably they are inlined where they are called, or nothing calls them. The locks were found by their instructions, {found[0].name} "
                   f"in {found[1].function}")


def _with_address(image: Image, address: int) -> str:
    return f"{image.name(address)} at {address:#x}" if image.is_named(address) else f"{address:#x}"


def write_locks(folder: Path, locks: Sequence[Lock], image: Image) -> None:
    """Write locks.csv, sites.csv and sizes.csv."""
    writer.write_csv(folder / LOCKS, LOCK_COLUMNS, map(_row, locks))
    writer.write_csv(folder / SITES, SITE_COLUMNS, (
        (lock.name, site.function, f"{site.address:#x}", site.times, image.chain(site.address)) for lock in locks for site in lock.sites))
    writer.write_csv(folder / SIZES, SIZE_COLUMNS, ((lock.name, size, times) for lock in locks for size, times in lock.sizes))


def write_phases(folder: Path, phases: Sequence[Phase]) -> None:
    """Write phases.csv: what locks.csv says, of each phase."""
    kept = [i for i, column in enumerate(LOCK_COLUMNS) if column not in OF_ALL_TIME]
    writer.write_csv(folder / PHASES, ("phase", *(LOCK_COLUMNS[i] for i in kept)), (
        (phase.name, *(_row(lock)[i] for i in kept)) for phase in phases for lock in phase.locks))


def _row(lock: Lock) -> tuple[object, ...]:
    """The cells of a lock, of LOCK_COLUMNS."""
    return (lock.name, f"{lock.address:#x}", lock.taken, len(lock.per_hart), lock.busiest, lock.hold.p50, lock.hold.p90,
            lock.hold.p99, lock.hold.max, lock.gap.p50, lock.gap.p90, lock.slept, lock.written, lock.read, lock.shared,
            lock.tries, lock.failed, lock.trapped, lock.interrupts_on, lock.interrupted, *_allocating(lock),
            "function" if lock.by_function else "instruction")


def _allocating(lock: Lock) -> tuple[float, ...]:
    """The sections that allocated, and the sizes asked for; NaN where they are not known."""
    if not lock.sizes:
        return (0 if lock.is_registered else math.nan, math.nan, math.nan, math.nan)
    return (sum(times for _, times in lock.sizes), lock.size.p50, lock.size.p90, lock.size.max)


def write_order(path: Path, records: Records, locks: Sequence[Lock], image: Image) -> None:
    """Write the graph of which lock is taken inside which, for Graphviz."""
    names = names_of(locks)
    arrows = [f'  "{names[outer]}" -> "{names[inner]}" [label="{int(rows["times"].sum())}"];'
              for outer, inner, rows in orders(records, locks)]
    with writer.writing(path):
        path.write_text("digraph order {\n" + "\n".join(arrows) + "\n}\n", encoding="utf-8")


def read_order(path: Path) -> list[tuple[str, str, int]]:
    """The arrows of the graph that write_order() wrote: the lock that was held, the one that was taken, and how often."""
    return [(outer, inner, int(times)) for outer, inner, times in _ARROW.findall(path.read_text(encoding="utf-8"))]
