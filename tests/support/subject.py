"""Compiles a lock that a test changes, out of line, as its proof takes it."""

import subprocess

from support.run import TOP

from verify import code, subjects
from verify.strategy import Subject


def compiled(folder, name, header, *defines):
    """The lock `name` of the header's text, compiled in `folder` with the compiler's options `defines`."""
    (folder / f"{name}.h").write_text(header)
    subprocess.run([f"{subjects.cross()}gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-std=gnu11", "-O2", "-ffreestanding",
                    "-ffunction-sections", "-w", "-I", str(TOP / "lock"), *defines, f"-DSTRATEGY={name}",
                    f'-DSTRATEGY_HEADER="{folder / name}.h"', "-c", str(TOP / "verify/subject.c"), "-o", str(folder / "lock.o")],
                   check=True, timeout=60)
    return Subject.of(name, code.read(folder / "lock.o", subjects.cross()))
