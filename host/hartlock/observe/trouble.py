"""The troubles that stop people: locks that wait for themselves or for each other, and locks held across what takes long."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from hartlock.base.text import words
from hartlock.observe.image import Image
from hartlock.observe.locks import Lock, names_of
from hartlock.observe.records import Array, Records


SHOWN = 10
HANDLER_OF_ANY, HANDLER_OF_INTERRUPT = 2, 4  # values of a section's `handler` (observe/records.def)


def orders(records: Records, locks: Sequence[Lock]) -> list[tuple[int, int, Array]]:
    """The (outer, inner, rows) of each pair of locks of which one was taken inside the other, by physical address."""
    known = names_of(locks)
    found = defaultdict(list)
    for i, pair in enumerate(records.pair):
        if int(pair["outer"]) in known and int(pair["inner"]) in known and pair["outer"] != pair["inner"]:
            found[int(pair["outer"]), int(pair["inner"])].append(i)
    return [(outer, inner, records.pair[rows]) for (outer, inner), rows in sorted(found.items())]


def troubles(records: Records, locks: Sequence[Lock], image: Image) -> list[str]:
    """A sentence for each trouble that was seen, the worst first. Of one kind, at most SHOWN."""
    names = names_of(locks)
    kinds = (_taken_twice(records, names, image), _interrupted(locks, image), _both_orders(records, locks, names, image),
             _held_at_end(locks, image), _held_across(locks, image))
    return [said for kind in kinds for said in _first(kind)]


def _first(kind: list[str]) -> list[str]:
    return kind if len(kind) <= SHOWN else [*kind[:SHOWN], f"... and {len(kind) - SHOWN} more like it"]


def _taken_twice(records: Records, names: dict[int, str], image: Image) -> list[str]:
    """Locks whose holder asked for them again, and waited for itself until the end."""
    return [f"{names[int(hart['wants'])]} was taken twice by hart {int(hart['hart'])}, which waits for itself: first in "
            f"{image.place(int(hart['had_site']))}, again in {image.place(int(hart['wants_site']))}"
            for hart in records.hart if hart["had_site"] and int(hart["wants"]) in names]


def _interrupted(locks: Sequence[Lock], image: Image) -> list[str]:
    """Locks that a handler takes, and that were held when a trap came: if it comes there, the hart waits for itself."""
    said = []
    for lock in locks:
        rows = lock.sections
        waits = rows[rows["tried"] == 0]
        cut, inside = rows[_were_interrupted(rows)], waits[np.isin(waits["handler"], (HANDLER_OF_ANY, HANDLER_OF_INTERRUPT))]
        if len(cut) and len(inside):
            said.append(f"{lock.name} was held when {'an interrupt' if cut['interrupts'].any() else 'a trap'} came, {len(cut)} times, "
                        f"taken in {image.place(int(cut['site'][0]))}; and the handler takes it, too, {len(inside)} times, in "
                        f"{image.place(int(inside['site'][0]))}: when it does so there, its hart waits for itself")
    return said


def _were_interrupted(rows: Array) -> Array:
    """The sections in which an interrupt came; where no register can be read, any trap. There a handler's own sections do not
    count: it may be a page fault's, which takes the lock each time, and into which an interrupt comes that does not."""
    return np.where(rows["interrupts"] > 0, rows["interrupted"] > 0, (rows["trapped"] > 0) & (rows["handler"] != HANDLER_OF_ANY))


def _both_orders(records: Records, locks: Sequence[Lock], names: dict[int, str], image: Image) -> list[str]:
    """Pairs of locks that different harts took in different orders, with nothing around that keeps them apart."""
    by_pair = {(outer, inner): rows for outer, inner, rows in orders(records, locks)}
    said = []
    for (a, b), one in by_pair.items():
        other = by_pair.get((b, a))
        if other is None or a > b or _guarded(one, other) or len(set(one["hart"]) | set(other["hart"])) < 2:
            continue
        said.append(f"{names[a]} and {names[b]} were taken in both orders: {_place(one, image)}; {_place(other, image)}")
    return said


def _guarded(one: Array, other: Array) -> bool:
    """True if a third lock was always held around both, and the same one."""
    around = {int(row["around"]) for row in [*one, *other]}
    return len(around) == 1 and not around & {int(one["outer"][0]), int(one["inner"][0])}


def _place(rows: Array, image: Image) -> str:
    first = rows[0]
    harts = sorted({int(hart) for hart in rows["hart"]})
    return (f"{int(rows['times'].sum())} times the one from {image.place(int(first['outer_site']))} first and then the other in "
            f"{image.place(int(first['inner_site']))} (hart{'s' if len(harts) > 1 else ''} {', '.join(map(str, harts))})")


def _held_at_end(locks: Sequence[Lock], image: Image) -> list[str]:
    return [f"{lock.name} was held at the end by hart {int(row['hart'])}, which took it in {image.place(int(row['site']))}"
            for lock in locks for row in lock.sections[lock.sections["is_held"] == 1]]


_ACROSS = (("slept", "a WFI"), ("called", "a call of the firmware"), ("trapped", "a trap"))


def _held_across(locks: Sequence[Lock], image: Image) -> list[str]:
    said = []
    for lock in locks:
        rows = lock.sections
        across = [(what, rows[rows[field] > 0]) for field, what in _ACROSS]
        told = [f"{what} in {len(those)} of its {len(rows)} sections, taken in {image.place(int(those['site'][0]))}"
                for what, those in across if len(those)]
        said += [f"{lock.name} was held across {words(told)}"] if told else []
    return said
