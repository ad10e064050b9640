"""A strategy as it is in an object file, and the memory and harts of its tests."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from verify.alone import alone
from verify.code import Function, Insn, Object
from verify.errors import ProofError
from verify.generators import random_words
from verify.memory import Layout, Location, Memory
from verify.ops import Op, decode
from verify.traces import Hart

SIZE = 16  # bytes of a block, and its alignment
MOST = 3  # harts

Program = list[Op | Function]


def code(text: str) -> Program:
    """A program of a test's own instructions, which semicolons separate."""
    out: Program = []
    for n, line in enumerate(text.split(";")):
        mnemonic, _, operands = line.strip().partition(" ")
        out.append(decode(Insn(n, 4, mnemonic, tuple(operands.split(",")) if operands else ()), "the test"))
    return out


INCREMENT = "lw x28,0(x20);addi x28,x28,1;sw x28,0(x20)"


@dataclass(frozen=True)
class Subject:
    """A strategy whose functions are compiled out of line."""

    name: str
    functions: dict[str, Function]
    sizes: dict[str, int]

    @staticmethod
    def of(name: str, obj: Object) -> "Subject":
        sizes = {k: obj.data_sizes.get(f"subject_{k}", 0) for k in ("lock", "space", "node")}
        functions = {k.removeprefix("subject_"): f for k, f in obj.functions.items() if k.startswith("subject_")}
        if not {"init", "join"} < set(functions):
            raise ProofError(f"the object of {name} lacks subject_init or subject_join")
        return Subject(name, functions, sizes)

    @property
    def lockfree(self) -> bool:
        return "alloc" in self.functions

    @property
    def proved(self) -> list[Function]:
        return [self.functions[n] for n in (("alloc",) if self.lockfree else ("acquire", "release"))]

    def drawn(self, nodes: Iterable[int]) -> frozenset[Location]:
        """The words of nodes (given by their addresses) from which the functions draw random numbers."""
        offsets = {offset for f in self.functions.values() for offset in random_words(f)}
        return frozenset((node + offset, width) for node in nodes for offset in offsets for width in (4, 8))

    def layout(self, harts: int) -> Layout:
        nodes = {f"node{i}": self.sizes["node"] for i in range(harts)}
        return Layout({"lock": self.sizes["lock"], "space": self.sizes["space"], **nodes, "x": 8, "y": 8,
                       "heap": SIZE * 4 * MOST})

    def begin(self, harts: int, blocks: int = 2 * MOST, far: Collection[int] = (), skip: int = 0, batch: int = 0) -> Memory:
        """The memory when all harts have joined. `far`: harts of another cluster. Without a lock, `skip`:
        bytes from a multiple of SIZE to the heap's start; `batch`: bytes that a hart takes at a time."""
        layout = self.layout(harts)
        lock, heap = layout.address("lock"), layout.address("heap")
        bounds = {"x10": lock, "x11": heap + skip, "x12": heap + blocks * SIZE}
        memory = alone(Hart((self.functions["init"],), bounds), {})
        for i in range(harts):
            node = layout.address(f"node{i}")
            arguments = {"x10": node, "x11": batch} if self.lockfree else {
                "x10": node, "x11": layout.address("space"), "x12": i, "x13": int(i in far)}
            memory = alone(Hart((self.functions["join"],), arguments), memory)
        return memory

    def hart(self, number: int, harts: int, *parts: str) -> Hart:
        """A hart of a test. `parts`: names of functions to call, and the test's own instructions between."""
        layout, program = self.layout(harts), Program()
        for part in parts:
            if part in self.functions:
                program += code("mv x10,x18;mv x11,x19" + (";mv x12,x21;mv x13,x21" if self.lockfree else ""))
                program.append(self.functions[part])
            else:
                program += code(part)
        return Hart(tuple(program), {
            "x18": layout.address("lock"), "x19": layout.address(f"node{number}"), "x20": layout.address("x"),
            "x21": SIZE if self.lockfree else layout.address("y"), "x22": 1, "x23": 2},
            drawn=self.drawn(layout.address(f"node{n}") for n in range(harts)))
