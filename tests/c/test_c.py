"""The C unit tests of tests/c/, built for this computer and run there."""

import os
import random
import re
import subprocess

import pytest
from support.run import TOP
from support import tried
from support.sampling import sampled

from hartlock.plan import profile as profiles
from hartlock.plan import traits

TREES = TOP / "tests/c/trees"
QEMU = "qemu-system-riscv64"
HOSTCC = os.environ.get("HOSTCC", "gcc")

ADDRESS, THREAD = "address,undefined", "thread"
WARN = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"]
INCLUDE = [f"-I{TOP}", f"-I{TOP}/tests/c", f"-I{TOP}/tests/c/fake"]

# tests/c/STEM.c and what it tests, unless that is a header.
PROGRAMS = {
    "arrival": ["bench/arrival.c"],
    "audit": ["bench/audit.c", "bench/sizes.c"],
    "buddy": [],
    "churn": ["bench/churn.c", "bench/timer.c"],
    "faa_end": [],
    "fairness": ["bench/fairness.c", "bench/histogram.c", "bench/record.c"],
    "fdt": ["kernel/fdt.c"],
    "frame_cache": [],
    "freeing_debug": [],
    "global": [],
    "histogram": ["bench/histogram.c", "bench/record.c"],
    "isa": ["kernel/isa.c"],
    "machine": [f"kernel/{stem}.c"
                for stem in ("machine", "machine_read", "machine_take", "tree_node", "cpumap", "isa", "fdt",
                                                        "ranges")],
    "machine_amo": ["machine/memory.c", "machine/decode.c", "machine/expand.c", "machine/execute.c"],
    "machine_decode": ["machine/decode.c", "machine/expand.c", "machine/execute.c"],
    "machine_tree": ["machine/tree.c"],
    "machine_order": ["machine/order.c"],
    "machine_spin": ["machine/spin.c", "model/store_buffer.c"],
    "many": ["bench/many.c"],
    "model_protocol": ["model/protocol.c"],
    "model_coherence": ["model/coherence.c", "model/protocol.c", "model/directory.c", "model/l1.c", "model/request.c"],
    "model_profile": ["model/profile.c"],
    "place": [],
    "variant": ["bench/variant.c"],
    "pool": [],
    "plan": ["bench/plan.c", "bench/sizes.c", "bench/replay.c"],
    "ranges": ["kernel/ranges.c"],
    "record": ["bench/record.c"],
    "replay": ["bench/replay.c"],
    "sizes": ["bench/sizes.c"],
    "stock": ["bench/stock.c", "bench/audit.c", "bench/sizes.c"],
    "ticket": [],
    "treiber": [],
    "timer": ["bench/timer.c", "bench/timer_noise.c", "bench/ipi_noise.c"],
    "watch": ["observe/watch.c", "observe/table.c", "observe/output.c"],
    "window": ["bench/window.c"],
}
WORDS = re.findall(r"^(LOCK|LOCKFREE)(?:_ISA)?\((\w+)[,)]", (TOP / "lock/locks.def").read_text(), re.M)
CONTROLS = {"null", "baseline"}  # exclude nobody, on purpose


