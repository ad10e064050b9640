"""The headers of lock/ and alloc/ are drop-in: each compiles alone, freestanding, with GCC
and with clang, needs nothing from outside, owns no memory, and takes what LOCK_PORT gives."""

import os
import re
import shutil
import subprocess

import pytest
from support.run import TOP

HOSTCC = os.environ.get("HOSTCC", "gcc")
CLANG = os.environ.get("CLANG", "clang")
CROSS = os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")

RV64 = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-ffreestanding"]
COMPILERS = {
    "rv64-gcc": [f"{CROSS}gcc", *RV64],
    "rv64-clang": [CLANG, "--target=riscv64-unknown-elf", *RV64],
    "host": [HOSTCC, "-fno-pie"],
}
# Inline functions that nobody calls are kept, so that nm sees what they need.
KEEP = "-Dinline=inline __attribute__((used))"
WARN = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]

HEADERS = sorted([*TOP.glob("lock/*.h"), *TOP.glob("alloc/*.h")])
LOCKS = [h for h in HEADERS if re.search(r"^(?:static inline|LOCK_INLINE) bool \w+_acquire\(struct", h.read_text(), re.M)]
FORMS = ["RELAX_FORM_NONE", "RELAX_FORM_WRS", "UNLOCK_FORM_AMOSWAP", "UNLOCK_FORM_FENCE_STORE",
         "UNLOCK_FORM_STORE_FENCE"]


def named(path):
    return f"{path.parent.name}/{path.name}"


def run(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}"
    return done.stdout


def compiled(folder, compiler, text, *flags):
    """The symbols of the compiled `text`, as {name: nm's letter}."""
    (folder / "alone.c").write_text(text)
    run([*compiler, *WARN, KEEP, "-O1", *flags, f"-I{folder}", "-c", folder / "alone.c", "-o", folder / "alone.o"])
    listed = run([f"{CROSS}nm" if RV64[0] in compiler else "nm", folder / "alone.o"])
    return {line.split()[-1]: line.split()[-2] for line in listed.splitlines()}


def needed_or_written(symbols):
    """The symbols that are needed from outside or can be written: all but t (inline functions), r and n
    (constants)."""
    return {name for name, letter in symbols.items() if letter not in "tTrRnN"}


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.deep if name == "rv64-clang" else ()) for name in COMPILERS])
def compiler(request):
    command = COMPILERS[request.param]
    assert shutil.which(command[0]), f"{command[0]} is not installed (make setup-deep)"
    return command


@pytest.mark.parametrize("header", HEADERS, ids=named)
def test_a_header_stands_alone(header, compiler, tmp_path):
    if header.name == "atomic_rv64.h" and compiler is COMPILERS["host"]:
        return  # atomic.h includes it on RISC-V only
    assert needed_or_written(compiled(tmp_path, compiler, f'#include "{header}"\n' * 2)) == set()


