"""`make validate`: is the cost model true? Compares it with tables of an independent cycle-level simulator.

tables.csv has the tables (class: simulated, cycle-level), D.toml and S.toml say what is known of their machines. The rows
of D and S are of the programs in programs.c, those of "D headers" of hartlock's own headers, in the kernel. Each cell is measured
on MEMBERS machines that fit the profile. A pair of strategies is decided ("sure") by the rule of the product's own answers: one is
faster by CLEAR on every member, and starves a hart on none. It is wrong if the table says the opposite by more than CLEAR.

    python3 -m tools.validate.validate [--cells] [--members N]
"""

import argparse
import csv
import itertools
import math
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from hartlock.analysis.comparisons import CLEAR
from hartlock.base.paths import MACHINE
from hartlock.plan import profile
from tools.simulate import cycles_an_operation, simulate

HERE = Path(__file__).resolve().parent
TURN = {"D": 6, "S": 4}  # instructions of a turn of the think loop, and so its cycles
ALONE = {"D": (0, 14.0), "S": (20, 95.0)}  # the think time and the cycles of `faa` alone: they give the loop beside it
HANDOFF = {"D": 56.3, "S": 28.7}  # cycles of one way of a line between two harts, as published
WINDOW, STARVED = 100_000, 0.05
HEADERS_THINK = 102  # with the generator beside it, 120 cycles
PHASES = 5  # instructions of thinking by which members differ: with a constant think harts fall into step or not, as code lies
FLAGS = ("-O2", "-ffreestanding", "-nostdlib", "-static", "-mcmodel=medany", "-march=rv64ima_zicsr", "-mabi=lp64", "-mno-relax",
         "-Wl,--no-relax", "-Wl,-Ttext=0x80200000", "-Wl,-N,--no-warn-rwx-segments")


@dataclass(frozen=True)
class Cell:
    """A cell of a table. `cycles`: None where the simulator saw no progress."""

    table: str
    think: int
    strategy: str
    harts: int
    cycles: float | None
    starved: bool


@dataclass
class Found:
    """The cycles an operation of a cell on each member, infinite where nothing got done, and on how many members a hart starved."""

    cycles: list[float] = field(default_factory=list)
    starved: int = 0

    @property
    def middle(self) -> float:
        return statistics.median(self.cycles)


Results = dict[Cell, Found]


def cells() -> list[Cell]:
    with open(HERE / "tables.csv", newline="", encoding="utf-8") as f:
        return [Cell(r["table"], int(r["think"]), r["strategy"], int(r["harts"]), float(r["cycles"]) if r["cycles"] else None,
                     r["starved"] == "1") for r in csv.DictReader(f)]


def build(folder: Path, cell: Cell, loop: int) -> Path:
    """Compiles the program of a cell. `loop`: instructions beside the operation."""
    image = folder / f"{cell.table}-{cell.strategy}-{cell.harts}-{cell.think}-{loop}"
    if not image.exists():
        subprocess.run([f"{os.environ.get('CROSS_COMPILE', 'riscv64-unknown-elf-')}gcc", *FLAGS, f"-DSTRATEGY={cell.strategy}",
                        f"-DHARTS={cell.harts}", f"-DTHINK={cell.think}", f"-DTURN={TURN[cell.table]}", f"-DLOOP={loop}",
                        "-o", str(image), str(HERE / "programs.c")], check=True, timeout=60)
    return image


