"""The table of `make prove` that says how much of each memory order is necessary, and verify/orders.json, which keeps it."""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verify import cache, claims, frames, freeing, herd, orders, subjects
from verify.orders import NONE, TRYLOCK, Judged, Site, Weaker
from verify.prove import Result, prove
from verify.show import draw
from verify.scenario import Test
from verify.strategy import Subject
from verify.suite import suite

FILE = Path(__file__).parent / "orders.json"
# Tests that show soonest what a weaker order breaks; they are asked in this order.
FIRST = ("handover", "head2", "lead2", "lead2ends", "count2", "section", "ends2", "far3", "far3ends", "again", "link2",
         "queue2ends", "mistake2", "queue3", "near3", "near3ends", "publish", "gives2", "pass2", "turns2", "trades2")
# The forms that have code of their own: a waiter's look is an LR, and three ways to let go.
FORMS = ("", ".wrs-store", ".pause-fence-store", ".pause-store-fence", ".pause-amoswap")
HEAD = f"\n{'order':<20} {'at':<22} {'label':<26} {'verdict':<10} weaker"


@dataclass(frozen=True)
class Row:
    """One order of a form, and what became of each weaker one."""

    site: Weaker  # the strongest of the weaker ones: all say the same of where it is
    found: Sequence[Judged]

    @property
    def enough(self) -> list[Weaker]:
        return orders.enough(self.found)

    @property
    def unknown(self) -> list[Weaker]:
        return [j.weaker for j in self.found if j.verdict not in ("HOLDS", "VIOLATED")]

    @property
    def verdict(self) -> str:
        return "STRONGER" if self.enough else "UNKNOWN" if self.unknown else "NECESSARY"

    @property
    def broken(self) -> dict[str, str]:
        """The strongest of the weaker orders that break the lock, and the test that is violated."""
        bad = [j for j in self.found if j.verdict == "VIOLATED"]
        return {j.weaker.less: j.by for j in bad if not any(j.weaker.keeps < other.weaker.keeps for other in bad)}


def header_of(subject: Subject) -> Path:
    in_alloc = subject.lockfree or isinstance(subject, frames.Freed)
    return herd.TOP / ("alloc" if in_alloc else "lock") / f"{subject.name.split('.')[0]}.h"


def loaded(name: str) -> tuple[Subject, Path]:
    """The functions of a strategy, a form, or an allocator that takes frames back, and the object that they are in."""
    folder, load = (freeing.FOLDER, frames.load) if name in frames.names(None) else (subjects.FOLDER, subjects.load)
    return load(name), folder / f"{name}.o"


def tests_of(subject: Subject) -> Iterator[Test]:
    return frames.suite(subject) if isinstance(subject, frames.Freed) else suite(subject)


def sites(names: Sequence[str]) -> Iterator[Site]:
    """The orders of the strategies, and those that a line of the header is compiled to in another form alone."""
    for name in names:
        known = set[tuple[str, int, str]]()
        for form in (f for f in FORMS if not f or (subjects.FOLDER / f"{name}{f}.o").is_file()):
            subject, path = loaded(name + form)
            every = list(orders.sites(subject, path, header_of(subject), subjects.cross()))
            of_line = {at: " ".join(s[0].order for s in every if (s[0].function, s[0].line) == at) for at in ((s[0].function, s[0].line) for s in every)}
            yield from (s for s in every if (s[0].function, s[0].line, of_line[s[0].function, s[0].line]) not in known)
            known |= {(*at, text) for at, text in of_line.items()}


def first_violated(weaker: Weaker) -> Result:
    """The result of the first test that the weaker lock fails, else of the last test."""
    result, by_name = Result("-"), {test.name: test for test in tests_of(weaker.subject)}
    for test in (by_name[name] for name in FIRST if name in by_name):
        result = cache.load(weaker.subject, test) or prove(test, _folder(weaker, test.name), set())
        cache.save(weaker.subject, test, result)
        if result.verdict != "HOLDS":
            break
    return result


def _folder(weaker: Weaker, test: str) -> Path:
    return subjects.FOLDER / "litmus" / "weaker" / weaker.name / test


def judged(site: Site) -> list[Judged]:
    """The verdict on every weaker order of a site of a strategy."""
    return orders.judged(site, first_violated)


