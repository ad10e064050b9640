"""Starts what an engine runs on."""

from collections.abc import Sequence
from pathlib import Path

from hartlock.engine.choose import Engine
from hartlock.engine.native import Program
from hartlock.plan.plan import Plan
from hartlock.engine.process import Process
from hartlock.engine.qemu import Machine


def start(engine: Engine, plan: Plan, image: Path, cpu: str, extra: Sequence[str]) -> Process:
    if engine.source is not None:
        return engine.source
    if engine.name == "native":
        return Program(image, plan.smp, plan.bootargs(engine.windows))
    return Machine(image, plan.smp, plan.bootargs(engine.windows), cpu, [*engine.arguments, *extra])
