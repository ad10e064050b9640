"""The workers of a linked image: the loops that are timed, at the addresses where they run."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from hartlock.base.elf import Elf, ElfError, Symbol
from hartlock.base.linked import Linked

from verify import code
from verify.code import Function, Insn
from verify.errors import ProofError


class Image:
    """An image, disassembled once. `cross`: the prefix of the tools."""

    def __init__(self, path: Path, cross: str):
        self.path, self._cross = path, cross
        try:
            self.linked = Linked(Elf(path))
        except ElfError as e:
            raise ProofError(f"{e}: make prove builds it") from None

    @cached_property
    def _insns(self) -> dict[int, Insn]:
        return {insn.address: insn for insn in code.whole(self.path, self._cross)}

    def function(self, symbol: Symbol) -> Function:
        """Returns a function's instructions. Raises ProofError if they are not all of its bytes."""
        return Function(symbol.name, tuple(self._of(symbol)))

    def _of(self, symbol: Symbol) -> Iterator[Insn]:
        at, end = symbol.address, symbol.address + symbol.size
        while at < end:
            if at not in self._insns:
                raise ProofError(f"the disassembly of {symbol.name} is truncated at {at:#x}")
            yield self._insns[at]
            at += self._insns[at].size

    def worker(self, strategy: str, variant: str) -> dict[str, Symbol]:
        """Returns the functions of a strategy's worker in that variant, and its data, by name; {} if it has none."""
        reached = self.linked.reached(f"{variant}_{strategy}")
        return {symbol.name: symbol for symbol in reached}
