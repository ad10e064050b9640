"""The result table in the terminal."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.table import Table as RichTable

from hartlock.base.evidence import BY_WORTH, COSTS, MODELLED
from hartlock.base.text import count, digits, percent, significant, unit
from hartlock.base.intervals import Estimate
from hartlock.figures.row_types import SummaryRow
from hartlock.figures.rows import ROLES
from hartlock.folder.comparable import Comparable, comparables_of
from hartlock.plan.strategies import BASELINE

MOVED = "moved: cache lines fetched from another hart, for each operation."
LINES_CONTENDED = 0.5  # transfers an operation: harts do take the line from each other
INTERVALS_WIDTH = 124  # narrower than this, the table leaves the intervals to the CSV
RESPONSE_WIDTH = 14  # width of the additional column of an open loop


def with_interval(e: Estimate, wide: bool) -> str:
    """Returns the median; if it is `wide` enough for that, with its interval in the median's unit."""
    if not wide or not math.isfinite(e.low):
        return significant(e.median)
    size, _ = unit(e.median)
    return f"{significant(e.median)} [{digits(e.low / size)}, {digits(e.high / size)}]"


def _check(row: SummaryRow) -> str:
    if row.context.role == "control" and row.check == "fail":
        return f"lost {percent(row.lost_updates_share_median)}"
    if row.context.role == "control":
        return "lost nothing"
    return row.check or "-"


def _contended(row: SummaryRow) -> str:
    return {"yes": percent(row.contended_share_median), "no": "none"}.get(row.contended, "-")


def slowest_first(rows: Sequence[SummaryRow]) -> list[SummaryRow]:
    """The rows in the table's order: the engines whose evidence is worth most first, settings as they ran, and within each,
    for a role and a number of harts, the slowest first."""
    pairs = list(zip(rows, comparables_of([row.context for row in rows]), strict=True))
    settings = list(dict.fromkeys(s for _, s in pairs))
    worth = {row.context.engine: BY_WORTH.index(row.context.evidence) for row in sorted(rows, key=lambda r: r.context.evidence)
             if row.context.evidence in BY_WORTH}
    engines = sorted(dict.fromkeys(row.context.engine for row in rows), key=lambda e: worth.get(e, len(BY_WORTH)))

    def place(pair: tuple[SummaryRow, Comparable]) -> tuple[int, int, int, int, float]:
        row, setting = pair
        rate, last = row.throughput_ops_per_second.median, math.inf  # no figure: behind those that have one
        of = row.context
        return (engines.index(of.engine), settings.index(setting), ROLES.index(of.role), of.harts,
                rate if math.isfinite(rate) else last)

    return [row for row, _ in sorted(pairs, key=place)]


def _microseconds(us: float) -> str:
    return f"{significant(us)} us" if math.isfinite(us) else "-"


def _never_inside(row: SummaryRow) -> bool:
    work = row.context.workload
    return (work.interrupt_period_us > 0 and work.irq == "on" and row.context.role == "candidate"
            and not row.counters["interrupts_inside"])


def _not_contended(row: SummaryRow) -> bool:
    return (row.context.role == "candidate" and row.contended == "no" and row.context.harts > 1
            and not row.coherence.transfers_per_op > LINES_CONTENDED)


def settings_apart(rows: Sequence[SummaryRow]) -> list[str]:
    """For each row the words that tell its setting from the others of its engine; "" where there is one."""
    of = comparables_of([row.context for row in rows])
    several = {s.engine: [o for o in dict.fromkeys(of) if o.engine == s.engine] for s in of}
    words = {s: s.apart(all_of).removeprefix("scenario ") for all_of in several.values() for s in all_of
             if len(all_of) > 1}
    return [words.get(s, "") for s in of]


@dataclass(frozen=True)
class Column:
    """A column of figures in the terminal's table."""

    title: str
    text: Callable[[SummaryRow], str]
    is_cost: bool = True  # it is left out of rows that rank nothing, beside rows that do


def _columns(wide: bool, modelled: bool, open_loop: bool) -> list[Column]:
    """Returns the columns of figures: a narrow table leaves some to the CSV."""
    told = [
        (True, Column("harts", lambda r: str(r.context.harts), False)),
        (True, Column("op/s", lambda r: with_interval(r.throughput_ops_per_second, wide))),
        (True, Column("cycles/op" if wide else "cyc/op", lambda r: significant(r.cycles_per_op.median))),
        (wide, Column("wait p50", lambda r: significant(r.wait_p50_cycles.median))),
        (True, Column("p99", lambda r: significant(r.wait_p99_cycles.median))),
        (wide, Column("handoff", lambda r: significant(r.fair.handoff_p50_cycles.median))),
        (modelled, Column("moved", lambda r: significant(r.coherence.transfers_per_op))),
        (True, Column("waited", _contended, False)),
        (True, Column("Jain", lambda r: significant(r.jain_index.median))),
        (True, Column("bypass", lambda r: count(r.fair.bypass_max))),
        (open_loop, Column("response p99", lambda r: _microseconds(r.response_p99_us.median))),
    ]
    return [column for shown, column in told if shown]


