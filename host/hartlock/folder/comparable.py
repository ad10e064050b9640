"""The facts that must be equal for two figures to be compared, and the figures that rank.

A *setting* (class Comparable) is engine, machine and workload. A column that a later version adds to the
context tells settings apart by itself.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

from hartlock.figures import columns
from hartlock.figures.row_types import Context, Forms, TrialFigures
from hartlock.plan.plan import Workload

Figure = Callable[[TrialFigures], float]
NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True)
class Measure:
    """A figure to rank by; less of it is better."""

    figure: Figure
    unit: str
    by: str  # the words on what is ranked by it: "by ..."
    more: str = "as many"


def _balance(f: TrialFigures) -> float:
    """Cost and tail alike, whatever their units."""
    return math.sqrt(f.cycles_per_op * f.wait_p999_cycles)


def _response_balance(f: TrialFigures) -> float:
    return math.sqrt(f.response_p50_us * f.response_p999_us)


_CYCLES = Measure(lambda f: f.cycles_per_op, "cycles an operation", "by cycles an operation")
_RESPONSE = Measure(lambda f: f.response_p50_us, "µs from when the median operation was due until it was done", "by the median response",
                    "as long")
CLOSED = {
    "throughput": _CYCLES,
    "tail": Measure(lambda f: f.wait_p999_cycles, "cycles that 999 of 1000 waits do not exceed", "by the p99.9 wait"),
    "fairness": Measure(_CYCLES.figure, f"{_CYCLES.unit}, of those that are fair", f"{_CYCLES.by}, of the fair ones"),
    "balanced": Measure(_balance, "√(cycles an operation × cycles of p99.9)", "by cycles and tail alike"),
}
# In an open loop the arrivals decide how much is done; how soon it is done is what a lock decides.
OPEN = {
    "throughput": _RESPONSE,
    "tail": Measure(lambda f: f.response_p999_us, "µs that 999 of 1000 responses do not exceed", "by the p99.9 response", "as long"),
    "fairness": Measure(_RESPONSE.figure, f"{_RESPONSE.unit}, of those that are fair", f"{_RESPONSE.by}, of the fair ones",
                        "as long"),
    "balanced": Measure(_response_balance, "√(µs of the median response × µs of p99.9)",
                        "by the median and the p99.9 response alike", "as long"),
}


@dataclass(frozen=True)
class Comparable:
    """A setting: the context of its rows, less what may differ among them."""

    context: Context

    @property
    def engine(self) -> str:
        return self.context.engine

    @property
    def machine(self) -> str:
        return self.context.machine

    @property
    def workload(self) -> Workload:
        return self.context.workload

    @property
    def open_loop(self) -> bool:
        """Do operations arrive by a schedule, whether or not the one before is done?"""
        return self.workload.arrival == "poisson"

    @property
    def measures(self) -> dict[str, Measure]:
        """The figures that rank in this setting, by goal."""
        return OPEN if self.open_loop else CLOSED

    @cached_property
    def texts(self) -> dict[str, str]:
        """The cells of the columns that must be equal; those that may differ are not in it."""
        context = zip(columns.header(Context), columns.values(self.context), strict=True)
        told = {name: "" if value is None else str(value) for name, value in context if name not in WITHIN}
        told["clusters"] = told["clusters"] if self.context.forms.clusters else ""  # 0: each machine's own
        return {**told, **vars(self.context.origin)}

    def apart(self, others: Sequence["Comparable"]) -> str:
        """The words that tell the setting from the others. A scenario stands for all that it sets."""
        named = all(o.workload.scenario for o in others)
        like = [o for o in others if o.workload.scenario == self.workload.scenario] if named else others
        told = [f"{re.sub('_(instructions|bytes|us)$', '', name).replace('_', ' ')} {value}" for name, value in self.texts.items()
                if value and len({o.texts[name] for o in (others if name == "scenario" else like)}) > 1]
        return ", ".join(told) or self.engine


# The columns that may differ inside a setting, each with the value that stands for it there.
_WITHIN = {"run": "", "strategy": "", "role": "", "harts": 0, "seed": 0, "host_processors": None, "evidence": "", "duration_us": 0,
           "smp": 0, "proof": ""}
WITHIN = frozenset(_WITHIN)

RunKey = tuple[str, str, str]  # a run, wherever it was made: host, run, engine


def run_key(context: Context) -> RunKey:
    """Returns which run the rows of this context are of."""
    return context.origin.host, context.run, context.engine


def _asked(said: set[str]) -> str:
    """The form that a run asked for. `wrs` leaves tas with `none`; otherwise all rows that have a form
    have the same one."""
    have = said - {"", NOT_APPLICABLE}
    return "wrs" if "wrs" in have else " and ".join(sorted(have)) or NOT_APPLICABLE


def forms_asked(contexts: Iterable[Context], clusters_asked: Mapping[RunKey, int] = MappingProxyType({})) -> dict[RunKey, Forms]:
    """Returns what each run asked of its locks' forms, told from its rows.

    A row says what its own strategy's code has (docs/reference/columns.md): `not-applicable` for
    faa, `none` for tas in a run that asked for wrs, and as many clusters as its harts are
    in. All of a run's rows are compared with each other all the same.

    Machines that fit one profile may have different clusters, and which of them are drawn depends on the seed. So
    `clusters_asked` has the clusters of each run on such machines: those that --clusters gave, 0 for none.
    """
    seen: dict[RunKey, set[Forms]] = {}
    for context in contexts:
        seen.setdefault(run_key(context), set()).add(context.forms)
    return {key: Forms(relax=_asked({f.relax for f in forms}), unlock=_asked({f.unlock for f in forms}),
                       clusters=clusters_asked.get(key, max(f.clusters for f in forms))) for key, forms in seen.items()}


def comparable_of(context: Context, asked: Mapping[RunKey, Forms]) -> Comparable:
    """Returns the setting of a row. `asked`: what forms_asked() returns of all rows."""
    origin = context.origin
    if context.evidence == "modelled":
        origin = replace(origin, host="")  # a model gives equal figures on every host
    forms = asked.get(run_key(context), context.forms)
    return Comparable(replace(context, origin=origin, forms=forms, **_WITHIN))


def comparables_of(contexts: Sequence[Context]) -> list[Comparable]:
    """Returns the setting of each of these rows, which are all that there are."""
    asked = forms_asked(contexts)
    return [comparable_of(context, asked) for context in contexts]
