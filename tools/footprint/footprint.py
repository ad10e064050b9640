"""`make footprint`: what a lock costs in memory and in instructions, from compiled code.

    footprint.py            prints the tables
    footprint.py --write    puts them into docs/reference/footprint.md
    footprint.py --path X   prints the instructions of X's two paths
"""

import argparse
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hartlock.plan import strategies
from tools.footprint.walk import BASE, Hart, shown
from verify.code import Insn

HERE = Path(__file__).resolve().parent
TOP = HERE.parents[1]

DOC = TOP / "docs/reference/footprint.md"
BEGIN, END = "<!-- made by `make footprint`, checked by the tests -->", "<!-- end -->"
CROSS = os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")
FLAGS = ["-std=gnu11", "-O2", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-ffreestanding", "-Wall", "-Wextra",
         "-Werror", "-nostdlib", "-static", f"-Wl,-Ttext={BASE:#x}", "-Wl,-N", "-Wl,--no-warn-rwx-segments", "-Wl,--no-relax",
         "-Wl,-e,0", f"-I{TOP}"]
HEAP, SIZE, ALIGN = (0x80000, 0xC0000), 16, 16  # bytes; the heap is not touched, only handed out
FRAME = 4  # bytes of a frame: with its link 8, so that nothing is divided
FRAMES, SMALL = [f"-DFREES={FRAME}", f"-DTREIBER_FRAME={FRAME}"], (0x80000, 0x80400)  # the links of frames are in the heap


@dataclass(frozen=True)
class Count:
    """Instructions and bytes on a path, and bytes of the whole function, waiting included."""

    instructions: int
    ordered: int  # fences, AMOs, LR and SC among them
    path_bytes: int
    bytes: int

    @staticmethod
    def of(path: list[Insn], whole: int) -> "Count":
        ordered = [i for i in path if i.mnemonic.startswith(("fence", "amo", "lr.", "sc."))]
        return Count(len(path), len(ordered), sum(i.size for i in {i.address: i for i in path}.values()), whole)


@dataclass(frozen=True)
class Footprint:
    name: str
    lock_bytes: int
    node_bytes: int
    allocation: Count | None = None
    acquire: Count | None = None  # with the release of a lock
    release: Count | None = None

    @property
    def parts(self) -> list[Count]:
        """The counts of an operation: the acquire's and the release's, or the allocation's without a lock."""
        return [c for c in (self.acquire, self.release) if c] or [c for c in (self.allocation,) if c]

    @property
    def pair(self) -> int:
        return sum(c.instructions for c in self.parts)

    @property
    def ordered(self) -> int:
        return sum(c.ordered for c in self.parts)


def build(folder: Path, source: str, *flags: str) -> Hart:
    elf = folder / "one.elf"
    subprocess.run([f"{CROSS}gcc", *FLAGS, *flags, "-o", str(elf), str(HERE / source)], check=True, timeout=60)
    return Hart(elf, CROSS)


def lock_paths(hart: Hart) -> tuple[list[Insn], list[Insn]]:
    """The paths of an acquire and a release that meet no other hart, after one such pair."""
    both = [hart.symbols["lock"], hart.symbols["node"]]
    first = (hart.call("acquire", *both), hart.call("release", *both))
    again = (hart.call("acquire", *both), hart.call("release", *both))
    assert [len(p) for p in first] == [len(p) for p in again], "two uncontended pairs differ"
    return again


def hands_out_frames(word: str) -> bool:
    return any(s.header.stem == word and s.frees for s in strategies.known().values())


def set_up(folder: Path, word: str, header: Path, lockfree: bool, *flags: str) -> Hart:
    name = [f"-DSTRATEGY={word}", f'-DSTRATEGY_HEADER="{header.parent.name}/{header.name}"']
    frees = hands_out_frames(word)
    hart = build(folder, "ours.c", *name, *(["-DLOCKFREE"] if lockfree else []), *(FRAMES if frees else []), *flags)
    hart.call("set_up", *(SMALL if frees else HEAP))
    return hart


def allocation(hart: Hart, lockfree: bool, size: int = SIZE) -> Count:
    """The path of an allocation. `size`: bytes from one block to the next."""
    more = [] if lockfree else [hart.symbols["heap"]]
    arguments = [hart.symbols["lock"], hart.symbols["node"], SIZE, ALIGN, *more]
    hart.call("allocate", *arguments)  # a magazine takes its batch
    path = hart.call("allocate", *arguments)
    assert hart.result == HEAP[0] + size, "the second block lies behind the first"
    return Count.of(path, hart.sizes["allocate"])


def ours(folder: Path, word: str, header: Path, lockfree: bool, *flags: str) -> Footprint:
    hart = set_up(folder, word, header, lockfree, *flags)
    sizes = (hart.sizes.get("lock", 0), hart.sizes.get("node", 0))
    if lockfree:
        return Footprint(word.replace("_", "-"), *sizes, allocation(hart, lockfree, FRAME if hands_out_frames(word) else SIZE))
    acquire, release = lock_paths(hart)
    return Footprint(word.replace("_", "-"), *sizes, allocation(hart, lockfree),
                     Count.of(acquire, hart.sizes["acquire"]), Count.of(release, hart.sizes["release"]))


