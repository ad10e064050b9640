"""`compare A B`: the ratio of two runs for each strategy, and whether it is a difference."""

import math
from operator import attrgetter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console
from rich.table import Table as RichTable

from hartlock.folder.differences import differences
from hartlock.folder.reader import Cell, Results, load
from hartlock.folder.whole import ending, gap
from hartlock.analysis.choices import FIGURES
from hartlock.analysis.comparisons import SAME, call, cliffs_delta, holm, mann_whitney, ratio_ci
from hartlock.base.errors import EXIT_FAILED, EXIT_OK, UsageError
from hartlock.figures.row_types import Origin
from hartlock.folder.comparable import Comparable
from hartlock.base.intervals import Estimate, Sample
from hartlock.plan.strategies import CLOCK
from hartlock.base.terminal import whole
from hartlock.base.text import significant, times, words

# Two runs under an emulator differ by what else the host did meanwhile (docs/use/compare.md).
DRIFT = {"modelled": SAME, "hardware": 0.03}
DRIFT_OF_OTHERS = 0.15


@dataclass(frozen=True)
class Change:
    a: Cell
    b: Cell
    figure: str
    ratio: Estimate  # b over a
    sure: Estimate  # the ratio, with an interval wide enough for all rows together
    delta: float
    p: float
    word: str  # improved, worse, no difference, too close to call, checks fail, no evidence

    @property
    def worse_by(self) -> float:
        """The least share by which it is worse; 0 when it is not worse."""
        if self.word != "worse":
            return math.inf if self.word == "checks fail" else 0
        return self.sure.low - 1 if FIGURES[self.figure] else 1 - self.sure.high


def _key(setting: Comparable, across: bool) -> Comparable:
    """Returns the setting, whatever machine it is of; and `across`, whatever engine."""
    context = replace(setting.context, machine="", origin=Origin())
    return Comparable(replace(context, engine="") if across else context)


def pairs(a: Results, b: Results, across: bool) -> list[tuple[Cell, Cell]]:
    """The pairs of cells that are in both folders."""
    there: dict[object, Cell] = {}
    for cell in b:
        if cell.role == "candidate":
            key = _key(cell.setting, across), cell.strategy, cell.harts
            if key in there and there[key].setting != cell.setting:
                raise UsageError(f"{b.folder}: {cell.strategy} on {cell.harts} was measured in several settings "
                                 "that compare cannot tell apart; compare folders of one machine each")
            there[key] = cell
    out = []
    for cell in (c for c in a if c.role == "candidate"):
        other = there.get((_key(cell.setting, across), cell.strategy, cell.harts))
        if other is not None:
            out.append((cell, other))
    return out


def admit(found: Sequence[tuple[Cell, Cell]], a: Results, b: Results, across: bool) -> None:
    kinds = [words(sorted({c.evidence for c in r if c.role == "candidate"}) or ["nothing"]) for r in (a, b)]
    different = [f"{x.strategy} on {x.harts} is {x.evidence} in the one and {y.evidence} in the other"
                 for x, y in found if x.evidence != y.evidence]
    if different and not across or not found and kinds[0] != kinds[1]:
        raise UsageError(f"two kinds of evidence: {a.name} has {kinds[0]}, {b.name} has {kinds[1]}"
                         + (f" ({different[0]})" if different else "")
                         + ". A ratio of them says nothing about a change; --across-evidence computes it all the same")
    if not found:
        raise UsageError(f"{a.name} and {b.name} have no strategy on a number of harts under a workload in common")


def _alike(x: Cell, y: Cell, a: Results, b: Results) -> bool:
    """True if both were modelled from the same seeds on the same machines, so that a boot draws the same for both."""
    seeds = [[(t.boot, t.context.seed) for t in c.trials] for c in (x, y)]
    machines = [[of for _, of in sorted(r.machines(c).items())] for r, c in ((a, x), (b, y))]
    return x.evidence == y.evidence == "modelled" and set(seeds[0]) == set(seeds[1]) and machines[0] == machines[1]


def drift(a: Results, b: Results, x: Cell) -> float:
    """The change that a difference has to exceed: that of the evidence, and for real time also that of
    the harness, whose loop is the same in both."""
    least = DRIFT.get(x.evidence, DRIFT_OF_OTHERS)
    if x.evidence == "modelled":
        return least
    medians = [[c.median(lambda f: f.cycles_per_op) for c in r if c.role == "harness" and c.strategy != CLOCK
                and c.setting.engine == x.setting.engine] for r in (a, b)]
    if not all(medians) or not all(math.isfinite(m[0]) for m in medians):
        return least
    return max(least, max(medians[0][0], medians[1][0]) / min(medians[0][0], medians[1][0]) - 1)


def change(x: Cell, y: Cell, figure: str, rows: int, same: float, paired: bool) -> Change:
    a, b = x.sample(attrgetter(figure)), y.sample(attrgetter(figure))
    ratio, sure = (_ratio(b, a, paired, level) for level in (95, 100 - 5 / rows))
    word = {"too close": "too close to call", "lower": "improved", "higher": "worse"}[call(sure, same)]
    if not FIGURES[figure] and word in ("improved", "worse"):
        word = {"improved": "worse", "worse": "improved"}[word]
    if max(abs(ratio.low - 1), abs(ratio.high - 1)) <= same:
        word = "no difference"
    if x.evidence == "modelled" and not paired and min(len(x.boots), len(y.boots)) < 2:
        word = "too close to call"  # the effect of another placement is not known
    if x.is_ensemble and not paired and 2 / math.comb(len(x.boots) + len(y.boots), len(x.boots)) > 0.05 / rows:
        word = "too close to call"  # so few machines of one profile may lie apart by chance
    if not y.passed:
        word = "checks fail"
    elif _lacks(x, figure) or _lacks(y, figure):
        word = "no evidence"
    return Change(x, y, figure, ratio, sure, cliffs_delta(b, a), mann_whitney(b, a), word)


