"""Random programs of RV64IMAC, each from its seed: the harness (harness.S), and blocks of random instructions.

A block begins with operands in all registers but one, which holds the address of `scratch` and is another one in each
block. It is a list of units: an instruction, or a few that belong together, like an address and the load from it."""

import random
from collections.abc import Callable
from pathlib import Path

HARNESS = Path(__file__).with_name("harness.S")
BLOCKS, UNITS = 16, 250
SCRATCH = 256  # bytes

REGISTER = ("add sub sll slt sltu xor srl sra or and addw subw sllw srlw sraw mul mulh mulhsu mulhu mulw "
            "div divu rem remu divw divuw remw remuw").split()
IMMEDIATE = "addi slti sltiu xori ori andi addiw".split()
SHIFT = {"slli": 63, "srli": 63, "srai": 63, "slliw": 31, "srliw": 31, "sraiw": 31}
LOAD = {"lb": 1, "lbu": 1, "lh": 2, "lhu": 2, "lw": 4, "lwu": 4, "ld": 8}
STORE = {"sb": 1, "sh": 2, "sw": 4, "sd": 8}
BRANCH = "beq bne blt bge bltu bgeu".split()
AMO = "amoadd amoswap amoxor amoand amoor amomin amomax amominu amomaxu".split()
ORDER = ("", ".aq", ".rl", ".aqrl")
# A block can have all of these. LR, SC and AMOs are here without their order.
MNEMONICS = (*REGISTER, *IMMEDIATE, *SHIFT, *LOAD, *STORE, *BRANCH, "lui", "auipc", "jal", "jalr", "fence", "fence.i",
             *(f"{name}.{width}" for name in (*AMO, "lr", "sc") for width in "wd"))
COMPRESSED = ("add addi addi16sp addi4spn addiw addw and andi beqz bnez j jalr jr ld ldsp li lui lw lwsp mv or sd sdsp slli "
              "srai srli sub subw sw swsp xor").split()

Unit = list[str]  # lines of assembly


