"""The bench as a program of this computer. Its harts are threads, and gdb says where they are."""

import re
import shutil
import subprocess
from pathlib import Path

from hartlock.base import toolchain
from hartlock.engine.process import Process

GDB_LIMIT_S = 30
_FRAME = re.compile(r"^#\d+ +(?:0x\w+ in )?([\w.]+) \(.*?(?:\) at ([^ )]+:\d+))?$", re.MULTILINE)
_ROOTS = ("hart_main", "main")  # frames below these belong to the C library


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


def stacks(text: str) -> list[str]:
    """Read gdb's backtraces: "hart 1: spin_forever (native/port.c:79) in hart_main ..." for each thread, in
    the order of the harts. The thread that waits for the harts comes last."""
    out = []
    for part in re.split(r"^Thread \d+ ", text, flags=re.MULTILINE)[1:]:
        name = re.match(r'.*?"([^"]*)"', part)
        frames = _FRAME.findall(part)
        if not name or not frames:
            continue
        root = next((i for i, (function, _) in enumerate(frames) if function in _ROOTS), len(frames))
        chain = [f"{function} ({at})" if at else function for function, at in frames[: root + 1]]
        out.append(f"{name[1]}: {' in '.join(chain)}")
    return sorted(out,
                  key=lambda line: (not line.startswith("hart "), [int(n) for n in re.findall(r"^hart (\d+)", line)]))
