"""The snippets of docs/use/drop-in.md are short and whole, and they work: each compiles for RISC-V
with GCC and clang, and runs on threads, for every strategy it names."""

import os
import re
import subprocess

import pytest
from support.run import TOP
from support.sampling import DEEP, sampled
from tools.drop_in import STANDS_FOR, code_for, snippets, trylocks

from hartlock.plan import strategies, traits

HOSTCC = os.environ.get("HOSTCC", "gcc")
CLANG = os.environ.get("CLANG", "clang")
CROSS = os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")
RV64 = ["-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "-ffreestanding", "-c"]
CROSSES = ([f"{CROSS}gcc", *RV64], [CLANG, "--target=riscv64-unknown-elf", *RV64])
FLAGS = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Wno-unused-function", "-Wno-unused-variable", f"-I{TOP}",
         f"-I{TOP}/tests/compile/drop_in", '-DLOCK_PORT="tests/compile/drop_in/port.h"']
GCC = ["-fno-ipa-reference"]  # as the document says

NOT_ZEROED = {"clh", "anderson"}
DO_NOT_FIT = {"opensbi": {"clh", "anderson"}}  # the document says why
EXPECTED_LINES = 23  # each snippet is shorter
WORDS = {
    "opensbi": ["-DINIT(l)=SPIN_LOCK_INIT(l)", "-DLOCK(l)=spin_lock(l)", "-DUNLOCK(l)=spin_unlock(l)"],
    "bao": ["-DINIT(l)=spinlock_init(&l)", "-DLOCK(l)=spin_lock(l)", "-DUNLOCK(l)=spin_unlock(l)"],
    "xen": ["-DINIT(l)=spin_lock_init(&l)", "-DLOCK(l)=_spin_lock(l)", "-DUNLOCK(l)=_spin_unlock(l)"],
}
TRIES = {
    "opensbi": ["-DTRY(l)=spin_trylock(l)", "-DIS_LOCKED(l)=spin_lock_check(l)"],
    "xen": ["-DTRY(l)=_spin_trylock(l)", "-DIS_LOCKED(l)=_spin_is_locked(l)"],
}
BAO_OF = "\nstruct spin_of spin_of[PLAT_CPU_NUM];\nstruct {0}_space spin_space;\n"
JOINS = {"opensbi": "spin_lock_join()", "bao": "spin_join()",
         "xen": "for (unsigned i = 0; i < THREADS; i++) spin_lock_join(i)"}


CASES = [(project, shape, name) for (project, shape), (names, _) in snippets().items() for name in names]


def stands_for_others(project, shape, name):
    """Whether it is the strategy whose name the document writes."""
    return name == STANDS_FOR[shape]


def test_every_strategy_goes_into_every_project():
    for project in WORDS:
        named = {name for of, _, name in CASES if of == project}
        left_out = {n for n, t in traits.known().items() if t.yardstick} | DO_NOT_FIT.get(project, set())
        assert set(strategies.choose("all")) - named == left_out
    assert len(snippets()) == 15


@pytest.mark.parametrize("key", snippets(), ids="-".join)
def test_a_snippet_is_short(key):
    assert len(snippets()[key][1].splitlines()) < EXPECTED_LINES


def test_every_lock_with_a_trylock_has_its_lines():
    assert len(trylocks()) == 6
    for key, (names, _) in trylocks().items():
        assert names == [name for name in snippets()[key][0] if "trylock" in traits.known()[name].has]


def test_what_needs_one_node_a_hart_or_none_is_no_queue():
    for (_, shape), (names, _) in snippets().items():
        assert shape in ("alloc", "magazine") or {("one-node-a-hart" in traits.known()[name].has) for name in names} == {shape != "queue"}


