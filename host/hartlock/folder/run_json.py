"""run.json: everything about a run but its numbers. docs/reference/run-json.md lists the keys."""

import os
import platform
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from hartlock.base import toolchain
from hartlock.figures import proved
from hartlock.engine.base import Engine
from hartlock.plan.plan import Plan

FORMAT = 1


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def begin(plan: Plan, argv: list[str], engine: Engine, image: Path, processors: int) -> dict[str, object]:
    """The context of a run that begins: `engine`, the first of its engines, executes `image`."""
    made = engine.provenance(image)
    order = [f"{t.strategy}:{t.harts}" for t in plan.order]
    return {
        "format": FORMAT,
        "status": "running",
        "command": ["./run-bench.sh", *argv],
        "started": now(),
        "plan": {**asdict(plan), "order": order},
        "commit": toolchain.commit(),
        "image_sha256": made["image_sha256"],
        "proofs": {t.strategy: proved.of(t.strategy, plan) for t in plan.order} if engine.runs_image else {},
        "compiler": made["compiler"],
        "qemu": made["qemu"],
        "host": {
            "processors": processors,
            "processor": toolchain.processor(),
            "virtual": toolchain.is_virtual(),
            "architecture": platform.machine(),
            "kernel": platform.release(),
            "system": toolchain.first_line(toolchain.output_of("sed", "-n", 's/^PRETTY_NAME="\\(.*\\)"/\\1/p', "/etc/os-release")),
            "python": sys.version.split()[0],
            "load_at_start": _load(),
        },
    }
