"""Says in sentences what a folder's figures show, and what they do not show."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from hartlock.analysis import drop_in, replayed, schedule
from hartlock.plan import profile, strategies, traits
from hartlock.figures.proved import NONE, PARTLY
from hartlock.folder.reader import Cell, Results
from hartlock.folder.whole import doubts, ending, gap
from hartlock.analysis.comparisons import outliers
from hartlock.analysis.inside import inside
from hartlock.analysis.rank import Place, standing, starved_on, starved_share, starves
from hartlock.analysis.regret import figures, losses
from hartlock.analysis.rules import Advice, advise, hung_in_words, question
from hartlock.analysis.take import Take, confidence, hinge_sentence, take, take_free, without_lock
from hartlock.folder.comparable import Measure, Comparable
from hartlock.plan.plan import Workload
from hartlock.plan.strategies import BUMP, CONTROL
from hartlock.base.evidence import COSTS, MEANING, told
from hartlock.base.text import estimate, numbers, on, percent, significant, times, words

EVEN = 0.5  # share of the fastest hart's operations, below which the slowest hart is worth a word


@dataclass(frozen=True)
class Verdict:
    headline: str
    lead: str  # the figures to it
    points: list[str]
    decided: bool  # can these figures rank at all?


def usable(cells: Sequence[Cell]) -> list[Cell]:
    """The cells whose checks passed, because a strategy that lost an update is no lock, and whose rows are evidence."""
    return [c for c in cells if c.passed and not gap(c)]


def leaders(places: Sequence[Place]) -> list[Place]:
    return [p for p in places if p.tied]


def _first(places: Sequence[Place], by: Measure, where: str) -> str:
    """The sentence on the first strategy and its lead, or on the tie; over machines, on how many it is first."""
    first, tied = places[0], leaders(places)
    if first.starves:
        return f"No order {where}: each of these may starve a hart."
    if len(tied) > 1 and first.machines:
        counts = sorted(losses(figures(places, by.figure)), key=lambda loss: (-loss.best_on, loss.name))
        told = words([f"{loss.name} on {loss.best_on}" for loss in counts if loss.best_on])
        return f"First {where} by {by.unit}, on {first.machines} machines: {told}."
    if len(tied) > 1:
        return (f"Too close to call {where}: {words([p.name for p in tied])}, with "
                f"{words([significant(p.figure.median) for p in tied])} {by.unit}.")
    said = f"{first.name} is first {where}: {estimate(first.figure)} {by.unit}"
    if len(places) > 1 and not places[1].starves:
        second = places[1]
        said += f"; the next, {second.name}, takes {times(second.ratio)} times {by.more}"
    return said + "."


def locks(cells: Sequence[Cell]) -> list[Cell]:
    """The cells of locks that can be taken: not of the lock-free allocators, nor of what only prices something."""
    known = traits.known()
    return [c for c in cells if traits.family(c.strategy) != "lock-free" and not (c.strategy in known and known[c.strategy].yardstick)]


def judge(results: Results, setting: Comparable, harts: int) -> Verdict:
    hung = results.hung(setting)
    cells = [c for c in usable(results.cells(setting, harts)) if (c.strategy, harts) not in hung]
    evidence = cells[0].evidence if cells else ""
    if evidence not in COSTS:
        return Verdict("These times cannot rank locks", f"They are {evidence or 'of nothing that passed its checks'}.",
                       [*_checks(results, setting)], False)
    advice = advise(results, setting, question(setting, harts))
    if advice.doubted or doubts(results, setting, harts):
        unsure = Verdict(f"The data cannot decide {on(harts)}", "What they have does not suffice.",
                         [*(f"{name}: {why}." for name, why in advice.doubted.items()), *_checks(results, setting)], False)
        return _of_replay(unsure, results, setting, harts, None)
    points, more = [], inside(setting.workload)
    taken = take(results, advice)
    points += [*(_how_sure(taken, advice) if taken else []), *filter(None, [without_lock(advice, take_free(results, advice), taken)])]
    free = [c.strategy for c in cells if traits.family(c.strategy) == "lock-free"]
    if more and free:
        points.append(f"{words(free)} protect one word only, and the section holds {more}: they do that side by side, and are not ranked here.")
        cells = locks(cells)
    points += filter(None, [schedule.sentence(cells)])
    cells = schedule.in_time(cells)
    cost, tail = (schedule.measures_of(setting, cells)[goal] for goal in ("throughput", "tail"))
    all_of, of_locks = standing(cells, cost.figure), standing(locks(cells), cost.figure)
    if of_locks:
        points.append(_first(of_locks, cost, "of the locks"))
    if longest := standing(locks(cells), tail.figure):
        points.append(_first(longest, tail, "for the tail, of the locks"))
    first = [taken.place.cell] if taken else [p.cell for p in leaders(all_of)]
    points += [*_unfair(cells, [c.strategy for c in first]), *_by_harts(results, setting), *_checks(results, setting), *_proved(first)]
    points += _copy(taken) if taken else []
    if taken is None:
        told = Verdict(f"No lock to take {on(harts)}", _first(all_of, cost, on(harts)), points, True)
    else:
        told = Verdict(f"Take {taken.name} {on(harts)}", f"{taken.reason[0].upper()}{taken.reason[1:]}.", points, True)
    return _of_replay(told, results, setting, harts, taken)


def _of_replay(told: Verdict, results: Results, setting: Comparable, harts: int, taken: Take | None) -> Verdict:
    """The verdict with the sentences on the lock that was replayed, where one was. That it hardly matters comes before all else, and few
    operations tell it, too."""
    m = replayed.of_setting(results, setting, harts)
    if m is None:
        return told
    lock, first = replayed.lock_sentence(m.facts), list(replayed.first_sentences(m, taken.name if taken else ""))
    if m.is_little:
        other = [f"If you choose one all the same, take {taken.name}: {taken.reason}."] if taken else []
        return Verdict("Keep the lock that you have", first[0], [lock, *other, *told.points], True)
    return replace(told, points=[lock, *first, *told.points])


def _how_sure(taken: Take, advice: Advice) -> list[str]:
    """The sentences on how sure the choice is, why, and what it hangs on."""
    how, why = confidence(taken)
    return [f"Confidence: {how}. {why[0].upper()}{why[1:]}.", *filter(None, [hinge_sentence(taken)])]


def _copy(taken: Take) -> list[str]:
    """The sentence on what to copy."""
    files = drop_in.files(strategies.known()[taken.name])
    return [f"To use {taken.name}, copy {words(files)}; advise prints the lines to write (docs/use/drop-in.md)."]


def _unfair(cells: Sequence[Cell], first: Sequence[str]) -> list[str]:
    """The sentences on the strategies that starve a hart, and on the first ones that are uneven."""
    several = [c for c in cells if starves(c) and c.is_ensemble]
    said = [f"{c.strategy} starves {on(c.harts)}: {starved_share(c)}." for c in cells if starves(c) and not c.is_ensemble]
    if several:
        told = words([f"{c.strategy} on {numbers([boot for _, boot in starved_on(c)])}" for c in several])
        said.append(f"On some of {len(several[0].boots)} machines a hart starves {on(several[0].harts)}, so these have no sure rank: {told} "
                    "(members.csv has their numbers).")
    return said + [f"{c.strategy} is uneven {on(c.harts)}: {starved_share(c)}." for c in cells
                   if c.strategy in first and c.harts > 1 and not starves(c) and c.slowest_share < EVEN]


def _proved(first: Sequence[Cell]) -> list[str]:
    """The sentences on whether the measured code of the first strategies is proved."""
    same: dict[tuple[str, str], dict[str, None]] = {}
    for cell in first:
        same.setdefault((cell.proof_word, cell.proof_reach), {})[cell.strategy] = None
    return [_reaches(word, reach, words(list(names))) for (word, reach), names in sorted(same.items())]


def _reaches(word: str, reach: str, names: str) -> str:
    """Returns the sentence on how far the proof of some strategies' code reaches."""
    if word == NONE:
        return f"Not proved is the code that was measured of {names} (docs/trust/proof.md)."
    how, far = " in part" if word == PARTLY else "", f": {reach}" if reach else ""
    return f"The very code that was measured of {names} is proved against the RISC-V memory model{how}{far} (docs/trust/proof.md)."


