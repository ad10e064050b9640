"""board: a kernel that runs elsewhere, with a plan of its own, heard over a line."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence
from hartlock.base.paths import IMAGE
from hartlock.engine.base import BOTH, Engine, Options, evidence_remark, refuse_qemu_options
from hartlock.engine.serial import Line
from hartlock.engine.source import Limits
from hartlock.plan import plan as plans
from hartlock.plan import profile
from hartlock.plan.plan import Combination, Plan
from hartlock.plan.strategies import PROBE
from hartlock.records.trials import Boot

LINE_S = 60  # that a default plan's records take, at the most
BITS = 10  # bits of a byte on a line: 8N1


def volume(plan: Plan) -> int:
    """The most bytes that a plan's records have (docs/ports/boards.md says how that was measured)."""
    return 8000 + len(plan.replay) + len(plan.observed) + 60 * plan.smp + sum(_of_probe(t) if t.strategy == PROBE else _of_trial(t) for t in plan.order)


def _of_trial(trial: Combination) -> int:
    passes, of_hart, histograms, once = 4 * 185, 4 * 185, 3 * 300, 370
    return passes + once + trial.harts * (of_hart + histograms)


def _of_probe(trial: Combination) -> int:
    """The most bytes of a probe's records: each pair of harts has two measurements, each number of harts has a few."""
    measurement, alone = 400, 40
    return measurement * (alone + 2 * trial.harts * trial.harts)


def seconds(plan: Plan, baud: int) -> float:
    """The seconds that a plan's records take on a line of `baud` bits a second."""
    return volume(plan) * BITS / baud


@dataclass(frozen=True)
class Board(Engine):
    name: ClassVar[str] = "board"
    window_ms: ClassVar[tuple[int, int]] = (20, 5)  # a processor uses the heap up sooner than QEMU does
    is_started_here: ClassVar[bool] = False
    runs_image: ClassVar[bool] = False

    line: Line | None = None  # none for a plan that is only printed
    baud: int = 115200
    modelled: bool = False  # the records are of the cost model's machine

    @classmethod
    def create(cls, options: Options) -> Self:
        """A board whose plan is made here; it is heard later (engine/hearing.py)."""
        refuse_qemu_options(options, cls.name, "a board's")
        return cls(cls.asked_windows(options), baud=options.baud)

    @classmethod
    def check_programs(cls) -> None:
        """Check nothing: listening needs only Python."""

    @classmethod
    def default_smp(cls, machine: str | None = None) -> int:
        return 4

    @classmethod
    def default_trials(cls, locks: tuple[str, ...], harts: tuple[int, ...], workload: plans.Workload,
                       options: Options) -> int:
        """The number of trials whose records the line takes in LINE_S seconds: at least one, at most the
        usual number of other engines."""
        def fits(trials: int) -> bool:
            order = plans.order(locks, harts, trials, 1)
            return seconds(Plan(options.smp, locks, harts, workload, trials, 1, order=order), options.baud) <= LINE_S

        return next((n for n in range(plans.TRIALS, 1, -1) if fits(n)), 1)

    def build(self, relax: str, unlock: str) -> Path:
        """Build nothing: the board's image was built before. The image here is the nearest to it for names
        of addresses."""
        return IMAGE

    def start(self, plan: Plan, image: Path) -> Line:
        assert self.line is not None
        return self.line

    def limits(self, plan: Plan, silence_s: float | None) -> Limits:
        usual = super().limits(plan, silence_s)
        return replace(usual, total_s=usual.total_s + 3 * seconds(plan, self.baud))

    def evidence(self, harts: int, processors: int) -> str:
        if self.modelled:
            return evidence.MODELLED
        return evidence.EMULATED if self.foreign else evidence.HARDWARE

    def provenance(self, image: Path) -> dict[str, str]:
        """Nothing: the image that was built here is not the one that ran there."""
        return {"image_sha256": "", "compiler": "", "qemu": ""}

    def place(self, smp: int) -> str:
        if self.modelled:
            return f"{smp} hart(s) of the cost model's machine, whose profile the log does not name"
        return f"{smp} hart(s) of {self.machine or 'a board whose device tree does not name it'}"

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        alone = "" if self.foreign or self.modelled else ", each at one thing, with no system below them but firmware"
        fits = profile.of_board(self.machine)
        advice = [f"the machine profile {fits.name} is of this board's chip: what it leaves open, and the answer on all machines that fit "
                  f"it, tells ./run-bench.sh sweep --machine {fits.name} --smp {fits.most('harts')}."] if fits else []
        return [evidence_remark(self.evidence(max(harts), processors), self.place(boot.online) + alone), *advice]

    def plan_advice(self, plan: Plan) -> str:
        takes = seconds(plan, self.baud)
        text = f"its records are at most {volume(plan) / 1000:.0f} kB: {takes:.0f} s of the line at {self.baud} baud"
        return text + ("; fewer --lock, --harts or --trials, or a higher --baud, take less" if takes > LINE_S else "")


def may_be_meant(name: str) -> bool:
    """True if --engine `name` allows a board: it names one, or is the default."""
    return name in (Board.name, BOTH)
