"""An engine is something that executes harts. Each engine has a file of its own beside this one.

The rest of the program asks an engine for its abilities and the meaning of its figures. It never
uses an engine's name to decide something; the name is printed, and is a column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, NamedTuple, Self

from hartlock.base import evidence, toolchain
from hartlock.base.errors import UsageError
from hartlock.engine import build
from hartlock.engine.clocks import kernel_clock
from hartlock.engine.source import Limits, Source
from hartlock.plan import lock_forms
from hartlock.plan import plan as plans
from hartlock.plan import profile as profiles
from hartlock.plan.windows import Windows
from hartlock.records.trials import Boot


USUAL_HARTS = 8
BOTH = "both"  # --engine both: tcg, and the model where it can run, in one table


class Abilities(NamedTuple):
    """The disturbances of a workload that an engine can cause."""

    interrupts: bool = True  # --interrupt
    masks: bool = True  # --irq off
    disturbs: bool = True  # --ipi, --churn and --shootdown

    def missing(self, wants: Sequence[str]) -> list[str]:
        """The options of `wants` that the engine cannot do."""
        can = {"--interrupt": self.interrupts, "--irq off": self.masks, "--ipi": self.disturbs,
               "--churn": self.disturbs, "--shootdown": self.disturbs}
        return [option for option in wants if not can[option]]


@dataclass(frozen=True)
class Options:
    """The options of a command line about its engine. None stands for one that was not given."""

    smp: int
    seed: int = 1
    duration_ms: int | None = None
    warmup_ms: int | None = None
    model_duration_us: int = 200
    time_limit_s: float | None = None
    machine: str | None = None
    cpu: str | None = None
    extra: Sequence[str] = ()  # arguments for QEMU
    relax: str = lock_forms.RELAX
    unlock: str = lock_forms.UNLOCK
    baud: int = 115200
    trace: Path | None = None  # a file for each modelled access
    member: int = 1  # the number of the machine, of an ensemble, from 1
    draw_seed: int | None = None  # the seed that draws the ensemble's machines; None: `seed`
    one_machine: bool = False  # the command needs one machine, and no ensemble


@dataclass(frozen=True)
class Engine:
    """One way to execute harts, with the windows of one run."""

    name: ClassVar[str]
    program: ClassVar[str] = "the kernel"  # the name in messages of what it executes
    abilities: ClassVar[Abilities] = Abilities()
    window_ms: ClassVar[tuple[int, int]] = (100, 20)  # duration and warm-up, unless options say otherwise
    fairness_share: ClassVar[int] = 4  # the fairness pass's window is the duration divided by this
    stress_divisor: ClassVar[int] = 1  # times that stress draws are divided by it: a modelled microsecond takes long to simulate
    is_deterministic: ClassVar[bool] = False  # equal plans are equal runs, whatever runs beside; no hart is ever stopped
    can_trace: ClassVar[bool] = False  # it can write down each access to memory
    is_started_here: ClassVar[bool] = True  # else it runs already, and nobody sees it end
    runs_image: ClassVar[bool] = True  # it executes the image that was built here, whose code may be proved
    is_riscv: ClassVar[bool] = True  # its harts say which RISC-V extensions they have

    windows: Windows
    machine: str = ""  # the model's profile; what a board's device tree calls it
    log: str = "uart.log"
    facts: Mapping[str, object] = field(default_factory=dict)  # for run.json
    foreign: bool = False  # code for other processors than those it says it runs on
    member: int | None = None  # the number of its machine among those that fit its profile; None: there is one
    member_keys: Mapping[str, int | float] = field(default_factory=dict)  # that machine's values of the keys that vary

    # Making one.

    @classmethod
    def create(cls, options: Options) -> Self:
        """The engine that these options ask for. Raises UsageError for what it cannot be asked for, or misses."""
        raise NotImplementedError

    @classmethod
    def make_windows(cls, duration_us: int, warmup_us: int, hang_ms: int = 0) -> Windows:
        return Windows(duration_us, warmup_us, max(1, duration_us // cls.fairness_share), hang_ms)

    @classmethod
    def asked_windows(cls, options: Options, hang_ms: int = 0) -> Windows:
        """The windows of --duration and --warmup, or the engine's own."""
        duration = cls.window_ms[0] if options.duration_ms is None else options.duration_ms
        warmup = cls.window_ms[1] if options.warmup_ms is None else options.warmup_ms
        return cls.make_windows(duration * 1000, warmup * 1000, hang_ms)

    @classmethod
    def check_programs(cls) -> None:
        """Raise UsageError when a program that it needs is not installed."""
        toolchain.check(kernel=True, qemu=True)

    @classmethod
    def default_smp(cls, machine: str | None = None) -> int:
        """The harts of a run whose command line does not say: 8, or those of the machine profile, if it has fewer."""
        return min(USUAL_HARTS, int(profiles.read(profiles.find(machine)).least("harts"))) if machine else USUAL_HARTS

    @classmethod
    def default_trials(cls, locks: tuple[str, ...], harts: tuple[int, ...], workload: plans.Workload,
                       options: Options) -> int:
        """The number of trials of each cell in a run whose command line does not say."""
        return plans.TRIALS

    @classmethod
    def default_members(cls, options: Options) -> int:
        """The number of machines that a run measures, if its command line does not say; 1: there is one machine."""
        return 1

    @classmethod
    def refuse_probe(cls, smp: int) -> None:
        """Raise UsageError if `probe` cannot measure `smp` of its harts."""

    def shortened(self, duration_us: int, warmup_us: int) -> Self:
        """The engine with windows of a stress round, drawn in microseconds of wall time."""
        scale = self.stress_divisor
        return replace(self, windows=self.make_windows(duration_us // scale, warmup_us // scale, self.windows.hang_ms))

    def members(self, count: int) -> list[Self]:
        """Itself; or of an engine whose profile stands for many machines so many engines, each with one of them."""
        return [self]

    # Running.

    @property
    def delay_cycles(self) -> float:
        """The cycles that an instruction of bench/delay.h takes; 0: they are not known."""
        return 0

    def build(self, relax: str, unlock: str) -> Path:
        """Build what it executes, with these forms of the locks."""
        return build.image(relax, unlock)

    def executed(self, image: Path) -> Path | None:
        """Returns the ELF file whose code its harts execute, of the image that is handed to start(); None if that is not known."""
        return image if self.runs_image else None

    def start(self, plan: plans.Plan, image: Path) -> Source:
        raise NotImplementedError

    def pass_seconds(self, harts: int) -> float:
        """The seconds that a pass takes on an idle computer."""
        return (self.windows.warmup_us + self.windows.duration_us) * 1e-6

    def limits(self, plan: plans.Plan, silence_s: float | None) -> Limits:
        """The limits of waiting for a boot. They are generous: harts that share two processors stop slowly."""
        slow = 0.5 * max(plan.harts)
        a_pass = self.pass_seconds(max(plan.harts))
        return Limits(silence_s=silence_s or 30 + 3 * a_pass + slow,
                      total_s=60 + 5 * plan.passes() * (a_pass + 0.1 * slow))

    def told(self, facts: Mapping[str, object]) -> Self:
        """The engine that knows what its program says of itself (Source.facts())."""
        return self

    @property
    def overlaps(self) -> bool:
        """True if several harts are executed at once."""
        return True

    def used_processors(self, smp: int) -> int:
        """The number of host processors that `smp` harts keep busy."""
        return smp

    # The meaning of its figures.

    def evidence(self, harts: int, processors: int) -> str:
        """The word of the column `evidence` for a row of `harts` harts on a host of `processors`."""
        raise NotImplementedError

    def provenance(self, image: Path) -> dict[str, str]:
        """The run.json keys that say what was executed and what made it."""
        return {"image_sha256": build.file_hash(image) if image.exists() else "",
                "compiler": version_of(toolchain.cross_compile() + "gcc"), "qemu": version_of(toolchain.QEMU)}

    def place(self, smp: int) -> str:
        """The place where `smp` harts run, in words."""
        raise NotImplementedError

    def remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        """The remarks that a reader of its rows needs. `harts` are the hart counts of the rows there are."""
        return [*(self.evidence_remarks(boot, sorted(set(harts)), processors) if harts else ()),
                *self.clock_remarks(boot)]

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        raise NotImplementedError

    def clock_remarks(self, boot: Boot) -> list[str]:
        """The remarks on its cycles, if they are not the core's."""
        return kernel_clock(boot, self.name)

    def plan_advice(self, plan: plans.Plan) -> str:
        """A hint for somebody who prints this plan to run it elsewhere; "" if there is none."""
        return ""


def version_of(program: str) -> str:
    return toolchain.first_line(toolchain.output_of(program, "--version"))


def evidence_remark(word: str, where: str, is_own_profile: bool = False) -> str:
    """The remark that says where the harts of the rows ran, and what that evidence means. `is_own_profile`: see evidence.meaning()."""
    return f"evidence {word}: {where}: {evidence.meaning(word, is_own_profile)}"


def refuse_qemu_options(options: Options, engine: str, whose: str, with_profile: bool = False) -> None:
    """Refuse options that would mean nothing to an engine without QEMU; `whose` processors it has."""
    has = f"--engine {engine} has {whose} processors"
    if options.machine and not with_profile:
        raise UsageError(f"--machine {options.machine}: a profile of the cost model; {has}")
    if options.cpu:
        raise UsageError(f"--cpu {options.cpu}: QEMU's; {has}")
    if options.extra:
        raise UsageError(f"-- {' '.join(options.extra)}: arguments for QEMU, which --engine {engine} does not start")
