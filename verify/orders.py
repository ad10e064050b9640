"""Weakens each memory order of a lock in every way, to ask how much of it is necessary.

An order is a fence, or the bits (aq, rl) of an AMO, LR or SC. Orders that come from one line of the lock's header go
together, because the compiler may have copied the line. What is weaker allows more: so where a weaker order breaks the
lock, each that is weaker still does, too; and where a weaker order is enough, so is each between it and the header's. A weaker
order that is enough stands in verify/kept.txt, which says why the lock has more.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from verify.code import Function, Insn
from verify.errors import ProofError
from verify.prove import Result
from verify.strategy import Subject

FILE = Path(__file__).parent / "kept.txt"
TRYLOCK = "trylock"  # the function of kept.txt's entries that verify/tries.py reads
NONE = "none"  # the order that is not there
ANY = "*"  # an entry of kept.txt that is of every strategy, function or label
_LABEL = re.compile(r"(acquire|release|relaxed|depend)[^.]*?\((\w)\)")
_SETS = ("rw", "r", "w")

Strength = frozenset[str]  # the pairs that a fence orders (rw: a load before a store), or aq and rl
Key = tuple[str, str, str, str, str]  # strategy, function, order, the weaker order that is enough, label


@dataclass(frozen=True)
class Weaker:
    """A strategy of which one order is weaker than in its header."""

    subject: Subject
    function: str
    line: int  # the header's line
    label: str  # the label of its comment
    order: str  # the order as it is compiled
    less: str  # the weaker order, or NONE
    keeps: Strength  # the pairs or bits that the weaker order keeps

    @property
    def where(self) -> str:
        return f"{self.subject.name.split('.')[0]}.h:{self.line}"

    @property
    def key(self) -> Key:
        return self.subject.name.split(".")[0], self.function, self.order, self.less, self.label

    @property
    def name(self) -> str:
        """The weaker lock's name in file names."""
        return re.sub(r"[^a-z0-9._-]+", "-", f"{self.subject.name}-{self.function}-{self.line}-{self.order}-{self.less}")


Site = tuple[Weaker, ...]  # every way to weaken one order, the strongest first


@dataclass(frozen=True)
class Judged:
    """The verdict on a lock with a weaker order."""

    weaker: Weaker
    verdict: str
    by: str  # the test that is violated, or why the verdict is not known
    asked: bool = True  # False: it follows from that of another weaker order


def strength(insn: Insn) -> Strength:
    """Returns what an instruction orders; nothing for one that orders nothing."""
    if insn.mnemonic == "fence.tso":
        return frozenset(("rr", "rw", "ww"))
    if insn.mnemonic == "fence":
        return frozenset(a + b for a in insn.operands[0] for b in insn.operands[1])
    bits = insn.mnemonic.rpartition(".")[2]
    return frozenset(bit for bit in ("aq", "rl") if bits in (bit, "aqrl"))


def _others(insn: Insn) -> Iterator[tuple[str, Insn]]:
    """Every instruction that does the same and may order something else, by its text."""
    if insn.mnemonic.startswith("fence"):
        fences = [("fence.tso", ()), *(("fence", (a, b)) for a in _SETS for b in _SETS)]
        for mnemonic, operands in fences:
            other = replace(insn, mnemonic=mnemonic, operands=operands)
            yield str(other), other
        yield NONE, replace(insn, mnemonic="nop", operands=())
    else:
        base = insn.mnemonic.rpartition(".")[0]
        for bits in (".aq", ".rl", ""):
            yield base + bits, replace(insn, mnemonic=base + bits)


def text_of(insn: Insn) -> str:
    """Returns the order of an instruction as the tables name it."""
    return str(insn) if insn.mnemonic.startswith("fence") else insn.mnemonic


def ways(path: Path, function: str, addresses: Sequence[int], header: str, cross: str) -> dict[int, tuple[int, ...]]:
    """Returns the header's lines that each instruction comes from: its own, then those of the calls that were inlined. An instruction
    that comes from no line of the header has none."""
    if not addresses:
        return {}
    done = subprocess.run([f"{cross}addr2line", "-a", "-i", "-e", str(path), "-j", f".text.subject_{function}", *map(hex, addresses)],
                          capture_output=True, text=True, timeout=60, check=False)
    said = re.split(r"^0x([0-9a-f]+)$", done.stdout, flags=re.MULTILINE)[1:]
    if len(said) != 2 * len(addresses):
        raise ProofError(f"{path}: {cross}addr2line does not tell the lines of {function}")
    return {int(at, 16): tuple(int(m[1]) for m in re.finditer(rf"/{re.escape(header)}:(\d+)", where))
            for at, where in zip(said[::2], said[1::2], strict=True)}


