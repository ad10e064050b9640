"""`advise`: the strategy to take, the reasons, the confidence, what would change it, and what to copy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from hartlock.analysis import drop_in, many, replayed, stores
from hartlock.plan import lock_bytes, lock_forms, option_texts, profile, replay, strategies, traits
from hartlock.analysis.inside import inside
from hartlock.analysis.next_sweep import basis, sweep_for
from hartlock.analysis.flips import Flip, changes, flips
from hartlock.analysis.rules import Advice, Ask, advise, boots_needed, extensions, fitting, order_of
from hartlock.analysis.stores import Store, store
from hartlock.analysis.take import Take, confidence, hinge_sentence, protected_by, take, take_free, without_lock
from hartlock.figures.proved import HOLDS, PARTLY
from hartlock.folder.reader import Results
from hartlock.analysis.comparisons import CLEAR
from hartlock.analysis.rank import Place
from hartlock.base.evidence import COSTS, MODELLED
from hartlock.base.text import estimate, on, percent, significant, times, words
from hartlock.plan.workload_options import of_scenario

WASTE = 0.001  # less is not worth a word


@dataclass(frozen=True)
class Question:
    """The options of `advise`; None for one that was not given."""

    harts: int | None
    hold: int | None
    think: int | None
    scenario: str
    goal: str
    max_bytes: int | None
    need: tuple[str, ...]
    isa: str
    replay: str = ""  # the label of a workload file
    file: str = ""
    allocator: str = ""
    locks: int | None = None


def the_ask(options: Question, data: Results) -> Ask:
    """The question, completed from what was measured."""
    if options.isa:
        extensions(options.isa)
    own = of_scenario(options.scenario) if options.scenario else None
    best = basis(data, options.scenario, options.replay, options.allocator, options.locks)
    replayed = options.replay or (best.workload.replay if best and options.hold is options.think is None else "")
    fixed = {name: 0 if replayed else getattr(best.workload if best else own, f"{name}_instructions", 0) for name in ("hold", "think")}
    for name in fixed:
        if (said := getattr(options, name)) is not None:
            fixed[name] = said
    locks = options.locks or (best.workload.locks if best else 1)
    most = max((c.harts for c in data if c.claimed_role == "candidate" and replayed in ("", c.setting.workload.replay)), default=1)
    harts = most if options.harts is None else options.harts
    return Ask(harts, fixed["hold"], fixed["think"], options.goal, options.max_bytes, options.need, options.isa,
               options.scenario, replayed, options.file, options.allocator, locks)


def missing(data: Results, ask: Ask) -> str:
    """The reason why these folders cannot answer the question; "" if they can."""
    have = [(s, c) for s, cells in data.settings.items() for c in cells.values() if c.role == "candidate"]
    if ask.replay and all(s.workload.replay != ask.replay for s, _ in have):
        return f"the workload {ask.replay} was not replayed there"
    costs = [(s, c) for s, c in have if c.evidence in COSTS]
    if not have:
        return "no strategy was measured there, only what strategies are held against"
    if have and not costs:
        return f"all it has is {words(sorted({c.evidence for _, c in have}))} times, and those rank nothing"
    cells = sorted({(s.workload.hold_instructions, s.workload.think_instructions, c.harts) for s, c in costs})
    told = words([f"hold {h} think {t} on {n}" for h, t, n in cells[:12]]) if cells else "nothing"
    more = f" and {len(cells) - 12} more" if len(cells) > 12 else ""
    wanted = f"scenario {ask.scenario} with " if ask.scenario else ""
    wanted += f"allocator {ask.allocator}, " if ask.allocator else ""
    return f"{wanted}hold {ask.hold} think {ask.think} on {ask.harts} harts was not measured; there is {told}{more}"


def may_be_measured(data: Results, ask: Ask) -> bool:
    """True if a sweep on the model answers the question: its scenario, and the workload files that it names, are known, and strategies
    were measured at all."""
    known = ask.file if ask.replay else not ask.scenario or of_scenario(ask.scenario)
    return any(c.role == "candidate" for c in data) and bool(known) and option_texts.FILE not in sweep_for(ask, data)


def _ranked(advice: Advice) -> Iterator[str]:
    for rank, p in enumerate(advice.places, 1):
        share = p.cell.slowest_share
        against = "" if p.call == "leads" else f", {times(p.ratio)} × the first{_sureness(p)}"
        yield (f"  {rank}. {p.name}: {estimate(p.figure)}{against}; {significant(p.cell.median(lambda f: f.cycles_per_op))} cycles an "
               f"operation, p99.9 wait {significant(p.cell.median(lambda f: f.wait_p999_cycles))}, slowest/fastest {percent(share)}, "
               f"{lock_bytes.one_told(p.name, advice.ask.harts)} a lock, {order_of(p.cell)}{_waste(p)}, {proof_of(p)}")


def _sureness(p: Place) -> str:
    """The words that keep a rank from being taken for a sure one; "" for a sure one."""
    on_some = f", behind on {p.behind_on} of {p.machines} machines" if p.machines else ""
    if p.starves:
        return " (it starves, and is surely behind)" if p.is_worse else " (it starves: no sure rank)"
    if p.tied and p.behind_on == p.machines > 0:
        return f" (behind on each of {p.machines} machines, but not by {100 * (CLEAR - 1):.0f} % on each)"
    return f" (too close to call{on_some})" if p.tied else ""


def proof_of(place: Place) -> str:
    """The words on the proof of the RISC-V code that was measured. A native run has none: its code is this processor's."""
    none = "not proved" if place.cell.setting.workload.has_a_proved_worker else "not compared with the proof"
    said = {HOLDS: "proved", PARTLY: "proved in part"}.get(place.cell.proof_word, none)
    return f"{said} ({place.cell.proof_reach})" if place.cell.proof_reach else said


