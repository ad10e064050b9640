"""The native engine: the bench on threads of this computer, and what its figures mean."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from hartlock.base import toolchain
from hartlock.engine.process import Process

GDB_LIMIT_S = 30


class Program(Process):
    name, key, speaker = "the bench", "native", "the bench"

    def __init__(self, program: Path, smp: int, plan: str):
        self._runner = toolchain.native_runner()
        super().__init__(lambda folder: [*self._runner, str(program), f"smp={smp}", plan])

    def where(self) -> list[str]:
        if self._runner:
            return [f"no stacks are shown: they would be those of {self._runner[0]}"]
        if not shutil.which("gdb"):
            return ["no stacks are shown: there is no gdb here (Debian package gdb)"]
        command = ["gdb", "-nx", "-batch", "-p", str(self.pid), "-ex", "thread apply all backtrace"]
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=GDB_LIMIT_S, check=False)
        except (OSError, subprocess.SubprocessError) as e:
            return [f"no stacks are shown: gdb: {e}"]
        return stacks(done.stdout) or [f"no stacks are shown: gdb: {toolchain.first_line(done.stderr) or 'no answer'}"]


_FRAME = re.compile(r"^#\d+ +(?:0x\w+ in )?([\w.]+) \(.*?(?:\) at ([^ )]+:\d+))?$", re.MULTILINE)


_ROOTS = ("hart_main", "main")  # what is below these is the C library


def stacks(text: str) -> list[str]:
    """"hart 1: spin_forever (native/port.c:79) in hart_main ..." of gdb's backtraces, in
    the order of the harts; the thread that waits for them comes last."""
    out = []
    for part in re.split(r"^Thread \d+ ", text, flags=re.MULTILINE)[1:]:
        name = re.match(r'.*?"([^"]*)"', part)
        frames = _FRAME.findall(part)
        if not name or not frames:
            continue
        root = next((i for i, (function, _) in enumerate(frames) if function in _ROOTS), len(frames))
        chain = [f"{function} ({at})" if at else function for function, at in frames[: root + 1]]
        out.append(f"{name[1]}: {' in '.join(chain)}")
    return sorted(out, key=lambda line: (not line.startswith("hart "), [int(n) for n in re.findall(r"^hart (\d+)", line)]))


_CLOCKS = {
    "rdtsc": "ticks of the time-stamp counter, {hz}, in steps of {step}: a reference clock of constant rate, not cycles of "
             "the core, whose own clock may run faster or slower",
    "cntvct_el0": "ticks of the virtual counter cntvct_el0, {hz}, in steps of {step}: a reference clock of constant rate, "
                  "not cycles of the core; what takes less than a step cannot be told from nothing",
    "rdcycle": "the core's own (rdcycle), in steps of {step}",
    "rdtime": "ticks of rdtime, {hz}, in steps of {step}: this system does not let programs read the core's cycles "
              "(rdcycle; its administrator allows it with sysctl kernel.perf_user_access=2); what takes less than a step "
              "cannot be told from nothing",
}


def frequency(hz: int) -> str:
    return f"{hz / 1e9:.3g} GHz" if hz >= 10**9 else f"{hz / 1e6:.4g} MHz"


def clock(facts: Mapping[str, str], timebase_hz: int) -> str:
    """What `cycles` are, from the @native record."""
    said = _CLOCKS.get(facts.get("cycles", ""), "of an unknown clock")
    hz = frequency(timebase_hz) if facts.get("time") != "clock_gettime" else "whose rate is not that of the system's clock"
    return "cycles (native) are " + said.format(hz=hz, step=facts.get("cycles_step", "?")) + "."


def evidence(graded: Mapping[int, str], processors: int) -> list[str]:
    """What the evidence of the rows means; {harts: evidence}."""
    def counts(grade: str) -> str:
        return " and ".join(str(n) for n, g in sorted(graded.items()) if g == grade)

    where = f"{processors} processor(s) of this computer ({toolchain.processor()})"
    means: Sequence[tuple[str, str]] = [
        ("hardware", f"{{}} thread(s), each on one of the {where}: what the locks cost on these processors, in a "
                     "program of this system" + (
                         "; this computer is a virtual machine, whose processors may be stopped by others."
                         if toolchain.is_virtual() else ".")),
        ("hardware-oversubscribed", f"{{}} threads shared {where}, so a thread was often stopped while it held the lock; "
                                    "these are times of the system's scheduler as much as of the locks."),
        ("emulated", "{} thread(s) of translated code: the program is for another kind of processor than this computer "
                     "has; these times show that the locks work, not what they cost."),
        ("emulated-oversubscribed", f"{{}} threads of translated code shared {processors} processor(s); these times show that "
                                    "the locks work, not what they cost."),
    ]
    return [f"evidence {grade}: {text.format(counts(grade))}" for grade, text in means if counts(grade)]


def disturbance(graded: Mapping[int, str], preempted: int) -> list[str]:
    """Threads that share no processor are stopped only for other programs."""
    if not preempted or any("oversubscribed" in grade for grade in graded.values()):
        return []
    return [f"disturbed (native): the system stopped a thread {preempted} time(s) for another program; where that was "
            "inside a window, its figures are too slow. An idle computer, or processors kept free for this, gives better ones."]
