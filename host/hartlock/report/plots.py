"""The report's plots: each takes cells and gives a figure, or None when there is nothing in it.

A colour stands for a family of strategies. Within it each has its own tone, dashes and mark, so that sixteen lines can
be told apart in print, too; a name with the mark stands at each line.
"""

import importlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from hartlock.analysis import regret
from hartlock.analysis.rules import advise, question
from hartlock.analysis.take import of_kind
from hartlock.plan import strategies, traits
from hartlock.folder.reader import Cell, Results
from hartlock.folder.comparable import Comparable
from hartlock.folder.comparable import Figure as Of
from hartlock.base.intervals import Estimate

INK, FAINT, GRID, PAPER = "#1d2329", "#6b747d", "#e3e6e8", "#ffffff"
FAMILY = {"lock-free": "#0b7a5b", "FIFO lock": "#2456b8", "lock": "#c05621", "reference": "#8b949c"}
TONES = {"lock-free": ("#0b7a5b", "#58b368", "#0a4a44", "#93a31b"),
         "FIFO lock": ("#2456b8", "#3fa0dd", "#6f4bc4", "#12295e"),
         "lock": ("#c05621", "#e3a02c", "#7f2a17", "#d8667a"), "reference": ("#8b949c",)}  # the first is the family's
DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)))
MARKS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p", "h")
SIZE = (6.6, 4.9)  # inches
FAR_APART = 6  # times: beyond it a linear axis shows only the best
LABEL_GAP = 0.036  # share of the axes' height between two labels
BESIDE = 0.3  # octaves of the axis of harts, over which the bars of one number of harts are spread

Figure = Any


def pyplot() -> Any:
    matplotlib: Any = importlib.import_module("matplotlib")
    matplotlib.use("Agg")
    matplotlib.rcParams.update({
        "svg.fonttype": "none", "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9,
        "text.color": INK, "axes.edgecolor": FAINT, "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT,
        "xtick.labelcolor": INK, "ytick.labelcolor": INK, "axes.spines.top": False, "axes.spines.right": False,
        "grid.color": GRID, "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "figure.facecolor": PAPER, "axes.facecolor": "none", "lines.linewidth": 1.6, "savefig.facecolor": PAPER,
    })
    return importlib.import_module("matplotlib.pyplot")


def family(cell: Cell) -> str:
    return traits.family(cell.strategy) if cell.role == "candidate" else "reference"


@dataclass(frozen=True)
class Look:
    """The look of a strategy's line: the same in every plot of every page."""

    colour: str
    dashes: Any
    mark: str