def _waste(place: Place) -> str:
    share = place.cell.median(lambda f: f.waste_share)
    return f"; {percent(share)} of the memory it takes is never handed out" if share > WASTE else ""


def _proof(pick: Place) -> str:
    reach = f": {pick.cell.proof_reach}" if pick.cell.proof_reach else ""
    if pick.cell.proved:
        return f"The very code that was measured is proved against the RISC-V memory model{reach} (docs/trust/proof.md)."
    if pick.cell.proof_word == PARTLY:
        return f"The very code that was measured is proved against the RISC-V memory model in part{reach} (docs/trust/proof.md)."
    if pick.cell.evidence.startswith("hardware"):
        return "What was measured is this computer's code, which no proof covers; make prove has the RISC-V code (docs/trust/proof.md)."
    if not pick.cell.setting.workload.has_a_proved_worker:
        return ("make prove proves the lock's own code against the RISC-V memory model; the worker of this workload is not compared with it "
                "(docs/trust/proof.md).")
    return "The code that was measured is not proved against the RISC-V memory model (docs/trust/proof.md): run make prove before you ship it."


def _head(advice: Advice, taken: Take | None, free: Take | None, found: Store | None) -> Iterator[str]:
    if found and found.pays:
        yield stores.sentence(found)
        yield "Without the store:"
    if advice.doubted:
        yield f"The data cannot decide: what they have of {words(list(advice.doubted))} does not suffice."
        yield from (f"  {name}: {why}." for name, why in advice.doubted.items())
    elif taken:
        how, why = confidence(taken)
        yield f"Take {taken.name}: {taken.reason}."
        yield f"  {estimate(taken.place.figure)} {advice.measure.unit}, {on(advice.ask.harts)}."
        yield f"  Confidence: {how}. {why[0].upper()}{why[1:]}."
        yield f"  {_proof(taken.place)}"
        yield from (f"  {said}" for said in (hinge_sentence(taken),) if said)
    elif any(p.starves for p in advice.places):
        yield "No lock can be advised: each that is left may starve a hart."
    elif free:
        yield "No lock that was measured is left."
    else:
        yield "None: everything that was measured is ruled out."
    if found and not found.pays:
        yield f"  {stores.sentence(found)}"
    if free:
        yield f"  {without_lock(advice, free, taken)}"
    for warning in advice.warnings:
        yield f"  WARNING: {warning}."


def _free(data: Results, advice: Advice, taken: Take | None) -> Iterator[str]:
    """The line on strategies without a lock, when the answer was a lock, none was asked for, and the section holds nothing else."""
    names = [n for n, why in advice.out.items() if traits.family(n) == "lock-free" and "one word only" in why]
    if not names or not advice.places or "lock" in advice.ask.need:
        return
    bare = replace(advice.ask, hold=0, need=(), goal="throughput", max_bytes=None)
    setting = next((s for s in fitting(data, bare) if not inside(s.workload)), None)
    other = advise(data, setting, bare) if setting else None
    place = next((p for p in other.places if taken and p.name == taken.name), None) if other else None
    lock = replace(taken, place=place) if taken and place else None
    said = without_lock(other, take_free(data, other), lock) if other else ""
    yield said or f"No lock: {words(names)}, if all that you protect is {protected_by(names)}."


def _flips(found: Sequence[Flip], ask: Ask) -> Iterator[str]:
    yield "What would change it:"
    said = False
    for what in ("harts", "hold", "think"):
        for a, b in changes(found, what):
            said = True
            yield f"  between {a.at} and {b.at} {'harts' if what == 'harts' else 'instructions of ' + what}: {words(a.who)} → {words(b.who)}"
        if len([f for f in found if f.what == what]) < 2:
            yield f"  {what}: one value was measured, so where it turns is not known"
    now: set[str] = next((set(f.who) for f in found if f.what == "goal" and f.at == ask.goal), set())
    for f in found:
        if f.what in ("goal", "without") and set(f.who) != now:
            said = True
            yield f"  {'--goal ' + f.at if f.what == 'goal' else 'without ' + f.at}: {words(f.who) if f.who else 'none'}"
    if not said:
        yield "  nothing else that was measured"