def _by_harts(results: Results, setting: Comparable) -> list[str]:
    """The sentence on the lock to take at each number of harts, if that changes."""
    told = []
    for n in results.harts(setting):
        advice = advise(results, setting, question(setting, n))
        taken = None if advice.doubted or doubts(results, setting, n) else take(results, advice)
        if taken:
            told.append((n, taken.name))
    if len({who for _, who in told}) < 2:
        return []
    return ["The lock to take, by harts: " + "; ".join(f"{n}: {who}" for n, who in told) + "."]


def _checks(results: Results, setting: Comparable) -> list[str]:
    said = [*filter(None, [ending(results)]), *doubts(results, setting)]
    said += [f"{strategy} {hung_in_words(harts, times)}; it is not ranked." for (strategy, harts), times in results.hung(setting).items()]
    for c in results.cells(setting):
        if not c.passed:
            said.append(f"{c.strategy} failed its checks {on(c.harts)}; it is not ranked.")
    for c in results.cells(setting, role="control"):
        lost = c.value(lambda s: s.lost_updates_share_median)
        if c.strategy == CONTROL and c.summary.overlap_shown != "yes":
            why = "lost nothing" if c.passed else "was executed by harts that took turns"
            said.append(f"The control {why} {on(c.harts)} ({c.setting.engine}), so it is not shown that harts overlapped there.")
        elif c.strategy == CONTROL and c.harts == max(results.harts(setting)):
            said.append(f"Without a lock {percent(lost)} of the updates were lost {on(c.harts)}: the harts really overlapped.")
    return said


