"""What executes the harts, and what its figures can prove."""

import re
import shutil
import subprocess
from dataclasses import dataclass, field, replace
from pathlib import Path

from hartlock import build, tools
from hartlock.errors import UsageError
from hartlock.paths import MACHINES

MODEL_QEMU = ((7, 2), (10, 0))  # versions whose plugin interface the cost model knows


@dataclass(frozen=True)
class Engine:
    name: str  # tcg, model
    duration_us: int  # of a window: wall time, or modelled
    warmup_us: int
    arguments: tuple[str, ...] = ()  # further ones for QEMU
    machine: str = ""  # of the model: the profile's name
    log: str = "uart.log"
    facts: dict[str, object] = field(default_factory=dict)  # for run.json

    def evidence(self, harts: int, processors: int) -> str:
        if self.name == "model":
            return "modelled"
        return "emulated-oversubscribed" if harts > processors else "emulated"


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
    if "-plugin" not in tools.output_of(tools.QEMU, "--help"):
        return "this QEMU was built without plugins"
    if not shutil.which("cc"):
        return "there is no C compiler for this computer (Debian packages gcc and libc6-dev)"
    return ""


def model(machine: str, seed: int, duration_us: int) -> Engine:
    profile = machine_file(machine)
    plugin = build.plugin()
    return Engine(
        "model", duration_us, duration_us // 4, machine=profile.stem,
        arguments=("-plugin", f"{plugin},machine={profile},seed={seed % 10**18}"),
        facts={"machine": profile.stem, "machine_profile": profile.read_text(),
               "plugin_sha256": build.file_hash(plugin)})


def loads(engine: Engine) -> str:
    """Does this QEMU take the plugin? What it says if not, "" if it does."""
    command = [tools.QEMU, "-machine", "virt", "-display", "none", "-serial", "none", "-monitor", "none",
               "-S", "-qmp", "stdio", *engine.arguments]
    try:
        done = subprocess.run(command, input='{"execute":"qmp_capabilities"}{"execute":"quit"}', text=True,
                              capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as e:
        return f"QEMU did not start with it: {e}"
    return done.stderr.strip() if done.returncode != 0 else ""


def tcg(duration_ms: int, warmup_ms: int) -> Engine:
    return Engine("tcg", duration_ms * 1000, warmup_ms * 1000)


def default_machine(smp: int) -> str:
    return "generic-8" if smp <= 8 else "mesh-64"


def choose(wanted: str, first: Engine, machine: str, seed: int, duration_us: int) -> tuple[list[Engine], list[str]]:
    """The engines of --engine, and what has to be said when `both` cannot be had."""
    if wanted == "tcg":
        return [first], []
    cannot = model_cannot(tools.qemu_version())
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
