"""The tables of lock/README.md, and which strategy to choose when, made from lock/locks.def and lock/traits.toml."""

from collections.abc import Iterable, Sequence

from hartlock.base.paths import TOP
from hartlock.plan import needs, strategies, traits
from hartlock.plan.traits import Traits

HEAD = ("name", "header", "fairness", "waiters spin on", "bytes a lock", "bytes a waiter", "harts", "instructions it needs",
        "who ships its like")


def _noted(words: str, note: str) -> str:
    return f"{words} ({note})" if note else words


def _lock_bytes(t: Traits) -> str:
    per_hart = f"{t.lock_bytes_per_hart}·n" if t.lock_bytes_per_hart else ""
    fixed = str(t.lock_bytes) if t.lock_bytes or not per_hart else ""
    return _noted(" + ".join(part for part in (fixed, per_hart) if part), t.lock_note)


def _amount(size: int) -> str:
    return f"{size // 1024} KiB" if size and size % 1024 == 0 else str(size)


def _waiter_bytes(t: Traits) -> str:
    """Returns what a waiter costs: its node, what a hart has for all its locks, and what is there once."""
    of_hart = f"{t.hart_bytes} a hart, for all its locks" if t.hart_bytes else ""
    of_node = str(t.waiter_bytes) if t.waiter_bytes or not of_hart else ""
    once = [f"{_amount(t.once_bytes)} once"] if t.once_bytes else []
    once += [f"{t.once_bytes_per_hart} a hart once"] if t.once_bytes_per_hart else []
    notes = [t.waiter_note] if t.waiter_note else []
    return _noted(" + ".join(part for part in (of_node, of_hart) if part), "; ".join([*notes, *(f"and {o}" for o in once)]))


def _instructions(t: Traits) -> str:
    corner = f"{', '.join(t.corner_instructions)} {t.corner_note}".strip() if t.corner_instructions else ""
    return _noted(", ".join(t.instructions) or "–", corner)


def _extension(needs: str) -> str:
    return f" ({needs.capitalize()}): run only where every hart has it" if needs else ""


def when_list() -> str:
    """Returns when to choose which strategy without a lock, in Markdown."""
    return "\n".join(f"- `{name}`: {t.when}." for name, t in traits.known().items() if t.when)


def strategies_table() -> str:
    """Returns the table in Markdown, one row a strategy, in the order of locks.def."""
    rows: list[Sequence[str]] = [HEAD, ["---"] * len(HEAD)]
    for name, strategy in strategies.known().items():
        t = traits.known()[name]
        rows.append([name, f"`{strategy.header.relative_to(TOP)}`", t.fairness, t.waiters, _lock_bytes(t), _waiter_bytes(t), t.harts,
                     _instructions(t) + _extension(strategy.needs), t.shipped_by])
    return _table(rows)


def _table(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def needs_table() -> str:
    """Returns the table of what each strategy's interface has, in Markdown, with the reasons for what it has not."""
    shipped = {name: t for name, t in traits.known().items() if not t.yardstick}
    head = ("name", *needs.INTERFACE)
    rows = [[name, *("yes" if need in t.has else "no" for need in needs.INTERFACE)] for name, t in shipped.items()]
    meanings = "\n".join(f"- `{name}`: {meaning}." for name, meaning in needs.INTERFACE.items())
    reasons = "\n".join(f"- `{name}` has no {need}: {why}." for name, t in shipped.items() for need, why in t.lacks.items())
    return f"{meanings}\n\n{_table([head, ['---'] * len(head), *rows])}\n\nWhat a lock has not, and why:\n\n{reasons}"
