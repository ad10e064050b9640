"""The kernel in QEMU: the command line, and the questions that a running QEMU answers."""

import re
from collections.abc import Sequence
from pathlib import Path

from hartlock.diagnose import memory_view, symbols
from hartlock.engine import qmp
from hartlock.engine.process import Process
from hartlock.base.toolchain import QEMU

MEMORY = "256M"


def options(extra: Sequence[str]) -> list[tuple[str, str]]:
    """The options among QEMU's arguments, each with the word behind it: "-smp 8" and "--smp 8" are ("smp", "8")."""
    pairs = zip(extra, [*extra[1:], ""], strict=False)
    return [(word.lstrip("-"), value) for word, value in pairs if word.startswith("-")]


def instruction_shift(extra: Sequence[str]) -> int | None:
    """N of `-icount shift=N`, by which an instruction takes 2**N ns, and cycles are ns. None: its time is no fixed one."""
    given = [value for name, value in options(extra) if name == "icount"]
    shift = re.search(r"(?:^|,)shift=(\d+)(?:,|$)", given[-1]) if given else None
    return int(shift[1]) if shift else None


def escaped(path: Path) -> str:
    """The path as a value among others: QEMU takes a comma for the end of one."""
    return str(path).replace(",", ",,")


def command(image: Path, smp: int, bootargs: str, cpu: str, extra: Sequence[str], monitor: Path) -> list[str]:
    """The command line of QEMU. `cpu` is -cpu's value; "" leaves that to QEMU."""
    # -icount runs the harts in turns on one thread: it excludes thread=multi.
    threads = [] if {"icount", "accel"} & {name for name, _ in options(extra)} else ["-accel", "tcg,thread=multi"]
    return [
        QEMU, "-machine", "virt", *(["-cpu", cpu] if cpu else []), "-m", MEMORY, "-smp", str(smp), *threads,
        "-bios", "default", "-kernel", str(image), "-append", bootargs, "-display", "none", "-monitor", "none", "-serial", "stdio",
        "-no-reboot", "-qmp", f"unix:{escaped(monitor)},server=on,wait=off", *extra,
    ]


class Machine(Process):
    """A running QEMU, which can be asked for its harts' registers and memory."""

    name, key, speaker = "QEMU", "qemu", "the kernel"

    def __init__(self, image: Path, smp: int, bootargs: str, cpu: str, extra: Sequence[str]):
        self._image = image
        super().__init__(lambda folder: command(image, smp, bootargs, cpu, extra, folder / "qmp"))

    def facts(self) -> dict[str, object]:
        return qmp.facts(self._folder.path / "qmp")

    def registers(self) -> dict[int, dict[str, int]]:
        return qmp.registers(self._folder.path / "qmp")

    def where(self) -> list[str]:
        harts = self.registers()
        socket = self._folder.path / "qmp"
        seen = memory_view.look(harts, lambda at, count: qmp.memory(socket, at, count), self._image) if harts else []
        if seen:
            return seen
        at = symbols.locate([r.get("pc", 0) for r in harts.values()], self._image)
        called = symbols.locate([r.get("ra", 0) for r in harts.values()], self._image)
        return ([f"hart {hart}: at {pc}, called from {ra}" for hart, pc, ra in zip(harts, at, called, strict=True)]
                or [f"QEMU did not answer when asked where its harts were{self._halted()}"])

    def _halted(self) -> str:
        """The state in which the system keeps a QEMU that does not answer; "" if it runs."""
        try:
            state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (OSError, IndexError):
            return ""
        return {"T": ": its process is stopped (SIGSTOP, perhaps)", "t": ": a debugger has stopped its process",
                "D": ": its process waits for a disk", "Z": ": its process has ended"}.get(state, "")