def run(command, **kwargs):
    """Run a command to its end. On failure its output is shown."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", timeout=300,
                          **kwargs)
    assert done.returncode == 0, f"exit status {done.returncode}: {command}\n{done.stdout}"
    return done.stdout


def build(target, stem, sources=(), sanitizer=ADDRESS, flags=()):
    run([HOSTCC, *WARN, "-O1", "-g", f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all",
         *INCLUDE, *flags, "-pthread", "-o", target, TOP / f"tests/c/{stem}.c",
         *(TOP / source for source in sources)])
    return target


def many_harts():
    """A tree of 70 harts with the ids 0, 3, 6 ... in no order."""
    ids = [3 * i for i in range(70)]
    random.Random(70).shuffle(ids)
    harts = "".join(f'cpu@{i:x} {{ device_type = "cpu"; reg = <{i}>; }};\n' for i in ids)
    return f"""/dts-v1/;
        / {{
            #address-cells = <2>;
            #size-cells = <2>;
            memory@80000000 {{ reg = <0 0x80000000 0 0x1000>; }};
            cpus {{
                #address-cells = <1>;
                #size-cells = <0>;
                timebase-frequency = <1000>;
                {harts}
            }};
        }};"""


def pieces(count, step):
    """A reg of that many pieces of 4 KiB, each `step` behind the one before."""
    return ", ".join(f"<{0x80000000 + i * step:#x} 0x1000>" for i in range(count))


def tree_of(memory, reserved="<0x80000000 0x1000>", before="", within=""):
    """A tree of one hart with those memories and reservations."""
    return f"""/dts-v1/;
        {before}
        / {{
            #address-cells = <1>;
            #size-cells = <1>;
            memory {{ reg = {memory}; }};
            cpus {{
                #address-cells = <1>;
                #size-cells = <0>;
                timebase-frequency = <1000>;
                cpu@0 {{ device_type = "cpu"; reg = <0>; }};
            }};
            reserved-memory {{
                #address-cells = <1>;
                #size-cells = <1>;
                ranges;
                firmware {{ reg = {reserved}; }};
            }};
            {within}
        }};"""


def made_trees():
    """The trees that are too long to write down."""
    devices = "".join(f'device@{i:x} {{ reg = <{i} 1>; compatible = "acme,device", "acme,thing"; }};\n' for i in range(2000))
    deep = "n { " * 100 + "}; " * 100
    apart, memreserves = 0x2000, "".join(f"/memreserve/ {0x80000000 + i * 0x2000:#x} 0x1000;\n" for i in range(65))
    return {
        "many-harts": many_harts(),
        "big": tree_of(pieces(1000, 0x1000), pieces(64, apart), within=devices + deep),
        "65-memories": tree_of(pieces(65, apart)),
        "65-reserved": tree_of(pieces(1, apart), pieces(65, apart)),
        "65-memreserve": tree_of(pieces(1, apart), before=memreserves),
    }


def compile_trees(folder):
    """Compile the trees. Some are wrong on purpose: -f and -q keep dtc from objecting."""
    for source in sorted(TREES.glob("*.dts")):
        run(["dtc", "-q", "-f", "-O", "dtb", "-o", folder / f"{source.stem}.dtb", source])
    run(["dtc", "-q", "-V", "3", "-O", "dtb", "-o", folder / "version-3.dtb", TREES / "normal.dts"])
    for name, source in made_trees().items():
        run(["dtc", "-q", "-O", "dtb", "-o", folder / f"{name}.dtb"], input=source)
    for machine in ("virt", "sifive_u"):
        run([QEMU, "-machine", f"{machine},dumpdtb={folder}/dumped", "-smp", "5", "-m", "256M", "-display", "none"])
        run(["dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", folder / f"qemu-{machine}.dtb", folder / "dumped"])
    run([build(folder / "machine_tree", "machine_tree", PROGRAMS["machine_tree"]), folder / "model-machine.dtb"])


def test_the_tree_of_the_model_s_machine_is_one_that_dtc_does_not_warn_of(tmp_path):
    run([build(tmp_path / "machine_tree", "machine_tree", PROGRAMS["machine_tree"]), tmp_path / "model-machine.dtb"])
    assert run(["dtc", "-I", "dtb", "-O", "dtb", "-o", tmp_path / "again", tmp_path / "model-machine.dtb"]) == ""


def test_every_tree_is_read():
    """A tree's reading, or the sentence that refuses it, is in tests/c/machine.c."""
    read = (TOP / "tests/c/machine.c").read_text()
    assert [path.stem for path in TREES.glob("*.dts") if f'{{"{path.stem}", ' not in read] == []


def test_every_program_is_run():
    stems = {path.stem for path in TOP.glob("tests/c/*.c")}
    assert stems == {*PROGRAMS, *OF_A_LOCK, "locks", "decodes"}


