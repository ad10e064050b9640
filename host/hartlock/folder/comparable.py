"""What has to be alike for two figures to be compared, and by which figure they are.

A *setting* is engine, machine and workload. Columns that a later version adds to the
context tell settings apart by themselves.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hartlock.folder import forms
from hartlock.figures.columns import CONTEXT

# Of the context, what may differ inside a setting.
WITHIN = {"run", "strategy", "role", "harts", "seed", "host_processors", "evidence", "duration_us", "smp", "proof"}
# What a merged table (collect.md) says besides of where a row comes from.
ORIGIN = ["host", "compiler", "commit", "qemu"]


@dataclass(frozen=True)
class Measure:
    """Something to rank by; less of it is better."""

    figure: str  # a column of trials.csv, or one of dataset.DERIVED
    unit: str
    more: str = "as many"


BALANCE, RESPONSE_BALANCE = "balance", "response_balance"
_CYCLES = Measure("cycles_per_op", "cycles an operation")
_RESPONSE = Measure("response_p50_us", "µs from when the median operation was due until it was done", "as long")
CLOSED = {
    "throughput": _CYCLES,
    "tail": Measure("wait_p999_cycles", "cycles that 999 of 1000 waits do not exceed"),
    "fairness": Measure(_CYCLES.figure, f"{_CYCLES.unit}, of those that are fair"),
    "balanced": Measure(BALANCE, "√(cycles an operation × cycles of p99.9)"),
}
# In an open loop the arrivals decide how much is done; how soon it is done is what a lock decides.
OPEN = {
    "throughput": _RESPONSE,
    "tail": Measure("response_p999_us", "µs that 999 of 1000 responses do not exceed", "as long"),
    "fairness": Measure(_RESPONSE.figure, f"{_RESPONSE.unit}, of those that are fair", "as long"),
    "balanced": Measure(RESPONSE_BALANCE, "√(µs of the median response × µs of p99.9)", "as long"),
}


@dataclass(frozen=True)
class Comparable:
    """Column by column, without those that are the same for all of a folder's."""

    values: tuple[tuple[str, str], ...]

    def __getitem__(self, column: str) -> str:
        return dict(self.values).get(column, "")

    @property
    def measures(self) -> dict[str, Measure]:
        """What ranks here, by goal."""
        return OPEN if self["arrival"] == "poisson" else CLOSED

    def apart(self, others: Sequence["Comparable"]) -> str:
        """What tells it from the others, in words. A scenario stands for all that it sets."""
        named = all(o["scenario"] for o in others)
        like = [o for o in others if o["scenario"] == self["scenario"]] if named else others
        told = [f"{re.sub('_(instructions|bytes|us)$', '', name).replace('_', ' ')} {value}" for name, value in self.values
                if value and len({o[name] for o in (others if name == "scenario" else like)}) > 1]
        return ", ".join(told) or self["engine"]


def comparable_of(row: Mapping[str, str], asked: Mapping[forms.Origin, Mapping[str, str]]) -> Comparable:
    """`asked`: forms.of_runs()."""
    row = {**row, **asked.get(forms.origin(row), {})}
    anywhere = {"host"} if row.get("evidence") == "modelled" else set()  # the same wherever it is modelled
    names = [name for name in (*CONTEXT, *ORIGIN) if name not in WITHIN | anywhere]
    return Comparable(tuple((name, row[name]) for name in names if name in row))
