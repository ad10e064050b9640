"""Machines other than QEMU's own way to start a kernel: load addresses, boot loaders."""

import re
import shutil
import struct
import subprocess

import pexpect
import pytest
from support.run import TOP
from support.trees import device_tree
from support.uboot import FLAT, UBOOT, make, uboot_prompt

pytestmark = pytest.mark.usefixtures("terminal")  # each talks to a machine over one, here or there
CROSS = "riscv64-unknown-elf-"
IMAGE = TOP / "build/hartlock.elf"
PLAN = "hartlock: run=cas:2,clock:1 duration_us=10000 warmup_us=2000"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


@pytest.fixture(scope="module", autouse=True)
def flat():
    make("flat")


def moved(tmp_path, by):
    """The image with all its load addresses `by` higher, and nothing else changed."""
    to = tmp_path / "moved.elf"
    run(f"{CROSS}objcopy", "--change-addresses", str(by), "--change-warnings", str(IMAGE), str(to))
    return str(to)


def test_it_runs_wherever_it_is_loaded(bench, tmp_path):
    done = bench("--smp", "2", "--lock", "all", "--trials", "1", "--", "-kernel", moved(tmp_path, 0x5e00000))
    assert done.status == 0, done.out
    assert done.session()["boot"]["image"] == 0x86000000
    assert re.search(rb"heap_start=0x8[67]\w+ heap_end=0x8[cd]", done.log) and done.row("ticket", 2)["check"] == "pass"


def test_a_trap_is_named_wherever_it_was_loaded(bench, tmp_path):
    done = bench("--smp", "2", "--lock", "cas", "--inject", "trap", "--", "-kernel", moved(tmp_path, 0x200000))
    assert re.search(r"hart [01]: trap, .* at 0x804\w+ touch_nothing \(kernel/inject\.c:\d+\)", done.out), done.out


def test_an_address_between_multiples_of_2_mib_is_refused(bench, tmp_path):
    done = bench("--smp", "2", "--lock", "cas", "--", "-kernel", moved(tmp_path, 0x1000))
    assert done.status == 1 and "loaded at 0x80201000, which is no multiple of 2 MiB" in done.out


def words(flat_file):
    data = flat_file.read_bytes()
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def test_every_word_that_holds_an_address_is_in_the_table(tmp_path):
    """An image that is linked elsewhere differs in exactly the words that the table lists."""
    make("flat", f"BUILD={tmp_path}/other", "KERNEL_BASE=0x9480200000")
    here, there = words(FLAT), words(tmp_path / "other/hartlock.bin")
    differing = {i * 4 & ~7 for i, (a, b) in enumerate(zip(here, there, strict=True)) if a != b}
    base = 0x80200000
    listed = {int(at, 16) - base for at in
              re.findall(r"\.word\t0x(\w+) - KERNEL_BASE", (TOP / "build/hartlock.relocs.S").read_text())}
    assert len(listed) > 100 and differing == listed


def test_the_header_is_that_of_a_linux_image():
    head = struct.unpack("<IIQQQIIQ8s4sI", FLAT.read_bytes()[:64])
    assert head[0] & 0x7f == 0x6f and head[2] == 0x200000  # jal; from the start of RAM
    symbols = {line.split()[-1]: int(line.split()[0], 16) for line in run(f"{CROSS}nm", str(IMAGE)).splitlines()}
    assert head[3] == symbols["__image_end"] - symbols["__image_start"] > 100 * 1024 * 1024
    assert (head[4], head[5], head[8], head[9]) == (0, 2, b"RISCV\0\0\0", b"RSC\x05")


@pytest.fixture
def uboot(tmp_path):
    """U-Boot at its prompt; the image is at 0x8a000000 of its memory, and on its disk."""
    tree = tmp_path / "disk.d"
    (tree / "extlinux").mkdir(parents=True)
    shutil.copy(FLAT, tree / "hartlock.bin")
    (tree / "extlinux/extlinux.conf").write_text(f"default hartlock\nlabel hartlock\nkernel /hartlock.bin\nappend {PLAN}\n")
    run("/sbin/mke2fs", "-q", "-t", "ext4", "-d", str(tree), str(tmp_path / "disk"), "16M")
    child = pexpect.spawn("qemu-system-riscv64", [
        "-machine", "virt", "-m", "512M", "-smp", "2", "-nographic", "-monitor", "none", "-no-reboot", "-kernel", UBOOT,
        "-drive", f"file={tmp_path}/disk,format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d",
        "-device", f"loader,file={FLAT},addr=0x8a000000"], timeout=120, encoding="latin-1")
    uboot_prompt(child)
    yield child
    child.close(force=True)


def ended_well(child):
    child.expect(r"@boot n=0 [^\n]*image=0x80200000")
    child.expect(r"@trial n=\d+ trial=0 strategy=cas harts=2 status=done")
    child.expect(r"@end n=\d+ records=\d+ status=ok")


def test_u_boot_starts_it_with_booti_and_gives_it_the_plan(uboot):
    uboot.sendline(f"setenv bootargs '{PLAN}'")
    uboot.expect("=> ")
    uboot.sendline("booti 0x8a000000 - ${fdtcontroladdr}")
    uboot.expect("Moving Image from 0x8a000000 to 0x80200000")
    ended_well(uboot)


def test_u_boot_starts_it_from_a_disk(uboot):
    uboot.sendline("sysboot virtio 0 any 0x88000000 /extlinux/extlinux.conf")
    ended_well(uboot)


def reserving(base, size):
    node = f"reserved-memory {{ #address-cells = <2>; #size-cells = <2>; ranges; keep@{base:x} {{ reg = <0 {base:#x} 0 {size:#x}>; }}; }};"
    return lambda text: text.replace("memory@80000000 {", f"{node}\n memory@80000000 {{", 1)


def test_reserved_memory_is_kept_out_of_the_heap(bench, tmp_path):
    """The firmware's memory lies inside the heap's, as on some boards."""
    hole = range(0x83000000, 0x83100000)
    done = bench("--smp", "2", "--lock", "cas", "--trials", "1", "--",
                 "-dtb", device_tree(tmp_path, 2, reserving(hole.start, len(hole))))
    assert done.status == 0, done.out
    heaps = [[int(word, 16) for word in found] for found in re.findall(rb"heap_start=(0x\w+) heap_end=(0x\w+)", done.log)]
    assert len(heaps) > 4 and all(start >= hole.stop for start, _ in heaps)
    assert heaps[0][1] - heaps[0][0] > 60 << 20  # the larger of the two pieces
    assert done.row("cas", 2)["check"] == "pass"


def test_reserved_memory_where_the_kernel_is_stops_it(bench, tmp_path):
    done = bench("--smp", "2", "--lock", "cas", "--", "-dtb", device_tree(tmp_path, 2, reserving(0x80200000, 0x1000)))
    assert done.status == 1
    assert "the device tree reserves memory between 0x80200000 and" in done.out
