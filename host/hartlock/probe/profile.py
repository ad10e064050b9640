"""A machine profile (model/machines/*.toml) from what the probe found."""

import tomllib
from collections.abc import Mapping

from hartlock.plan.machine_keys import machine_keys
from hartlock.plan.profile import is_isa, parse, written
from hartlock.probe.measured import Found

# A time may be all of this where nothing tells it.
OPEN: Mapping[str, object] = {"hot_owner": "[0.25, 1.0] * hot_transfer", "hot_transfer": "[0.7, 1.0] * transfer", "hot_shared": "[0.1, 1.0] * shared",
                             "copies_go": "[0.1, 1.0] * upgrade"}


def _unknown(key: str) -> str:
    """A key that neither the probe nor the base knows, as a line has it: all that it may be, or what a profile without it has."""
    of = machine_keys()[key]
    if of.kind == "SWITCH" or key in OPEN:
        return f"{written(OPEN.get(key, [False, True]))}  # bounded: not probed"
    usual = f'"1 * {of.usual}"' if of.usual in machine_keys() else of.usual
    return f"{usual}  # assumed: not probed, as where a profile does not say"


def _line(key: str, base: object, found: Found | None, ground: str, name: str) -> str:
    if found is None or found.value is None:
        why = f" ({found.how})" if found else ""
        if base is None:
            return f"{key} = {_unknown(key)}{why}"
        return f"{key} = {written(base)}  # {ground or 'assumed'}: not probed{why}: from {name}"
    of, how = machine_keys()[key], found.how
    values: tuple[float, ...] = found.value if isinstance(found.value, tuple) else (found.value,)
    if of.kind == "TIME":
        if max(values) < of.least - 0.05:
            how += f"; {max(values):.2f}, and the model's least is {of.least:g}"
        values = tuple(max(of.least, round(float(v), 1)) for v in values)
    if len(set(values)) == 1:
        return f"{key} = {written(values[0])}  # measured: probed: {how}"
    return f"{key} = {written(list(values))}  # bounded: probed: {how}"


def write(found: Mapping[str, Found], base_name: str, base_text: str, of: str, isa: str = "") -> str:
    """The profile's text. `of` names the machine that was probed, and `isa` is what its harts have, as rv64gc_zba; what is no
    ISA is left out."""
    base = tomllib.loads(base_text)
    head = [f"# A machine profile probed on {of}.", *([f"# isa: {isa}"] if is_isa(isa) else []), "#",
            "# `probed` says how a number was measured (docs/ports/probe.md); what the probe cannot see",
            f"# is as the profile {base_name} has it, and says so: there it may be a range.", ""]
    grounds = {k.key: k.ground for k in parse(base_name, base_text).keys}
    keys = [key for key in machine_keys() if key in base or key in found or key in OPEN]
    return "\n".join(head + [_line(key, base.get(key), found.get(key), grounds.get(key, ""), base_name) for key in keys]) + "\n"


def columns(text: str) -> int:
    """The columns of a profile's mesh; 0 where it leaves them open."""
    value = tomllib.loads(text).get("mesh_columns", 0)
    return value if isinstance(value, int) else 0