def lines(path: Path, function: str, addresses: Sequence[int], header: str, cross: str) -> dict[int, int]:
    """Returns the header's line that each instruction comes from. Those that come from no line of it are left out."""
    return {at: way[0] for at, way in ways(path, function, addresses, header, cross).items() if way}


def _label(text: str, line: int) -> str:
    """The label in the comment above a line."""
    above = " ".join(text.splitlines()[max(0, line - 8):line - 1])
    comment = above.rsplit("/*", 1)[-1] if "/*" in above else ""
    return ", ".join(dict.fromkeys(f"{m[1]} ({m[2]})" for m in _LABEL.finditer(comment))) or "-"


def _changed(function: Function, at: Sequence[int], less: str) -> tuple[Function, Strength]:
    """The function with the weaker order at these addresses, and what that orders."""
    by_address = {i.address: dict(_others(i))[less] for i in function.insns if i.address in at}
    insns = tuple(by_address.get(i.address, i) for i in function.insns)
    return replace(function, insns=insns), strength(by_address[at[0]])


def sites(subject: Subject, path: Path, header: Path, cross: str) -> Iterator[Site]:
    """Every order of a strategy's functions, in every way that is weaker."""
    text = header.read_text()
    for function in subject.proved:
        name = function.name.removeprefix("subject_")
        ordering = {i.address: i for i in function.insns if strength(i)}
        at = lines(path, name, sorted(ordering), header.name, cross)
        if set(at) != set(ordering):
            raise ProofError(f"{path}: an order of {name} comes from no line of {header.name}")
        groups: dict[tuple[int, str], list[int]] = {}
        for address, line in at.items():
            groups.setdefault((line, text_of(ordering[address])), []).append(address)
        for (line, order), addresses in sorted(groups.items()):
            yield tuple(_weaker(subject, function, line, _label(text, line), order, addresses, ordering[addresses[0]]))


def _weaker(subject: Subject, function: Function, line: int, label: str, order: str, addresses: Sequence[int], insn: Insn) -> list[Weaker]:
    found, name = list[Weaker](), function.name.removeprefix("subject_")
    for less, _ in _others(insn):
        weak, keeps = _changed(function, addresses, less)
        if keeps < strength(insn):
            found.append(Weaker(replace(subject, functions={**subject.functions, name: weak}), name, line, label, order, less, keeps))
    return sorted(found, key=lambda w: -len(w.keeps))


def judged(site: Site, ask: Callable[[Weaker], Result]) -> list[Judged]:
    """The verdict on every weaker order of a site. `ask`: the result of the first test that it fails, else of the last one. The
    weakest is asked first, which most often is broken soon, and then the strongest; what follows from others is not asked."""
    found: list[Judged] = []
    for weaker in (site[-1], *site[:-1]):
        follows = _follows(weaker, found)
        if follows is None:
            result = ask(weaker)
            follows = Judged(weaker, result.verdict, result.test if result.verdict == "VIOLATED" else result.note)
        found.append(follows)
    return sorted(found, key=lambda j: site.index(j.weaker))


def _follows(weaker: Weaker, known: Sequence[Judged]) -> Judged | None:
    for other in known:
        violated = other.verdict == "VIOLATED" and weaker.keeps <= other.weaker.keeps
        if violated or (other.verdict == "HOLDS" and weaker.keeps >= other.weaker.keeps):
            return Judged(weaker, other.verdict, other.by, asked=False)
    return None


def enough(found: Sequence[Judged]) -> list[Weaker]:
    """The weakest orders of a site with which every test holds; none where all that the order does is necessary."""
    hold = [j.weaker for j in found if j.verdict == "HOLDS"]
    return [w for w in hold if not any(other.keeps < w.keeps for other in hold)]


def kept() -> dict[Key, str]:
    """verify/kept.txt: (strategy, function, order, weaker order that is enough, label) and the reason."""
    found: dict[Key, str] = {}
    for n, line in enumerate(FILE.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = re.split(r"\s{2,}", line.strip())
        if len(words) != 6:
            raise ProofError(f"{FILE.name}:{n}: not 'strategy  function  order  weaker order  label  reason', two spaces between")
        found[words[0], words[1], words[2], words[3], words[4]] = words[5]
    return found


def entry(key: Key, table: dict[Key, str]) -> Key | None:
    """The entry of kept.txt that speaks of an order; the one that names most goes before."""
    fits = [e for e in table if all(mine in (ANY, its) for mine, its in zip(e, key, strict=True))]
    return min(fits, key=lambda e: e.count(ANY)) if fits else None
