"""model: the kernel in QEMU under the cost model, a plugin that makes time a matter of the harts' memory accesses."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence, toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINES
from hartlock.engine import build
from hartlock.engine.base import Abilities, Options, evidence_remark
from hartlock.engine.tcg import CPU, InQemu
from hartlock.plan.windows import Windows
from hartlock.records.trials import Boot

QEMU_VERSIONS = ((7, 2), (10, 0))  # the cost model knows their plugin interface
STRESS_DIVISOR, STRESS_LEAST_US = 50, 40  # a modelled microsecond takes that much longer to simulate


class Unavailable(UsageError):
    """The cost model cannot run here; `why` is a clause."""

    def __init__(self, why: str):
        super().__init__(f"--engine {Model.name}: the cost model cannot run here: {why}")
        self.why = why


@dataclass(frozen=True)
class Model(InQemu):
    name: ClassVar[str] = "model"
    abilities: ClassVar[Abilities] = Abilities(interrupts=False, disturbs=False)
    is_deterministic: ClassVar[bool] = True
    fairness_share: ClassVar[int] = 2  # modelled windows are short: a quarter would hold too few grants

    @classmethod
    def create(cls, options: Options) -> Self:
        cls.check_programs()
        if why := why_model_unavailable(toolchain.qemu_version()):
            raise Unavailable(why)
        profile = machine_file(options.machine or default_machine(options.smp))
        plugin = build.plugin()
        arguments = ("-plugin", f"{plugin},machine={profile},seed={options.seed % 10**18}")
        if why := plugin_load_error(arguments):
            raise Unavailable(why)
        facts = {"machine": profile.stem, "machine_profile": profile.read_text(), "plugin_sha256": build.file_hash(plugin)}
        return cls(cls.modelled_windows(options.model_duration_us), machine=profile.stem, facts=facts,
                   cpu=options.cpu or CPU, extra=(*arguments, *options.extra))

    @classmethod
    def modelled_windows(cls, duration_us: int) -> Windows:
        """The warm-up of a modelled window is a quarter of it."""
        return cls.make_windows(duration_us, duration_us // 4)

    def shortened(self, duration_us: int, warmup_us: int) -> Self:
        return super().shortened(max(STRESS_LEAST_US, duration_us // STRESS_DIVISOR), warmup_us // STRESS_DIVISOR)

    def pass_seconds(self, harts: int) -> float:
        """The seconds that a pass takes: a modelled microsecond of 64 harts takes a while to simulate."""
        return (self.windows.warmup_us + self.windows.duration_us) * 0.002 * harts

    def used_processors(self, smp: int) -> int:
        """The harts take turns on one processor; a second one serves the rest of QEMU."""
        return 2

    def evidence(self, harts: int, processors: int) -> str:
        return evidence.MODELLED

    def place(self, smp: int) -> str:
        return f"{smp} hart(s) of the cost model's machine {self.machine}"

    def evidence_remarks(self, boot: Boot, harts: Sequence[int], processors: int) -> list[str]:
        return [evidence_remark(evidence.MODELLED, f"the cost model's machine {self.machine}, the same on every repetition with one seed")]


def default_machine(smp: int) -> str:
    """The profile for `smp` harts when --machine does not say."""
    return "generic-8" if smp <= 8 else "mesh-64"


def machine_file(name: str) -> Path:
    """The profile of --machine: a name in model/machines/, or a file."""
    path = MACHINES / f"{name}.toml" if re.fullmatch(r"[\w-]+", name) else Path(name)
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in MACHINES.glob("*.toml")))
        raise UsageError(f"--machine {name}: there is no such profile. There are {known}; or give a file.")
    if "," in str(path.resolve()):
        raise UsageError(f"--machine {name}: QEMU takes no comma in a path")
    return path.resolve()


def why_model_unavailable(version: tuple[int, int] | None) -> str:
    """The reason why the cost model cannot run with QEMU of this version, as a clause; "" if it can."""
    oldest, newest = (".".join(map(str, v)) for v in QEMU_VERSIONS)
    if version is None or not QEMU_VERSIONS[0] <= version <= QEMU_VERSIONS[1]:
        have = ".".join(map(str, version)) if version else "of an unknown version"
        return f"it works with QEMU {oldest} to {newest}, and this one is {have}"
    if "-plugin" not in toolchain.output_of(toolchain.QEMU, "--help"):
        return "this QEMU was built without plugins"
    if not shutil.which("cc"):
        return "there is no C compiler for this computer (Debian packages gcc and libc6-dev)"
    return ""


def plugin_load_error(arguments: Sequence[str]) -> str:
    """QEMU's message when it refuses the plugin or its profile; "" if it takes them."""
    command = [toolchain.QEMU, "-machine", "virt", "-display", "none", "-serial", "none", "-monitor", "none",
               "-S", "-qmp", "stdio", *arguments]
    try:
        done = subprocess.run(command, input='{"execute":"qmp_capabilities"}{"execute":"quit"}', text=True,
                              capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"QEMU did not start with it: {e}"
    return done.stderr.strip() if done.returncode != 0 else ""
