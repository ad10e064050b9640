"""Runs random programs on the model's machine and under qemu-riscv64, and says where the two differ first."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tools.exact.program import SCRATCH, Program
from tools.simulate import MACHINE, TOP

QEMU = "qemu-riscv64"
CROSS = "riscv64-unknown-elf-"
ISA = "rv64imac_zicsr_zifencei_zihintpause"
TIMEOUT = 20  # seconds a run may take, which is one at most: a wrong branch may never end


def run(*words: str | Path) -> str:
    """The output of a command. RuntimeError if it fails or does not end."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"no end within {TIMEOUT} s: {' '.join(map(str, words))}") from error
    if done.returncode != 0:
        raise RuntimeError(f"exit status {done.returncode}: {' '.join(map(str, words))}\n{done.stdout[-500:]}{done.stderr}")
    return done.stdout


def build(text: str, folder: Path) -> Path:
    """The program of that assembly, for both places."""
    (folder / "program.S").write_text(text, encoding="ascii")
    run(f"{CROSS}as", f"-march={ISA}", "-o", folder / "program.o", folder / "program.S")
    run(f"{CROSS}ld", "-Ttext=0x80200000", "-Tdata=0x80300000", "--no-relax", "-o", folder / "program", folder / "program.o")
    return folder / "program"


def results(text: str, folder: Path) -> tuple[list[str], list[str]]:
    """The lines that the program prints on the machine, and under QEMU."""
    program = build(text, folder)
    machine = run(MACHINE, "--machine", TOP / "model/machines/generic-8.toml", program)
    return machine.split(), run(QEMU, program).split()


def named(index: int) -> str:
    """The name of line `index` of a last round's state."""
    if index == 0:
        return "hash"
    return f"scratch+{8 * (index - 1)}" if index <= SCRATCH // 8 else f"x{index - 1 - SCRATCH // 8}"


class Search:
    """Finds the instruction in which the two differ first."""

    def __init__(self, program: Program, folder: Path) -> None:
        self.program, self.folder = program, folder

    def state(self, rounds: int, cut: int | None = None) -> tuple[list[str], list[str]]:
        """Both states behind the last round. A place that fails has none."""
        try:
            return results(self.program.text(rounds, 1 << 60, cut), self.folder)
        except RuntimeError as error:
            return [str(error)], ["it ends well"]

    def differs(self, rounds: int, cut: int | None = None) -> bool:
        machine, qemu = self.state(rounds, cut)
        return machine != qemu

    def bisect(self, low: int, high: int, cut_of: int | None) -> int:
        """The least number above `low` that differs: of rounds, or of units in the last of `cut_of` rounds."""
        while high - low > 1:
            middle = (low + high) // 2
            bad = self.differs(middle) if cut_of is None else self.differs(cut_of, middle)
            low, high = (low, middle) if bad else (middle, high)
        return high

    def report(self, rounds: int) -> str:
        """Where they differ, given that they do within `rounds` rounds."""
        number = self.bisect(0, rounds, None)
        units = self.program.block(number - 1).units
        said = f"seed {self.program.seed}, round {number - 1}"
        if self.differs(number, 0):
            return f"{said}: before the first instruction: the harness's own instructions differ"
        cut = self.bisect(0, len(units), number)
        machine, qemu = self.state(number, cut)
        values = [f"  {named(i)}: machine {a}, qemu {b}" for i, (a, b) in enumerate(zip(machine, qemu)) if i > 0 and a != b]
        return "\n".join([f"{said}, unit {cut - 1}:", *(f"  {line}" for line in units[cut - 1]),
                          *(values or [f"  machine: {machine[0]}"])])


def difference(seed: int, rounds: int, folder: Path, every: int = 1000) -> str:
    """Runs the program of a seed in both places: "", or where they differ first."""
    program = Program(seed)
    try:
        machine, qemu = results(program.text(rounds, every), folder)
    except RuntimeError:
        return Search(program, folder).report(rounds)
    if machine == qemu:
        return ""
    first = next((i for i, (a, b) in enumerate(zip(machine, qemu)) if a != b), len(qemu))
    return Search(program, folder).report(min(rounds, (first + 1) * every))


def main() -> int:
    """The command's exit status: 1 when a seed differs."""
    parser = argparse.ArgumentParser(prog="make exact", description=__doc__)
    parser.add_argument("--seeds", type=int, default=8, help="programs, from seed 1 on (8)")
    parser.add_argument("--first", type=int, default=1, metavar="SEED", help="the first seed (1)")
    parser.add_argument("--rounds", type=int, default=10000, help="rounds of each (10000)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(options.first, options.first + options.seeds):
            wrong = difference(seed, options.rounds, Path(folder))
            if wrong:
                print(wrong)
                return 1
    print(f"{options.seeds} programs of {options.rounds} rounds: the machine and {QEMU} give the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