@pytest.mark.parametrize("header", HEADERS, ids=named)
def test_a_copied_header_compiles_as_the_documentation_says(header, tmp_path):
    """The bare-metal compiler of Debian has no C library: without -ffreestanding it finds no stdint.h."""
    told = re.search(r"^    riscv64-unknown-elf-(gcc .* -c a\.c)$", (TOP / "docs/use/drop-in.md").read_text(), re.M)
    for folder in ("lock", "alloc"):
        shutil.copytree(TOP / folder, tmp_path / folder, ignore=lambda _, names: [n for n in names if not n.endswith(".h")])
    (tmp_path / "a.c").write_text(f'#include "{named(header)}"\n')
    done = subprocess.run(f"{CROSS}{told[1]}".split(), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


TYPES = """typedef _Bool bool;
typedef unsigned int uint32_t;
typedef unsigned long uintptr_t;
#define true 1
#define false 0
"""


@pytest.mark.parametrize("header", [h for h in HEADERS if h.parent.name == "lock" and h.name != "atomic_c11.h"], ids=named)
def test_a_lock_takes_the_types_of_its_tree(header, tmp_path):
    """LOCK_TYPES takes the place of the compiler's headers: none of them is found here."""
    (tmp_path / "types.h").write_text(TYPES)
    (tmp_path / "alone.c").write_text(f'#include "types.h"\n#include "{header}"\n')
    run([*COMPILERS["rv64-gcc"], *WARN, "-O1", "-nostdinc", '-DLOCK_TYPES="types.h"', f"-I{tmp_path}", "-c", tmp_path / "alone.c", "-o",
         tmp_path / "alone.o"])


def test_the_check_sees_what_is_needed_and_what_is_written(compiler, tmp_path):
    """The check itself: a static, a global and a call are each seen."""
    bad = "static int kept;\nint shown;\nvoid gone(void);\nstatic inline void f(void) { kept++; gone(); }\n"
    assert needed_or_written(compiled(tmp_path, compiler, bad)) == {"kept", "shown", "gone"}


def test_every_form_and_mapping_compiles(compiler, tmp_path):
    text = "".join(f'#include "{header}"\n' for header in LOCKS)
    assert len(LOCKS) >= 14
    for form in FORMS:
        if form == "RELAX_FORM_WRS" and compiler is COMPILERS["host"]:
            continue  # an instruction of RISC-V; forms.h refuses it elsewhere, below
        assert needed_or_written(compiled(tmp_path, compiler, text, f"-DLOCK_{form}")) == set()
    assert needed_or_written(compiled(tmp_path, compiler, text, "-DLOCK_ATOMIC_C11")) == set()


def test_wrs_is_refused_where_it_does_not_exist(tmp_path):
    for command, flags in ((COMPILERS["host"], []), (COMPILERS["rv64-gcc"], ["-DLOCK_ATOMIC_C11"])):
        (tmp_path / "alone.c").write_text(f'#include "{TOP}/lock/ticket.h"\n')
        done = subprocess.run([*command, *flags, "-DLOCK_RELAX_FORM_WRS", "-fsyntax-only", str(tmp_path / "alone.c")],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0 and "lock/forms.h: wrs" in done.stderr


@pytest.mark.parametrize("header", LOCKS, ids=named)
def test_every_wait_is_the_ports(header, compiler, tmp_path):
    """With a LOCK_RELAX() and a LOCK_POLL() that call functions, every lock that waits needs both and nothing
    else from outside: no lock waits in a way of its own."""
    (tmp_path / "my_port.h").write_text("void my_relax(void), my_poll(void);\n#define LOCK_RELAX() my_relax()\n#define LOCK_POLL() my_poll()\n")
    text = f'#include "{header}"\n'
    symbols = compiled(tmp_path, compiler, text, '-DLOCK_PORT="my_port.h"')
    assert needed_or_written(symbols) == (set() if header.stem == "null" else {"my_relax", "my_poll"})
    loops = re.findall(r"while \(.*?_watch_.*?\)\s*(?:\{.*?\}|;|\w.*?;)", header.read_text(), re.S)
    assert all("LOCK_WAIT();" in loop for loop in loops), loops


@pytest.mark.parametrize("header", [h for h in HEADERS if re.search(r"^#ifndef (?!\w+_H$|LOCK_RELAX|LOCK_POLL|LOCK_TYPES|ALLOC_FAULT)", h.read_text(), re.M)],
                         ids=named)
def test_what_can_be_set_is_what_was_set(header, compiler, tmp_path):
    """Every macro that a header leaves to its user can be set: by LOCK_PORT in lock/, by -D in alloc/."""
    chosen = {name: 2 * int(value) for name, value in re.findall(
        r"^#ifndef (\w+)\n#define \1 (\d+)", header.read_text(), re.M)}
    assert chosen, "a macro that can be set has a number that this test reads"
    (tmp_path / "my_port.h").write_text("".join(f"#define {name} {value}\n" for name, value in chosen.items()))
    text = f'#include "{header}"\n' + "".join(
        f'_Static_assert({name} == {value}, "{name}");\n' for name, value in chosen.items())
    by_flag = [f"-D{name}={value}" for name, value in chosen.items()]
    compiled(tmp_path, compiler, text, *(by_flag if header.parent.name == "alloc" else ['-DLOCK_PORT="my_port.h"']))


def test_locks_and_allocators_are_told_apart():
    known = {h.stem for h in LOCKS}
    assert {"ticket", "mcs", "null", "indirect"} <= known and not known & {"cas", "faa", "port", "atomic"}


def calls(checked):
    """C text that takes and lets go of each lock, by its own functions or by those of lock/debug.h."""
    out = '#include "lock/debug.h"\n'
    for header in LOCKS:
        name, tries = header.stem, f"{header.stem}_trylock(" in header.read_text()
        of = f"{name}_checked" if checked else name
        out += f'#include "{header}"\n' + (f"LOCK_CHECKED({name})\n" + (f"LOCK_CHECKED_TRY({name})\n" if tries else "") if checked else "")
        kind = of if checked else f"{name}_lock"
        out += f"void i_{name}(struct {kind} *l) {{ {of}_init(l); }}\n"
        for what in ("acquire", "release", *(["trylock"] if tries else [])):
            out += f"int {what}_{name}(struct {kind} *l, struct {name}_node *n) {{ return {f'{of}_{what}(l, n)' if what != 'release' else f'({of}_release(l, n), 0)'}; }}\n"
        out += f"unsigned long size_{name}(void) {{ return sizeof(struct {kind}); }}\n"
    return out


def code_of(folder, text, *flags):
    """The encoded instructions that the kernel's compiler makes of a text."""
    (folder / "calls.c").write_text(text)
    run([*COMPILERS["rv64-gcc"], "-std=gnu11", "-O2", f"-I{TOP}", *flags, "-c", folder / "calls.c", "-o", folder / "calls.o"])
    return re.findall(r"^ +[0-9a-f]+:\t([0-9a-f]+)", run([f"{CROSS}objdump", "-d", folder / "calls.o"]), re.M)


def test_a_debug_build_that_is_off_is_the_lock_itself(tmp_path):
    """Without LOCK_DEBUG the functions of lock/debug.h are the same instructions, and its locks as large."""
    assert code_of(tmp_path, calls(True)) == code_of(tmp_path, calls(False)) != []
    port = ("#define LOCK_DEBUG_HART() 0\n#define LOCK_DEBUG_IN_TRAP() 0\n#define LOCK_DEBUG_INTERRUPTS() 0\n"
            "#define LOCK_DEBUG_FAIL(lock, fault) ((void)(lock), (void)(fault))\n")
    assert code_of(tmp_path, port + calls(True), "-DLOCK_DEBUG") != code_of(tmp_path, calls(False))
