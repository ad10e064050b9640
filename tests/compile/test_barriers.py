"""Each lock is a barrier to the compiler: what a section loads and stores stands between the lock's orders, none is
dropped and none is moved, whatever the compiler and its optimization. The interpreter of verify/ executes the compiled
code, one hart alone, and what it did is compared with what canary.c says."""

import os
import re
import shutil
import subprocess
from collections import Counter

import pytest
from support.objects import CROSS
from support.run import TOP

from hartlock.base.elf import Elf
from hartlock.plan import strategies
from verify import code
from verify.alone import executed
from verify.traces import Hart

# null orders nothing. indirect calls ticket's functions through pointers, which the interpreter does not follow.
LOCKS = [n.replace("-", "_") for n, s in strategies.known().items() if not s.lockfree and n not in ("null", "indirect")]
RV64 = ["-march=rv64imac", "-mabi=lp64", "-mcmodel=medany", "-mno-relax", "-ffreestanding"]
GCC = [f"{CROSS}gcc", *RV64, "-c"], [f"{CROSS}gcc", *RV64, "-nostdlib", "-static", "-Wl,-e,0"]
CLANG = ["clang", "--target=riscv64-unknown-elf", *RV64, "-c"], ["ld.lld", "-e", "0"]
INLINE = "-Dinline=inline __attribute__((always_inline))"  # a call would be a barrier of its own
GIVEN = 41

FORMS = ["", "-DLOCK_ATOMIC_C11", *(f"-DLOCK_{form}" for form in (
    "RELAX_FORM_NONE", "RELAX_FORM_WRS", "UNLOCK_FORM_AMOSWAP", "UNLOCK_FORM_FENCE_STORE", "UNLOCK_FORM_STORE_FENCE"))]
BUILDS = [pytest.param(tools, level, id=f"{name}{level}", marks=[pytest.mark.deep] * ((name, level) != ("gcc", " -O2")))
          for name, tools in (("gcc", GCC), ("clang", CLANG)) for level in (" -O1", " -O2", " -O3", " -O2 -flto")]


class Canary:
    """The functions of one build of canary.c, and what each does when a hart executes it alone."""

    def __init__(self, path):
        found = {s.name: s for s in Elf(path).symbols()}
        self.functions = code.read(path, CROSS).functions
        self.value, self.copy = found["words"].address, found["words"].address + 8

    def does(self, name, memory, **registers):
        """Returns the steps of a function, and the memory after it."""
        run, after = executed(Hart((self.functions[name],), registers), memory)
        return run.steps, after

    def seen(self, steps):
        """Returns each access to the words, with the number of orders before it."""
        orders, found = 0, Counter()
        for step in steps:
            if step.location and step.location[0] in (self.value, self.copy):
                word = "value" if step.location[0] == self.value else "copy"
                found[orders, f"{word} = {step.wrote}" if step.op.kind == "store" else word] += 1
            orders += orders_of([step])
        return found


def orders_of(steps):
    """Returns how many fences, and atomics with an order, are among steps."""
    return sum(bool(step.op.order) for step in steps)


def run(command):
    assert shutil.which(command[0]), f"{command[0]} is not installed (make setup-deep)"
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def built(top, folder, tools, level, *flags):
    """canary.c, linked, with the locks of a checkout."""
    compiler, linker = tools
    headers = [word for lock in LOCKS for word in ("-include", top / f"lock/{lock}.h")]
    run([*compiler, *level.split(), *flags, INLINE, f"-DSTRATEGIES={' '.join(f'LOCK({n})' for n in LOCKS)}", *headers,
         TOP / "tests/compile/canary.c", "-o", folder / "canary.o"])
    run([*compiler, "-xc", os.devnull, "-o", folder / "attributes.o"])  # says which extensions the code has, as clang's -flto does not
    run([*linker, *(level.split() if linker[0] == compiler[0] else ()), folder / "canary.o", folder / "attributes.o", "-o", folder / "canary.elf"])
    return Canary(folder / "canary.elf")


def wrong(canary, lock):
    """Returns what stands elsewhere than in the source; {} if nothing does."""
    _, free = canary.does(f"{lock}_ready", {})
    take, held = canary.does(f"{lock}_take", free)
    give, _ = canary.does(f"{lock}_give", held)
    inside = orders_of(take)
    behind = inside + orders_of(give)
    expected = Counter([(0, f"value = {GIVEN}"), (inside, "value"), (inside, f"copy = {GIVEN}"), (inside, f"value = {GIVEN + 1}"),
                        (behind, "value = 7"), (behind, "copy")])
    found = canary.seen(canary.does(f"{lock}_canary", free, x10=GIVEN)[0])
    lacks = [what for what, steps in (("an order that takes", take), ("an order that lets go", give)) if not orders_of(steps)]
    return {"missing": [*lacks, *(expected - found)], "instead": [*(found - expected)]} if lacks or found != expected else {}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tools,level", BUILDS)
def test_a_section_stays_between_the_orders_of_its_lock(tools, level, form, tmp_path):
    canary = built(TOP, tmp_path, tools, level, *form.split())
    assert {lock: found for lock in LOCKS if (found := wrong(canary, lock))} == {}


