"""The request of a run, and of a sweep's boots."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hartlock.engine.base import Engine
from hartlock.plan.plan import Plan


@dataclass(frozen=True)
class Request:
    """One run."""

    plan: Plan
    engines: Sequence[Engine]
    label: str  # the value of --lock, for the folder's name
    out: Path | None
    silence_s: float | None  # the value of --time-limit
    argv: list[str]
    remarks: Sequence[str] = ()  # to be printed at the end
    workloads: Mapping[str, bytes] = field(default_factory=dict)  # the workload file, and those beside it: they go into the run's folder
    members: int = 1  # machines of an engine whose profile stands for many


@dataclass(frozen=True)
class Part:
    """One boot of one workload, in a sweep."""

    boot: int  # from 1
    work: int  # from 1: which of the workloads
    request: Request
