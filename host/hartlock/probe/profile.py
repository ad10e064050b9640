"""A machine profile (model/machines/*.toml) from what the probe found."""

import tomllib
from collections.abc import Mapping

from hartlock.plan.machine_keys import machine_keys
from hartlock.plan.profile import parse, written
from hartlock.probe.measured import Found


def _line(key: str, base: object, found: Found | None, ground: str, name: str) -> str:
    if found is None or found.value is None:
        why = f" ({found.how})" if found else ""
        return f"{key} = {written(base)}  # {ground or 'assumed'}: not probed{why}: from {name}"
    value: float | bool = found.value
    how = found.how
    of = machine_keys()[key]
    if of.kind == "TIME":
        least = of.least
        if value < least - 0.05:
            how += f"; {value:.2f}, and the model's least is {least:g}"
        value = max(least, round(float(value), 1))
    return f"{key} = {written(value)}  # measured: probed: {how}"


def write(found: Mapping[str, Found], base_name: str, base_text: str, of: str) -> str:
    """The profile's text. `of` names the machine that was probed."""
    base = tomllib.loads(base_text)
    head = [f"# A machine profile probed on {of}.", "#",
            "# `probed` says how a number was measured (docs/ports/probe.md); what the probe cannot see",
            f"# is as the profile {base_name} has it, and says so: there it may be a range.", ""]
    grounds = {k.key: k.ground for k in parse(base_name, base_text).keys}
    keys = [key for key in machine_keys() if key in base or (key in found and found[key].value is not None)]
    return "\n".join(head + [_line(key, base.get(key), found.get(key), grounds.get(key, ""), base_name) for key in keys]) + "\n"


def columns(text: str) -> int:
    """The columns of a profile's mesh; 0 where it leaves them open."""
    value = tomllib.loads(text).get("mesh_columns", 0)
    return value if isinstance(value, int) else 0
