"""The reader of ELF files agrees with the compiler's own sizeof and offsetof."""

import platform
import re
import subprocess

import pytest

from hartlock.base.elf import Elf, ElfError, Member
from hartlock.base.paths import IMAGE
from hartlock.base.toolchain import ELF_MACHINES, cross_compile
from hartlock.diagnose import symbols

SOURCE = """
#include <stddef.h>
typedef struct { unsigned word; } a32;
struct deep { char tag; a32 only; struct { short in; _Atomic long far; } side; };
struct some {
    a32 first;
    const volatile unsigned char *at;
    _Alignas(64) struct deep row[2][2];
    union { long number; char bytes[8]; };
    int (*call)(void);
    enum { A, B } kind;
    long open[];
};
struct none {};
size_t offsets[] = {
    offsetof(struct some, first), offsetof(struct some, at), offsetof(struct some, row[1][0].tag), offsetof(struct some, row[1][0].only),
    offsetof(struct some, row[1][0].side.in), offsetof(struct some, row[1][0].side.far), offsetof(struct some, call),
    offsetof(struct some, kind), sizeof(struct some)};
struct some some;
struct none none;
int main(void) { return 0; }
"""
NAMES = ("first", "at", "row[2].tag", "row[2].only", "row[2].side.in", "row[2].side.far", "call", "kind")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = tmp_path_factory.mktemp("elf")
    (folder / "one.c").write_text(SOURCE)
    subprocess.run(["cc", "-g", "-o", "one", "one.c"], cwd=folder, check=True, timeout=60)
    return folder / "one"


@pytest.mark.deep
def test_a_layout_is_the_compilers(program):
    layouts = Elf(program).layouts(["some", "none", "other"])
    assert set(layouts) == {"some", "none"} and layouts["none"] == []
    members = {m.name: m for m in layouts["some"]}
    asked = subprocess.run(["gdb", "-batch", "-ex", "output offsets", str(program)], capture_output=True, text=True, timeout=60, check=True).stdout
    offsets = [int(word) for word in re.findall(r"\d+", asked)]
    assert [members[name].offset for name in NAMES] == offsets[:-1]
    assert (members["number"].size, members["first"].size, members["at"].size, members["row[2].side.in"].size) == (8, 4, 8, 2)
    assert members["row[2].tag"].repeated and not members["first"].repeated and len([m for m in members if m.startswith("row")]) == 16


def test_a_program_for_here_says_so(program):
    assert Elf(program).machine == ELF_MACHINES[platform.machine()] and Elf(IMAGE).machine == "EM_RISCV"


def test_the_image_begins_where_it_was_linked():
    elf = Elf(IMAGE)
    assert elf.load_address == elf.symbol("__image_start") == 0x80200000
    assert elf.symbol("no such symbol") is None


def test_an_address_of_an_image_that_was_moved(tmp_path):
    """KERNEL_BASE is the builder's choice, and so is where a board loads the image."""
    base = 0x80600000
    (tmp_path / "one.c").write_text("void first(void) {}\nvoid second(void) {}\n")
    subprocess.run([f"{cross_compile()}gcc", "-g", "-mcmodel=medany", "-nostdlib", f"-Wl,-Ttext={base:#x}", "-Wl,-e,first", "-Wl,--build-id=none",
                    "-o", "one.elf", "one.c"], cwd=tmp_path, check=True, timeout=60)
    image = tmp_path / "one.elf"
    second = Elf(image).symbol("second")
    assert Elf(image).load_address <= base < second
    assert re.fullmatch(rf"{second:#x} second \({tmp_path}/one\.c:2\)", *symbols.locate([second], image))
    moved = symbols.locate([second - Elf(image).load_address + 0x90000000, 0x80], image, 0x90000000)
    assert re.fullmatch(rf"0x9\w+ second \({tmp_path}/one\.c:2\)", moved[0]) and moved[1] == "0x80 (not in the kernel)"


@pytest.mark.parametrize("cut", [0, 3, 100, 3000])
def test_a_file_that_is_none_or_damaged_is_an_error(program, tmp_path, cut):
    (tmp_path / "cut").write_bytes(program.read_bytes()[:cut])
    with pytest.raises(ElfError, match="cut"):
        Elf(tmp_path / "cut")
    with pytest.raises(ElfError, match="missing"):
        Elf(tmp_path / "missing")


def test_code_is_what_the_sections_hold(tmp_path):
    (tmp_path / "one.s").write_text('.section .text.b,"ax"\n.byte 1,2,3\n.section .text.a,"ax"\n.byte 4\n.data\n.byte 5\n')
    subprocess.run(["cc", "-c", "-o", "one.o", "one.s"], cwd=tmp_path, check=True, timeout=60)
    assert Elf(tmp_path / "one.o").code() == {".text": b"", ".text.b": b"\1\2\3", ".text.a": b"\4"}
    assert Member("a[1]", 0, 4).repeated