def plain_profiles(folder):
    """The machines at the middle and at both ends of each profile's ranges, as files that the model reads."""
    for profile in profiles.shipped():
        for i, text in enumerate((profile.middle(), *map(profile.with_values, profile.ends()))):
            path = folder / f"{profile.name}-{i}.toml"
            path.write_text(text)
            yield path


@pytest.mark.parametrize("stem", PROGRAMS)
def test_program(stem, tmp_path):
    program = build(tmp_path / stem, stem, PROGRAMS[stem])
    arguments = []
    if stem == "machine":
        compile_trees(tmp_path)
        arguments = [tmp_path]
    if stem == "machine_tree":
        arguments = [tmp_path / "model-machine.dtb"]
    if stem == "model_profile":
        arguments = [TOP / "model/machines/generic-8.toml", *plain_profiles(tmp_path)]
    run([program, *arguments])


def space_flags(header):
    """The compiler's flags for the sizes in the preamble, where they are plain numbers."""
    said = re.search(r"^ \* Space +(\d+) bytes a lock, (\d+) bytes a (?:waiter|hart)\b(?! and)",
                     header.read_text(), re.M)
    return [f"-DLOCK_BYTES={said[1]}", f"-DNODE_BYTES={said[2]}"] if said else []


def interface_flags(name):
    """The compiler's flags for what tests/support/tried.py says that a lock's interface is tried for."""
    has = {need for need in ("trylock", "is_locked", "static-init") if name.replace("_", "-") in tried.of(need, tried.THREADS)}
    unlocked = {"anderson": "ANDERSON_UNLOCKED", "clh": "CLH_UNLOCKED(fresh)", "null": "{}", "indirect": ""}.get(name, "{0}")
    return [*(["-DTRYLOCK"] if "trylock" in has else []), *(["-DIS_LOCKED"] if "is_locked" in has else []),
            *([f"-DUNLOCKED={unlocked}"] if unlocked else []), *(["-DLONE"] if "static-init" in has else [])]


# Where nobody is excluded, there is nothing for ThreadSanitizer to see.
@sampled("kind,name,sanitizer", [
    (kind, name, sanitizer) for kind, name in WORDS for sanitizer in (ADDRESS, THREAD)
    if sanitizer == ADDRESS or name not in CONTROLS], quick=lambda kind, name, sanitizer: name in ("mcs", "cna", "cas", "magazine"))
def test_lock(kind, name, sanitizer, tmp_path):
    folder = "lock" if kind == "LOCK" else "alloc"
    flags = [f"-DSTRATEGY={name}", f'-DSTRATEGY_HEADER="{folder}/{name}.h"',
             '-DLOCK_PORT="relax.h"', f"-DTHREADS={1 if name in CONTROLS else 4}"]
    flags += ["-DLOCKFREE", *(["-DIRQ_SAFE"] if name in tried.of("irq-safe", tried.THREADS) else [])] if kind == "LOCKFREE" else [*space_flags(TOP / f"lock/{name}.h"), *interface_flags(name)]
    run([build(tmp_path / name, "locks", sanitizer=sanitizer, flags=flags)])


OF_A_LOCK = {"recursive": "relax.h", "debug": "debug_port.h", "irqsave": "irq_port.h"}  # a program beside lock/STEM.h, and its port


def of_lock(name, stem):
    """The compiler's flags for a lock, and for what lock/traits.toml claims of its interface."""
    return [f"-DSTRATEGY={name}", f'-DSTRATEGY_HEADER="lock/{name}.h"', f'-DLOCK_PORT="{OF_A_LOCK[stem]}"', *interface_flags(name),
            *(["-DLOCK_DEBUG"] if stem == "debug" else [])]


def locks_with(*needs):
    """The locks whose interface has these."""
    return [name for kind, name in WORDS if kind == "LOCK" and set(needs) <= traits.known()[name.replace("_", "-")].has]


