"""run.json: everything about a run but its numbers. docs/reference/run-json.md lists the keys."""

import os
import platform
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from hartlock.base import toolchain
from hartlock.figures import proved
from hartlock.engine.build import file_hash
from hartlock.plan.plan import Plan

FORMAT = 1


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def begin(plan: Plan, argv: list[str], image: Path, processors: int, native: bool = False) -> dict[str, object]:
    """`native`: the image is a program for this computer, and QEMU has no part in it."""
    compiler = toolchain.hostcc() if native else toolchain.cross_compile() + "gcc"
    order = [f"{t.strategy}:{t.harts}" for t in plan.order]
    return {
        "format": FORMAT,
        "status": "running",
        "command": ["./run-bench.sh", *argv],
        "started": now(),
        "plan": {**asdict(plan), "order": order},
        "commit": toolchain.commit(),
        "image_sha256": file_hash(image) if image.exists() else "",
        "proofs": {} if native or not image.exists() else {
            t.strategy: proved.of(t.strategy, plan) for t in plan.order},
        "compiler": toolchain.first_line(toolchain.output_of(compiler, "--version")),
        "qemu": "" if native else toolchain.first_line(toolchain.output_of(toolchain.QEMU, "--version")),
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
