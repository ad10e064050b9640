"""run.json: everything about a run but its numbers. docs/reference/run-json.md lists the keys."""

import json
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from hartlock.base import toolchain
from hartlock.base.errors import UsageError
from hartlock.base.text import printable
from hartlock.figures import proved
from hartlock.engine.base import Engine
from hartlock.plan.plan import Plan

FORMAT = 1

# The keys that something reads, and what stands there. A key may be missing: a merged table has few.
KINDS: dict[str, Any] = {
    "status": str, "command": list, "started": str, "ended": str, "plan": dict, "commit": str, "image_sha256": str, "compiler": str,
    "qemu": str, "host": dict, "sessions": list, "sweep": dict, "merged": dict}
WORDS: dict[Any, str] = {str: "a text", list: "a list", dict: "an object"}


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _load() -> float | None:
    try:
        return round(os.getloadavg()[0], 2)
    except OSError:
        return None


def begin(plan: Plan, argv: list[str], engine: Engine, image: Path, processors: int) -> dict[str, object]:
    """The context of a run that begins: `engine`, the first of its engines, executes `image`."""
    made, booted = engine.provenance(image), proved.booted(engine.executed(image))
    order = [f"{t.strategy}:{t.harts}" for t in plan.order]
    return {
        "format": FORMAT,
        "status": "running",
        "command": ["./run-bench.sh", *argv],
        "started": now(),
        "plan": {**asdict(plan), "order": order},
        "commit": toolchain.commit(),
        "image_sha256": made["image_sha256"],
        "proofs": {t.strategy: booted.proof(t.strategy, plan.workload.variant) for t in plan.order} if engine.executed(image) else {},
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


def context_of(folder: Path) -> dict[str, Any]:
    """Returns run.json of a results folder; {} where there is none. Raises UsageError for what is no run.json."""
    path = folder / "run.json"
    if not path.exists():
        return {}
    try:
        known = _clean(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as e:
        raise UsageError(f"cannot read {path}: {e}") from e
    if not isinstance(known, dict):
        raise UsageError(f"{path}: it holds {_shown(known)}, not an object")
    for key, kind in KINDS.items():
        if key in known and not isinstance(known[key], kind):
            raise UsageError(f"{path}: {key} is {_shown(known[key])}, not {WORDS[kind]}")
    if wrong := [s for s in known.get("sessions", []) if not isinstance(s, dict)]:
        raise UsageError(f"{path}: one of sessions is {_shown(wrong[0])}, not an object")
    if wrong := [run for run in known.get("merged", {}).values() if not isinstance(run, dict)]:
        raise UsageError(f"{path}: one of merged is {_shown(wrong[0])}, not an object")
    return known


def clusters_asked(context: Mapping[str, Any], run: str = "") -> int:
    """Returns the clusters that --clusters gave a run, 0 for none; of a merged table, whose context has several runs, `run` says which."""
    plan = context.get("merged", {}).get(run, context).get("plan")
    clusters = plan.get("clusters") if isinstance(plan, dict) else 0
    return clusters if isinstance(clusters, int) else 0


def _clean(value: Any) -> Any:
    """Returns a value of JSON, whose texts can be printed."""
    if isinstance(value, dict):
        return {printable(key): _clean(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clean(each) for each in value]
    return printable(value) if isinstance(value, str) else value


def _shown(value: object) -> str:
    """Returns the beginning of a value as JSON has it."""
    return json.dumps(value)[:40]
