"""`observe` on a small image whose locks are used wrongly on purpose (tests/support/planted/planted.c)."""

import html
import os
import subprocess

import pytest
from support.run import TOP, command, rows_of

SOURCE = TOP / "tests/support/planted/planted.c"
QEMU10 = TOP / "build/qemu-10.0/usr"
COMPILE = ["riscv64-unknown-elf-gcc", "-std=gnu11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-march=rv64imac_zicsr", "-mabi=lp64",
           "-mcmodel=medany", "-ffreestanding", "-nostdlib", "-static", "-Wl,--section-start=.init=0x80000000", "-Wl,-Ttext=0x80001000",
           "-Wl,--no-relax", "-Wl,--no-warn-rwx-segments"]
LOCKS = {"left", "right", "around", "north", "south", "twice", "kept", "slept", "called", "tried", "disturbed", "heap.lock"}


def line_of(text):
    """The place of a line of the source, as `observe` tells it."""
    number, = [i for i, line in enumerate(SOURCE.read_text().splitlines(), 1) if line.strip() == text]
    return f"(support/planted/planted.c:{number})"


class Watched:
    def __init__(self, folder, *flags, env=None, qemu=()):
        image, self.out = folder / "planted.elf", folder / "out"
        subprocess.run([*COMPILE, *flags, "-o", image, SOURCE], check=True, timeout=60)
        self.done = command("observe", "--elf", image, "--sizes", "allocates:a1:pages", "--phase", "tries", "--until", "planted: done", "--for", "60", "--out", self.out, "--",
                            "-M", "virt", "-smp", "2", "-bios", image, *qemu, env=env)
        assert self.done.returncode == 0, self.done.stdout + self.done.stderr
        self.locks = {row["lock"]: row for row in rows_of(self.out, "locks.csv")}
        self.page = (folder / "out/observe.html").read_text()
        self.sites, self.sizes, self.phases = (rows_of(self.out, f"{name}.csv") for name in ("sites", "sizes", "phases"))

    def said(self, *parts):
        """The one sentence that has all these parts."""
        line, = [line for line in self.done.stdout.splitlines() if line.startswith("- ") and all(part in line for part in parts)]
        return line


@pytest.fixture(scope="module", params=["called", pytest.param("inlined", marks=pytest.mark.deep)])
def planted(request, tmp_path_factory):
    return Watched(tmp_path_factory.mktemp(request.param), *(["-DINLINED"] if request.param == "inlined" else []))


def test_each_lock_is_named_and_the_counter_and_the_flag_are_none(planted):
    assert set(planted.locks) == LOCKS


def test_the_page_has_what_the_terminal_says(planted):
    text = html.unescape(planted.page)
    assert all(line[2:] in text for line in planted.done.stdout.splitlines() if line.startswith("- "))
    assert all(f">{lock}<" in text for lock in LOCKS)


def test_acquisitions_and_functions(planted):
    taken = {name: int(row["taken"]) for name, row in planted.locks.items()}
    assert taken.pop("twice") in (6, 7)  # the last one is one that never ends
    assert taken == {**dict.fromkeys(LOCKS - {"twice"}, 6), "kept": 7, "disturbed": 12}
    assert {row["function"] for row in planted.sites if row["lock"] == "disturbed"} == {"is_disturbed", "handles"}


def test_tries_and_failures(planted, request):
    """Without registers a try that wrote while nobody had the lock has it. A try that is inlined is none."""
    told = ("0", "0") if request.node.callspec.id == "inlined" else ("12", "6")
    assert (planted.locks["tried"]["tries"], planted.locks["tried"]["tries_failed"]) == told


def test_an_inversion(planted):
    said = planted.said("left and right" if "left and right" in planted.done.stdout else "right and left", "both orders")
    assert "hart 0" in said and "hart 1" in said
    assert f"backwards {line_of('pair(&right, &left);')}" in said and f"forwards {line_of('pair(&left, &right);')}" in said


def test_an_inversion_inside_another_lock_is_none(planted):
    assert planted.done.stdout.count("both orders") == 1


