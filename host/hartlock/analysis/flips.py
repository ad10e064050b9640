"""The answers to neighbouring questions: what would change the lock to take."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hartlock.analysis.choices import GOALS
from hartlock.analysis.rules import Ask, advise
from hartlock.analysis.take import take
from hartlock.figures.row_types import Context
from hartlock.folder.comparable import Comparable
from hartlock.folder.reader import Results


@dataclass(frozen=True)
class Flip:
    what: str  # harts, hold, think, goal, or what was asked for
    at: str
    who: tuple[str, ...]  # the lock to take; none if there is none


def _who(data: Results, setting: Comparable, ask: Ask) -> tuple[str, ...]:
    advice = advise(data, setting, ask)
    taken = None if advice.doubted else take(data, advice)
    return (taken.name,) if taken else ()


def flips(data: Results, setting: Comparable, ask: Ask) -> list[Flip]:
    """The answers to neighbouring questions: other counts of harts, other work, other goals."""
    out = [Flip("harts", str(n), who) for n in data.harts(setting) if (who := _who(data, setting, replace(ask, harts=n)))]
    for name in ("hold", "think"):
        for value, other in _along(data, setting, f"{name}_instructions"):
            if who := _who(data, other, replace(ask, **{name: value})):
                out.append(Flip(name, str(value), who))
    out += [Flip("goal", goal, who) for goal in GOALS if (who := _who(data, setting, replace(ask, goal=goal)))]
    eased = {f"--need {word}": replace(ask, need=tuple(n for n in ask.need if n != word)) for word in ask.need if len(ask.need) > 1}
    eased |= {"--need": replace(ask, need=()), "--max-bytes-per-lock": replace(ask, max_bytes=None), "--isa": replace(ask, isa="")}
    out += [Flip("without", option, _who(data, setting, easier)) for option, easier in eased.items() if easier != ask]
    return out


def _along(data: Results, setting: Comparable, name: str) -> list[tuple[int, Comparable]]:
    """Returns the settings that differ in that key of the workload alone (a range goes with its middle), by its value."""
    beside = {name: 0, **({"think_range_instructions": 0} if name.startswith("think") else {})}

    def rest(s: Comparable) -> Context:
        return replace(s.context, workload=replace(s.workload, **beside))

    return sorted(((getattr(s.workload, name), s) for s in data.settings if rest(s) == rest(setting)), key=lambda pair: pair[0])


def changes(found: Sequence[Flip], what: str) -> list[tuple[Flip, Flip]]:
    """The pairs of neighbours between which the answer changes."""
    these = [f for f in found if f.what == what]
    return [(a, b) for a, b in zip(these, these[1:]) if set(a.who) != set(b.who)]
