"""What was not run because some hart lacks an extension, and what that means."""

from collections.abc import Iterable

from hartlock.records.trials import Boot
from hartlock.engine.choose import Engine
from hartlock.plan.plan import Plan
from hartlock.figures.rows import Group
from hartlock.plan.strategies import known

Lacking = Iterable[tuple[str, str]]  # strategy, extension


def _is_its_own(strategy: str, extension: str) -> bool:
    """The strategy is made of it; otherwise --relax is."""
    return known()[strategy].needs == extension


def _without(extension: str) -> str:
    return f"{extension.capitalize()}, which not every hart has"


def problems(lacking: Lacking, plan: Plan) -> list[str]:
    """Refusals of what was asked for by name."""
    own = [(s, e) for s, e in lacking if _is_its_own(s, e)]
    said = [f"--lock {s} was refused: it needs {_without(e)}" for s, e in own if s not in plan.optional]
    waiting = [(s, e) for s, e in lacking if (s, e) not in own]
    if waiting:
        said.append(f"{', '.join(s for s, _ in waiting)}: refused, for --relax {plan.relax} needs {_without(waiting[0][1])}")
    return said


def remarks(lacking: Lacking, plan: Plan) -> list[str]:
    """What --lock all left out, in one line."""
    skipped = [f"{s} needs {_without(e)}" for s, e in lacking if s in plan.optional and _is_its_own(s, e)]
    return [f"left out of --lock all: {'; '.join(skipped)}."] if skipped else []


def pauses(boot: Boot, groups: Iterable[Group], engine: Engine) -> list[str]:
    """A pause without Zihintpause is a hint that does nothing."""
    if "zihintpause" in boot.extensions or not any(g.forms.get("relax") == "pause" for g in groups):
        return []
    return [f"relax=pause ({engine.name}): not every hart says that it has Zihintpause; where it is missing, pause does nothing."]
