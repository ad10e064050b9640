"""Finds the differences of two runs besides their figures."""

import tomllib
from collections.abc import Iterator
from typing import Any

from hartlock.folder.reader import Results

# (key of run.json, its words), in the order that a reader should know them in
FACTS = [
    ("commit", "commit"), ("compiler", "compiler"), ("image_sha256", "kernel image"), ("qemu", "QEMU"),
    ("host.processor", "processor"), ("host.processors", "host processors"), ("host.architecture", "architecture"),
    ("host.system", "system"), ("host.kernel", "host kernel"), ("plan.smp", "harts of the machine"), ("plan.seed", "seed"),
    ("plan.trials", "trials a boot"),
]
OF_SESSIONS = [("machine", "machine profile"), ("machine_sha256", "cost model"), ("duration_us", "window, us"), ("boot.sbi", "firmware"),
               ("boot.isa", "ISA")]
SHORT = 40  # characters of a value that are shown


def _get(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values.get(key) if isinstance(values, dict) else None
    return values


def _short(value: Any) -> str:
    text = "unknown" if value is None else str(value)
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def _by_engine(results: Results) -> dict[str, dict[str, Any]]:
    return {str(s.get("engine")): s for s in reversed(results.context.get("sessions") or [])}


def _profile(engine: str, a: str, b: str) -> Iterator[str]:
    """The keys in which two machine profiles differ."""
    try:
        old, new = tomllib.loads(a), tomllib.loads(b)
    except tomllib.TOMLDecodeError:
        yield f"{engine}: the machine profiles differ"
        return
    for key in (*old, *(k for k in new if k not in old)):
        if old.get(key) != new.get(key):
            yield f"{engine}, machine profile, {key}: {_short(old.get(key))} → {_short(new.get(key))}"


def differences(a: Results, b: Results) -> list[str]:
    said = []
    for key, name in FACTS:
        old, new = _get(a.context, key), _get(b.context, key)
        if old != new:
            said.append(f"{name}: {_short(old)} → {_short(new)}")
    one, other = _by_engine(a), _by_engine(b)
    for engine in (e for e in one if e in other):
        for key, name in OF_SESSIONS:
            old, new = _get(one[engine], key), _get(other[engine], key)
            if old != new:
                said.append(f"{engine}, {name}: {_short(old)} → {_short(new)}")
        profiles = [str(s[engine].get("machine_profile") or "") for s in (one, other)]
        said += _profile(engine, *profiles)
    return said
