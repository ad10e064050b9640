"""The way back from a workload to the options that ask for it."""

from collections.abc import Mapping
from dataclasses import replace

from hartlock.plan import schema
from hartlock.plan.plan import FIXED, SIZES, Workload
from hartlock.plan.scenarios import SCENARIOS
from hartlock.plan.workload_options import OPTIONS, TYPES, WITH_A_FILE, workload

ALWAYS = ("hold", "think")  # options that are said though the default says the same: a reader asks for these
FILE = "FILE.toml"  # stands for a workload file, of which a results folder has the name and the digest only


def _said(w: Workload) -> dict[str, str]:
    """Returns the value of every option of the workload, as the command line has it."""
    made = {"size": FILE if w.sizes not in (FIXED, *SIZES) else str(w.size_bytes) if w.sizes == FIXED else w.sizes,
            "align": str(w.align_bytes), "think": str(w.think_instructions), "think-range": str(w.think_range_instructions),
            "arrival": f"poisson:{w.arrival_ops_per_second}" if w.arrival_ops_per_second else "closed",
            "interrupt": f"{w.interrupt_period_us},{w.interrupt_instructions}"}
    return {o.name: str(getattr(w, schema.keys()[o.key].column)) if o.key else made[o.name] for o in OPTIONS}


def of(w: Workload) -> dict[str, str]:
    """Returns the options that ask for a workload, by name, with their values: what no default and no scenario says anyway.

    A scenario is the first of them. A workload that replays a lock has those that go with its file.
    """
    told = {"scenario": w.scenario} if w.scenario in SCENARIOS else {}
    usual = workload_of({**told, **({} if w.replay else {"allocator": w.allocator})})
    said, default = _said(w), _said(usual) | {"think-range": str(w.think_instructions)}
    if w.replay:
        return {name: said[name] for name in WITH_A_FILE if said[name] != default[name]}
    always = () if w.scenario in SCENARIOS else ALWAYS
    told |= {name: value for name, value in said.items() if value != default[name] or name in always}
    if w.allocator != workload_of({"scenario": w.scenario} if w.scenario in SCENARIOS else {}).allocator:
        told["allocator"] = w.allocator
    if w.arrival_ops_per_second:
        told.pop("think", None)  # the schedule says when a hart asks again
    return told


def workload_of(texts: Mapping[str, str]) -> Workload:
    """Returns the workload that these options ask for; no file is read, and with `size` FILE the sizes have that name. Raises UsageError."""
    drawn = texts.get("size") == FILE
    given: dict[str, object] = {name: TYPES[name](text) for name, text in texts.items() if name != "scenario" and not (drawn and name == "size")}
    options: dict[str, object] = {**dict.fromkeys(TYPES), **given, "scenario": texts.get("scenario")}
    made = workload({name.replace("-", "_"): value for name, value in options.items()})
    return replace(made, sizes=FILE, size_bytes=0) if drawn else made


def words(texts: Mapping[str, str]) -> list[str]:
    """Returns options as the words of a command line."""
    return [word for name, text in texts.items() for word in (f"--{name}", text)]
