"""Takes out each memory order of a lock, to ask whether it is necessary.

An order is a bit of an AMO, LR or SC (aq, rl) or a fence. Orders that come from one line of
the lock's header go together, because the compiler may have copied the line. One of the
tests must find the weaker lock VIOLATED; if none does, verify/kept.txt says why the order
is there.
"""

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from verify.code import Function, Insn
from verify.errors import ProofError
from verify.strategy import Subject

FILE = Path(__file__).parent / "kept.txt"
TRYLOCK = "trylock"  # the function of kept.txt's entries that verify/tries.py reads
_LABEL = re.compile(r"(acquire|release|relaxed|depend)[^.]*?\((\w)\)")


@dataclass(frozen=True)
class Weaker:
    """A strategy with one order taken out."""

    subject: Subject
    function: str
    line: int  # the header's line
    label: str  # the label of its comment
    order: str  # the order that was taken out

    @property
    def where(self) -> str:
        return f"{self.subject.name}.h:{self.line}"

    @property
    def name(self) -> str:
        """The weaker lock's name in file names."""
        return re.sub(r"[^a-z0-9._-]+", "-", f"{self.subject.name}-{self.function}-{self.line}-{self.order}")


def _orders(insn: Insn) -> Iterator[tuple[str, Insn]]:
    """Each order of an instruction, by name, with the instruction without it."""
    if insn.mnemonic in ("fence", "fence.tso"):
        yield str(insn), replace(insn, mnemonic="nop", operands=())
    base, _, bits = insn.mnemonic.rpartition(".")
    for bit in ("aq", "rl"):
        if base and bits in (bit, "aqrl"):
            kept = bits.replace(bit, "")
            yield f"{base}.{bit}", replace(insn, mnemonic=f"{base}.{kept}" if kept else base)


def lines(path: Path, function: str, addresses: list[int], header: str, cross: str) -> dict[int, int]:
    """The header's line that each instruction comes from."""
    found: dict[int, int] = {}
    for address in addresses:
        done = subprocess.run([f"{cross}addr2line", "-i", "-e", str(path), "-j", f".text.subject_{function}", hex(address)],
                              capture_output=True, text=True, timeout=60, check=False)
        named = [m[1] for m in re.finditer(rf"/{re.escape(header)}:(\d+)", done.stdout)]
        if not named:
            raise ProofError(f"{path}: no line of {header} for {function}+{address:#x}")
        found[address] = int(named[0])
    return found


def _label(text: str, line: int) -> str:
    """The label in the comment above a line."""
    above = " ".join(text.splitlines()[max(0, line - 8):line - 1])
    comment = above.rsplit("/*", 1)[-1] if "/*" in above else ""
    return ", ".join(dict.fromkeys(f"{m[1]} ({m[2]})" for m in _LABEL.finditer(comment))) or "-"


def _without(function: Function, change: Callable[[Insn], Insn]) -> Function:
    return replace(function, insns=tuple(map(change, function.insns)))


def weaker(subject: Subject, path: Path, header: Path, cross: str) -> Iterator[Weaker]:
    """The strategy without each of its orders."""
    text = header.read_text()
    for function in subject.proved:
        name = function.name.removeprefix("subject_")
        sites = [(i, what, less) for i in function.insns for what, less in _orders(i)]
        at = lines(path, name, sorted({i.address for i, _, _ in sites}), header.name, cross)
        groups: dict[tuple[int, str], dict[int, Insn]] = {}
        for insn, what, less in sites:
            groups.setdefault((at[insn.address], what), {})[insn.address] = less
        for (line, what), changed in sorted(groups.items()):
            less_ordered = _without(function, lambda i, c=changed: c.get(i.address, i))  # type: ignore[misc]
            yield Weaker(replace(subject, functions={**subject.functions, name: less_ordered}), name, line,
                         _label(text, line), what)


def kept() -> dict[tuple[str, str, str, str], str]:
    """verify/kept.txt: (strategy, function, order, label) and the reason."""
    found: dict[tuple[str, str, str, str], str] = {}
    for n, line in enumerate(FILE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = re.split(r"\s{2,}", line.strip())
        if len(words) != 5:
            raise ProofError(f"{FILE.name}:{n}: not 'strategy  function  order  label  reason', two spaces between")
        found[words[0], words[1], words[2], words[3]] = words[4]
    return found
