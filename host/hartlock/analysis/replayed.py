"""The sentences about a lock that was observed and replayed: first of all, whether it matters which lock it is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hartlock.analysis.rank import starves
from hartlock.base.text import count, percent, significant, words
from hartlock.folder.comparable import Comparable
from hartlock.folder.reader import Cell, Results, boot_of
from hartlock.plan import lock_bytes, replay, traits
from hartlock.plan.replay import Facts

LITTLE = 0.01  # the share of a hart's time in waiting for the lock, below which no lock is worth a change


def facts_of(data: Results, setting: Comparable) -> Facts | None:
    """The facts of the lock that a setting replays, as run.json keeps them; None where it does not."""
    plan = data.context.get("plan")
    known = replay.facts_from(plan.get("facts")) if isinstance(plan, dict) else None
    return known if known and known.label == setting.workload.replay else None


def waiting(cell: Cell, cut: float) -> list[float]:
    """The share of the harts' time in getting the lock, waits included, in each trial. `cut`: see Facts."""
    harts, told = cell.samples_by_trial(), []
    for trial in cell.trials:
        of = [(s.wait_mean_cycles, s.latency_ops) for s in harts.get((boot_of(trial), trial.trial), ())
              if s.latency_ops and s.wait_mean_cycles == s.wait_mean_cycles]
        period = trial.figures.cycles_per_op * cell.harts + cut
        if of and period > 0:
            told.append(min(1.0, sum(mean * n for mean, n in of) / sum(n for _, n in of) / period))
    return told


@dataclass(frozen=True)
class Matter:
    """The shares of the time that harts spend in getting the lock, at the most, with each lock that was measured; the least first."""

    shares: Sequence[tuple[float, Cell]]
    facts: Facts

    @property
    def is_little(self) -> bool:
        """True if no lock matters."""
        return bool(self.shares) and self.shares[-1][0] < LITTLE


def matter(cells: Sequence[Cell], facts: Facts) -> Matter:
    """Returns what getting the lock takes with each of these locks."""
    told = [(max(of), cell) for cell in cells if (of := waiting(cell, facts.cut))]
    return Matter(sorted(told, key=lambda item: item[0]), facts)


def of_setting(data: Results, setting: Comparable, harts: int, known: Facts | None = None) -> Matter | None:
    """The shares of time that getting the lock takes, with each lock that passed its checks; None for a setting that replays none.
    `known`: its facts, where a workload file has them."""
    facts = known or facts_of(data, setting)
    if facts is None:
        return None
    known_traits = traits.known()
    return matter([c for c in data.cells(setting, harts) if c.passed and c.strategy in known_traits and not known_traits[c.strategy].yardstick], facts)


def lock_sentence(f: Facts) -> str:
    """The sentence on the lock itself."""
    return (f"{f.lock} of {f.image}{f', in the phase {f.phase}' if f.phase else ''}: {count(f.taken)} acquisitions by {f.harts} of {f.image_harts} harts, {percent(f.busiest_share)} of them by one; "
            f"held for {count(f.hold_p50)} instructions (p99 {count(f.hold_p99)}), in which it writes {f.written_p50} lines and reads {f.read_p50}; "
            f"a hart asks again {significant(f.gap_mean)} instructions after it let it go, in the mean (the median is {count(f.gap_p50)}).")


def _where(m: Matter) -> str:
    first = m.shares[0][1]
    return f"on any of {len(first.boots)} machines" if first.is_ensemble else f"on {first.setting.machine or first.setting.engine}"


def first_sentences(m: Matter, taken: str) -> Iterator[str]:
    """The sentences that come before all others. `taken`: the lock to take; "" if there is none."""
    if not m.shares:
        return
    (least, best), (most, worst) = m.shares[0], m.shares[-1]
    if m.is_little:
        yield (f"At this rate no lock matters: getting it takes less than {_most(most)} of a hart's time {_where(m)}, from {best.strategy} "
               f"({_share(least)}) to {worst.strategy} ({_share(most)}).")
        return
    yield (f"Here it matters which lock it is: getting it takes {_share(least)} of a hart's time at the most with {best.strategy}, and "
           f"{_share(most)} with {worst.strategy}, {_where(m)}.")
    by_name = {cell.strategy: cell for _, cell in m.shares}
    if taken in by_name:
        yield _tails(by_name[taken], max(by_name.values(), key=_tail))


def _most(share: float) -> str:
    """The round share that is above this one: 1 %, 0.1 % and so on."""
    bound = LITTLE
    while bound > 1e-6 and share < bound / 10:
        bound /= 10
    return f"{100 * bound:g} %"


def _share(share: float) -> str:
    """A share in per cent, however small."""
    return f"{significant(100 * share)} %"


def _tail(cell: Cell) -> float:
    return cell.median(lambda f: f.wait_p999_cycles)


def _tails(mine: Cell, longest: Cell) -> str:
    if mine.strategy == longest.strategy:
        return f"{mine.strategy}: p99.9 wait {significant(_tail(mine))} cycles."
    more = ", which starves a hart" if starves(longest) else ""
    return (f"{mine.strategy}: p99.9 wait {significant(_tail(mine))} cycles, against {longest.strategy}'s "
            f"{significant(_tail(longest))}{more}.")


def image_sentences(files: Sequence[replay.Workload], locks: int, name: str, harts: int) -> Iterator[str]:
    """The sentences on all locks of the image, with this one for each and so many harts. `files`: those that several harts take."""
    busy = sorted((f for f in files if f.seen.held_share >= LITTLE), key=lambda f: -f.seen.held_share)
    yield (f"The image took {locks} locks: with {name} for each they have {lock_bytes.all_told(name, harts, locks)}. {len(files)} of them "
           f"{'is' if len(files) == 1 else 'are'} taken by more than one hart.")
    if not busy:
        yield f"  None is held for {100 * LITTLE:g} % of the time or more: none deserves another lock."
        return
    yield (f"  Held for {100 * LITTLE:g} % of the time or more, so that another lock may pay: "
           + words([f"{f.source.lock} ({percent(f.seen.held_share)})" for f in busy[:8]]) + (f" and {len(busy) - 8} more" if len(busy) > 8 else "") + ".")
