"""The troubles that stop people: locks that wait for themselves or for each other, and locks held across what takes long."""

from collections import defaultdict
from collections.abc import Sequence

from hartlock.base.text import words
from hartlock.observe.image import Image
from hartlock.observe.locks import Lock, names_of
from hartlock.observe.records import Array, Records


def orders(records: Records, locks: Sequence[Lock]) -> list[tuple[int, int, Array]]:
    """The (outer, inner, rows) of each pair of locks of which one was taken inside the other, by physical address."""
    known = names_of(locks)
    found = defaultdict(list)
    for i, pair in enumerate(records.pair):
        if int(pair["outer"]) in known and int(pair["inner"]) in known and pair["outer"] != pair["inner"]:
            found[int(pair["outer"]), int(pair["inner"])].append(i)
    return [(outer, inner, records.pair[rows]) for (outer, inner), rows in sorted(found.items())]


def troubles(records: Records, locks: Sequence[Lock], image: Image) -> list[str]:
    """A sentence for each trouble that was seen, the worst first."""
    names = names_of(locks)
    return [*_taken_twice(records, names, image), *_both_orders(records, locks, names, image),
            *_held_at_end(locks, image), *_held_across(locks)]


def _taken_twice(records: Records, names: dict[int, str], image: Image) -> list[str]:
    said = []
    for hart in records.hart:
        wanted = int(hart["wants"])
        if wanted not in names:
            continue
        held = records.section[(records.section["lock"] == wanted) & (records.section["is_held"] == 1)]
        own = held[held["hart"] == hart["hart"]]
        if len(own):
            said.append(f"{names[wanted]} was taken twice by hart {int(hart['hart'])}, which waits for itself: first in "
                        f"{image.name(int(own['site'][0]))}, again in {image.name(int(hart['wants_site']))}")
    return said


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
    return (f"{int(rows['times'].sum())} times the one from {image.name(int(first['outer_site']))} first and then the other in "
            f"{image.name(int(first['inner_site']))} (hart{'s' if len(harts) > 1 else ''} {', '.join(map(str, harts))})")


def _held_at_end(locks: Sequence[Lock], image: Image) -> list[str]:
    return [f"{lock.name} was held at the end by hart {int(row['hart'])}, which took it in {image.name(int(row['site']))}"
            for lock in locks for row in lock.sections[lock.sections["is_held"] == 1]]


_ACROSS = (("slept", "a WFI"), ("called", "a call of the firmware"), ("trapped", "a trap"))


def _held_across(locks: Sequence[Lock]) -> list[str]:
    said = []
    for lock in locks:
        times = [(what, int((lock.sections[field] > 0).sum())) for field, what in _ACROSS]
        if any(n for _, n in times):
            said.append(f"{lock.name} was held across {words([f'{what} ({n} times)' for what, n in times if n])} in "
                        f"{len(lock.sections)} sections")
    return said