def of_each(stem):
    """The locks that go under lock/STEM.h."""
    return locks_with("trylock", "is_locked") if stem == "irqsave" else [name.replace("-", "_") for name in tried.of("recursive-able", tried.OVER)]


@sampled("stem,name,sanitizer", [(stem, name, sanitizer) for stem in OF_A_LOCK for name in of_each(stem) for sanitizer in (ADDRESS, THREAD)],
         quick=lambda stem, name, sanitizer: name == ("clh" if stem == "recursive" else "mcs") and sanitizer == THREAD)
def test_what_goes_over_a_lock(stem, name, sanitizer, tmp_path):
    run([build(tmp_path / name, stem, sanitizer=sanitizer, flags=of_lock(name, stem))])


def test_every_lock_but_the_yardsticks_goes_under_them():
    assert {*of_each("recursive")} == {*of_each("debug")} == {*of_each("irqsave"), "clh"}
    assert {name for kind, name in WORDS if kind == "LOCK"} - {*of_each("debug")} == {"null", "indirect"}


# Mistakes in lock/debug.h, each of one line or two.
DEBUG_MUTANTS = {
    "no owner is kept": ("a32_store_relaxed(&w->owner, (a32_value)LOCK_DEBUG_HART() + 1);", ""),
    "the owner stays": ("release comes after it. */\n\ta32_store_relaxed(&w->owner, 0);", "release comes after it. */"),
    "a second take is not looked for": ("if (lock_watch_is_mine(w))", "if (0)"),
    "a trap is like any other place": ("LOCK_DEBUG_IN_TRAP() ? LOCK_TAKEN_IN_ITS_TRAP : LOCK_TAKEN_TWICE", "LOCK_TAKEN_TWICE"),
    "anybody may release": ("if (!lock_watch_is_mine(w))", "if (0)"),
    "every hart is the same": ("== (a32_value)LOCK_DEBUG_HART() + 1", "!= 0"),
    "traps are not noted": ("? LOCK_USED_IN_TRAP\n", "? 0\n"),
    "interrupts are not looked at": (": LOCK_DEBUG_INTERRUPTS() ?", ": true ?"),
    "no kind is forbidden in traps": ("in_traps == LOCK_TRAPS_NEVER && ", "false && "),
    "it is told again and again": ("uses != LOCK_USED_IN_BOTH && ", ""),
    "it is never told": ("(uses | use) == LOCK_USED_IN_BOTH", "false"),
}


@sampled("what", list(DEBUG_MUTANTS), quick=lambda what: what in ("the owner stays", "interrupts are not looked at"))
def test_a_debug_build_that_is_wrong_is_caught(what, tmp_path):
    assert_caught("debug", *DEBUG_MUTANTS[what], "qspin" if what.startswith("no kind") else "ticket", tmp_path)