def for_one(project, shape, name, folder):
    """The snippet with this strategy's name in it, and the flags to build it with."""
    code, tries = code_for(project, shape, name), name in trylocks().get((project, shape), ((), ""))[0]
    if (project, shape) == ("bao", "hart"):
        code += BAO_OF.format(name.replace("-", "_"))
    (folder / "snippet.h").write_text(code)
    flags = [f'-DPROJECT="{project}.h"', '-DSNIPPET="snippet.h"', f"-I{folder}", f"-DIS_{project}"]
    if shape in ("alloc", "magazine"):
        join = ["-DJOIN=join_boot_pages"] if (project, shape) == ("xen", "magazine") else []
        return [*flags, *join, f"-DHARTS={1 if name == 'baseline' else 4}"]
    join = JOINS[project] if shape == "hart" else "(void)0"
    return [*flags, *WORDS[project], *(TRIES[project] if tries else []), f"-DJOIN={join}", f"-DZEROED={int(name not in NOT_ZEROED)}"]


def run(command):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}"


@pytest.mark.repeated
@sampled("project,shape,name", CASES, quick=stands_for_others)
def test_a_snippet_compiles_for_riscv(project, shape, name, tmp_path):
    flags = for_one(project, shape, name, tmp_path)
    (tmp_path / "alone.c").write_text("#include PROJECT\n#include SNIPPET\n")
    for compiler in (CROSSES[0] + GCC, *([CROSSES[1]] if DEEP else ())):
        run([*compiler, *FLAGS, *flags, tmp_path / "alone.c", "-o", tmp_path / "alone.o"])


@sampled("project,shape,name", CASES, quick=stands_for_others)
def test_a_snippet_works_on_threads(project, shape, name, tmp_path):
    flags = for_one(project, shape, name, tmp_path)
    source = "heaps.c" if shape in ("alloc", "magazine") else "locks.c"
    run([HOSTCC, *FLAGS, *GCC, *flags, "-pthread", TOP / "tests/compile/drop_in" / source, "-o", tmp_path / "program"])
    run([tmp_path / "program"])


def test_zeroed_memory_is_a_free_lock_but_for_two(tmp_path):
    """The document's statement on static initialisers agrees with the bytes that init writes."""
    for name, strategy in strategies.known().items():
        if strategy.lockfree or traits.known()[name].yardstick:
            continue
        word = strategy.header.stem
        (tmp_path / "zero.c").write_text(f"""
            #include "lock/{word}.h"
            #include <string.h>
            static struct {word}_lock zero, one;
            int main(void) {{ memset(&one, 0, sizeof(one)); {word}_init(&one);
                             return memcmp(&zero, &one, sizeof(one)) != 0; }}""")
        run([HOSTCC, "-std=gnu11", "-Wall", f"-I{TOP}", tmp_path / "zero.c", "-o", tmp_path / "zero"])
        done = subprocess.run([str(tmp_path / "zero")], timeout=20, check=False)
        assert done.returncode == (name in NOT_ZEROED), name


def loads_inside(folder, compiler, *flags):
    """How often is a static that a lock protects read between the calls of lock and unlock?"""
    (folder / "far.c").write_text("""
        #include "lock/ticket.h"
        static struct ticket_lock lock;
        static unsigned long counted;
        __attribute__((noinline)) void far_lock(void) { ticket_acquire(&lock, 0); }
        __attribute__((noinline)) void far_unlock(void) { ticket_release(&lock, 0); }
        unsigned long work(int turns)
        {
            for (int i = 0; i < turns; i++) { far_lock(); counted++; far_unlock(); }
            return counted;
        }""")
    run([*compiler, "-std=gnu11", "-O2", f"-I{TOP}", *flags, folder / "far.c", "-o", folder / "far.o"])
    out = subprocess.run([f"{CROSS}objdump", "-dr", "--no-show-raw-insn", "--disassemble=work", str(folder / "far.o")],
                         check=True, capture_output=True, text=True, timeout=60).stdout
    inside = out.split("far_lock", 1)[1].split("far_unlock")[0]
    return len(re.findall(r"\bc?\.?ld\s", inside))


def test_what_the_document_says_of_gcc_helps(tmp_path):
    assert loads_inside(tmp_path, CROSSES[0], *GCC) == 1


@pytest.mark.deep
def test_what_the_document_says_of_clang(tmp_path):
    assert loads_inside(tmp_path, CROSSES[1]) == 1


def test_what_the_document_says_of_gcc_is_needed(tmp_path):
    if loads_inside(tmp_path, CROSSES[0]) != 0:
        pytest.skip("this GCC reads it again without -fno-ipa-reference: docs/use/drop-in.md need not say so any more")
