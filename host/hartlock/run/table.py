"""The result as a person reads it."""

import math
from collections.abc import Callable, Sequence

from rich.table import Table as RichTable

from hartlock.base.evidence import MODELLED
from hartlock.base.text import count, digits, percent, significant, unit
from hartlock.figures import columns
from hartlock.folder import forms
from hartlock.figures.rows import Row
from hartlock.folder.comparable import Comparable, comparable_of
from hartlock.plan.strategies import BASELINE

MOVED = "moved: cache lines fetched from another hart, for each operation."
LINES_CONTENDED = 0.5  # transfers an operation: harts do take the line from each other
INTERVALS_WIDTH = 124  # narrower than this, the table leaves the intervals to the CSV
RESPONSE_WIDTH = 14  # of the column that an open loop has more


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def with_interval(row: Row, name: str, wide: bool) -> str:
    """The median with its interval, in the median's unit."""
    median, low, high = (_number(row.get(f"{name}_{part}")) for part in ("median", "ci_low", "ci_high"))
    if not wide or not math.isfinite(low):
        return significant(median)
    size, _ = unit(median)
    return f"{significant(median)} [{digits(low / size)}, {digits(high / size)}]"


def _check(row: Row) -> str:
    if row.get("check") is None:
        return "-"
    if row["role"] == "control" and row["overlap_shown"] == "yes":
        return f"lost {percent(_number(row['lost_updates_share_median']))}"
    if row["role"] == "control":
        return "lost nothing"
    return str(row["check"])


def _contended(row: Row) -> str:
    if row.get("contended") is None:
        return "-"
    share = percent(_number(row["contended_share_median"]))
    return {"yes": share, "no": "none"}.get(str(row["contended"]), "-")


def slowest_first(rows: Sequence[Row]) -> list[Row]:
    """Within an engine, a setting, a role and a number of harts; engines and settings in the order in which they ran."""
    pairs = list(zip(rows, settings_of(rows), strict=True))
    settings, engines = list(dict.fromkeys(s for _, s in pairs)), list(dict.fromkeys(row["engine"] for row in rows))
    roles = ("candidate", "control", "harness")

    def place(pair: tuple[Row, Comparable]) -> tuple[int, int, int, int, float]:
        row, setting = pair
        rate = _number(row.get("throughput_ops_per_second_median"))
        last = math.inf  # no figure: behind those that have one
        return (engines.index(row["engine"]), settings.index(setting), roles.index(str(row["role"])), _int(row, "harts"),
                rate if math.isfinite(rate) else last)

    return [row for row, _ in sorted(pairs, key=place)]


def _microseconds(value: object) -> str:
    us = _number(value)
    return f"{significant(us)} us" if math.isfinite(us) else "-"


def _fell_behind(row: Row) -> bool:
    """More due at the end and not begun than a hundredth of what was done, and than chance leaves."""
    done = _number(row.get("ops_window_total")) / max(1, _int(row, "trials_measured"))
    return _number(row.get("backlog_ops_median")) > max(2 * _int(row, "harts"), 0.01 * done)


def _never_inside(row: Row) -> bool:
    return (_int(row, "interrupt_period_us") > 0 and row["irq"] == "on" and row["role"] == "candidate"
            and _int(row, "interrupts_inside_total") == 0)


def settings_of(rows: Sequence[Row]) -> list[Comparable]:
    texts = [{name: str(row[name]) for name in columns.CONTEXT if name in row} for row in rows]
    asked = forms.of_runs(texts)
    return [comparable_of(text, asked) for text in texts]


def settings_apart(rows: Sequence[Row]) -> list[str]:
    """Row by row what tells its setting from the others of its engine; "" where there is one only."""
    of = settings_of(rows)
    several = {s["engine"]: [o for o in dict.fromkeys(of) if o["engine"] == s["engine"]] for s in of}
    words = {s: s.apart(all_of).removeprefix("scenario ") for all_of in several.values() for s in all_of if len(all_of) > 1}
    return [words.get(s, "") for s in of]


