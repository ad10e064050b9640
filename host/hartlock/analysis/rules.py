"""The rules of advice, on cells. docs/use/advise.md says them in words; nothing here prints."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hartlock.plan import traits
from hartlock.folder.reader import Cell, Results
from hartlock.folder.whole import claimed, ending, gap
from hartlock.base.errors import UsageError
from hartlock.base.evidence import COSTS
from hartlock.analysis.choices import GOALS
from hartlock.analysis.rank import Place, standing, starves
from hartlock.figures.row_types import Context
from hartlock.folder.comparable import Measure, Comparable
from hartlock.analysis.verdict import starved_share
from hartlock.base.text import on

FAIR = 0.8  # share of the fastest hart's operations, from which on the slowest hart is fairly served
BOOTS = 3  # fewer boots say nothing of placement
CLEAR = 1.1  # ratio by which the next must surely be behind, so that the model's own error hardly matters
LETTERS = {"g": "imafd"}


@dataclass(frozen=True)
class Ask:
    harts: int
    hold: int
    think: int
    goal: str
    max_bytes: int | None = None
    need: tuple[str, ...] = ()
    isa: str = ""
    scenario: str = ""  # "": any


@dataclass
class Advice:
    """The advice on the strategies of one setting and number of harts."""

    ask: Ask
    setting: Comparable
    places: list[Place]
    out: dict[str, str]  # ruled out, and why
    doubted: dict[str, str]  # strategies that may be first, because their rows are no evidence; and why
    warnings: list[str] = field(default_factory=list)

    @property
    def measure(self) -> Measure:
        return self.setting.measures[self.ask.goal]

    @property
    def tied(self) -> list[Place]:
        return [p for p in self.places if p.tied]

    @property
    def pick(self) -> Place | None:
        """The strategy to take; None if none is left, or the data cannot tell."""
        return self.tied[0] if len(self.tied) == 1 and not self.doubted else None

    @property
    def behind(self) -> Place | None:
        """The best strategy that is not tied with the first; None if there is none."""
        return next((p for p in self.places if not p.tied), None)


def extensions(isa: str) -> set[str]:
    """The extensions that an ISA string such as rv64gc_zacas names."""
    found = re.fullmatch(r"rv(?:32|64)([a-z]*)((?:_[a-z0-9]+)*)", isa.lower())
    if not found or not found[1]:
        raise UsageError(f"--isa {isa}: an ISA reads rv64gc or rv64gc_zacas_zawrs")
    letters = "".join(LETTERS.get(c, c) for c in found[1].split("z")[0])
    return {*letters, *(e for e in found[2].split("_") if e)}


def fitting(data: Results, ask: Ask) -> list[Comparable]:
    """The settings with the asked hold and think whose evidence can rank, the best evidence first."""
    return [s for s, cells in data.settings.items()
            if (s.workload.hold_instructions, s.workload.think_instructions) == (ask.hold, ask.think)
            and ask.scenario in ("", s.workload.scenario)
            and any(c.evidence in COSTS for c in cells.values() if c.harts == ask.harts and c.role == "candidate")]


def ruled_out(cell: Cell, ask: Ask) -> str:
    """The reason that rules a strategy out, whatever its figures are; "" if there is none."""
    if not cell.passed:
        return "it failed its checks: it is no lock"
    known = traits.known().get(cell.strategy)
    if known is None:
        return "lock/locks.def does not name it any more, so what it needs is not known"
    if known.yardstick:
        return f"{known.shipped_by.removeprefix('nobody: ')}"
    if traits.family(cell.strategy) == "lock-free" and (ask.hold > 0 or "lock" in ask.need):
        more = "--need lock asks for more" if "lock" in ask.need else f"your section holds {ask.hold} instructions of other work"
        return f"it protects one word only, and {more}"
    if "fifo" in ask.need and not known.fifo:
        return f"it is not FIFO (fairness: {known.fairness})"
    if "proof" in ask.need and cell.summaries and not cell.proved:
        return "the code that was measured is not proved (docs/trust/proof.md)"
    if ask.max_bytes is not None:
        size = known.bytes_per_lock(ask.harts)
        if size > ask.max_bytes:
            return f"a lock takes {size} bytes, more than {ask.max_bytes}"
    if ask.isa and (lacking := known.needs() - extensions(ask.isa)):
        return f"it needs {', '.join(sorted(lacking))}, which {ask.isa} has not"
    return ""


def ruled_out_by_figures(cell: Cell, ask: Ask) -> str:
    """The reason in its figures that rules a strategy out; "" if there is none."""
    if ask.goal != "throughput" and starves(cell):
        return f"it starves: {starved_share(cell)}"
    if ask.goal == "fairness" and cell.harts > 1 and (share := cell.slowest_share) < FAIR:
        return f"it is not fair: its slowest hart does {100 * share:.0f} % of what its fastest does, less than {100 * FAIR:.0f} %"
    return ""


def advise(data: Results, setting: Comparable, ask: Ask) -> Advice:
    cells = claimed(data, setting, ask.harts)
    out = {c.strategy: why for c in cells if (why := ruled_out(c, ask))}
    doubted = {c.strategy: why for c in cells if c.strategy not in out and (why := gap(c))}
    whole = [c for c in cells if c.strategy not in out and c.strategy not in doubted]
    out |= {c.strategy: why for c in whole if (why := ruled_out_by_figures(c, ask))}
    left = [c for c in whole if c.strategy not in out and c.evidence in COSTS]
    advice = Advice(ask, setting, standing(left, setting.measures[ask.goal].figure), out, doubted)
    advice.warnings = [said.rstrip(".") for said in (ending(data),) if said]
    advice.warnings += [f"{p.name} starves {on(ask.harts)}: {starved_share(p.cell)}" for p in advice.tied if starves(p.cell)]
    if ask.harts > 1 and any(c.summary.overlap_shown != "yes" for c in left):
        advice.warnings.append("the control did not show that the harts overlapped, so the checks prove little")
    return advice


def confidence(advice: Advice) -> tuple[str, str]:
    """The confidence (high, fair or low), and its reason."""
    pick = advice.pick
    if pick is None:
        return "none", "the data cannot tell the first ones apart"
    evidence, boots = pick.cell.evidence, len(pick.cell.boots)
    if boots < BOOTS:
        return "low", f"{boots} boot(s): what another placement does is hardly known"
    margin = advice.behind.ratio.low if advice.behind else float("inf")
    if margin < CLEAR:
        return "low", f"the next is surely behind, but perhaps by only {100 * (margin - 1):.0f} %"
    if evidence == "modelled":
        return "fair", f"the order is clear in {boots} boots, but of a model of a machine"
    return "high", f"the order is clear in {boots} boots on hardware"


@dataclass(frozen=True)
class Flip:
    what: str  # harts, hold, think, goal, or what was asked for
    at: str
    who: tuple[str, ...]


def _who(data: Results, setting: Comparable, ask: Ask) -> tuple[str, ...]:
    advice = advise(data, setting, ask)
    return () if advice.doubted else tuple(p.name for p in advice.tied)


def flips(data: Results, setting: Comparable, ask: Ask) -> list[Flip]:
    """The answers to neighbouring questions: other counts of harts, other work, other goals."""
    out = [Flip("harts", str(n), who) for n in data.harts(setting) if (who := _who(data, setting, replace(ask, harts=n)))]
    for name in ("hold", "think"):
        for value, other in _along(data, setting, f"{name}_instructions"):
            if who := _who(data, other, replace(ask, **{name: value})):
                out.append(Flip(name, str(value), who))
    out += [Flip("goal", goal, who) for goal in GOALS if (who := _who(data, setting, replace(ask, goal=goal)))]
    eased = {"--need": replace(ask, need=()), "--max-bytes-per-lock": replace(ask, max_bytes=None), "--isa": replace(ask, isa="")}
    out += [Flip("without", option, _who(data, setting, easier)) for option, easier in eased.items() if easier != ask]
    return out


def _along(data: Results, setting: Comparable, name: str) -> list[tuple[int, Comparable]]:
    """Returns the settings that differ in that key of the workload alone (a range goes with its middle), by its value."""
    beside = {name: 0, **({"think_range_instructions": 0} if name.startswith("think") else {})}

    def rest(s: Comparable) -> Context:
        return replace(s.context, workload=replace(s.workload, **beside))

    return sorted(((getattr(s.workload, name), s) for s in data.settings if rest(s) == rest(setting)), key=lambda pair: pair[0])


def changes(found: Sequence[Flip], what: str) -> list[tuple[Flip, Flip]]:
    """The pairs of neighbours between which the answer changes."""
    these = [f for f in found if f.what == what]
    return [(a, b) for a, b in zip(these, these[1:]) if set(a.who) != set(b.who)]


def boots_needed(advice: Advice) -> int:
    """The number of boots that would tell the first two apart if their distance is as it seems; 0: unknown."""
    if len(advice.tied) < 2:
        return 0
    second = advice.tied[1]
    if not second.ratio.low > 0 or not second.ratio.median > 1.01:
        return 0
    distance, width = math.log(second.ratio.median), math.log(second.ratio.median / second.ratio.low)
    return max(len(second.cell.boots) + 1, round(len(second.cell.boots) * (1.2 * width / distance) ** 2))
