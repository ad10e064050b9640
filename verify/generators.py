"""Finds the words of a node from which a lock draws random numbers.

Such a word is read, mixed by shifts or a multiplication, and written back. What it holds in a test says nothing of what it
will hold, so schedules.py follows the branches that depend on it both ways.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from verify.code import Function
from verify.ops import Op, decode

MIXES = ("sll", "srl", "sllw", "srlw", "sra", "sraw", "mul", "mulw")
NODE = "x11"  # the argument that has the node's address


@dataclass(frozen=True)
class _Value:
    """A register, as far as it is known: an offset into the node, and the words of the node that it was computed from."""

    offset: int | None = None
    words: frozenset[int] = frozenset()
    mixed: bool = False


def _computed(op: Op, known: dict[str, _Value]) -> _Value:
    given = [known.get(s, _Value()) if isinstance(s, str) else _Value() for s in op.sources]
    words = frozenset[int]().union(*(v.words for v in given))
    offset = given[0].offset
    if op.name != "add" or offset is None or not isinstance(op.sources[1], int):
        return _Value(None, words, op.name in MIXES or any(v.mixed for v in given))
    return _Value(offset + op.sources[1], words, False)


def _stored(function: Function) -> Iterator[int]:
    known = {NODE: _Value(0)}
    for op in (decode(i, function.name) for i in function.insns):
        base = known.get(op.base, _Value()).offset
        if op.kind == "alu":
            known[op.rd] = _computed(op, known)
        elif op.kind == "load":
            known[op.rd] = _Value() if base is None else _Value(None, frozenset((base + op.offset,)))
        elif op.kind == "store" and base is not None:
            value = known.get(str(op.sources[0]), _Value())
            if value.mixed and base + op.offset in value.words:
                yield base + op.offset
        elif op.rd != "x0":
            known.pop(op.rd, None)


def random_words(function: Function) -> frozenset[int]:
    """The offsets, in bytes, of a node's words that are generators of random numbers."""
    return frozenset(_stored(function))
