"""Finds out whether the code of a row is proved, as verify/proofs.json says.

`make prove` writes that file: for each strategy and form the hash of the functions that hold, and
of the objects in whose loops it has found them (docs/trust/proof.md). Here the objects that were
built are hashed; one that differs in a bit is not proved.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from hartlock.base.elf import Elf, ElfError
from hartlock.base.paths import BUILD, TOP
from hartlock.plan.lock_forms import formed
from hartlock.plan.plan import Plan

FILE = TOP / "verify" / "proofs.json"
NONE = "none"


def text_hash(path: Path) -> str:
    """Returns the SHA-256 of an ELF object's code, every section whose name begins with .text, in the
    order of their names; "" if there is no such object."""
    try:
        code = Elf(path).code()
    except ElfError:
        return ""
    whole = b"".join(name.encode() + b"\0" + len(code[name]).to_bytes(8, "little") + code[name] for name in sorted(code))
    return hashlib.sha256(whole).hexdigest()


@cache
def _known() -> dict[str, dict[str, str]]:
    """For each strategy: the hash of each object with proved code in it, and the code's hash."""
    try:
        strategies = json.loads(FILE.read_text())["strategies"]
        return {name: {built: code for code, objects in forms.items() for built in objects}
                for name, forms in strategies.items()}
    except (OSError, ValueError, KeyError, AttributeError):
        return {}


@cache
def _of(strategy: str, variant: str, folder: Path) -> str:
    word = strategy.replace("-", "_")
    code = _known().get(word, {}).get(text_hash(folder / "bench" / f"{variant}-{word}.o"))
    return f"holds:{code}" if code else NONE


def of(strategy: str, plan: Plan, variant: str = "") -> str:
    """The column `proof`: holds:HASH, with the hash of the proved functions that were timed; or none.

    `variant`: the one of the worker that ran, as the kernel says it; "": the one that the plan needs.
    """
    return _of(strategy, variant or plan.workload.variant, formed(BUILD, plan.relax, plan.unlock))
