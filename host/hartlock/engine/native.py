"""native: the bench on threads of this computer, without QEMU."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence, toolchain
from hartlock.base.errors import UsageError
from hartlock.engine import build
from hartlock.engine.base import Abilities, Engine, Options, evidence_remark, refuse_qemu_options, version_of
from hartlock.engine.clocks import thread_clock
from hartlock.engine.threads import Program
from hartlock.plan.plan import MAX_HARTS, Plan
from hartlock.records.trials import Boot


@dataclass(frozen=True)
class Native(Engine):
    name: ClassVar[str] = "native"
    program: ClassVar[str] = "the bench"
    abilities: ClassVar[Abilities] = Abilities(masks=False, disturbs=False)
    window_ms: ClassVar[tuple[int, int]] = (20, 5)  # a processor uses the heap up sooner than QEMU does
    runs_image: ClassVar[bool] = False
    is_riscv: ClassVar[bool] = False

    @classmethod
    def create(cls, options: Options) -> Self:
        refuse_qemu_options(options, cls.name, "this computer's")
        cls.check_programs()
        if options.relax == "wrs":
            _refuse_wrs()
        program = build.native(options.relax, options.unlock)
        # Its code is translated when a runner is set, or when it is built for other processors than these.
        foreign = bool(toolchain.native_runner()) or not toolchain.is_for_here(program)
        return cls(cls.asked_windows(options), foreign=foreign)

    @classmethod
    def check_programs(cls) -> None:
        toolchain.check(f" --engine {cls.name}", host=True)

    @classmethod
    def default_smp(cls, machine: str | None = None) -> int:
        return min(toolchain.host_processors(), MAX_HARTS)

    @classmethod
    def refuse_probe(cls, smp: int) -> None:
        if smp > toolchain.host_processors():
            raise UsageError(f"probe --engine {cls.name} --smp {smp}: this computer gives it "
                             f"{toolchain.host_processors()} processor(s), and between threads that share one it would "
                             "be the system's scheduler that is measured")

    def build(self, relax: str, unlock: str) -> Path:
        return build.native(relax, unlock)

    def start(self, plan: Plan, image: Path) -> Program:
        return Program(image, plan.smp, plan.bootargs(self.windows))

    def evidence(self, harts: int, processors: int) -> str:
        return evidence.grade(evidence.EMULATED if self.foreign else evidence.HARDWARE, harts, processors)

    def provenance(self, image: Path) -> dict[str, str]:
        return {**super().provenance(image), "compiler": version_of(toolchain.hostcc()), "qemu": ""}

    def place(self, smp: int) -> str:
        return f"{smp} processor(s) of this computer, {toolchain.processor()}"

    def remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        """The remarks on the rows; there are none without rows."""
        return super().remarks(boot, harts, processors) + self._disturbance(boot, harts, processors) if harts else []

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        alone = " and ".join(str(n) for n in harts if n <= processors)
        sharing = " and ".join(str(n) for n in harts if n > processors)
        told = [(self.evidence(1, 1), f"{alone} thread(s)", ", each on one of the")] if alone else []
        told += [(self.evidence(2, 1), f"{sharing} threads", " shared")] if sharing else []
        return [evidence_remark(word, f"{threads}{self._code()}{on} {self._host(processors)}") for word, threads,
                on in told]

    def _code(self) -> str:
        return " of translated code (the program is for another kind of processor)" if self.foreign else ""

    def _host(self, processors: int) -> str:
        stopped = "; it is a virtual machine, whose processors may be stopped by others"
        virtual = stopped if toolchain.is_virtual() else ""
        return f"{processors} processor(s) of this computer ({toolchain.processor()}{virtual})"

    def clock_remarks(self, boot: Boot) -> list[str]:
        return [thread_clock(boot.native, boot.timebase_hz)] if boot.native and not self.foreign else []

    def _disturbance(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        """Threads that share no processor are stopped only when another program needs it."""
        if self.foreign or not boot.preempted or max(harts) > processors:
            return []
        return [f"disturbed ({self.name}): the system stopped a thread {boot.preempted} time(s) for another program; "
                f"where that was inside a window, its figures are too slow. An idle computer, or processors kept free "
                "for this, gives better ones."]


def _refuse_wrs() -> None:
    target = toolchain.first_line(toolchain.output_of(toolchain.hostcc(), "-dumpmachine"))
    if not target.startswith("riscv64"):
        raise UsageError(f"--relax wrs: an instruction of RISC-V; {toolchain.hostcc()} compiles for "
                         f"{target or 'something unknown'}")
