"""The programs a run needs, and one clear message when they are not there."""

import os
import platform
import re
import shlex
import shutil
import subprocess
from pathlib import Path

from hartlock.base.elf import Elf
from hartlock.base.errors import UsageError
from hartlock.base.paths import TOP

QEMU = "qemu-system-riscv64"
FIRMWARE = "opensbi-riscv64-generic-fw_dynamic.bin"
QEMU_OLDEST = (7, 2)
HOSTCC = "cc"
ELF_MACHINES = {"x86_64": "EM_X86_64", "aarch64": "EM_AARCH64", "riscv64": "EM_RISCV"}  # by uname -m


def cross_compile() -> str:
    return os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")


def hostcc() -> str:
    return os.environ.get("HOSTCC", HOSTCC)


def native_runner() -> list[str]:
    """The command that runs the bench where this computer cannot. Tests use qemu-user."""
    return shlex.split(os.environ.get("HARTLOCK_NATIVE_RUNNER", ""))


def is_for_here(program: Path) -> bool:
    """True if this ELF file is for the processors that this computer has. Raises ElfError if it is none."""
    return Elf(program).machine == ELF_MACHINES.get(platform.machine())


def processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def is_virtual() -> bool:
    """Does the processor say that it is a virtual machine's? Only x86-64 ones do."""
    try:
        return re.search(r"^flags\s*:.*\bhypervisor\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def output_of(*command: str) -> str:
    """Standard output of a short command; "" if it cannot be run or fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout


def answer_of(*command: str) -> str:
    """output_of() a program that is there. Raises UsageError, with the reason, if it cannot be run or fails."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              check=False)
    except OSError as e:
        raise UsageError(f"{command[0]} cannot be run: {e.strerror}") from e
    except subprocess.TimeoutExpired as e:
        raise UsageError(f"{shlex.join(command)} took more than {e.timeout:.0f} s") from e
    if done.returncode != 0:
        said = done.stderr.strip() or "it said nothing"
        raise UsageError(f"{shlex.join(command)} ended with status {done.returncode}: {said}")
    return done.stdout


def first_line(text: str) -> str:
    return text.split("\n", 1)[0].strip()


def _missing_kernel() -> list[tuple[str, str]]:
    """The (program or library, Debian package) of everything that compiling the kernel needs and that is not installed."""
    gcc = cross_compile() + "gcc"
    missing = []
    if not shutil.which(gcc):
        missing.append((gcc, "gcc-riscv64-unknown-elf"))
        if not Path("/usr/lib/picolibc/riscv64-unknown-elf").is_dir():
            missing.append(("picolibc", "picolibc-riscv64-unknown-elf"))
    elif not Path(first_line(answer_of(gcc, "-print-file-name=picolibc.specs"))).is_absolute():
        missing.append(("picolibc", "picolibc-riscv64-unknown-elf"))
    return missing


def _has_firmware(qemu: str | None) -> bool:
    beside = Path(qemu or "/usr/bin/qemu").resolve().parent.parent / "share/qemu"
    if (beside / FIRMWARE).exists() or not qemu:
        return (beside / FIRMWARE).exists()
    return any((Path(folder) / FIRMWARE).exists() for folder in answer_of(qemu, "-L", "help").splitlines())


def _missing_qemu() -> list[tuple[str, str]]:
    """_missing_kernel() for emulation. Raises UsageError for a QEMU that is too old."""
    missing = []
    qemu = shutil.which(QEMU)
    if not qemu:
        missing.append((QEMU, "qemu-system-misc"))
    if not _has_firmware(qemu):
        missing.append(("OpenSBI for QEMU", "opensbi"))
    version = qemu_version() if qemu else None
    if version and version < QEMU_OLDEST:
        raise UsageError(f"{QEMU} is version {version[0]}.{version[1]}; 7.2 or later is needed")
    return missing


def check(setup: str = "", kernel: bool = False, qemu: bool = False, host: bool = False) -> None:
    """Raise UsageError, with the commands that help, unless there is what compiling the kernel, emulating it with
    QEMU, and compiling for this computer (`host`) need. `setup`: what --setup has to be told beside."""
    missing = [] if shutil.which("make") else [("make", "make")]
    missing += _missing_kernel() if kernel else []
    missing += _missing_qemu() if qemu else []
    missing += [(hostcc(), "gcc libc6-dev")] if host and not shutil.which(hostcc()) else []
    if missing:
        packages = " ".join(package for _, package in missing)
        raise UsageError(
            f"missing: {', '.join(what for what, _ in missing)}\n"
            f"install it as root with: apt-get update && apt-get install -y --no-install-recommends {packages}\n"
            f"or let hartlock do it: ./run-bench.sh --setup{setup}")


def qemu_version() -> tuple[int, int] | None:
    found = re.search(r"version (\d+)\.(\d+)", output_of(QEMU, "--version"))
    return (int(found[1]), int(found[2])) if found else None


def host_processors() -> int:
    """The number of processors this process may really use, by its affinity and its cgroup's quota."""
    n = len(os.sched_getaffinity(0))
    try:
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        if quota != "max":
            n = min(n, max(1, int(quota) // int(period)))
    except (OSError, ValueError):
        pass  # no cgroup v2, no quota
    return n


def commit() -> str:
    """The checkout's commit, with + when files were changed; "unknown" without git."""
    git = ("git", "-C", str(TOP), "-c", f"safe.directory={TOP}")
    head = first_line(output_of(*git, "rev-parse", "--short=12", "HEAD"))
    changed = output_of(*git, "status", "--porcelain", "--untracked-files=no")
    return head + ("+" if changed.strip() else "") if head else "unknown"
