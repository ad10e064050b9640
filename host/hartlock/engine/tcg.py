"""tcg: the kernel in QEMU, a thread of this computer for each hart."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence
from hartlock.base.errors import UsageError
from hartlock.engine import qemu
from hartlock.engine.base import Engine, Options, evidence_remark
from hartlock.plan.plan import Plan
from hartlock.records.trials import Boot

CPU = "rv64"
OF_MACHINES = {"-machine", "--machine", "-M", "--M"}  # QEMU's options that name a machine


def default_cpu(extra: Sequence[str]) -> str:
    """The -cpu when --cpu does not say; "" if the arguments for QEMU name a machine, which then has its own."""
    return "" if OF_MACHINES & set(extra) else CPU


@dataclass(frozen=True)
class InQemu(Engine):
    """An engine that starts QEMU."""

    cpu: str = CPU
    extra: tuple[str, ...] = ()  # further arguments for QEMU

    def start(self, plan: Plan, image: Path) -> qemu.Machine:
        return qemu.Machine(image, plan.smp, plan.bootargs(self.windows), self.cpu, self.extra)


@dataclass(frozen=True)
class Tcg(InQemu):
    name: ClassVar[str] = "tcg"

    @classmethod
    def create(cls, options: Options) -> Self:
        cls.check_programs()
        # The kernel looks for hangs earlier than the host gives up: it can say more about them.
        hang_ms = int((options.time_limit_s or 0) * 1000 / 2)
        return cls(cls.asked_windows(options, hang_ms), cpu=options.cpu or default_cpu(options.extra), extra=tuple(options.extra))

    @classmethod
    def refuse_probe(cls, smp: int) -> None:
        raise UsageError(f"probe --engine {cls.name}: its latencies are those of translated code on this computer, and "
                         f"would be no machine's profile")

    def evidence(self, harts: int, processors: int) -> str:
        return evidence.grade(evidence.EMULATED, harts, processors)

    def place(self, smp: int) -> str:
        return f"{smp} hart(s) that QEMU translates for this computer"

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        over = [str(n) for n in harts if n > processors]
        if not over:
            return [f"evidence {evidence.told(evidence.EMULATED)}"]
        return [evidence_remark(self.evidence(max(harts), processors),
                                f"{' and '.join(over)} harts shared {processors} host processor(s)")]