def assert_caught(stem, old, new, lock, tmp_path):
    """The program of lock/STEM.h fails where the header has a mistake."""
    header = (TOP / f"lock/{stem}.h").read_text()
    assert header.count(old) == 1
    (tmp_path / f"{stem}.h").write_text(header.replace(old, new).replace('"port.h"', '"lock/port.h"'))
    source = (TOP / f"tests/c/{stem}.c").read_text().replace(f'"lock/{stem}.h"', f'"{tmp_path}/{stem}.h"')
    (tmp_path / "mutant.c").write_text(source)
    run([HOSTCC, *WARN, "-Wno-unused", "-O1", *INCLUDE, *of_lock(lock, stem), "-pthread", "-o", tmp_path / "mutant", tmp_path / "mutant.c"])
    done = subprocess.run([str(tmp_path / "mutant")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1 and "expected" in done.stderr


# Mistakes in what else goes over a lock: by a name the header, and what is changed in it.
OVER_MUTANTS = {
    "a depth has eight bits": ("recursive", "uint32_t depth;", "uint8_t depth;"),
    "init leaves the owner": ("recursive", "a32_store_relaxed(&r->owner.owner, 0); ", ""),
    "interrupts come back before the release": ("irqsave", "name##_release(l, node); ", "LOCK_IRQ_RESTORE(was); name##_release(l, node); "),
}


@sampled("what", list(OVER_MUTANTS), quick=lambda what: what.startswith("init"))
def test_a_layer_over_a_lock_that_is_wrong_is_caught(what, tmp_path):
    assert_caught(*OVER_MUTANTS[what], "ticket", tmp_path)


def test_a_stack_without_a_lock_has_no_race(tmp_path):
    run([build(tmp_path / "treiber", "treiber", sanitizer=THREAD)])


# Mistakes in the allocators that take blocks back: by a name the program that sees it, the header, and what is changed in it.
ALLOCATOR_MUTANTS = {
    "ABA: the head does not count": ("treiber", "treiber", "(seen.head >> 32) + 1;", "(seen.head >> 32);"),
    "the link is not seen": ("treiber", "treiber", "aptr_load_acquire(&heap->head)", "aptr_load_relaxed(&heap->head)"),
    "the link is not published": ("treiber", "treiber", "return aptr_cas_release(&heap->head, seen.head, count",
                                  "return aptr_cas_relaxed(&heap->head, &seen.head, count"),
    "what came back is lost": ("pool", "pool", "frame->next = pool->free;", "frame->next = NULL;"),
    "any size fits": ("pool", "pool", "size > POOL_FRAME || align > POOL_FRAME", "align > POOL_FRAME"),
    "the head counts in eight bits": ("treiber", "treiber", "uintptr_t count = (seen.head >> 32) + 1;", "uintptr_t count = ((seen.head >> 32) + 1) & 0xff;"),
    "a reset leaves blocks": ("buddy", "buddy", "b->frame[n].what = BUDDY_INSIDE;\n\tbuddy_link_all(b);", ";\n\tbuddy_link_all(b);"),
    "halves do not join": ("buddy", "buddy", "order + 1 < BUDDY_ORDERS; order++", "0; order++"),
    "the alignment is not asked for": ("buddy", "buddy", "size > align ? size : align", "size"),
    "the younger half goes": ("frame_cache", "frame_cache", "name##_free(heap, cache->frame[i]); ", "name##_free(heap, cache->frame[i + FRAME_CACHE / 2]); "),
    "the last frames are left": ("frame_cache", "frame_cache", "return cache->count != 0; ", "return cache->count == FRAME_CACHE / 2; "),
    "free twice is not seen": ("freeing_debug", "pool", "frame->mark = pool_mark(frame);", "frame->mark = 0;"),
    "foreign blocks are not seen": ("freeing_debug", "buddy", "n >= b->frames || ", ""),
}


@sampled("what", list(ALLOCATOR_MUTANTS), quick=lambda what: what.startswith(("ABA", "the link is not p", "halves")))
def test_an_allocator_that_is_wrong_is_caught(what, tmp_path):
    """The test of its contract fails, or, where that is about orders, ThreadSanitizer says so."""
    stem, name, old, new = ALLOCATOR_MUTANTS[what]
    header = (TOP / f"alloc/{name}.h").read_text()
    assert header.count(old) == 1
    (tmp_path / "alloc").mkdir()
    (tmp_path / "lock").symlink_to(TOP / "lock")
    for path in (TOP / "alloc").glob("*.h"):
        (tmp_path / "alloc" / path.name).write_text(header.replace(old, new) if path.stem == name else path.read_text())
    sanitizer = THREAD if what.startswith("the link") else ADDRESS
    run([HOSTCC, *WARN, "-Wno-unused-parameter", "-O1", "-g", f"-fsanitize={sanitizer}", f"-I{tmp_path}", f"-I{TOP}/tests/c", "-pthread", "-o", tmp_path / "mutant",
         TOP / f"tests/c/{stem}.c"])
    done = subprocess.run([str(tmp_path / "mutant")], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode != 0 and re.search("expected |Sanitizer: ", done.stderr), done.stderr
