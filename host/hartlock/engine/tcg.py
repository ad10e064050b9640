"""tcg: the kernel in QEMU, a thread of this computer for each hart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence
from hartlock.base.errors import UsageError
from hartlock.engine import qemu
from hartlock.engine.base import Engine, Options, evidence_remark
from hartlock.plan.plan import MAX_HARTS, Plan
from hartlock.records.trials import Boot

CPU = "rv64"
OF_MACHINES = {"-machine", "--machine", "-M", "--M"}  # QEMU's options that name a machine


def default_cpu(extra: Sequence[str]) -> str:
    """The -cpu when --cpu does not say; "" if the arguments for QEMU name a machine, which then has its own."""
    return "" if OF_MACHINES & set(extra) else CPU


OF_TREES = {"machine", "M", "dtb", "readconfig"}  # arguments that may bring harts of their own


def refuse_contradictions(options: Options) -> None:
    """Raise UsageError for an argument of QEMU that takes back what hartlock, or one of its options, asked for."""
    given = qemu.options(options.extra)
    for name, value in given:
        harts = re.match(r"(?:cpus=)?(\d+)", value)
        if name == "smp" and harts and int(harts[1]) != options.smp and not OF_TREES & {other for other, _ in given}:
            raise UsageError(f"-- -smp {value}: --smp {options.smp} says how many harts there are; "
                             f"give --smp {harts[1]}")
        if name == "cpu" and options.cpu not in (None, value):
            raise UsageError(f"-- -cpu {value}: --cpu {options.cpu} says another one; give one of them")
        if name == "append":
            raise UsageError("-- -append: the kernel's command line is the plan, which hartlock's own options make")
        if name == "daemonize":
            raise UsageError("-- -daemonize: hartlock listens to QEMU, and ends it with the run")


@dataclass(frozen=True)
class InQemu(Engine):
    """An engine that starts QEMU."""

    cpu: str = CPU
    extra: tuple[str, ...] = ()  # further arguments for QEMU
    threads: int = MAX_HARTS  # QEMU's, which execute harts
    harts: int = 0  # QEMU's; 0 if their number is not known
    smp: int = 0  # its value was asked for

    def executed(self, image: Path) -> Path | None:
        """Returns the image, unless further arguments put another one, or more, into memory."""
        return None if any(word.lstrip("-") == "kernel" or word.startswith("loader,") for word in self.extra) else image

    def start(self, plan: Plan, image: Path) -> qemu.Machine:
        return qemu.Machine(image, plan.smp, plan.bootargs(self.windows), self.cpu, self.extra)

    def told(self, facts: Mapping[str, object]) -> Self:
        threads, harts = facts.get("qemu_threads"), facts.get("qemu_harts")
        if not isinstance(threads, int) or not isinstance(harts, int):
            return self
        return replace(self, harts=harts, threads=threads if harts > 1 else MAX_HARTS)

    @property
    def overlaps(self) -> bool:
        return self.threads > 1


@dataclass(frozen=True)
class Tcg(InQemu):
    name: ClassVar[str] = "tcg"

    @classmethod
    def create(cls, options: Options) -> Self:
        cls.check_programs()
        refuse_contradictions(options)
        # QEMU is asked later (told()). Until then such an argument is taken for one by which harts take turns.
        turns = {"icount", "accel"} & {name for name, _ in qemu.options(options.extra)}
        # The kernel looks for hangs earlier than the host gives up: it can say more about them.
        hang_ms = int((options.time_limit_s or 0) * 1000 / 2)
        return cls(cls.asked_windows(options, hang_ms), cpu=options.cpu or default_cpu(options.extra),
                   extra=tuple(options.extra), threads=1 if turns else MAX_HARTS, smp=options.smp)

    @classmethod
    def refuse_probe(cls, smp: int) -> None:
        raise UsageError(f"probe --engine {cls.name}: its latencies are those of translated code on this computer, and "
                         f"would be no machine's profile")

    def evidence(self, harts: int, processors: int) -> str:
        return evidence.grade(evidence.EMULATED, harts, min(self.threads, processors))

    @property
    def delay_cycles(self) -> float:
        shift = qemu.instruction_shift(self.extra)
        return 0 if shift is None else 2.0 ** shift

    def place(self, smp: int) -> str:
        return f"{smp} hart(s) that QEMU translates for this computer"

    def _other_harts(self) -> list[str]:
        if not self.harts or self.harts == self.smp:
            return []
        return [f"QEMU has {self.harts} harts, not the {self.smp} of --smp: its own arguments, behind --, say so."]

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        over = [str(n) for n in harts if n > min(self.threads, processors)]
        other = self._other_harts()
        if not over:
            return [f"evidence {evidence.told(evidence.EMULATED)}", *other]
        shared = f"{processors} host processor(s)" if self.overlaps else "one thread of QEMU's, in turns"
        where = f"{' and '.join(over)} harts shared {shared}"
        return [evidence_remark(self.evidence(max(harts), processors), where), *other]