class Block:
    """The units of one block. `base` is the number of the register that has scratch's address."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.base = draw.randrange(1, 32)
        self.compressed = False
        self.labels = 0
        self.units = [self.unit() for _ in range(UNITS)]

    def text(self, label: str, cut: int | None = None) -> Unit:
        """The block's assembly, or that of its first `cut` units."""
        base, others = self.base, [n for n in range(1, 32) if n != self.base]
        units = [line.replace("@", label) for unit in self.units[:cut] for line in unit]
        return [".option norvc", f"{label}: lla x{base}, scratch", *(f"ld x{n}, {8 * n}(x{base})" for n in others),
                *units, ".option norvc", *(f"sd x{n}, {SCRATCH + 8 * n}(x{base})" for n in others), "j after"]

    def unit(self) -> Unit:
        """A random unit, of which the assembler may compress what can be."""
        self.compressed = self.draw.random() < 0.5
        kinds: list[tuple[int, Callable[[], Unit]]] = [
            (50, lambda: [self.simple()]), (22, self.load), (12, self.store), (10, self.branch), (4, self.loop), (5, self.call),
            (12, self.amo), (4, self.reserve), (3, self.fence), (3, self.stack)]
        kind = self.draw.choices([k for _, k in kinds], [weight for weight, _ in kinds])[0]
        return [".option rvc" if self.compressed else ".option norvc", *kind()]

    def source(self) -> int:
        """A register to read. The eight that most compressed instructions can name come often."""
        return self.draw.randrange(8, 16) if self.compressed and self.draw.random() < 0.6 else self.draw.randrange(32)

    def target(self, *but: int) -> int:
        """A register to write: not the base, and none of `but`."""
        while (n := self.source()) in (self.base, *but):
            pass
        return n

    def immediate(self) -> int:
        edge = self.draw.choice([-2048, -2047, -1, 0, 1, 2046, 2047])
        return self.draw.choice([edge, self.draw.randrange(-32, 32), self.draw.randrange(-2048, 2048)])

    def simple(self, *keep: int) -> str:
        """An instruction that only computes, and does not write the registers `keep`."""
        rd, a, b = self.target(*keep), self.source(), self.source()
        if self.compressed and self.draw.random() < 0.7:
            a = self.draw.choice([rd, rd, 0])
        name = self.draw.choice([*REGISTER, *IMMEDIATE, *SHIFT, "lui", "auipc"])
        if name in REGISTER:
            return f"{name} x{rd}, x{a}, x{b}"
        if name in SHIFT:
            return f"{name} x{rd}, x{a}, {self.draw.randint(0, SHIFT[name])}"
        if name in IMMEDIATE:
            if name == "slti" and rd == a == 0:  # a marker of kernel/mailbox.h
                a = 1
            return f"{name} x{rd}, x{a}, {self.immediate()}"
        upper = self.draw.choice([self.draw.randrange(1, 32), 0xfffe0 + self.draw.randrange(32), self.draw.randrange(1 << 20)])
        return f"{name} x{rd}, {upper}"

    def address(self, width: int, aligned: bool, most: int) -> tuple[Unit, int, int]:
        """Code that makes an address in scratch, its register, and the offset that is to be added."""
        at = self.draw.randrange(0, SCRATCH - width + 1)
        at -= at % width if aligned else 0
        offset = width * self.draw.randrange(16) if self.compressed else self.immediate()
        offset = max(at - 2047, min(at + 2048, offset)) if most else 0
        if most and self.draw.random() < 0.1:
            return [], self.base, at
        register = 2 if self.compressed and self.base != 2 and self.draw.random() < 0.3 else self.target(0)
        return [f"addi x{register}, x{self.base}, {at - offset}"], register, offset

    def load(self) -> Unit:
        name = self.draw.choice([*LOAD, "ld", "ld", "ld"])
        code, register, offset = self.address(LOAD[name], self.draw.random() < 0.6, 2047)
        return [*code, f"{name} x{self.target()}, {offset}(x{register})"]

    def store(self) -> Unit:
        name = self.draw.choice(list(STORE))
        code, register, offset = self.address(STORE[name], self.draw.random() < 0.6, 2047)
        return [*code, f"{name} x{self.source()}, {offset}(x{register})"]

    def label(self) -> str:
        self.labels += 1
        return f"@_{self.labels}"

    def condition(self) -> str:
        a = self.source()
        b = self.draw.choice([self.source(), self.source(), 0, a])
        return f"{self.draw.choice(BRANCH)} x{a}, x{b}"

    def some(self, *keep: int) -> Unit:
        return [self.simple(*keep) for _ in range(self.draw.randint(1, 3))]

    def branch(self) -> Unit:
        """A branch forward over some instructions, or one back to them, which lie behind a jump."""
        there, end, back = self.label(), self.label(), self.label()
        if self.draw.random() < 0.5:
            return [f"{self.condition()}, {end}", *self.some(), f"{end}:"]
        return [f"j {back}", f"{there}:", *self.some(), f"j {end}", f"{back}: {self.condition()}, {there}", f"{end}:"]

    def loop(self) -> Unit:
        counter, again = self.target(0), self.label()
        return [f"addi x{counter}, x0, {self.draw.randint(1, 4)}", f"{again}:", *self.some(counter),
                f"addi x{counter}, x{counter}, -1", f"bne x{counter}, x0, {again}"]

    def call(self) -> Unit:
        """A jump over some instructions: jal, or jalr with an offset and a lowest bit that does not count."""
        end, link, register = self.label(), self.draw.choice([0, 1, self.target()]), self.target(0)
        link = 0 if link == self.base else link
        if self.draw.random() < 0.4:
            return [f"jal x{link}, {end}", *self.some(), f"{end}:"]
        if self.compressed:  # the assembler compresses these two forms
            return [f"lla x{register}, {end}", f"{'jalr' if link and self.base != 1 else 'jr'} x{register}", *self.some(), f"{end}:"]
        offset, odd = self.immediate(), self.draw.randrange(2)
        return [f"lla x{register}, {end} + {odd - offset}", f"jalr x{link}, {offset}(x{register})", *self.some(), f"{end}:"]

    def amo(self) -> Unit:
        width = self.draw.choice("wd")
        code, register, _ = self.address(4 if width == "w" else 8, True, 0)
        return [*code, f"{self.draw.choice(AMO)}.{width}{self.draw.choice(ORDER)} x{self.target()}, x{self.source()}, (x{register})"]

    def reserve(self) -> Unit:
        """LR and SC of one address, with some instructions between them; or an SC alone, which must fail."""
        width, order = self.draw.choice("wd"), ORDER
        code, register, _ = self.address(4 if width == "w" else 8, True, 0)
        sc = f"sc.{width}{self.draw.choice(order)} x{self.target()}, x{self.source()}, (x{register})"
        if self.draw.random() < 0.3:
            return [*code, sc]
        return [*code, f"lr.{width}{self.draw.choice(order)} x{self.target(register)}, (x{register})", *self.some(register), sc]

    def fence(self) -> Unit:
        before, behind = (self.draw.choice(["r", "w", "rw", "iorw", "o", "i"]) for _ in range(2))
        return [self.draw.choice([f"fence {before}, {behind}"] * 4 + ["pause", "nop", "fence.tso", "fence.i"])]

    def stack(self) -> Unit:
        """Additions to sp: two compressed forms are for them alone."""
        if self.base == 2:
            return ["nop"]
        return [f"addi x2, x2, {16 * self.draw.randrange(-31, 32)}", f"addi x{self.target()}, x2, {4 * self.draw.randrange(1, 256)}"]


def edges(draw: random.Random) -> list[int]:
    """64 operands at which an instruction may go wrong."""
    fixed = [0, 1, 2, -1, -2, 1 << 63, (1 << 63) - 1, 1 << 31, (1 << 31) - 1, -(1 << 31), (1 << 32) - 1, 1 << 32, 63, 64, 31, 32]
    near = [(1 << draw.randrange(64)) + draw.choice([-1, 0, 1]) for _ in range(32)]
    numbers = fixed + near + [-n for n in near[:16]]
    return [n % (1 << 64) for n in numbers]


class Program:
    """A random program."""

    def __init__(self, seed: int) -> None:
        draw = random.Random(seed)
        self.seed = seed
        self.start = draw.randrange(1, 1 << 64)
        self.edges = edges(draw)
        self.blocks = [Block(draw) for _ in range(BLOCKS)]

    def block(self, round_: int) -> Block:
        """The block that runs in a round."""
        return self.blocks[round_ % BLOCKS]

    def text(self, rounds: int, every: int, cut: int | None = None) -> str:
        """The assembly: `rounds` rounds, a hash every `every`, and of the last round's block only the first `cut` units."""
        lines = [f".equ {name}, {value}" for name, value in
                 (("ROUNDS", rounds), ("EVERY", every), ("SEED", self.start), ("BLOCKS", BLOCKS))]
        lines += [HARNESS.read_text(), ".text"]
        for number, block in enumerate(self.blocks):
            lines += block.text(f"block{number}")
        lines += self.block(rounds - 1).text("final", cut)
        lines += [".data", ".balign 8", "blocks: .dword " + ", ".join(f"block{n}" for n in range(BLOCKS)), "last: .dword final",
                  "edges: .dword " + ", ".join(map(hex, self.edges))]
        return "\n".join(lines) + "\n"
