"""model: the kernel on the cost model's machine, whose harts, memory and firmware are one program of this computer."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence, toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINES
from hartlock.engine import build
from hartlock.engine.base import Engine, Options, evidence_remark, refuse_qemu_options
from hartlock.engine.process import Drained
from hartlock.plan.plan import Plan
from hartlock.plan.windows import Windows
from hartlock.records.trials import Boot

SECONDS_PER_US = 0.00002  # the time of one hart, simulated on a slow computer


class Simulation(Drained):
    """A running machine. It says on its standard error where each hart was when it gave up."""

    name, key, speaker = "the machine", "machine", "the kernel"

    def __init__(self, image: Path, plan: Plan, bootargs: str, model: "Model"):
        trace = ["--trace", str(model.trace)] if model.trace else []
        super().__init__(lambda folder: [
            str(build.machine()), "--machine", str(model.profile), "--smp", str(plan.smp), "--seed", str(model.seed), *trace,
            "--plan", bootargs, str(image)])


@dataclass(frozen=True)
class Model(Engine):
    name: ClassVar[str] = "model"
    is_deterministic: ClassVar[bool] = True
    can_trace: ClassVar[bool] = True
    stress_divisor: ClassVar[int] = 20
    fairness_share: ClassVar[int] = 2  # modelled windows are short: a quarter would hold too few grants

    profile: Path = Path()
    seed: int = 1
    trace: Path | None = None  # gets a line for each modelled access

    @classmethod
    def create(cls, options: Options) -> Self:
        refuse_qemu_options(options, cls.name, "the modelled machine's", with_profile=True)
        cls.check_programs()
        profile = machine_file(options.machine or default_machine(options.smp))
        check_profile(profile)
        if options.trace:
            check_trace(options.trace)
        facts = {"machine": profile.stem, "machine_profile": profile_text(profile), "machine_sha256": build.file_hash(build.machine())}
        return cls(cls.modelled_windows(options.model_duration_us), machine=profile.stem, facts=facts,
                   profile=profile, seed=options.seed % 10**18, trace=options.trace)

    @classmethod
    def check_programs(cls) -> None:
        toolchain.check(f" --engine {cls.name}", kernel=True, host=True)

    @classmethod
    def modelled_windows(cls, duration_us: int) -> Windows:
        """The warm-up of a modelled window is a quarter of it."""
        return cls.make_windows(duration_us, duration_us // 4)

    def start(self, plan: Plan, image: Path) -> Simulation:
        return Simulation(image, plan, plan.bootargs(self.windows), self)

    def pass_seconds(self, harts: int) -> float:
        """The seconds that a pass takes: a modelled microsecond of 64 harts takes a while to simulate."""
        return (self.windows.warmup_us + self.windows.duration_us) * SECONDS_PER_US * harts

    def used_processors(self, smp: int) -> int:
        """One thread simulates all harts."""
        return 1

    def evidence(self, harts: int, processors: int) -> str:
        return evidence.MODELLED

    def provenance(self, image: Path) -> dict[str, str]:
        return {**super().provenance(image), "qemu": ""}

    def place(self, smp: int) -> str:
        return f"{smp} hart(s) of the cost model's machine {self.machine}"

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        return [evidence_remark(evidence.MODELLED, f"the cost model's machine {self.machine}, the same on every repetition with one seed")]


def default_machine(smp: int) -> str:
    """The profile for `smp` harts when --machine does not say."""
    return "generic-8" if smp <= 8 else "mesh-64"


def profile_text(profile: Path) -> str:
    """The text of a profile. Raises UsageError for one that is not UTF-8."""
    try:
        return profile.read_text(encoding="utf-8")
    except UnicodeDecodeError as e:
        raise UsageError(f"--machine {profile}: it is not UTF-8 at byte {e.start}") from e


def machine_file(name: str) -> Path:
    """The profile of --machine: a name in model/machines/, or a file."""
    path = MACHINES / f"{name}.toml" if re.fullmatch(r"[\w-]+", name) else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in MACHINES.glob("*.toml")))
        raise UsageError(f"--machine {name}: there is no such profile. There are {known}; or give a file.")
    return path.resolve()


def check_trace(trace: Path) -> None:
    """Make the file empty; raise UsageError where that is impossible."""
    try:
        trace.write_bytes(b"")
    except OSError as e:
        raise UsageError(f"--trace {trace}: {e.strerror}") from e


def check_profile(profile: Path) -> None:
    """Raise UsageError, with the line that is wrong, for a profile that the machine cannot read."""
    done = subprocess.run([build.machine(), "--machine", profile, "--check"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=20, check=False)
    if done.returncode != 0:
        raise UsageError(f"--machine: {done.stderr.strip().removeprefix('hartlock-machine: ')}")