def _lacks(cell: Cell, figure: str) -> str:
    """Returns why a cell is no evidence for this figure, as a clause; "" if it is."""
    return gap(cell) or ("" if math.isfinite(cell.median(attrgetter(figure))) else f"it has no {figure}")


def _ratio(b: Sample, a: Sample, paired: bool, level: float) -> Estimate:
    if sorted(a.values) == sorted(b.values):
        return Estimate(1, 1, 1)
    return ratio_ci(b, a, paired, level)


def table(changes: Sequence[Change], names: tuple[str, str]) -> RichTable:
    out = RichTable(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for title in ("strategy", "harts", "evidence", *names, "ratio", "delta", "p (Holm)"):
        out.add_column(title, justify="left" if title in ("strategy", "evidence") else "right", no_wrap=True)
    out.add_column("", no_wrap=True)
    adjusted = holm([c.p for c in changes])
    colour = {"improved": "green", "worse": "red", "checks fail": "bold red"}
    for c, p in zip(changes, adjusted, strict=True):
        of = attrgetter(c.figure)
        out.add_row(c.a.strategy, str(c.a.harts), c.a.evidence, significant(c.a.median(of)),
                    significant(c.b.median(of)), times(c.ratio), f"{c.delta:+.2f}",
                    f"{p:.3f}" if math.isfinite(p) else "-", c.word, style=colour.get(c.word, ""))
    return out


def compare(a: Results, b: Results, figure: str, across: bool) -> list[Change]:
    found = pairs(a, b, across)
    admit(found, a, b, across)
    return [change(x, y, figure, len(found), drift(a, b, x), _alike(x, y, a, b)) for x, y in found]


def _alone(r: Results, changes: Sequence[Change]) -> list[Cell]:
    """Returns the candidates' cells that no cell of the other folder was compared with."""
    compared = {id(cell) for c in changes for cell in (c.a, c.b)}
    return [c for c in r if c.claimed_role == "candidate" and id(c) not in compared]


def _missing(a: Results, b: Results, changes: Sequence[Change]) -> list[str]:
    return [f"only in {r.name}: {words(only)}" for r in (a, b)
            if (only := sorted({f"{c.strategy} on {c.harts}" for c in _alone(r, changes)}))]


def _no_evidence(changes: Sequence[Change]) -> list[str]:
    return [f"{c.a.strategy} on {c.a.harts} in {name}: {why}" for c in changes if c.word == "no evidence"
            for name, cell in (("A", c.a), ("B", c.b)) if (why := _lacks(cell, c.figure))]


def lacking(a: Results, b: Results, changes: Sequence[Change]) -> list[str]:
    """Returns a sentence for each thing that B, or A, should show and does not."""
    vanished = [f"{c.strategy} on {c.harts} is in A and not in B" for c in _alone(a, changes)]
    return [*filter(None, [ending(b)]), *vanished, *_no_evidence(changes)]


def failures(changes: Sequence[Change], percent: float) -> list[str]:
    """Returns a sentence for each change that is worse by surely more than so many per cent."""
    return [f"{c.a.strategy} on {c.a.harts} ({c.a.evidence}) "
            + ("fails its checks" if c.word == "checks fail" else f"is worse by at least {100 * c.worse_by:.1f} %")
            for c in changes if c.worse_by > percent / 100]


def compare_folders(before: Path, after: Path, figure: str, across: bool, fail_if_worse: float | None, allow_missing: bool,
                    out: Console) -> int:
    """Compare two results folders and print it; returns the exit status.

    `across`: even different kinds of evidence. `fail_if_worse`: the percentage from which on it fails; it fails, too, when
    something is lacking, unless `allow_missing`.
    """
    a, b = load(before), load(after)
    changes = compare(a, b, figure, across)
    context = differences(a, b)
    say = out.print
    say("context:", *(context or ["no difference but the time"]), sep="\n  ", markup=False)
    names = ("A", "B") if a.name == b.name else (a.name, b.name)
    say(f"\n{figure}, medians; ratio: {names[1]} over {names[0]}\n", whole(table(changes, ("A", "B")), out.width), "",
        markup=False)
    for line in (*_missing(a, b, changes), *filter(None, map(ending, (a, b))), *_no_evidence(changes)):
        say(line, markup=False)
    counts = {word: sum(1 for c in changes if c.word == word) for word in dict.fromkeys(c.word for c in changes)}
    say(f"{len(changes)} compared: " + ", ".join(f"{n} {word}" for word, n in counts.items()), markup=False)
    if any(c.word == "too close to call" and min(len(c.a.boots), len(c.b.boots)) < 2 for c in changes):
        say("one boot is little: what another placement does is not known; sweeps have several", markup=False)
    if fail_if_worse is None:
        return EXIT_OK
    bad = failures(changes, fail_if_worse) + ([] if allow_missing else lacking(a, b, changes))
    for line in bad:
        say(f"FAIL: {line}", markup=False)
    return EXIT_FAILED if bad else EXIT_OK