ORDERED = re.compile(r"acquire|release|acq_rel|fence|unlock")  # the names of atomics that are barriers to the compiler
ATOMIC = re.compile(r"^static inline (?:void|bool|a32_value|uintptr_t) (\w+)\(([^)]*)\)", re.MULTILINE)
ARGUMENTS = {"const a32 *a": "&word", "a32 *a": "&word", "const aptr *a": "&pointer", "aptr *a": "&pointer", "a32_value *seen": "&seen32",
             "uintptr_t *seen": "&seen64", "void": ""}


def atomics(top):
    """The atomics with an order, each with the arguments of a call: a comparison finds what it compares with."""
    found = {name: [" ".join(given.split()) for given in list_.split(",")] for header in ("atomic_c11", "forms")
             for name, list_ in ATOMIC.findall((top / f"lock/{header}.h").read_text()) if ORDERED.search(name)}
    return {name: ", ".join(ARGUMENTS.get(g, "0" if g.endswith("seen") else "1") for g in given) for name, given in found.items()}


def canary_of_atomics(calls):
    """C: each atomic alone between stores and loads that a compiler would like to merge."""
    head = """#include "lock/port.h"
#define KEPT __attribute__((used, noinline, externally_visible))
struct words { uint64_t value, copy; };
extern struct words words;
__attribute__((used)) struct words words;
static a32 word;
static aptr pointer;
#define ATOMIC(name, ...) \\
	KEPT void name##_canary(uint64_t given) \\
	{ \\
		a32_value seen32 = 0; uintptr_t seen64 = 0; \\
		words.value = given; (void)name(__VA_ARGS__); words.copy = words.value; words.value = given + 1; (void)seen32; (void)seen64; \\
	} \\
	KEPT void name##_alone(void) { a32_value seen32 = 0; uintptr_t seen64 = 0; (void)name(__VA_ARGS__); (void)seen32; (void)seen64; }
"""
    return head + "".join(f"ATOMIC({name}{', ' if given else ''}{given})\n" for name, given in calls.items())


def moved(top, folder, tools, level, *flags):
    """Returns, for each atomic with an order that is no barrier to the compiler, what stands elsewhere than in the source."""
    compiler, linker = tools
    calls, wrong_ones = atomics(top), {}
    (folder / "atomics.c").write_text(canary_of_atomics(calls))
    run([*compiler, *level.split(), *flags, f"-I{top}", INLINE, folder / "atomics.c", "-o", folder / "atomics.o"])
    run([*linker, folder / "atomics.o", "-o", folder / "atomics.elf"])
    canary = Canary(folder / "atomics.elf")
    for name in calls:
        behind = orders_of(canary.does(f"{name}_alone", {})[0])
        found = canary.seen(canary.does(f"{name}_canary", {}, x10=GIVEN)[0])
        expected = Counter([(0, f"value = {GIVEN}"), (behind, "value"), (behind, f"copy = {GIVEN}"), (behind, f"value = {GIVEN + 1}")])
        if found != expected or not behind:
            wrong_ones[name] = {"missing": [*(expected - found)], "instead": [*(found - expected)], "orders": behind}
    return wrong_ones


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("tools,level", [b for b in BUILDS if "flto" not in str(b.id)])
def test_each_atomic_with_an_order_is_a_barrier_by_itself(tools, level, form, tmp_path):
    """In a lock, other barriers may stand in for one that is lacking; here none does."""
    assert moved(TOP, tmp_path, tools, level, *form.split()) == {}


@pytest.mark.parametrize("form,header,atomic", [("", "atomic_rv64", "a32_cas_acquire"), ("-DLOCK_RELAX_FORM_WRS", "forms", "a32_watch_acquire")])
def test_an_atomic_that_is_no_barrier_is_seen(form, header, atomic, tmp_path):
    """The mistake: one atomic does not say that it touches memory."""
    shutil.copytree(TOP / "lock", tmp_path / "lock")
    path = tmp_path / f"lock/{header}.h"
    before, _, rest = path.read_text().partition(f" {atomic}(")
    path.write_text(f"{before} {atomic}(" + re.sub(r'(:+)\s*"memory"\)', ")", rest, count=1))
    assert [*moved(tmp_path, tmp_path, GCC, "-O2", *form.split())] == [atomic]


def test_atomics_that_are_no_barrier_are_seen(tmp_path):
    """The mistake: no atomic says that it touches memory. Where a lock's own structures are reached by pointers GCC moves nothing all the same."""
    shutil.copytree(TOP / "lock", tmp_path / "lock")
    header = tmp_path / "lock/atomic_rv64.h"
    text, removed = re.subn(r'(:+)\s*"memory"\)', ")", header.read_text())
    header.write_text(text)
    canary = built(tmp_path, tmp_path, GCC, "-O2")
    assert removed > 10 and {"tas", "ttas", "ticket", "anderson", "clh", "qspin"} <= {lock for lock in LOCKS if wrong(canary, lock)}