def result(rows: Sequence[Row], width: int) -> RichTable:
    rows = slowest_first(rows)
    open_loop = any(row.get("arrival") == "poisson" for row in rows)
    apart = settings_apart(rows)
    aside = max(len(text) for text in apart) + 1 if any(apart) else 0
    wide = width >= INTERVALS_WIDTH + RESPONSE_WIDTH * open_loop + aside
    table = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 1, 0, 0))
    many = len({row["engine"] for row in rows}) > 1
    if many:
        table.add_column("engine", no_wrap=True)
    if aside:
        table.add_column("setting", no_wrap=True)
    table.add_column("strategy", no_wrap=True)
    modelled = wide and any(row["evidence"] == MODELLED for row in rows)
    wait = ("wait p50", "p99") if wide else ("p99",)
    for title in ("harts", "op/s", "cycles/op" if wide else "cyc/op", *wait, *(["handoff"] * wide), *(["moved"] * modelled), "waited", "Jain",
                  "bypass"):
        table.add_column(title, justify="right", no_wrap=True)
    if open_loop:
        table.add_column("response p99", justify="right", no_wrap=True)
    table.add_column("check", no_wrap=True)
    for row, where in zip(rows, apart, strict=True):
        role = "" if row["role"] == "candidate" or row["strategy"] == BASELINE else f" ({row['role']})"
        table.add_row(
            *([str(row["engine"])] if many else []), *([where] if aside else []), f"{row['strategy']}{role}", str(row["harts"]),
            with_interval(row, "throughput_ops_per_second", wide),
            *(significant(_number(row.get(f"{name}_median"))) for name in (
                "cycles_per_op", *(["wait_p50_cycles"] * wide), "wait_p99_cycles", *(["handoff_p50_cycles"] * wide),
                *(["transfers_per_op"] * modelled))),
            _contended(row), significant(_number(row.get("jain_index_median"))), count(_number(row.get("bypass_max"))),
            *([_microseconds(row.get("response_p99_us_median"))] if open_loop else []), _check(row),
        )
    return table


def remarks(rows: Sequence[Row]) -> list[str]:
    """What has to be said about the rows for nobody to misread them."""
    said = [MOVED] if any(r["evidence"] == MODELLED for r in rows) else []
    said += _open_loop(rows)
    where = [f"{row['engine']}, {apart}" if apart else str(row["engine"]) for row, apart in zip(rows, settings_apart(rows), strict=True)]
    said += [_control(row, at) for row, at in zip(rows, where, strict=True) if row["role"] == "control"]
    for holds, sentence in _NOTICES:
        which = [f"{r['strategy']} on {r['harts']} ({at})" for r, at in zip(rows, where, strict=True) if holds(r)]
        if which:
            said.append(sentence.format(", ".join(which)))
    return said


def _control(row: Row, where: str) -> str:
    lost = percent(_number(row["lost_updates_share_median"]))
    if row["overlap_shown"] == "yes":
        return (f"control ({where}): without a lock, {row['harts']} harts lost {lost} of their updates: "
                "they really overlapped.")
    return (f"cannot tell ({where}): the control lost nothing on {row['harts']} harts, so this run has not "
            "shown that harts overlapped, and its checks prove little; try a longer --duration or less --think.")


def _int(row: Row, name: str) -> int:
    return int(str(row.get(name) or 0))


def _open_loop(rows: Sequence[Row]) -> list[str]:
    rates = sorted({_int(r, "arrival_ops_per_second") for r in rows if r.get("arrival") == "poisson"})
    return [f"open loop: each hart is asked {rate} times a second; response counts from then, wait only from the call."
            for rate in rates]


_NOTICES: list[tuple[Callable[[Row], bool], str]] = [
    (lambda r: _int(r, "ended_heap") > 0,
     "ended=heap: {} used the heap up before the time was over; "
     "a smaller --size or --duration, or more --think, avoids it."),
    (lambda r: _int(r, "trials_whole") > 0,
     "window=whole: {} used it up before the warm-up was over, so the figures include the cold start."),
    (lambda r: (r["role"] == "candidate" and r.get("contended") == "no" and _int(r, "harts") > 1
                and not _number(r.get("transfers_per_op_median")) > LINES_CONTENDED),
     "no contention seen: {} hardly ever had to wait, so this may be the uncontended path only."),
    (_fell_behind, "behind schedule: {} had operations due and not begun at the end (backlog_ops); where a lock cannot "
                   "keep up, response times grow with the duration and tell nothing else."),
    (_never_inside, "no interrupt found {} inside its section: a longer --duration or --hold would."),
    (lambda r: _int(r, "trials_measured") < _int(r, "trials"),
     "not every trial has a figure: {}; see trials_measured, and window in samples.csv."),
]