def _name(row: SummaryRow) -> str:
    of = row.context
    return of.strategy if of.role == "candidate" or of.strategy == BASELINE else f"{of.strategy} ({of.role})"


def result(rows: Sequence[SummaryRow], width: int) -> RichTable:
    """Returns the table of a run, in a terminal `width` characters wide."""
    rows = slowest_first(rows)
    apart = settings_apart(rows)
    open_loop = any(row.context.workload.arrival == "poisson" for row in rows)
    aside = max(len(text) for text in apart) + 1 if any(apart) else 0
    wide = width >= INTERVALS_WIDTH + RESPONSE_WIDTH * open_loop + aside
    columns = _columns(wide, wide and any(row.context.evidence == MODELLED for row in rows), open_loop)
    many = len({row.context.engine for row in rows}) > 1
    table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    for title in (*["engine"] * many, *["setting"] * bool(aside), "strategy"):
        table.add_column(title, no_wrap=True)
    for column in columns:
        table.add_column(column.title, justify="right", no_wrap=True)
    table.add_column("check", no_wrap=True)
    ranking = any(row.context.evidence in COSTS for row in rows)
    for row, where in zip(rows, apart, strict=True):
        brief = ranking and row.context.evidence not in COSTS
        table.add_row(*[row.context.engine] * many, *[where] * bool(aside), _name(row),
                      *("" if brief and c.is_cost else c.text(row) for c in columns), _check(row))
    return table


def remarks(rows: Sequence[SummaryRow]) -> list[str]:
    """The remarks that keep a reader from misreading the rows."""
    said = [MOVED] if any(r.context.evidence == MODELLED for r in rows) else []
    said += _open_loop(rows)
    where = [f"{row.context.engine}, {apart}" if apart else row.context.engine for row,
             apart in zip(rows, settings_apart(rows), strict=True)]
    said += [_control(row, at) for row, at in zip(rows, where, strict=True) if row.context.role == "control"]
    for holds, sentence in _NOTICES:
        which = [f"{r.context.strategy} on {r.context.harts} ({at})" for r,
                 at in zip(rows, where, strict=True) if holds(r)]
        if which:
            said.append(sentence.format(", ".join(which)))
    return said


def _control(row: SummaryRow, where: str) -> str:
    lost = percent(row.lost_updates_share_median)
    if row.overlap_shown == "yes":
        return (f"control ({where}): without a lock, {row.context.harts} harts lost {lost} of their updates: they "
                "really overlapped.")
    if row.check == "fail":
        return (f"cannot tell ({where}): without a lock, {row.context.harts} harts lost {lost} of their updates, but they took turns on "
                "one thread: they never overlapped, and the checks prove little.")
    return (f"cannot tell ({where}): the control lost nothing on {row.context.harts} harts, so this run has not shown "
            "that harts overlapped, and its checks prove little; try a longer --duration or less --think.")


def _open_loop(rows: Sequence[SummaryRow]) -> list[str]:
    rates = sorted({r.context.workload.arrival_ops_per_second for r in rows if r.context.workload.arrival == "poisson"})
    return [f"open loop: each hart is asked {rate} times a second; response counts from then, wait only from the call."
            for rate in rates]


_NOTICES: list[tuple[Callable[[SummaryRow], bool], str]] = [
    (lambda r: bool(r.ended_heap),
     "ended=heap: {} used the heap up before the time was over; a smaller --size or --duration, or more --think, "
     "avoids it."),
    (lambda r: bool(r.trials_whole),
     "window=whole: {} used it up before the warm-up was over, so the figures include the cold start."),
    (_not_contended,
     "no contention seen: {} hardly ever had to wait, so this may be the uncontended path only."),
    (lambda r: r.fell_behind, "behind schedule: {} had operations due and not begun at the end (backlog_ops); where a lock cannot "
                   "keep up, response times grow with the duration and tell nothing else."),
    (_never_inside, "no interrupt found {} inside its section: a longer --duration or --hold would."),
    (lambda r: r.trials_measured < r.trials,
     "not every trial has a figure: {}; see trials_measured, and window in samples.csv."),
]
