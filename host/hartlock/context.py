"""run.json: everything about a run but its numbers. docs/results.md lists the keys."""

import os
import platform
import re
import sys
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path

from hartlock import tools
from hartlock.build import file_hash
from hartlock.plan import Plan

FORMAT = 1


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _processor() -> str:
    try:
        found = re.search(r"^model name\s*:\s*(.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        found = None
    return found[1] if found else platform.machine()


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def begin(plan: Plan, argv: list[str], image: Path, processors: int) -> dict[str, object]:
    order = [f"{t.strategy}:{t.harts}" for t in plan.order]
    return {
        "format": FORMAT,
        "status": "running",
        "command": ["./run-bench.sh", *argv],
        "started": now(),
        "plan": {**asdict(plan), "order": order},
        "commit": tools.commit(),
        "image_sha256": file_hash(image),
        "compiler": tools.first_line(tools.output_of(tools.cross_compile() + "gcc", "--version")),
        "qemu": tools.first_line(tools.output_of(tools.QEMU, "--version")),
        "host": {
            "processors": processors,
            "processor": _processor(),
            "architecture": platform.machine(),
            "kernel": platform.release(),
            "system": tools.first_line(tools.output_of("sed", "-n", 's/^PRETTY_NAME="\\(.*\\)"/\\1/p', "/etc/os-release")),
            "python": sys.version.split()[0],
            "load_at_start": _load(),
        },
    }
