"""Compiled workers, as instructions."""

import re
import subprocess

from support.run import TOP

from hartlock.plan import lock_forms

CROSS = "riscv64-unknown-elf-"


def worker(strategy, relax, unlock):
    """The instructions of a strategy's worker with these forms: (word, text without addresses)."""
    path = lock_forms.formed(TOP / "build", relax, unlock) / f"bench/plain-{strategy.replace('-', '_')}.o"
    subprocess.run(["make", "-s", f"RELAX={relax}", f"UNLOCK={unlock}", str(path.relative_to(TOP))], cwd=TOP, check=True,
                   capture_output=True, timeout=120)
    out = subprocess.run([f"{CROSS}objdump", "-d", str(path)], check=True, capture_output=True, text=True, timeout=60).stdout
    found = re.findall(r"^\s+[0-9a-f]+:\t([0-9a-f]+)\s+(.*)$", out, re.MULTILINE)
    return [(int(word, 16), re.sub(r"\s+", " ", text.split("#")[0].split("<")[0])) for word, text in found]
