"""The sweep to make next: the workload and the forms that were measured, but for what is asked for."""

from dataclasses import replace

from hartlock.analysis import many
from hartlock.analysis.rules import Ask
from hartlock.base import paths
from hartlock.base.errors import UsageError
from hartlock.base.evidence import COSTS, MODELLED
from hartlock.folder import writer
from hartlock.folder.comparable import Comparable
from hartlock.folder.reader import Results
from hartlock.folder.run_json import clusters_asked
from hartlock.plan import lock_forms, option_texts, plan as plans, strategies
from hartlock.plan import profile as profiles
from hartlock.plan.plan import Workload
from hartlock.plan.scenarios import SCENARIOS
from hartlock.plan.windows import MODEL_US

ALIKE = (("scenario", "replay", "allocator", "locks"), ("scenario", "replay", "allocator"), ("scenario", "replay"))


def basis(data: Results, scenario: str, replay: str, allocator: str, locks: int | None) -> Comparable | None:
    """Returns the setting that a question starts from: the first whose times rank and that is of what is named, if need be of another
    allocator or number of locks. None where no such scenario, or lock, was measured. "" and None name nothing.
    """
    asked = {"scenario": scenario, "replay": replay, "allocator": allocator, "locks": locks}
    ranked = [s for s, cells in data.settings.items() if any(c.evidence in COSTS for c in cells.values())]
    return next((s for names in ALIKE for s in ranked
                 if all(asked[name] in ("", None, getattr(s.workload, name)) for name in names)), None)


def of_question(data: Results, ask: Ask) -> Comparable | None:
    """Returns the setting that a question starts from; None where there is none like it."""
    return basis(data, ask.scenario, ask.replay, ask.allocator, ask.locks)


def wanted(ask: Ask, base: Comparable | None) -> Workload:
    """Returns the workload of a question: that of the setting it starts from, but for what is asked for. Raises UsageError where the
    two do not go together."""
    if base is None:
        told = {"scenario": ask.scenario} if ask.scenario in SCENARIOS else {}
    else:
        told = option_texts.of(base.workload)
    told |= {"allocator": ask.allocator} if ask.allocator else {}
    told |= {"hold": str(ask.hold)}
    if ask.think or option_texts.workload_of(told).arrival == "closed":
        told |= {"think": str(ask.think), "arrival": "closed"}
    if int(told.get("think-range", 0)) > 2 * ask.think:
        del told["think-range"]  # such a range was of another think
    for name in ("locks", "choose") if ask.locks == 1 else ():
        told.pop(name, None)
    made = option_texts.workload_of(told)
    made = replace(made, locks=ask.locks) if many.may_be(made, ask.locks) else made
    try:
        plans.check_workload(made)
    except UsageError as e:
        raise UsageError(f"what is asked for does not go with what was measured there: {e}") from e
    return made


def _work(ask: Ask, data: Results, base: Comparable | None) -> tuple[Workload, list[str]]:
    """Returns the workload of a question, and the words that ask for it."""
    if ask.replay:
        made = base.workload if base else replace(option_texts.workload_of({}), replay=ask.replay)
        return made, ["--workload", ask.file or "FILE", *option_texts.words(option_texts.of(made))]
    made = wanted(ask, base)
    return made, option_texts.words(option_texts.of(made))


def _forms(data: Results, base: Comparable | None, smp: int) -> list[str]:
    """Returns the options of the forms in which the locks were measured, and of the clusters that they were told of."""
    forms = (base or next(iter(data.settings))).context.forms
    clusters = clusters_asked(data.context)
    told = {"clusters": str(clusters)} if clusters > 1 and smp % clusters == 0 else {}
    return option_texts.words(lock_forms.options(forms.relax, forms.unlock) | told)


def _window(data: Results, base: Comparable | None, work: Workload) -> list[str]:
    """Returns the option of the window that was measured on the model, where it is longer than the sweep's own."""
    cells = data.settings[base].values() if base and not work.replay else ()
    longest = max((s.context.duration_us for c in cells if c.evidence == MODELLED for s in c.summaries), default=0)
    bundle = SCENARIOS[work.scenario].options if work.scenario in SCENARIOS else {}
    usual = int(bundle["model-duration"].value) if "model-duration" in bundle else MODEL_US
    return ["--model-duration", str(longest)] if longest > usual else []


def sweep_for(ask: Ask, data: Results, engine: str = "", alone: bool = False, setting: Comparable | None = None) -> list[str]:
    """Returns the command of a sweep that measures the question and its neighbourhood, or it alone, with the same strategies
    in the same forms on the same machine. `engine` is "" for the engine that a sweep uses by itself, the model. `setting`: the one that
    it starts from; None: the first that is like the question. Raises UsageError for a question that no sweep can measure.
    """
    base = setting or of_question(data, ask)
    machine, most = ("", 0) if engine else machine_for(data, ask.harts, base)
    where = ["--engine", engine] if engine else ["--machine", machine] if machine else []
    more = min(2 * ask.harts, 8, most or 8) if not engine and ask.harts <= 8 else ask.harts  # threads want a processor each
    work, words = _work(ask, data, base)
    around = {ask.harts} if alone or ask.replay else {ask.harts // 2, ask.harts, more} - {0}
    around |= {1} if work.locks > 1 else set()
    smp = max(around)
    fits = strategies.choose("all", work.allocator, work.duty)
    usable = [name for name in fits if not (ask.replay and strategies.known()[name].lockfree)]
    names = list(dict.fromkeys(c.strategy for c in data if c.role == "candidate" and c.strategy in usable))
    lock = ["--lock", ",".join(names)] if names and set(names) | {strategies.CONTROL} != set(usable) else []
    harts = ["--smp", str(smp), "--harts", ",".join(map(str, sorted(around)))]
    forms = [*_forms(data, base, smp), *([] if engine else _window(data, base, work))]
    return ["sweep", *words, *harts, *lock, *forms, *where] if ask.replay else ["sweep", *harts, *lock, *words, *forms, *where]


def machine_for(data: Results, harts: int, base: Comparable | None = None) -> tuple[str, int]:
    """Returns the machine that was measured and has so many harts, as --machine names it, and the harts that it has: that of `base`, or
    else the first; ("", 0) for none whose profile is here."""
    for setting in sorted(data.settings, key=lambda s: s is not base):
        path = data.profile(setting)
        has = int(profiles.read(path).least("harts")) if path else 0
        if path and has >= harts:
            return setting.machine if path.parent == paths.MACHINES else writer.short(path), has
    return "", 0
