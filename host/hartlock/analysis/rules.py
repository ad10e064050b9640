"""The rules of advice, on cells. docs/use/advise.md says them in words; nothing here prints."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hartlock.analysis import schedule
from hartlock.plan import lock_bytes, lock_forms, needs, traits
from hartlock.figures.proved import PARTLY
from hartlock.folder.reader import Cell, Results
from hartlock.folder.whole import claimed, ending, gap
from hartlock.base.errors import UsageError
from hartlock.base.evidence import COSTS
from hartlock.analysis.inside import inside, protects_all
from hartlock.analysis.rank import FEWEST, Place, standing, starved_on, starved_share, starves, untold_on
from hartlock.folder.comparable import Measure, Comparable
from hartlock.base.text import on

FAIR = 0.8  # share of the fastest hart's operations, from which on the slowest hart is fairly served
LETTERS = {"g": "imafd"}
FEW_OPERATIONS = 50  # in a window of the median trial: with fewer, one more or less moves the figure by 2 % and more
FEW_WAITS = 100  # in the latency pass of the median trial: with fewer, the p99.9 is the longest of next to none
MOST = 0.75  # the part of the machines on which a strategy must have been measured


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
    replay: str = ""  # the cell of the column `replay`; "": no lock that was observed
    file: str = ""  # the workload file that has it, if it was given
    allocator: str = ""  # "": any
    locks: int = 1  # the number of them in the image: several were measured together, or else one of them


def question(setting: Comparable, harts: int) -> Ask:
    """The question of a reader who has asked nothing: cycles and tail count alike."""
    w = setting.workload
    return Ask(harts, w.hold_instructions, w.think_instructions, "balanced", replay=w.replay, locks=w.locks)


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
        return self.measures[self.ask.goal]

    @property
    def measures(self) -> Mapping[str, Measure]:
        """The figures that rank, by goal."""
        return schedule.measures_of(self.setting, [p.cell for p in self.places])

    @property
    def tied(self) -> list[Place]:
        return [p for p in self.places if p.tied]


def extensions(isa: str) -> set[str]:
    """The extensions that an ISA string such as rv64gc_zacas names."""
    found = re.fullmatch(r"rv(?:32|64)([a-z]*)((?:_[a-z0-9]+)*)", isa.lower())
    if not found or not found[1]:
        raise UsageError(f"--isa {isa}: an ISA reads rv64gc or rv64gc_zacas_zawrs")
    letters = "".join(LETTERS.get(c, c) for c in found[1].split("z")[0])
    return {*letters, *(e for e in found[2].split("_") if e)}


def fitting(data: Results, ask: Ask) -> list[Comparable]:
    """The settings with the asked hold and think whose evidence can rank, the best evidence first. Where no sweep had so many locks,
    those of one lock tell of each."""
    found = _fitting(data, ask)
    together = [s for s in found if s.workload.locks == ask.locks]
    return together or [s for s in found if s.workload.locks == 1]


def _fitting(data: Results, ask: Ask) -> list[Comparable]:
    """The settings that fit the question but for the number of locks."""
    return [s for s, cells in data.settings.items()
            if (s.workload.hold_instructions, s.workload.think_instructions) == (ask.hold, ask.think)
            and ask.scenario in ("", s.workload.scenario) and ask.replay == s.workload.replay
            and ask.allocator in ("", s.workload.allocator)
            and any(c.evidence in COSTS for c in cells.values() if c.harts == ask.harts and c.role == "candidate")]


def _without(known: traits.Traits, ask: Ask) -> str:
    """The reason why its interface does not meet what is asked for; "" if it does."""
    lacking = [need for need in needs.INTERFACE if need in ask.need and need not in known.has]
    if no_lock := [need for need in lacking if need not in known.lacks]:
        return f"it is no lock, so it has no {', '.join(no_lock)}"
    return "; ".join(f"it has no {need} ({known.lacks[need]})" for need in lacking)


def order_of(cell: Cell) -> str:
    """The words on the order in which a strategy serves those who wait."""
    if cell.setting.workload.queues:
        return traits.known()[cell.strategy].fairness
    return "no order: with --waiters try nobody queues"


def ruled_out(cell: Cell, ask: Ask, machine_isa: str = "") -> str:
    """The reason that rules a strategy out, whatever its figures are; "" if there is none. `machine_isa`: what the machine's profile says
    that its harts have, which counts where the reader does not say it."""
    if not cell.passed:
        return "it failed its checks: it is no lock"
    known = traits.known().get(cell.strategy)
    if known is None:
        return "lock/locks.def does not name it any more, so what it needs is not known"
    if known.yardstick:
        return f"{known.shipped_by.removeprefix('nobody: ')}"
    if traits.family(cell.strategy) == "lock-free" and "lock" in ask.need:
        return "it protects one word only, and --need lock asks for more"
    if not protects_all(cell):
        return f"it protects one word only, and your section holds {inside(cell.setting.workload)}"
    if "fifo" in ask.need and not (known.fifo and cell.setting.workload.queues):
        return f"it is not FIFO (fairness: {order_of(cell)})"
    if why := _without(known, ask):
        return why
    if "proof" in ask.need and cell.summaries and not cell.proved:
        how = "proved in part only" if cell.proof_word == PARTLY else "not proved"
        return f"the code that was measured is {how} (docs/trust/proof.md)"
    if ask.max_bytes is not None:
        if lock_bytes.of_one(cell.strategy, ask.harts) > ask.max_bytes:
            return f"a lock takes {lock_bytes.one_told(cell.strategy, ask.harts)}, more than {ask.max_bytes}"
    return _lacks(cell, known, ask.isa or machine_isa, "" if ask.isa else ": the machine, by its device tree (--isa)")


def _lacks(cell: Cell, known: traits.Traits, isa: str, whose: str) -> str:
    """The reason why the code that was measured does not run on harts with this ISA; "" if it does, or if the ISA is "", not known."""
    relax = cell.forms.relax
    needed = {"it needs": known.needs(), f"with --relax {relax} its waiters need": lock_forms.NEEDS.get(relax, set())}
    lacking = [f"{who} {', '.join(sorted(missing))}" for who, of in needed.items() if isa and (missing := of - extensions(isa))]
    return f"{' and '.join(lacking)}, which {isa} has not{whose}" if lacking else ""


def ruled_out_by_figures(cell: Cell, ask: Ask) -> str:
    """The reason in its figures that rules a strategy out; "" if there is none."""
    if ask.goal != "throughput" and starves(cell):
        return f"it starves: {starved_share(cell)}"
    if untold := untold_on(cell):
        where = f"on {len(untold)} of {len(cell.boots)} machines" if cell.is_ensemble else "in the median trial"
        return (f"whether it starves a hart cannot be told: {where} the busiest hart did less than {FEWEST} operations, and the slowest "
                "next to none; measure for longer (--duration; on the model, --model-duration)")
    if ask.goal == "fairness" and cell.harts > 1 and (share := cell.slowest_share) < FAIR:
        return f"it is not fair: its slowest hart does {100 * share:.0f} % of what its fastest does, less than {100 * FAIR:.0f} %"
    return ""


def advise(data: Results, setting: Comparable, ask: Ask) -> Advice:
    cells = claimed(data, setting, ask.harts)
    isa = ask.isa or data.isa(setting)
    out = _hung(data, setting, ask) | {c.strategy: why for c in cells if (why := ruled_out(c, ask, isa))}
    doubted = {c.strategy: why for c in cells if c.strategy not in out and (why := gap(c))}
    doubted |= _too_little(data, setting, [c for c in cells if c.strategy not in out and c.strategy not in doubted], ask)
    whole = [c for c in cells if c.strategy not in out and c.strategy not in doubted]
    out |= {c.strategy: why for c in whole if (why := ruled_out_by_figures(c, ask))}
    left = [c for c in whole if c.strategy not in out and c.evidence in COSTS]
    timely = schedule.in_time(left)
    out |= {c.strategy: schedule.too_late(c) for c in left if c not in timely}
    advice = Advice(ask, setting, standing(timely, schedule.measures_of(setting, timely)[ask.goal].figure), out, doubted)
    advice.warnings = [said.rstrip(".") for said in (ending(data),) if said]
    if late := schedule.sentence(timely):
        advice.warnings.append(late.rstrip("."))
    if starving := [p for p in advice.places if p.starves]:
        advice.warnings.append(f"no sure rank has what may starve a hart {on(ask.harts)}: "
                               + "; ".join(f"{p.name} on {len(starved_on(p.cell))} of {p.machines} machines" if p.machines else
                                           f"{p.name}, {starved_share(p.cell)}" for p in starving))
    if ask.harts > 1 and any(c.summary.overlap_shown != "yes" for c in left):
        advice.warnings.append("the control did not show that the harts overlapped, so the checks prove little")
    return advice


def _hung(data: Results, setting: Comparable, ask: Ask) -> dict[str, str]:
    """The strategies whose harts waited for each other, or went round, for ever, and how often: a lock that hangs is none."""
    return {strategy: f"it {hung_in_words(harts, times)}" for (strategy, harts), times in data.hung(setting).items() if harts == ask.harts}


def hung_in_words(harts: int, times: int) -> str:
    return f"hung {on(harts)}: {times} of its trials never ended, because its harts waited for each other or went round for ever"


def _too_little(data: Results, setting: Comparable, cells: Sequence[Cell], ask: Ask) -> dict[str, str]:
    """The strategies of which there is too little to rank them by, and why."""
    most = max((len(c.boots) for c in cells if c.is_ensemble), default=0)
    found = {c.strategy: f"it was measured on {len(c.boots)} of {most} machines" for c in cells if c.is_ensemble and len(c.boots) < MOST * most}
    found |= {c.strategy: why for c in cells if (why := _too_few(c, setting, ask))}
    return found | {name: f"it was not measured {on(ask.harts)} before the run ended" for name in _never_measured(data, setting, ask)}


def _too_few(cell: Cell, setting: Comparable, ask: Ask) -> str:
    """The clause that says what it has too few of; "" if it has enough. What is not known counts as enough."""
    longer = "measure for longer (--duration; on the model, --model-duration)"
    operations = cell.median(lambda f: math.nan if f.ops_window is None else f.ops_window)
    if operations < FEW_OPERATIONS:
        return f"its windows have {operations:.0f} operations, fewer than {FEW_OPERATIONS}; {longer}"
    waits = cell.waits_in_a_trial
    if ask.goal in ("tail", "balanced") and not setting.open_loop and waits < FEW_WAITS:
        return f"the longest wait of 1000 is told by {waits:.0f} waits, fewer than {FEW_WAITS}; {longer}"
    return ""


def _never_measured(data: Results, setting: Comparable, ask: Ask) -> list[str]:
    """The strategies that a run which was interrupted was to measure on so many harts, and did not."""
    plan = data.context.get("plan")
    if data.context.get("status") not in ("interrupted", "running") or not isinstance(plan, dict) or ask.harts not in plan.get("harts", ()):
        return []
    known = {c.strategy for c in claimed(data, setting, ask.harts)}
    return [name for name in plan.get("locks", ()) if name in traits.known() and name not in known and not traits.known()[name].yardstick]


def boots_needed(advice: Advice) -> int:
    """The number of boots that would tell the first two apart if their distance is as it seems; 0: unknown."""
    if len(advice.tied) < 2 or advice.tied[0].machines:
        return 0  # more machines do not bring machines nearer to each other
    second = advice.tied[1]
    if not second.ratio.low > 0 or not second.ratio.median > 1.01:
        return 0
    distance, width = math.log(second.ratio.median), math.log(second.ratio.median / second.ratio.low)
    return max(len(second.cell.boots) + 1, round(len(second.cell.boots) * (1.2 * width / distance) ** 2))