def run_program(image: Path, machine: Path, harts: int, seed: int) -> list[int]:
    """The operations of each hart; none if the harts made no progress."""
    done = subprocess.run([str(MACHINE), "--machine", str(machine), "--smp", str(harts), "--seed", str(seed), str(image)],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    return [int(line, 16) for line in done.stdout.split()] if done.returncode == 0 else []


def loop_of(folder: Path, table: str, machine: Path) -> int:
    """The instructions of the loop with which `faa` alone takes as long as in the table."""
    think, wanted = ALONE[table]
    ops = run_program(build(folder, Cell(table, think, "faa", 1, None, False), 0), machine, 1, 1)
    return max(0, round(wanted - WINDOW / ops[0]))


def handoffs(folder: Path, table: str, machines: Sequence[Path]) -> list[float]:
    """The cycles of one way of a line between two harts, on each machine."""
    image = build(folder, Cell(table, 0, "handoff", 2, None, False), 0)
    return [WINDOW / sum(run_program(image, machine, 2, 1)) for machine in machines]


def note(found: Found, ops: Sequence[int], cycles: float) -> None:
    """Adds what a member gave."""
    found.starved += not ops or min(ops) < STARVED * sum(ops) / len(ops)
    found.cycles.append(cycles if sum(ops) > 0 else math.inf)


def measure_programs(folder: Path, machines: Sequence[Path], loop: int, cell: Cell) -> tuple[Cell, Found]:
    found, image = Found(), build(folder, cell, loop)
    for seed, machine in enumerate(machines, 1):
        ops = run_program(image, machine, cell.harts, seed)
        note(found, ops, WINDOW / sum(ops) if sum(ops) else math.inf)
    return cell, found


def measure_headers(wanted: Sequence[Cell], machine: Path, seed: int) -> dict[tuple[str, int], tuple[list[int], float]]:
    """The operations of each hart and the cycles an operation, by strategy and harts; all in one run of the kernel."""
    trials = ",".join(f"{c.strategy}:{c.harts}" for c in wanted)
    think = HEADERS_THINK + seed % PHASES - PHASES // 2
    run = simulate(f"seed={seed} think={think} think_range=0 passes=t duration_us=100 warmup_us=50 run={trials}",
                   arguments=("--seed", str(seed)), machine=machine)
    out = {}
    for p, shares, _ in run.trials():
        ops = [int(s["ops_close"]) - int(s["ops_open"]) for s in shares]
        out[p["strategy"], int(p["harts"])] = ops, cycles_an_operation(p, shares) if sum(ops) else math.inf
    return out


def members(folder: Path, name: str, number: int) -> list[Path]:
    """Files of machines that fit the profile."""
    of, out = profile.read(HERE / f"{name}.toml"), []
    for n in range(1, number + 1):
        out.append(folder / f"{name}-{n}.toml")
        out[-1].write_text(of.with_values(of.member(n, 1)), encoding="utf-8")
    return out


def measure(folder: Path, table: str, number: int, workers: ThreadPoolExecutor) -> Results:
    wanted = [c for c in cells() if c.table == table]
    machines = members(folder, table[0], number)
    if table in TURN:
        one = partial(measure_programs, folder, machines, loop_of(folder, table, machines[0]))
        return dict(workers.map(one, wanted))
    found = {cell: Found() for cell in wanted}
    for given in workers.map(partial(measure_headers, wanted), machines, range(1, number + 1)):
        for cell in wanted:
            note(found[cell], *given[cell.strategy, cell.harts])
    return found


def pairs(results: Results) -> Iterator[tuple[Cell, Cell]]:
    """The pairs of strategies with the same harts and think time of which the table has both cycles."""
    for a, b in itertools.combinations(results, 2):
        if (a.think, a.harts) == (b.think, b.harts) and a.cycles and b.cycles:
            yield a, b


def differ(a: Cell, b: Cell) -> int:
    """1 if a is slower by more than CLEAR, -1 if b is, else 0."""
    assert a.cycles and b.cycles
    return (a.cycles > CLEAR * b.cycles) - (b.cycles > CLEAR * a.cycles)


def sure(a: Found, b: Found) -> int:
    """1 if b is surely the better one, -1 if a is, else 0: it is faster on every member, and starves nobody on any."""
    def better(one: Found, than: Found) -> bool:
        return not one.starved and all(CLEAR * x < y for x, y in zip(one.cycles, than.cycles, strict=True))
    return better(b, a) - better(a, b)


def tau(results: Results) -> float:
    """Kendall's tau over the pairs that differ by more than CLEAR in the table, by the members' medians."""
    signs = [differ(a, b) * ((results[a].middle > results[b].middle) - (results[a].middle < results[b].middle))
             for a, b in pairs(results) if differ(a, b)]
    return sum(signs) / len(signs)


def errors(results: Results, think: int | None = None) -> list[float]:
    """The relative error of each cell in which no hart starves."""
    return [abs(found.middle / cell.cycles - 1) for cell, found in results.items()
            if cell.cycles and not cell.starved and think in (None, cell.think)]


def fair(a: Cell, b: Cell) -> bool:
    """True if the faster of two starves nobody in the table, so that the table has an answer."""
    return not (b if differ(a, b) > 0 else a).starved


def say(table: str, results: Results) -> None:
    """Prints the table's figures."""
    several = {cell: found for cell, found in results.items() if cell.harts > 1}
    asked = [(a, b) for a, b in pairs(several) if differ(a, b)]
    said = [(a, b) for a, b in asked if sure(results[a], results[b])]
    wrong = [(a, b) for a, b in said if sure(results[a], results[b]) != differ(a, b)]
    answered, right = sum(fair(a, b) for a, b in asked), sum(fair(a, b) for a, b in said)
    print(f"{table}: {len(results)} cells; tau {tau(several):.2f} of 2 and more harts")
    for think in sorted({cell.think for cell in results}):
        print(f"    think {think:3}: median error {statistics.median(errors(results, think)):.1%} of {len(errors(results, think))} cells"
              " in which nobody starves")
    print(f"    all:       median error {statistics.median(errors(results)):.1%}")
    print(f"    sure of {len(said)} of {len(asked)} pairs that differ ({len(said) / len(asked):.0%}), wrong and sure {len(wrong)}; of {answered}"
          f" whose faster one starves nobody in the table {right / answered:.0%}")
    for a, b in wrong:
        print(f"        {a.strategy} {a.cycles} and {b.strategy} {b.cycles} on {a.harts} harts, think {a.think}: here "
              f"{results[a].middle:.1f} and {results[b].middle:.1f}")


def say_handoff(table: str, cycles: Sequence[float]) -> None:
    """Prints what a hand-off takes on the machines, which were made to have the published one."""
    print(f"    a hand-off takes {min(cycles):.1f} to {max(cycles):.1f} cycles; published: {HANDOFF[table]}")


def say_cells(results: Results) -> None:
    """Prints each cell: the table's cycles, the members' median, least and most; * where a hart starves."""
    for cell, found in results.items():
        wanted = f"{cell.cycles:.1f}" if cell.cycles else "none"
        of = f"{found.middle:8.1f} [{min(found.cycles):.1f}, {max(found.cycles):.1f}]"
        print(f"    {cell.think:3} {cell.strategy:15} {cell.harts} {wanted:>7}{'*' if cell.starved else ' '} {of}"
              f"{f' * on {found.starved}' if found.starved else ''}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="make validate", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", action="store_true", help="print every cell, too")
    parser.add_argument("--members", type=int, default=16, metavar="N", help="machines that fit what is known (16)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(os.cpu_count()) as workers:
        for table in dict.fromkeys(cell.table for cell in cells()):
            results = measure(Path(temporary), table, asked.members, workers)
            say(table, results)
            if table in HANDOFF:
                say_handoff(table, handoffs(Path(temporary), table, members(Path(temporary), table, asked.members)))
            if asked.cells:
                say_cells(results)


if __name__ == "__main__":
    main()
