"""What executes the harts, and what its figures can prove."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hartlock.base import toolchain
from hartlock.engine import build
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINES
from hartlock.engine.process import Process
from hartlock.plan import lock_forms
from hartlock.plan.windows import Windows

MODEL_QEMU = ((7, 2), (10, 0))  # versions whose plugin interface the cost model knows


@dataclass(frozen=True)
class Engine:
    name: str  # tcg, model, native, board
    duration_us: int  # of a window: wall time, or modelled
    warmup_us: int
    arguments: tuple[str, ...] = ()  # further ones for QEMU
    machine: str = ""  # of the model: the profile's name; of a board: what its device tree calls it
    log: str = "uart.log"
    facts: dict[str, object] = field(default_factory=dict)  # for run.json
    program: Path | None = None  # of native; the others run the kernel
    foreign: bool = False  # native: the program is for other processors, and translated; board: it is QEMU's
    source: Process | None = None  # of a board: where its words come from
    line_s: float = 0  # that its records take on the line
    interrupts: bool = True  # can it deliver --interrupt?
    masks: bool = True  # and do --irq off?
    disturbs: bool = True  # and --ipi and --churn?
    hang_ms: int = 0  # that nobody gets on for when the kernel finds that harts hang; 0: its own choice

    @property
    def fairness_us(self) -> int:
        """Of the fairness pass's window: there are soon enough grants to tell their order,
        later where time is modelled and windows are short."""
        return max(1, self.duration_us // (2 if self.name == "model" else 4))

    @property
    def windows(self) -> Windows:
        return Windows(self.duration_us, self.warmup_us, self.fairness_us, self.hang_ms)

    def evidence(self, harts: int, processors: int) -> str:
        if self.name == "model":
            return "modelled"
        grade = "hardware" if self.name in ("native", "board") and not self.foreign else "emulated"
        if self.name == "board":
            return grade
        return f"{grade}-oversubscribed" if harts > processors else grade


def machine_file(name: str) -> Path:
    """The profile of --machine: a name in model/machines/, or a file."""
    path = MACHINES / f"{name}.toml" if re.fullmatch(r"[\w-]+", name) else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in MACHINES.glob("*.toml")))
        raise UsageError(f"--machine {name}: there is no such profile. There are {known}; or give a file.")
    if "," in str(path.resolve()):
        raise UsageError(f"--machine {name}: QEMU takes no comma in a path")
    return path.resolve()


def model_cannot(version: tuple[int, int] | None) -> str:
    """Why the cost model cannot run here, in a clause; "" if it can."""
    oldest, newest = (".".join(map(str, v)) for v in MODEL_QEMU)
    if version is None or not MODEL_QEMU[0] <= version <= MODEL_QEMU[1]:
        have = ".".join(map(str, version)) if version else "of an unknown version"
        return f"it works with QEMU {oldest} to {newest}, and this one is {have}"
    if "-plugin" not in toolchain.output_of(toolchain.QEMU, "--help"):
        return "this QEMU was built without plugins"
    if not shutil.which("cc"):
        return "there is no C compiler for this computer (Debian packages gcc and libc6-dev)"
    return ""


def model(machine: str, seed: int, duration_us: int) -> Engine:
    profile = machine_file(machine)
    plugin = build.plugin()
    return Engine(
        "model", duration_us, duration_us // 4, machine=profile.stem, interrupts=False, disturbs=False,
        arguments=("-plugin", f"{plugin},machine={profile},seed={seed % 10**18}"),
        facts={"machine": profile.stem, "machine_profile": profile.read_text(),
               "plugin_sha256": build.file_hash(plugin)})


def loads(engine: Engine) -> str:
    """Does this QEMU take the plugin? What it says if not, "" if it does."""
    command = [toolchain.QEMU, "-machine", "virt", "-display", "none", "-serial", "none", "-monitor", "none",
               "-S", "-qmp", "stdio", *engine.arguments]
    try:
        done = subprocess.run(command, input='{"execute":"qmp_capabilities"}{"execute":"quit"}', text=True,
                              capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"QEMU did not start with it: {e}"
    return done.stderr.strip() if done.returncode != 0 else ""


def tcg(duration_ms: int, warmup_ms: int, time_limit_s: float | None = None) -> Engine:
    """The kernel notices before the host runs out of patience: it knows more."""
    return Engine("tcg", duration_ms * 1000, warmup_ms * 1000, hang_ms=int((time_limit_s or 0) * 1000 / 2))


def native(duration_ms: int, warmup_ms: int, relax: str = lock_forms.RELAX, unlock: str = lock_forms.UNLOCK) -> Engine:
    """The bench on threads. It is translated when something has to run it for us, or
    when it is no program for the processors this computer says it has."""
    program = build.native(relax, unlock)
    foreign = bool(toolchain.native_runner()) or not toolchain.is_for_here(program)
    return Engine("native", duration_ms * 1000, warmup_ms * 1000, program=program, foreign=foreign,
                  masks=False, disturbs=False)


def refuse_for_native(machine: str | None, cpu: str | None, extra: Sequence[str], engine: str = "native") -> None:
    """Options that would mean nothing are refused, not ignored."""
    has = f"--engine {engine} has {'this computer' if engine == 'native' else 'a board'}'s processors"
    if machine:
        raise UsageError(f"--machine {machine}: a profile of the cost model; {has}")
    if cpu:
        raise UsageError(f"--cpu {cpu}: QEMU's; {has}")
    if extra:
        raise UsageError(f"-- {' '.join(extra)}: arguments for QEMU, which --engine {engine} does not start")


def cannot(engine: Engine, wants: Sequence[str]) -> list[str]:
    """Of these options, the ones it has nothing for."""
    can = {"--interrupt": engine.interrupts, "--irq off": engine.masks, "--ipi": engine.disturbs, "--churn": engine.disturbs}
    return [option for option in wants if not can[option]]


def able(engines: list[Engine], wants: Sequence[str]) -> tuple[list[Engine], list[str]]:
    """Those that can do what --interrupt, --irq off, --ipi and --churn ask for, and what
    has to be said of the others."""
    can = [e for e in engines if not cannot(e, wants)]
    options = ", ".join(option for option in wants if any(option in cannot(e, wants) for e in engines))
    names = ", ".join(e.name for e in engines if e not in can)
    if not can:
        raise UsageError(f"{options}: the engine {names} cannot do that (docs/use/workloads.md says why); tcg can")
    said = f"{options}: the engine {names} cannot do that, so it was left out (docs/use/workloads.md says why)."
    return can, [said] if names else []


def refuse_wrs() -> None:
    target = toolchain.first_line(toolchain.output_of(toolchain.hostcc(), "-dumpmachine"))
    if not target.startswith("riscv64"):
        raise UsageError(f"--relax wrs: an instruction of RISC-V; {toolchain.hostcc()} compiles for {target or 'something unknown'}")


def default_smp(wanted: str) -> int:
    return min(toolchain.host_processors(), 64) if wanted == "native" else 4 if wanted == "board" else 8


def default_window(wanted: str) -> tuple[int, int]:
    """Milliseconds of a window, and of the warm-up: a processor fills the heap sooner than QEMU does."""
    return (20, 5) if wanted in ("native", "board") else (100, 20)


def default_machine(smp: int) -> str:
    return "generic-8" if smp <= 8 else "mesh-64"


def choose(wanted: str, first: Engine, machine: str, seed: int, duration_us: int) -> tuple[list[Engine], list[str]]:
    """The engines of --engine, and what has to be said when `both` cannot be had."""
    if wanted == "tcg":
        return [first], []
    cannot = model_cannot(toolchain.qemu_version())
    if not cannot:
        modelled = model(machine, seed, duration_us)
        cannot = loads(modelled)
        if not cannot and wanted == "model":
            return [modelled], []
        if not cannot:
            return [first, replace(modelled, log="uart-model.log")], []
    if wanted == "model":
        raise UsageError(f"--engine model: the cost model cannot run here: {cannot}")
    return [first], [f"the cost model was left out, so nothing here is a cost: {cannot}."]