def look(cell: Cell) -> Look:
    """Its look, by its place among those of its family in locks.def."""
    kind = family(cell)
    if kind == "reference":
        return Look(FAMILY[kind], ":", "x")
    alike = [name for name in strategies.known() if traits.family(name) == kind]
    at, tones = alike.index(cell.strategy) if cell.strategy in alike else 0, TONES[kind]
    return Look(tones[at % len(tones)], DASHES[at // len(tones) % len(DASHES)], MARKS[at % len(MARKS)])


class Marks:
    """Names the parts of a drawing, so that the page can light one strategy up."""

    def __init__(self) -> None:
        self._next = count()

    def __call__(self, artist: Any, strategy: str) -> Any:
        artist.set_gid(f"s:{strategy}:{next(self._next)}")
        return artist


@dataclass
class Line:
    cell: Cell
    xs: list[float]
    ys: list[float]
    errors: list[Estimate] | None = None


def _spread(wanted: Sequence[float], gap: float) -> list[float]:
    """Places near the wanted ones, each at least `gap` from the next, and from 0 to 1 if they fit."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    at = [wanted[i] for i in order]
    last = len(at) - 1
    for _ in range(400):
        moved = False
        at = [min(max(y, i * gap), 1 - (last - i) * gap) if last * gap < 1 else y for i, y in enumerate(at)]
        for i in range(len(at) - 1):
            short = gap - (at[i + 1] - at[i])
            if short > 1e-6:
                at[i] -= short / 2
                at[i + 1] += short / 2
                moved = True
        if not moved:
            break
    out = [0.0] * len(wanted)
    for place, i in zip(at, order, strict=True):
        out[i] = place
    return out


def _labels(axes: Any, lines: Sequence[Line], mark: Marks) -> None:
    """Write the names at the right end, each with a thin leader to its line."""
    axes.set_xlim(axes.get_xlim())  # fixed now, for the labels to be where the lines end
    axes.set_ylim(axes.get_ylim())
    to_axes = axes.transData + axes.transAxes.inverted()
    ends = [to_axes.transform((line.xs[-1], line.ys[-1])) for line in lines]
    for line, end, y in zip(lines, ends, _spread([e[1] for e in ends], LABEL_GAP), strict=True):
        of = look(line.cell)
        mark(axes.plot([end[0] + 0.008, 1.02], [end[1], y], transform=axes.transAxes, color=of.colour, linewidth=0.5,
                       alpha=0.6, clip_on=False)[0], line.cell.strategy)
        mark(axes.plot([1.025, 1.065], [y, y], transform=axes.transAxes, color=of.colour, linestyle=of.dashes,
                       marker=of.mark, markersize=4, markevery=[1], clip_on=False)[0], line.cell.strategy)
        mark(axes.text(1.08, y, line.cell.strategy, transform=axes.transAxes, color=of.colour, va="center",
                       fontsize=8.5), line.cell.strategy)


def _draw(axes: Any, lines: Sequence[Line]) -> None:
    """Draw the lines; a range is a thin bar, which stands a little beside its point so that no two cover each other."""
    mark = Marks()
    for at, line in enumerate(lines):
        of = look(line.cell)
        every = 1 if len(line.xs) < 8 else (at % 3, 3)
        mark(axes.plot(line.xs, line.ys, color=of.colour, marker=of.mark, markersize=4.5, markevery=every,
                       linestyle=of.dashes)[0], line.cell.strategy)
        beside = 2 ** (BESIDE * (at / max(1, len(lines) - 1) - 0.5))
        for x, e in zip(line.xs, line.errors or (), strict=False):
            if math.isfinite(e.low):
                mark(axes.plot([x * beside] * 2, [e.low, e.high], color=of.colour, linewidth=1.6, alpha=0.4,
                               solid_capstyle="butt")[0], line.cell.strategy)
    _labels(axes, lines, mark)


def _begin(title: str, height: float = SIZE[1], left: float = 0.62, right: float = 1.3) -> tuple[Any, Any]:
    """Begin a plot, with margins in inches that are the same for all, so that plots stand in line."""
    figure, axes = pyplot().subplots(figsize=(SIZE[0], height))
    figure.subplots_adjust(left=left / SIZE[0], right=1 - right / SIZE[0], top=1 - 0.4 / height, bottom=0.55 / height)
    axes.set_title(title, loc="left", pad=10)
    axes.grid(True)
    axes.tick_params(length=0)
    return figure, axes


def _plain(axis: Any, symbols: bool = True) -> None:
    """Write an axis's numbers as the tables do, without powers of ten."""
    ticker: Any = importlib.import_module("matplotlib.ticker")

    def text(x: float, _: object) -> str:
        for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if symbols and abs(x) >= size:
                return f"{x / size:g}{unit}"
        return f"{x:g}"

    axis.set_major_formatter(ticker.FuncFormatter(text))
    axis.set_minor_formatter(ticker.NullFormatter())


def _log(axes: Any, which: str = "y") -> None:
    ticker: Any = importlib.import_module("matplotlib.ticker")
    (axes.set_yscale if which == "y" else axes.set_xscale)("log")
    axis = axes.yaxis if which == "y" else axes.xaxis
    axis.set_major_locator(ticker.LogLocator(base=10, subs=(1, 2, 5), numticks=20))
    axis.set_minor_locator(ticker.NullLocator())
    _plain(axis)


def against_harts(results: Results, setting: Comparable, of: Of, title: str, log: bool) -> Figure | None:
    harts = results.harts(setting)
    control = results.cells(setting, role="control") if log else []  # without a lock it would be all that is seen
    cells = [*results.cells(setting), *control]
    lines = []
    for strategy in dict.fromkeys(c.strategy for c in cells):
        points = sorted(((c.harts, c.estimate(of), c) for c in cells if c.strategy == strategy), key=lambda p: p[0])
        points = [p for p in points if math.isfinite(p[1].median)]
        if len(points) > 1 or points and len(harts) == 1:  # a strategy that only runs on one hart is no line
            lines.append(Line(points[-1][2], [p[0] for p in points], [p[1].median for p in points],
                              [p[1] for p in points]))
    if len(harts) < 2 or not lines:
        return None
    figure, axes = _begin(title)
    axes.set_xscale("log", base=2)
    axes.set_xticks(harts, [str(n) for n in harts])
    axes.minorticks_off()
    axes.set_xlabel("harts")
    ends = [line.ys[-1] for line in lines]
    if log or max(ends) > FAR_APART * min(ends):
        _log(axes)
    else:
        tops = [e.high if math.isfinite(e.high) else e.median for line in lines for e in line.errors or ()]
        axes.set_ylim(0, 1.04 * max(tops))
        _plain(axes.yaxis)
    _draw(axes, lines)
    return figure


def throughput(results: Results, setting: Comparable, _: int) -> Figure | None:
    return against_harts(results, setting, lambda f: f.throughput_ops_per_second,
                         "Operations a second, all harts together", False)


def cycles(results: Results, setting: Comparable, _: int) -> Figure | None:
    return against_harts(results, setting, lambda f: f.cycles_per_op,
                         "Cycles for each operation of the whole system", True)


def waits(results: Results, setting: Comparable, harts: int) -> Figure | None:
    lines = []
    for cell in results.cells(setting, harts):
        percents, heights = cell.curve()
        points = [(1 / (1 - p / 100), max(h, 1)) for p, h in zip(percents, heights, strict=True) if p < 100]
        if len(points) > 1:
            lines.append(Line(cell, [x for x, _ in points], [y for _, y in points]))
    if not lines:
        return None
    figure, axes = _begin(f"How long an operation waits, {harts} harts")
    axes.set_xscale("log")
    longest = max(max(line.xs) for line in lines)
    nines = [x for x in (50, 90, 99, 99.9, 99.99, 99.999) if 1 / (1 - x / 100) <= 1.05 * longest]
    axes.set_xticks([1 / (1 - x / 100) for x in nines], [f"{x:g} %" for x in nines])
    axes.minorticks_off()
    axes.set_xlabel("of the operations wait no longer than")
    axes.set_ylabel("cycles")
    _log(axes)
    _draw(axes, lines)
    return figure


def _rows(cells: Sequence[Cell], title: str) -> tuple[Any, Any]:
    """Begin a plot with one row for each strategy, from top to bottom."""
    figure, axes = _begin(title, 1.1 + 0.26 * max(len(cells), 5), left=1.05, right=0.25)
    axes.set_yticks(range(len(cells)), [c.strategy for c in cells])
    axes.set_ylim(len(cells) - 0.4, -0.6)
    for label, cell in zip(axes.get_yticklabels(), cells, strict=True):
        label.set_color(FAMILY[family(cell)])
    return figure, axes


def fairness(results: Results, setting: Comparable, harts: int) -> Figure | None:
    cells = [c for c in results.cells(setting, harts) if math.isfinite(c.median(lambda f: f.jain_index))]
    if not cells or harts < 2:
        return None
    cells.sort(key=lambda c: (-c.slowest_share, c.strategy))
    figure, axes = _rows(cells, f"Fairness, {harts} harts")
    mark = Marks()
    for y, cell in enumerate(cells):
        jain, share = cell.estimate(lambda f: f.jain_index), cell.slowest_share
        colour = FAMILY[family(cell)]
        mark(axes.plot([share, jain.median], [y, y], color=colour, linewidth=1, alpha=0.5)[0], cell.strategy)
        mark(axes.plot([jain.low, jain.high], [y, y], color=colour, linewidth=4, alpha=0.35)[0], cell.strategy)
        mark(axes.plot(jain.median, y, "o", color=colour, markersize=6)[0], cell.strategy)
        mark(axes.plot(share, y, "|", color=colour, markersize=11, markeredgewidth=2)[0], cell.strategy)
    axes.set_xlim(-0.02, 1.03)
    axes.axvline(1 / harts, color=FAINT, linewidth=1, linestyle=":")
    axes.set_xlabel("●  Jain's index     ❘  slowest hart over the fastest     ┊  Jain when one hart has all")
    return figure


def shares(results: Results, setting: Comparable, harts: int) -> Figure | None:
    cells = [c for c in results.cells(setting, harts) if c.shares()]
    if not cells or harts < 2:
        return None
    cells.sort(key=lambda c: (max(max(t) - min(t) for t in c.shares()), c.strategy))
    figure, axes = _rows(cells, f"What each hart got, {harts} harts")
    mark, widest = Marks(), 1.2
    for y, cell in enumerate(cells):
        points = [(hart, x) for trial in cell.shares() for hart, x in enumerate(trial)]
        widest = max(widest, *(x for _, x in points))
        offset = [y + 0.6 * (hart / max(1, harts - 1) - 0.5) for hart, _ in points]
        mark(axes.plot([x for _, x in points], offset, ".", color=FAMILY[family(cell)], markersize=3.5, alpha=0.55,
                       markeredgewidth=0)[0], cell.strategy)
    axes.axvline(1, color=FAINT, linewidth=1, linestyle=":")
    axes.set_xlim(-0.02 * widest, 1.04 * widest)
    axes.set_xlabel("a hart's operations over an even share (1 is fair); a dot a hart and trial")
    return figure


def coherence(results: Results, setting: Comparable, harts: int) -> Figure | None:
    cells = [c for c in results.cells(setting, harts)
             if math.isfinite(c.median(lambda f: f.coherence.transfers_per_op))]
    if not cells:
        return None
    cells.sort(key=lambda c: (c.median(lambda f: f.coherence.transfers_per_op), c.strategy))
    figure, axes = _rows(cells, f"Lines between harts for each operation, {harts} harts")
    mark = Marks()
    for y, cell in enumerate(cells):
        colour = FAMILY[family(cell)]
        moved = cell.median(lambda f: f.coherence.transfers_per_op)
        taken = cell.median(lambda f: f.coherence.invalidations_per_op)
        mark(axes.plot([0, moved], [y, y], color=colour, linewidth=5, alpha=0.8, solid_capstyle="butt")[0],
             cell.strategy)
        mark(axes.plot(taken, y, "|", color=INK, markersize=11, markeredgewidth=2)[0], cell.strategy)
    axes.set_xlim(left=0)
    axes.set_xlabel("▬  lines fetched from another hart     ❘  copies taken away by writes")
    return figure


def handoffs(cycles_of: Sequence[Sequence[float]]) -> Figure:
    """The heat map of a probe's one-way hand-offs."""
    figure, axes = _begin("Hand-off of a line, one way", right=0.3)
    axes.grid(False)
    image = axes.pcolormesh(np.array(cycles_of), cmap="viridis", edgecolors=PAPER, linewidth=0.5)
    n = len(cycles_of)
    step = max(1, n // 8)
    ticks = range(0, n, step)
    axes.set_xticks([t + 0.5 for t in ticks], [str(t) for t in ticks])
    axes.set_yticks([t + 0.5 for t in ticks], [str(t) for t in ticks])
    axes.invert_yaxis()
    axes.set_aspect("equal")
    axes.set_xlabel("to hart")
    axes.set_ylabel("from hart")
    figure.colorbar(image, label="cycles", shrink=0.85)
    return figure


def losses(results: Results, setting: Comparable, harts: int) -> Figure | None:
    """The plot of what each lock loses on each machine, the one to take first. None where there is one machine."""
    advice = advise(results, setting, question(setting, harts))
    places = of_kind(advice)
    ranked = {p.name: p.cell for p in places}
    table = regret.figures(places, advice.measure.figure)
    names = [loss.name for loss in regret.losses(table)]
    if not names or len(table[names[0]]) < 2:
        return None
    figure, axes = _rows([ranked[name] for name in names], f"How far each lock is behind the best one, {harts} harts")
    mark = Marks()
    for y, name in enumerate(names):
        times = [table[name][m] / min(of[m] for of in table.values()) for m in table[name]]
        colour = FAMILY[family(ranked[name])]
        mark(axes.plot([1, max(times)], [y, y], color=colour, linewidth=1, alpha=0.5)[0], name)
        mark(axes.plot(times, [y] * len(times), ".", color=colour, markersize=7, alpha=0.5, markeredgewidth=0)[0], name)
        mark(axes.plot(max(times), y, "|", color=colour, markersize=11, markeredgewidth=2)[0], name)
    axes.set_xscale("log")
    most = max(loss.worst for loss in regret.losses(table))
    steps = (1, 1.1, 1.2, 1.5, 2) if most < 5 else (1, 2, 5, 10, 20, 50, 100)
    ticks = [x for x in steps if x <= 1.1 * most]
    axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.minorticks_off()
    axes.set_xlabel("●  on one machine, times the best lock there     ❘  the most")
    return figure


Plot = Callable[[Results, Comparable, int], Figure | None]

# name -> plot, and how to read it.
PLOTS: dict[str, tuple[Plot, str]] = {
    "losses": (losses,
               "Left is better: at 1 a lock is the best one on that machine, by cost and tail alike. Each dot is one "
               "of the machines that fit the profile; the stroke is the machine on which the lock is farthest behind. "
               "The lock to take where nothing more is known is the one whose stroke is farthest left. What starves a "
               "hart on one of the machines is not here."),
    "throughput": (throughput,
                   "Higher is better (logarithmic if the best is far above the rest: then equal steps are equal "
                   "factors). A line that rises with the harts scales; one that is flat shares a fixed rate out; one "
                   "that falls is harmed by its own waiters. The thin bar beside a point is the 95 % interval over "
                   "boots and trials, or the range over machines; where two bars overlap, the order of two strategies "
                   "is not settled by this plot: the table says whether it is settled by their ratio."),
    "cycles": (cycles,
               "Lower is better; the axis is logarithmic, so equal steps are equal factors. Elapsed cycles divided "
               "by all harts' operations: below a certain number of harts it falls because think time overlaps, "
               "then the hand-off from hart to hart is all that is left, and the line shows its price. Dotted: the "
               "control without a lock, which is wrong by intent and bounds what any lock could reach."),
    "waits": (waits,
              "Lower is better. Read from the left: half of all operations wait no longer than the curve's height at "
              "50 %, 999 of 1000 no longer than at 99.9 %. A curve that is flat to the right treats all alike; one "
              "that climbs lets a few wait very long, which a mean hides. Both axes are logarithmic. A curve is of the waits "
              "of all trials together, so its end is of the trials, or machines, with the longest waits; the table's percentiles are "
              "medians over the trials. Curves end where fewer than one wait in the sample is left."),
    "fairness": (fairness,
                 "Right is fairer. The dot is Jain's index, 1 when all harts did as much; the stroke is the slowest "
                 "hart's operations over the fastest's, which sees a single starving hart that Jain's index among "
                 "many forgives. Long distance between the two: one or two harts pay for the rest."),
    "shares": (shares,
               "Each dot is one hart in one trial; all near 1 is fair. Dots at 0 are harts that got nothing in "
               "the window. Within a row hart 0 is at the top."),
    "coherence": (coherence,
                  "Why the figures are as they are: each line that has to come from another hart is a trip "
                  "across the machine. A hand-off needs about one; what is above is waiters re-reading a line "
                  "that was taken from them. Only the cost model counts this."),
}