def headers() -> dict[str, tuple[Path, bool]]:
    """Every strategy's word, with its header and whether it is lock-free: first those of
    lock/locks.def in its order, then those that only lie in alloc/."""
    found = {s.header.stem: (s.header, s.lockfree) for s in strategies.known().values()}
    for path in sorted((TOP / "alloc").glob("*.h")):
        if f"{path.stem}_try(" in path.read_text():
            found.setdefault(path.stem, (path, True))
    return found


@dataclass(frozen=True)
class Theirs:
    whose: str
    kind: str  # ticket, mcs ...: a strategy's name
    source: str
    footprint: Footprint


def theirs(folder: Path, header: Path) -> Theirs:
    said = re.match(r"/\* (.*?), (\w+)\n(.*?)\*/", header.read_text(), re.S)
    assert said, f"{header.name}: its comment is '/* WHOSE, LOCK', then the files"
    hart = build(folder, "theirs.c", f'-DTHEIRS_HEADER="theirs/{header.name}"')
    if "set_up" in hart.symbols:
        hart.call("set_up")
    acquire, release = lock_paths(hart)
    sizes = (hart.sizes.get("lock", 0), hart.sizes.get("node", 0))
    return Theirs(said[1], said[2], " ".join(said[3].replace(" * ", "").split()), Footprint(
        said[2], *sizes, None, Count.of(acquire, hart.sizes["acquire"]), Count.of(release, hart.sizes["release"])))


def table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = [list(map(str, row)) for row in rows]
    first = list(head)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (first, ["---"] * len(first), *lines))


def code(c: Count | None) -> tuple[object, object]:
    return (c.instructions, f"{c.path_bytes} of {c.bytes}") if c else ("–", "–")


def our_table(mine: list[Footprint]) -> str:
    head = ["strategy", "bytes a lock", "bytes a waiter", "acquire", "bytes of code", "release", "bytes of code",
            "acquire + release", "allocation"]
    rows = [[f.name, f.lock_bytes, f.node_bytes, *code(f.acquire), *code(f.release), f.pair if f.acquire else "–",
             f.allocation.instructions if f.allocation else "–"] for f in mine]
    return table(head, rows)


def mapping_table(mine: list[Footprint], c11: list[Footprint]) -> str:
    head = ["strategy", "`atomic.h`", "GCC's C11", "fences, AMOs, LR, SC: `atomic.h`", "GCC's C11"]
    return table(head, ([a.name, a.pair, b.pair, a.ordered, b.ordered] for a, b in zip(mine, c11, strict=True)))


def their_table(mine: list[Footprint], others: list[Theirs]) -> str:
    by_name = {f.name: f for f in mine}
    rows = []
    for kind in dict.fromkeys(t.kind for t in others):
        for whose, f, source in [("hartlock", by_name[kind], f"`lock/{kind}.h`"),
                                 *((t.whose, t.footprint, t.source) for t in others if t.kind == kind)]:
            assert f.acquire and f.release
            rows.append([kind, whose, f.acquire.instructions, f.release.instructions, f.pair, f.lock_bytes, source])
    return table(["lock", "whose", "acquire", "release", "both", "bytes a lock", "after"], rows)


def measure() -> tuple[list[Footprint], list[Footprint], list[Theirs]]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mine, c11 = ([ours(folder, word, *which, *flags) for word, which in headers().items()]
                     for flags in (list[str](), ["-DLOCK_ATOMIC_C11"]))
        order = ["ticket", "mcs", "ttas", "clh", "anderson", "qspin"]
        others = [theirs(folder, header) for header in sorted((HERE / "theirs").glob("*-*.h"))]
        return mine, c11, sorted(others, key=lambda t: (order.index(t.kind), t.whose))


def compiler() -> str:
    return subprocess.run([f"{CROSS}gcc", "-dumpfullversion"], check=True, capture_output=True, text=True,
                          timeout=30).stdout.strip()


def tables() -> str:
    mine, c11, others = measure()
    return "\n\n".join([
        f"GCC {compiler()}, `-O2 -march=rv64gc`.",
        "**The strategies**, instructions unless it says bytes:", our_table(mine),
        "**The same lock elsewhere**, instructions:", their_table(mine, others),
        "**`lock/atomic.h` and GCC's own mapping of C11**, acquire + release (without a lock: an allocation), "
        "instructions:", mapping_table(mine, c11)])


def documented() -> str:
    return DOC.read_text().split(BEGIN + "\n")[1].split("\n" + END)[0]


def write() -> None:
    text = DOC.read_text()
    DOC.write_text(text.replace(documented(), tables()))


def paths(name: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        other = HERE / "theirs" / f"{name}.h"
        if other.is_file():
            hart = build(Path(folder), "theirs.c", f'-DTHEIRS_HEADER="theirs/{other.name}"')
        else:
            word = name.replace("-", "_")
            hart = set_up(Path(folder), word, *headers()[word])
        if "acquire" not in hart.symbols:
            allocation(hart, True)
            one = hart.call("allocate", hart.symbols["lock"], hart.symbols["node"], SIZE, ALIGN)
            return "\n".join(["allocate", *(f"    {shown(i)}" for i in one)])
        both = zip(("acquire", "release"), lock_paths(hart), strict=True)
        return "\n".join(line for what, path in both for line in (what, *(f"    {shown(i)}" for i in path)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--path", metavar="NAME", help="a strategy, or a file of tools/footprint/theirs/ without .h")
    options = parser.parse_args()
    if options.path:
        print(paths(options.path))
    elif options.write:
        write()
    else:
        print(tables())


if __name__ == "__main__":
    main()