def test_a_lock_that_is_taken_twice(planted):
    said = planted.said("twice was taken twice by hart 1")
    assert "takes_again (" in said and "takes_twice (" in said and said.index("takes_again") < said.index("takes_twice")


def test_a_lock_that_is_held_at_the_end(planted):
    assert "keeps (" in planted.said("kept was held at the end by hart 1")


@pytest.mark.parametrize("lock, across, function", [("slept", "a WFI", "sleeps"), ("called", "a call of the firmware", "calls"),
                                                    ("disturbed", "a trap", "is_disturbed")])
def test_a_lock_that_is_held_across(planted, lock, across, function):
    total = 12 if lock == "disturbed" else 6
    assert f"{function} (" in planted.said(f"{lock} was held across {across} in 6 of its {total} sections")


def test_a_holder_that_is_interrupted_by_what_takes_the_lock_too(planted):
    said = planted.said("disturbed was held when a trap came, 6 times", "the handler takes it, too, 6 times")
    assert "is_disturbed (" in said and "handles (" in said


@pytest.fixture(scope="module")
def newer(tmp_path_factory):
    """The image under a QEMU whose plugins read registers. Its spin_lock() counts its calls before it takes the lock."""
    if not QEMU10.exists():
        pytest.skip("build/qemu-10.0 is not there: host/fetch-qemu10 fetches it on Debian 12")
    return Watched(tmp_path_factory.mktemp("newer"), "-DCOUNTED", env={"PATH": f"{QEMU10}/bin:{os.environ['PATH']}"},
                   qemu=["-L", QEMU10 / "share/qemu"])


@pytest.mark.deep
def test_by_its_argument_a_lock_is_told_from_what_its_function_counts(newer):
    assert set(newer.locks) == LOCKS
    assert int(newer.locks["around"]["taken"]) == 6


@pytest.mark.deep
def test_the_result_says_which_tries_failed(newer):
    assert (newer.locks["tried"]["tries"], newer.locks["tried"]["tries_failed"]) == ("12", "6")


@pytest.mark.deep
def test_the_sizes_that_an_allocator_is_asked_for(newer):
    assert newer.sizes == [{"lock": "heap.lock", "size_bytes": str(4096 * pages), "taken": "3"} for pages in (1, 2)]
    assert "heap.lock was taken to allocate in 6 of its 6 sections: bytes p50 4096" in newer.done.stdout
    assert "heap.lock was taken to allocate" in html.unescape(newer.page)
    assert (newer.locks["heap.lock"]["allocating"], newer.locks["kept"]["allocating"]) == ("6", "0")
    assert "sizes = [[4096, 2], [8192, 3]]" in (newer.out / "workloads/heap.lock@tries.toml").read_text()


def test_a_phase_begins_when_a_hart_first_comes_to_its_function(planted):
    """Hart 0 comes to tries() in its first turn, when it has allocated once."""
    taken = {(row["phase"], row["lock"]): int(row["taken"]) for row in planted.phases}
    assert (taken["start", "heap.lock"], taken["tries", "heap.lock"]) == (1, 5)
    assert ("start", "tried") not in taken and taken["tries", "tried"] == 6
    assert "phase tries: " in planted.done.stdout and "phase tries: " in planted.page
    files = {path.name for path in (planted.out / "workloads").iterdir()}
    assert "heap.lock@tries.toml" in files and "heap.lock@start.toml" not in files  # one hart alone took it before


def test_before_qemu_10_sizes_are_not_known(planted):
    assert planted.sizes == [] and planted.locks["heap.lock"]["allocating"] == ""
    assert "The sizes that allocates are asked for are not known" in planted.done.stdout


@pytest.mark.deep
def test_registers_say_whether_interrupts_were_on(newer):
    assert "an interrupt came" in newer.said("disturbed was held when")
    on = {name: float(row["interrupts_on_share"]) for name, row in newer.locks.items()}
    assert on == {**dict.fromkeys(LOCKS, 0.0), "disturbed": 0.5}  # the handler's own are off
    assert float(newer.locks["disturbed"]["interrupted_share"]) == 0.5


def test_before_qemu_10_what_takes_registers_is_empty(planted):
    assert {row["interrupts_on_share"] for row in planted.locks.values()} == {""}
