"""Values of a walk through code: terms that are computed from parameters and loads."""

import hashlib

from verify.ops import ALU, MASK, signed

# A value: a number, a parameter or register of unknown value ("?", name), what an instruction
# loaded ("load", index), base + number ("+", base, number), or an operation on two.
Term = int | tuple["Term | str", ...]

SAMPLES = 64  # numbers on which two ways to compute a value have to agree


def plus(base: Term, number: int) -> Term:
    if isinstance(base, int):
        return (base + number) & MASK
    if base[0] == "+":
        return plus(base[1], base[2] + number)  # type: ignore[arg-type,operator]
    return ("+", base, number) if number else base


def compute(name: str, a: Term, b: Term) -> Term:
    if isinstance(a, int) and isinstance(b, int):
        return ALU[name](a, b) & MASK
    if name == "add" and isinstance(b, int):
        return plus(a, b - (1 << 64) if b >> 63 else b)
    if name == "add" and isinstance(a, int):
        return compute(name, b, a)
    if name == "add" and isinstance(a, tuple) and a[0] == "+":
        return plus(compute(name, a[1], b), a[2])  # type: ignore[arg-type]
    if name == "add" and isinstance(b, tuple) and b[0] == "+":
        return plus(compute(name, a, b[1]), b[2])  # type: ignore[arg-type]
    return (name, a, b)


def _leaf(term: Term | str, sample: int) -> int:
    """A number for an unknown value, always the same one; for a load, one that the load can give."""
    drawn = int.from_bytes(hashlib.blake2b(f"{sample} {term}".encode(), digest_size=8).digest(), "big")
    kind = term[2] if isinstance(term, tuple) and term[0] == "load" else "d"
    return {"w": signed(drawn, 32) & MASK, "wu": drawn & 0xFFFFFFFF}.get(str(kind), drawn)


def _number(term: Term | str, sample: int, bound: dict[str, Term]) -> int:
    """The number that a value is, with numbers for its unknowns. `bound`: the parameters' values."""
    if isinstance(term, int):
        return term & MASK
    if isinstance(term, tuple) and term[0] == "?" and str(term[1]) in bound:
        return _number(bound[str(term[1])], sample, {})
    if not isinstance(term, tuple) or term[0] not in ("+", *ALU):
        return _leaf(term, sample)
    a, b = (_number(t, sample, bound) for t in term[1:])
    return ALU["add" if term[0] == "+" else str(term[0])](a, b) & MASK


def _unbound(term: Term | str, bound: dict[str, Term]) -> bool:
    if not isinstance(term, tuple):
        return False
    return term[1] not in bound if term[0] == "?" else term[0] != "load" and any(_unbound(t, bound) for t in term[1:])


def of_load(term: Term | str) -> bool:
    """Does the value come from a load of the lock?"""
    return isinstance(term, tuple) and (term[0] == "load" or any(of_load(t) for t in term[1:]))


def agree(a: Term | str, b: Term | str, bound: dict[str, Term]) -> bool:
    """Are both the same number, whatever the loads and the worker's parameters are?"""
    return not _unbound(a, bound) and all(_number(a, n, bound) == _number(b, n, {}) for n in range(SAMPLES))
