"""model: the kernel on the cost model's machine, whose harts, memory and firmware are one program of this computer."""

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

from hartlock.base import evidence, toolchain
from hartlock.base.errors import UsageError
from hartlock.base.paths import MACHINE, MACHINES
from hartlock.engine import build
from hartlock.engine.base import Engine, Options, evidence_remark, refuse_qemu_options
from hartlock.engine.process import Drained
from hartlock.engine.temporary import Folder
from hartlock.plan import profile as profiles
from hartlock.plan.plan import Plan
from hartlock.plan.profile import Profile
from hartlock.plan.windows import Windows
from hartlock.records.trials import Boot

MEMBERS = 16  # machines of an ensemble, unless a command line says otherwise: a block of the sequence they are drawn from
MANY_HARTS = 16  # more take so long that half of the machines are measured
SECONDS_PER_US = 0.00002  # the time of one hart, simulated on a slow computer


class Simulation(Drained):
    """A running machine. It says on its standard error where each hart was when it gave up."""

    name, key, speaker = "the machine", "machine", "the kernel"

    def __init__(self, image: Path, plan: Plan, bootargs: str, model: "Model"):
        trace = ["--trace", str(model.trace)] if model.trace else []
        super().__init__(lambda folder: [
            str(MACHINE), "--machine", str(model.plain_file(folder)), "--smp", str(plan.smp), "--seed", str(model.seed),
            *trace, "--plan", bootargs, str(image)])

    def where(self) -> list[str]:
        return ["no places of its harts are shown: the machine tells them where none gets on, and these were only slow"]


@dataclass(frozen=True)
class Model(Engine):
    name: ClassVar[str] = "model"
    is_deterministic: ClassVar[bool] = True
    can_trace: ClassVar[bool] = True
    stress_divisor: ClassVar[int] = 20
    fairness_share: ClassVar[int] = 2  # modelled windows are short: a quarter would hold too few grants

    path: Path = Path()  # the profile's file
    profile: Profile = Profile("", "", ())
    seed: int = 1
    draw_seed: int = 1  # the seed that draws the ensemble's members
    trace: Path | None = None  # gets a line for each modelled access

    @classmethod
    def create(cls, options: Options) -> Self:
        refuse_qemu_options(options, cls.name, "the modelled machine's", with_profile=True)
        cls.check_programs()
        path = profiles.find(options.machine or (one_machine if options.one_machine else default_machine)(options.smp))
        build.machine()
        profile = check_profile(path)
        least, most = profile.least("harts"), profile.most("harts")
        if options.smp > least:
            some = f", and on some of its machines {least}" if least < most else ""
            raise UsageError(f"--smp {options.smp}: the machine profile {profile.name} has {most} harts{some}")
        if options.one_machine and profile.is_ensemble:
            raise UsageError(f"--machine {profile.name}: it stands for many machines, and one is wanted here, with a number for "
                             "each key, as generic-8")
        if options.trace:
            check_trace(options.trace, profile)
        facts = {"machine": profile.name, "machine_file": "" if path.parent == MACHINES else str(path), "machine_profile": profile.text,
                 "machine_sha256": build.file_hash(MACHINE)}
        made = cls(cls.modelled_windows(options.model_duration_us), machine=profile.name, facts=facts, path=path, profile=profile,
                   seed=options.seed % 10**18, draw_seed=options.seed if options.draw_seed is None else options.draw_seed,
                   trace=options.trace)
        return made.drawn(options.member)

    @classmethod
    def default_members(cls, options: Options) -> int:
        if not profiles.read(profiles.find(options.machine or default_machine(options.smp))).is_ensemble:
            return 1
        return MEMBERS if options.smp <= MANY_HARTS else MEMBERS // 2

    def drawn(self, member: int) -> Self:
        """The machine of that number (from 1), of the ensemble that the profile stands for; itself where it stands for one."""
        if not self.profile.is_ensemble:
            return self
        return replace(self, member=member, member_keys=self.profile.member(member, self.draw_seed))

    def members(self, count: int) -> list[Self]:
        if not self.profile.is_ensemble:
            return [self]
        name = Path(self.log)
        return [replace(self.drawn(n), seed=(self.seed + n - 1) % 10**18, log=f"{name.stem}-member{n}{name.suffix}")
                for n in range(1, count + 1)]

    def plain_file(self, folder: Path) -> Path:
        """The file of the machine that is simulated: the profile's own, or one in `folder` with the member's numbers."""
        if not self.member_keys:
            return self.path
        path = folder / f"{self.profile.name}.toml"
        path.write_text(self.profile.with_values(self.member_keys), encoding="utf-8")
        return path

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

    @property
    def delay_cycles(self) -> float:
        turn = sum(self.member_keys.get(key, self.profile.most(key)) for key in ("op", "branch"))
        return turn / 2

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
        where = (f"machines of the cost model that fit the profile {self.machine}, each another one" if self.profile.is_ensemble
                 else f"the cost model's machine {self.machine}, the same on every repetition with one seed")
        return [evidence_remark(evidence.MODELLED, where, bool(self.facts.get("machine_file")))]


def default_machine(smp: int) -> str:
    """The profile for `smp` harts when --machine does not say: a range over the machines there are."""
    return "any-8" if smp <= 8 else "any-64"


def one_machine(smp: int) -> str:
    """The profile for `smp` harts of a command that needs one machine, when --machine does not say."""
    return "generic-8" if smp <= 8 else "mesh-64"


def check_trace(trace: Path, profile: Profile) -> None:
    """Make the file empty; raise UsageError where that is impossible, or where there would be several machines in it."""
    if profile.is_ensemble:
        raise UsageError(f"--trace {trace}: {profile.name} stands for many machines, and a trace is of one; give a --machine of "
                         "plain numbers, as generic-8")
    try:
        trace.write_bytes(b"")
    except OSError as e:
        raise UsageError(f"--trace {trace}: {e.strerror}") from e


def check_profile(path: Path) -> Profile:
    """Read a profile; raise UsageError, with the line that is wrong, for one that the machine cannot read.

    Of a range both ends are checked. A line keeps its number in a member's text."""
    profile = profiles.read(path)
    if not profile.is_ensemble:
        _check(path, path)
        return profile
    with Folder() as folder:
        for values in profile.ends():
            plain = folder.path / "profile.toml"
            plain.write_text(profile.with_values(values), encoding="utf-8")
            _check(plain, path)
    return profile


def _check(plain: Path, path: Path) -> None:
    done = subprocess.run([MACHINE, "--machine", plain, "--check"], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=20, check=False)
    if done.returncode < 0:
        raise UsageError(f"{MACHINE} was killed by signal {-done.returncode} when it was to check {path}")
    if done.returncode != 0:
        said = done.stderr.strip().removeprefix("hartlock-machine: ").replace(str(plain), str(path))
        raise UsageError(f"--machine: {said}")