def _next(advice: Advice, data: Results) -> Iterator[str]:
    told = list(_surer(advice, data))
    yield "To be surer:" if told else "To be surer: nothing is left to measure that would tell more."
    yield from told


def _surer(advice: Advice, data: Results) -> Iterator[str]:
    """The lines on what to measure next."""
    machine, measured = advice.setting.machine, data.cells(advice.setting, advice.ask.harts)
    modelled = any(c.evidence == MODELLED for c in measured)
    command = " ".join(sweep_for(advice.ask, data, "" if modelled else advice.setting.engine, setting=advice.setting))
    boots = max((len(c.boots) for c in measured), default=0)
    if n := boots_needed(advice):
        yield f"  about {n} boots instead of {boots} would tell the first two apart, if they differ as it seems: " \
              f"./run-bench.sh {command} --boots {n}"
    elif boots < 3:
        yield f"  several boots: ./run-bench.sh {command}"
    if modelled:
        yield (f"  the machine was {machine}; probe your own and sweep on its profile (docs/ports/probe.md)"
               if profile.is_shipped(machine) else
               f"  the machine was a model by your profile {machine}; measure the first ones on the machine itself (docs/ports/boards.md)")
    if ask_more := many.to_measure(advice):
        yield f"  {ask_more}: ./run-bench.sh {command}"
    if advice.ask.locks == 1 and not stores.behind_store(data, advice.setting) and (option := stores.to_measure(advice.ask, advice.setting)):
        yield f"  a store of frames for each hart was not measured: sweep with {option}"
    used = (advice.setting, stores.behind_store(data, advice.setting))
    for other in fitting(data, advice.ask):
        if other not in used:
            yield f"  another setting fits too and was not used: {other.apart([other, advice.setting])}"


def _copy(picked: Sequence[Take | None], harts: int) -> Iterator[str]:
    for p in filter(None, picked):
        strategy, forms = strategies.known()[p.name], p.place.cell.forms
        macros = lock_forms.macros(forms.relax, forms.unlock)
        compiled = f", compile with {' '.join(macros)} as it was measured," if macros else ""
        yield f"To use {p.name}, copy {words(drop_in.files(strategy))}{compiled} and change:"
        yield from (f"    {line}" for line in drop_in.snippet(strategy, harts))
        yield "docs/use/drop-in.md shows where that goes in OpenSBI, Bao and Xen."


def _of_lock(data: Results, advice: Advice, taken: Take | None, files: Sequence[replay.Workload]) -> Iterator[str]:
    """The lines about the lock that was replayed, if one was; `files`: the workload files of its image."""
    own = next((f for f in files if f.label == advice.ask.replay), None)
    m = replayed.of_setting(data, advice.setting, advice.ask.harts, own.facts if own else None)
    if m is None:
        return
    yield replayed.lock_sentence(m.facts)
    name = taken.name if taken else ""
    yield from (f"{said} Keep the lock that you have." if m.is_little else said for said in replayed.first_sentences(m, name))
    if own and name:
        of_image = [f for f in files if f.source.sha256 == own.source.sha256 and f.source.command == own.source.command]
        yield from replayed.image_sentences(of_image, own.seen.image_locks, name, advice.ask.harts)
    yield ""
    if m.is_little:
        yield "If you choose one all the same:"


def answer(data: Results, ask: Ask, files: Sequence[replay.Workload] = ()) -> Iterator[str]:
    """The lines of the answer. `files`: the workload files of an image. The caller guarantees that a setting fits."""
    setting = fitting(data, ask)[0]
    advice = advise(data, setting, ask)
    taken, free = (None, None) if advice.doubted else (take(data, advice), take_free(data, advice))
    yield from _of_lock(data, advice, taken, files)
    found = store(data, advice) if taken else None
    yield from _head(advice, taken, free, found)
    yield from many.told(data, advice, taken.name, taken.by_bytes) if taken and ask.locks > 1 else ()
    yield ""
    ranked = list(_ranked(advice))
    lines = setting.workload.touch_lines
    work = f"the lock {ask.replay}" if ask.replay else f"hold {ask.hold}, think {ask.think}" + (f", touch {lines}" if lines else "")
    forms = setting.context.forms
    work += "".join(f", --{name} {form}" for name, form in lock_forms.options(forms.relax, forms.unlock).items())
    yield f"{'Ranked by' if ranked else 'Nothing is left to rank by'} {advice.measure.unit}; {work}, {on(ask.harts)}, evidence " + words(
        sorted({c.evidence for c in data.cells(setting, ask.harts)})) + f" ({setting.machine or setting.engine}){':' if ranked else '.'}"
    yield from ranked
    if advice.out:
        yield "Ruled out:"
        yield from (f"  {name}: {why}" for name, why in advice.out.items())
    yield from _free(data, advice, taken)
    yield from _flips(flips(data, setting, ask), ask)
    yield from _next(advice, data)
    yield from stores.to_copy(found) if found and found.pays else ()
    yield from _copy([taken, free], ask.harts)