def limits(results: Results) -> list[str]:
    """The sentences on what the evidence cannot show."""
    own = not any(profile.is_shipped(s.machine) for s in results.settings if s.machine)
    said = [told(word, own) for word in MEANING if any(c.evidence == word for c in results)]
    boots = max(len(c.boots) for c in results)
    if 0 < boots < 3:
        said.append(f"{boots} boot{'s' if boots > 1 else ''}: how much another boot, with other placement, would differ is not "
                    "known; the intervals are of the trials alone." if boots == 1 else
                    "2 boots: an interval from two covers the truth about every other time.")
    far = [(c, outliers(c.sample(c.setting.measures["throughput"].figure).values)) for c in results if c.role == "candidate"]
    marked = [f"{c.strategy} {on(c.harts)} ({len(places)} of {len(c.trials)})" for c, places in far if places]
    if marked:
        shown = ", ".join(marked[:6]) + (f", and {len(marked) - 6} more" if len(marked) > 6 else "")
        said.append(f"Outliers are kept in all figures. Trials far from their cell's median: {shown}.")
    return said + _of_workloads([s.workload for s in results.settings])


def _heaps(workloads: Sequence[Workload]) -> str:
    """The words on what the locks protect."""
    one = dict.fromkeys(w.allocator for w in workloads if w.locks == 1)
    several = dict.fromkeys(w.locks for w in workloads if w.locks > 1)
    return " or ".join([*([f"one shared {' or '.join(one)} allocator"] if one else []),
                        *(f"{locks} {BUMP} allocators, each under a lock of its own," for locks in several)])


def _either(numbers: Sequence[int]) -> str:
    """The different ones of these numbers, in words."""
    return " or ".join(map(str, sorted(set(numbers))))


def _of_workloads(workloads: Sequence[Workload]) -> list[str]:
    """The sentences on what else the workloads leave open."""
    said, made = [], [w for w in workloads if not w.replay]
    if made:
        lines = any(w.touch_lines for w in made)
        work = f"{_either([w.hold_instructions for w in made])} instructions of further work" + (
            f" and writes to {_either([w.touch_lines for w in made])} further cache line(s)" if lines else "")
        said.append(f"The workload is {_heaps(made)} with {work} inside; a lock around other data, or taken "
                    f"with other timing, may rank otherwise (--hold, --think{', --touch' if lines else ''}).")
    if any(w.replay for w in workloads):
        said.append("Sections and gaps are replayed as they were observed under emulation, an instruction for each; which lines of a section go "
                    "where among those that harts share is not known, and a gap in which a hart slept is as long as its instructions.")
    return said
