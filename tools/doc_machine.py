"""The table of a machine profile's keys in docs/trust/model.md, made from model/keys.def."""

from hartlock.plan.machine_keys import NEEDED, MachineKey, machine_keys


def _values(key: MachineKey) -> str:
    return "true, false" if key.kind == "SWITCH" else f"{key.least:g} to {key.most:g}".replace("1e+05", "100000")


def _usual(key: MachineKey) -> str:
    return "needed" if key.usual == NEEDED else f"`{key.usual}`" if key.usual in machine_keys() else key.usual


def _seen(key: MachineKey) -> str:
    return ", ".join(f"`{kind}`" for kind in key.probes) or f"no: {key.instead}"


def keys_table() -> str:
    """Returns the table of the keys."""
    rows = [f"| `{key.name}` | {_values(key)} | {key.unit} | {_usual(key)} | {key.meaning} | {_seen(key)} |" for key in machine_keys().values()]
    return "\n".join(["| key | values | unit | default | meaning | probed by |", "| --- | --- | --- | --- | --- | --- |", *rows])
