"""Says what `observe` costs on the Linux of `make linux`: QEMU's own processor time with the watcher and without, in turns.

    python3 -m tools.linux.cost [PAIRS]
"""

import os
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from hartlock.base.toolchain import QEMU
from tools.linux import build as linux

LIMIT_S = 600
USUAL_PAIRS = 3


def plain_s() -> float:
    """QEMU's processor time from power-on to the end of the program, without a watcher. Raises SystemExit if it does not come there."""
    before_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    said = subprocess.run([QEMU, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", *linux.machine("busy")],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S, check=True).stdout
    if linux.DONE.encode() not in said:
        raise SystemExit(f"Linux did not say {linux.DONE!r}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before_s


def observed_s(said: str) -> float:
    """QEMU's processor time with the watcher, as `observe` said it. Raises SystemExit if Linux did not come to its end."""
    found = re.search(r"QEMU worked for ([0-9.]+) s", said)
    if not found or linux.DONE not in said:
        raise SystemExit(said)
    return float(found[1])


def watch() -> str:
    """Observe it; returns what is said."""
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([linux.TOP / "run-bench.sh", "observe", "--symbols", linux.SYMBOLS, "--for", str(LIMIT_S), "--until", linux.DONE,
                               "--out", Path(folder) / "out", "--", *linux.machine("busy")],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, env={**os.environ, "COLUMNS": "500"}, check=False).stdout


def pair() -> tuple[float, float]:
    """QEMU's processor time without and with the watcher."""
    return plain_s(), observed_s(watch())


def main() -> None:
    linux.build()
    pairs = [pair() for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else USUAL_PAIRS)]
    for plain, observed in pairs:
        print(f"{plain:.1f} s, observed {observed:.1f} s: {observed / plain:.1f} times")
    plain, observed = (median(each) for each in zip(*pairs, strict=True))
    print(f"medians: {plain:.1f} s, observed {observed:.1f} s: {observed / plain:.1f} times")


if __name__ == "__main__":
    main()
