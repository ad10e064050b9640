"""The report's table: every cell of every setting, sorted and filtered by the reader."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hartlock.analysis import schedule, verdict
from hartlock.report import plots
from hartlock.figures.rows import ROLES
from hartlock.folder.reader import Cell, Results
from hartlock.folder.whole import gap
from hartlock.analysis.comparisons import outliers
from hartlock.analysis.inside import protecting
from hartlock.analysis.rank import Place, standing
from hartlock.folder.comparable import Comparable, Figure
from hartlock.base.text import percent, significant

Response = tuple[str, Figure]  # title and figure of a column that only an open loop has
OPEN: list[Response] = [("response p50, µs", lambda f: f.response_p50_us),
                        ("response p99.9, µs", lambda f: f.response_p999_us)]


@dataclass(frozen=True)
class Column:
    title: str
    about: str
    kind: str = "number"


@dataclass(frozen=True)
class Entry:
    text: str
    sort: str
    kind: str = "number"
    interval: str = ""


@dataclass(frozen=True)
class TableRow:
    role: str
    strategy: str
    cells: list[Entry]


COLUMNS = [
    Column("strategy", "how next is protected", "word"), Column("harts", "that took part"),
    Column("family", "needs no lock; first come, first served; or a lock without order", "word"),
    Column("op/s", "operations a second, all harts together"),
    Column("cycles/op", "elapsed cycles for each operation of the whole system"),
    Column("against the first", "ratio of cycles an operation (open loop: of the median response, where locks keep up) to the first "
                                "candidate on as many harts"),
    Column("wait p50", "cycles from the call to owning; of this and the next two, the median of the trials' own"), Column("p99", "cycles"),
    Column("p99.9", "cycles"), Column("max", "cycles, the longest wait of any trial"),
    Column("waited", "share of operations that found the lock held or lost a race; –: nothing counts that"),
    Column("Jain", "1 is even, 1/n one hart takes all"),
    Column("slowest/fastest", "operations of the slowest hart over the fastest's"),
    Column("moved", "cache lines fetched from another hart, for each operation"),
    Column("far", "trials far from the median; they are kept"), Column("check", "conservation and audit", "word"),
    Column("proof", "holds: the very code that was measured is proved against the RISC-V memory model; partly: but for "
           "a test; the hash of that code, and how far the proof reaches", "word"),
]


def columns(data: Results) -> list[Column]:
    setting = Column("setting", "what tells it from the others of this folder", "word")
    extra = [setting] if len(data.settings) > 1 else []
    response = [Column(title, "open loop: from when an operation was due until it was done")
                for title, _ in _responses(data)]
    return [*COLUMNS[:2], *extra, Column("evidence", "what the row can prove", "word"), COLUMNS[2], *response,
            *COLUMNS[3:]]


def _responses(data: Results) -> list[Response]:
    return OPEN if any(s.open_loop for s in data.settings) else []


def _number(x: float, text: str = "") -> Entry:
    known = math.isfinite(x)
    return Entry((text or significant(x)) if known else "–", f"{x:.9g}" if known else "")


def _estimate(cell: Cell, figure: Figure) -> Entry:
    e = cell.estimate(figure)
    interval = f"{significant(e.low)} – {significant(e.high)}" if math.isfinite(e.low) else ""
    if not interval:
        return Entry(*vars(_number(e.median)).values())
    return Entry(significant(e.median), f"{e.median:.9g}", "number", interval)


def _against(place: Place | None) -> Entry:
    if place is None:
        return Entry("–", "")
    if place.call == "leads":
        return Entry("first", "1")
    interval = f"{place.ratio.low:.2f} – {place.ratio.high:.2f}" if math.isfinite(place.ratio.low) else ""
    word = {"behind": "", "starves": " †"}.get(place.call, " ≈")
    return Entry(f"{place.ratio.median:.2f}{word}", f"{place.ratio.median:.9g}", "number", interval)


def _row(cell: Cell, place: Place | None, setting: str | None, responses: Sequence[Response]) -> TableRow:
    far = len(outliers(cell.sample(_cost(cell.setting)).values))
    family = plots.family(cell) if cell.setting.workload.queues else plots.family(cell).removeprefix("FIFO ")
    lost = cell.value(lambda s: s.lost_updates_share_median)
    check = "lost " + percent(lost) if cell.role == "control" and lost > 0 else cell.summary.check or "–"
    if cell.role == "candidate" and gap(cell):
        check = "no evidence"
    return TableRow(cell.role, cell.strategy, [
        Entry(cell.strategy, cell.strategy, "word"), _number(cell.harts, str(cell.harts)),
        *([Entry(setting, setting, "word")] if setting is not None else []),
        Entry(cell.evidence, cell.evidence, "word"), Entry(family, family, "word"),
        *(_estimate(cell, figure) for _, figure in responses),
        _estimate(cell, lambda f: f.throughput_ops_per_second), _estimate(cell, lambda f: f.cycles_per_op),
        _against(place),
        _estimate(cell, lambda f: f.wait_p50_cycles), _estimate(cell, lambda f: f.wait_p99_cycles),
        _estimate(cell, lambda f: f.wait_p999_cycles), _number(cell.value(lambda s: s.wait_max_cycles)),
        _number(s := cell.value(lambda s: s.contended_share_median), percent(s)),
        _number(cell.value(lambda s: s.jain_index.median)), _number(cell.value(lambda s: s.min_max_share_median)),
        _number(cell.value(lambda s: s.coherence.transfers_per_op)), _number(far, str(far) if far else "–"),
        Entry(check, check, "word"),
        Entry(cell.proof.replace(f" ({cell.proof_reach})", "").replace(":", " "), cell.proof, "word", cell.proof_reach),
    ])


def _cost(setting: Comparable) -> Figure:
    return setting.measures["throughput"].figure


def _places(data: Results, setting: Comparable) -> dict[tuple[str, int], Place]:
    found = dict[tuple[str, int], Place]()
    for n in data.harts(setting):
        cells = schedule.in_time(protecting(verdict.usable(data.cells(setting, n))))
        found |= {(p.name, n): p for p in standing(cells, schedule.measures_of(setting, cells)["throughput"].figure)}
    return found


def rows(data: Results) -> list[TableRow]:
    out = []
    several = list(data.settings) if len(data.settings) > 1 else []
    for setting, cells in data.settings.items():
        places = _places(data, setting)
        known = [c for c in cells.values() if c.summaries]
        known.sort(key=lambda c: (ROLES.index(c.role), -c.harts, c.median(_cost(setting))))
        out += [_row(c, places.get((c.strategy, c.harts)) if c.role == "candidate" else None,
                     setting.apart(several) if several else None, _responses(data)) for c in known]
    return out