def show(row: Row) -> list[str]:
    """Draw how each of the strongest weaker orders breaks the lock. Returns what was drawn."""
    drawn = []
    for j in (j for j in row.found if j.verdict == "VIOLATED" and row.broken.get(j.weaker.less)):
        test = next(t for t in tests_of(j.weaker.subject) if t.name == j.by)
        prove(test, _folder(j.weaker, j.by), set())
        drawn.append(f"drawn: {draw(_folder(j.weaker, j.by) / 'bad.litmus', j.weaker.name).relative_to(herd.TOP)}")
    return drawn


def line(row: Row) -> str:
    said = [f"{less} breaks {test}" for less, test in row.broken.items()]
    said += [f"{w.less} is enough" for w in row.enough]
    said += [f"{j.weaker.less}: {j.by}" for j in row.found if j.weaker in row.unknown]
    name = row.site.subject.name
    form = f" ({name.partition('.')[2]})" if "." in name else ""
    return f"{row.site.order:<20} {row.site.where:<22} {row.site.label:<26} {row.verdict:<10} {'; '.join(said)}{form}"


def reasons(weak: Sequence[Weaker], table: dict[orders.Key, str]) -> dict[str, str]:
    """The reason why the lock has more than each of these weaker orders; "" where kept.txt does not say it."""
    found = {}
    for weaker in weak:
        at = orders.entry(weaker.key, table)
        found[weaker.less] = table[at] if at else ""
    return found


def _said(row: Row, table: dict[orders.Key, str]) -> dict[str, Any]:
    return {"form": row.site.subject.name.partition(".")[2], "function": row.site.function, "label": row.site.label, "order": row.site.order,
            "broken": row.broken, "enough": reasons(row.enough, table), "unknown": reasons(row.unknown, table)}


def update(rows: Sequence[Row], table: dict[orders.Key, str]) -> None:
    """Write what was found of these orders into verify/orders.json; what is known of a trylock stays beside its lock's."""
    known = json.loads(FILE.read_text()) if FILE.is_file() else {}
    found = dict[tuple[str, bool], list[dict[str, Any]]]()
    for row in rows:
        found.setdefault((row.site.subject.name.split(".")[0], row.site.function == TRYLOCK), []).append(_said(row, table))
    for (name, of_try), mine in found.items():
        others = [o for o in known.get(name, {}).get("orders", ()) if (o["function"] == TRYLOCK) != of_try]
        known[name] = {"code": cache.code_hash(loaded(name)[0])[:12], "orders": [*others, *mine] if of_try else [*mine, *others]}
    body = ",\n".join(f" {json.dumps(name)}: {{\n  \"code\": {json.dumps(known[name]['code'])},\n  \"orders\": [\n   "
                      + ",\n   ".join(json.dumps(o) for o in known[name]["orders"]) + "\n  ]}" for name in sorted(known))
    FILE.write_text(f"{{\n{body}\n}}\n")


def claimed(names: Sequence[str]) -> int:
    """Print what the headers of these strategies and forms claim and the compiled code does not order. Returns how many do."""
    failed = 0
    for name in names:
        subject, path = loaded(name)
        for why in claims.refused(subject, path, header_of(subject), subjects.cross()):
            failed += 1
            print(f"{name:<28} {why}")
    print(f"{len(names)} strategies and forms, {failed} order(s) that are not as their header claims")
    return failed


def asked(every: Sequence[Site], judge: Callable[[Site], list[Judged]], pool: Executor, is_mine: Callable[[orders.Key], bool],
          drawing: bool = False) -> int:
    """Print how much of each order is necessary, and keep it. `is_mine`: is an entry of kept.txt one of these orders? Returns how
    many orders are not as kept.txt says."""
    table, failed, used, rows = orders.kept(), 0, set[orders.Key](), list[Row]()
    print(HEAD)
    for site, found in zip(every, pool.map(judge, every), strict=True):
        row = Row(site[0], found)
        rows.append(row)
        used |= {at for w in (*row.enough, *row.unknown) if (at := orders.entry(w.key, table))}
        print(line(row), flush=True)
        for what in show(row) if drawing else ():
            print(f"    {what}")
        for less in (less for less, why in reasons([*row.enough, *row.unknown], table).items() if not why):
            failed += 1
            print(f"    verify/kept.txt does not say why it is not {'left out' if less == NONE else less}")
    for key in sorted(k for k in table if is_mine(k) and k not in used):
        failed += 1
        print(f"kept.txt lists {'  '.join(key)}, which is necessary, or not there")
    print(f"{len(rows)} orders, {failed} for which verify/kept.txt is not right")
    if not failed:
        update(rows, table)
    return failed
