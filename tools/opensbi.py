"""`make opensbi LOCK=mcs`: OpenSBI with a lock of lock/ in the place of its own.

The source is Debian's (host/fetch-opensbi). What replaces its lock is the snippet of docs/use/drop-in.md, and
nothing else: the part above the snippet's line `/* lib/sbi/riscv_locks.c */` goes into the header, the rest into
that file. LOCK=own builds OpenSBI as it is, to compare. Nothing of the source is committed.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import drop_in

TOP = Path(__file__).resolve().parents[1]
FOLDER = TOP / "build" / "opensbi"
SOURCE = FOLDER / "source"
CROSS = os.environ.get("OPENSBI_CROSS", "riscv64-linux-gnu-")  # its linker has to make position-independent programs
OWN = "own"
SPLIT = "/* lib/sbi/riscv_locks.c */\n"
PORT = """#include <sbi/riscv_barrier.h>
#define LOCK_RELAX()   cpu_relax()
#define QSPIN_HARTS    128
"""
INCLUDES = """#include <sbi/riscv_locks.h>
#include <sbi/sbi_hartmask.h>
#include <sbi/sbi_scratch.h>

"""
FLAGS = "-DLOCK_PORT='<sbi/lock_port.h>' -DLOCK_TYPES='<sbi/sbi_types.h>' -fno-ipa-reference"


def _edit(path: Path, pattern: str, text: str) -> None:
    """Replaces the one match of `pattern` in a file."""
    edited, times = re.subn(pattern, lambda _: text, path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if times != 1:
        raise SystemExit(f"{path}: OpenSBI's source differs from that of 1.6")
    path.write_text(edited, encoding="utf-8")


def replace_lock(tree: Path, name: str) -> None:
    """Puts the snippet for a lock into a copy of OpenSBI's source."""
    shape = drop_in.shape_of("opensbi", name)
    header, code = drop_in.code_for("opensbi", shape, name).split(SPLIT)
    (tree / "include/lock").mkdir()
    for path in (TOP / "lock").glob("*.h"):
        shutil.copy2(path, tree / "include/lock")
    (tree / "include/sbi/lock_port.h").write_text(PORT, encoding="utf-8")
    _edit(tree / "include/sbi/riscv_locks.h", r"#define TICKET_SHIFT.*?(?=bool spin_lock_check)", f"{header}\n")
    (tree / "lib/sbi/riscv_locks.c").write_text(INCLUDES + code, encoding="utf-8")
    _edit(tree / "platform/generic/objects.mk", r"platform-cflags-y =\n", f"platform-cflags-y = {FLAGS}\n")
    if "spin_lock_join" in header:
        _edit(tree / "lib/sbi/sbi_init.c", r"(?<=first thing in coldboot init sequence \*/\n)", "\tspin_lock_join();\n")


def build(name: str) -> Path:
    """Builds OpenSBI with that lock. Returns the firmware's ELF file; the .bin, which QEMU takes, lies beside it."""
    if not SOURCE.is_dir():
        raise SystemExit(f"{SOURCE.relative_to(TOP)} is not there: host/fetch-opensbi fetches it")
    tree = FOLDER / name / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(SOURCE, tree)
    if name != OWN:
        replace_lock(tree, name)
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "PLATFORM=generic", f"CROSS_COMPILE={CROSS}", "FW_JUMP=n", "FW_PAYLOAD=n"],
                   cwd=tree, env=environment, check=True, timeout=500, stdout=subprocess.DEVNULL)
    made = tree / "build/platform/generic/firmware"
    for ending in ("elf", "bin"):
        shutil.copy2(made / f"fw_dynamic.{ending}", FOLDER / name)
    return FOLDER / name / "fw_dynamic.elf"


def main() -> None:
    known = sorted(name for (project, shape), (names, _) in drop_in.snippets().items()
                   if project == "opensbi" and shape not in ("alloc", "magazine") for name in names)
    if len(sys.argv) != 2 or sys.argv[1] not in (*known, OWN):
        raise SystemExit(f"make opensbi LOCK=NAME: one of {', '.join(known)}, {OWN}")
    firmware = build(sys.argv[1]).with_suffix(".bin").relative_to(TOP)
    print(f"built: {firmware} (./run-bench.sh --engine tcg --smp 8 --lock cas -- -bios {firmware})")


if __name__ == "__main__":
    main()
