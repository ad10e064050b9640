"""Builds an allocator that takes frames back, out of line, with one mistake."""

import os
import subprocess

from support.run import TOP

CROSS = os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")


def build_wrong(folder, name, changed, old, new):
    """Write verify/freeing.c's object NAME.o into `folder`; in the file `changed` the text `old`, which is there once, is `new`."""
    for of, files in (("alloc", "*.h"), ("lock", "*.h"), ("verify", "freeing.c")):
        (folder / of).mkdir()
        for path in (TOP / of).glob(files):
            (folder / of / path.name).write_text(path.read_text())
    text = (folder / changed).read_text()
    assert text.count(old) == 1
    (folder / changed).write_text(text.replace(old, new))
    subprocess.run([f"{CROSS}gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-std=gnu11", "-O2", "-ffreestanding", "-w", f"-DFREED_{name}",
                    "-c", str(folder / "verify/freeing.c"), "-o", str(folder / f"{name}.o")], check=True, timeout=60)
