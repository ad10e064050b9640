"""`make linux`: what `observe` needs of Debian's Linux for riscv64, in build/linux/.

The kernel is Debian's (host/fetch-linux). Its initramfs has one file, tools/linux/init.c. The symbols are those of
/proc/kallsyms, which the kernel is booted for once: Debian's image has none, and is not moved from boot to boot.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

from hartlock.base.toolchain import QEMU

TOP = Path(__file__).resolve().parents[2]
FOLDER = TOP / "build" / "linux"
IMAGE, INITRAMFS, SYMBOLS, VERSION = (FOLDER / name for name in ("Image", "initramfs", "kallsyms", "version"))
CC = f"{os.environ.get('CROSS_COMPILE', 'riscv64-unknown-elf-')}gcc"
# Without a C library's start nobody sets gp, which the linker would else shorten addresses with.
CFLAGS = ("-O2", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-mno-relax", "-ffreestanding", "-nostdlib", "-static", "-Wall", "-Wextra", "-Werror")
DONE = "init: done"
LINES = re.compile(rb"^[0-9a-f]{16} [A-Za-z] [^\r\n]*", re.MULTILINE)
PATIENCE_S = 600


def machine(mode: str) -> list[str]:
    """QEMU's arguments. `mode` tells init what to do: symbols, busy."""
    return ["-M", "virt", "-smp", "4", "-m", "512M", "-kernel", str(IMAGE), "-initrd", str(INITRAMFS), "-append", f"console=ttyS0 -- {mode}"]


def entry(name: str, mode: int, data: bytes) -> bytes:
    """An entry of an initramfs (Documentation/driver-api/early-userspace/buffer-format.rst)."""
    numbers = (0, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    head = b"070701" + "".join(f"{n:08x}" for n in numbers).encode() + name.encode() + b"\0"
    return _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % 4)


def write_initramfs() -> None:
    init = FOLDER / "init"
    subprocess.run([CC, *CFLAGS, "-o", init, Path(__file__).with_name("init.c")], check=True)
    executable = 0o100755
    INITRAMFS.write_bytes(entry("init", executable, init.read_bytes()) + entry("TRAILER!!!", 0, b""))


def write_symbols() -> None:
    """Boots the kernel to have its /proc/kallsyms. Raises SystemExit if it does not come to an end."""
    try:
        done = subprocess.run([QEMU, "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", *machine("symbols")],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired as e:
        raise SystemExit(f"Linux did not print its symbols in {PATIENCE_S} s: {(e.stdout or b'')[-500:].decode(errors='replace')}") from None
    if DONE.encode() not in done.stdout:
        raise SystemExit(f"Linux did not print its symbols: {(done.stdout[-500:] + done.stderr).decode(errors='replace')}")
    SYMBOLS.write_bytes(b"\n".join(LINES.findall(done.stdout)) + b"\n")


def build() -> None:
    if not IMAGE.is_file():
        raise SystemExit(f"{IMAGE.relative_to(TOP)} is not there: host/fetch-linux fetches it")
    write_initramfs()
    if not SYMBOLS.is_file() or SYMBOLS.stat().st_mtime < IMAGE.stat().st_mtime:
        write_symbols()


def main() -> int:
    build()
    folder = FOLDER.relative_to(TOP)
    print(f"{VERSION.read_text().strip()}: {folder}/Image, {folder}/initramfs and {folder}/kallsyms are built")
    return 0


if __name__ == "__main__":
    sys.exit(main())
