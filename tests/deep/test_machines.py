"""Machines that are not as QEMU's usual one: counters that trap, odd harts, odd timebases, other models."""

import os
import re
import threading

import pexpect
import pytest
from support.gdbstub import Stub
from support.run import TOP, run_bench
from support.trees import device_tree
from support.uboot import FLAT, UBOOT, make, uboot_prompt

pytestmark = pytest.mark.usefixtures("terminal")  # each talks to a machine over one, here or there
ENTRY = 0x80200000
TWO = ("--smp", "2", "--lock", "cas", "--trials", "1")


def with_stub(folder, sock, act, *args):
    """Run hartlock with act(stub) done to its QEMU before the first instruction."""
    result = []
    thread = threading.Thread(target=lambda: result.append(
        run_bench(folder, *TWO, *args, "--", "-S", "-gdb", f"unix:{sock},server=on,wait=off")))
    thread.start()
    try:
        act(Stub(sock))
    finally:
        thread.join()
    return result[0]


@pytest.mark.parametrize("which", ["boot hart", "other hart"])
def test_a_hart_that_cannot_read_its_cycles_has_ticks_of_time(tmp_path, which):
    """The firmware leaves mcounteren.CY clear, for the hart that boots or for the other one."""
    def act(stub):
        hart = stub.go_on_to(ENTRY)
        if which == "other hart":
            stub.step(hart)
            hart = stub.go_on_to(ENTRY)
        stub.write(hart, "mcounteren", 6)
        stub.leave(ENTRY)

    done = with_stub(tmp_path / "run", tmp_path / "gdb", act)
    assert done.status == 0, done.out + done.err
    boot = done.session()["boot"]
    assert len(boot["no_cycle"]) == 1 and (boot["no_cycle"][0] == boot["boot_hart"]) == (which == "boot hart")
    assert boot["clock"]["cycles"] == "time" and boot["clock"]["cycles_step"] == boot["clock"]["time_step"]
    assert re.search(r"cycles \(tcg\) are ticks of the time counter, 10 MHz, in steps of \d+: hart \d cannot", done.out)
    rates = {round(float(r["cycles_per_second"])) for r in done.rows("samples.csv") if r["cycles_per_second"]}
    assert all(abs(rate / 10_000_000 - 1) < 0.05 for rate in rates), rates
    assert float(done.row("cas", 2)["throughput_ops_per_second_median"]) > 0


def test_cycles_are_cycles_where_they_can_be_read(all_on_two):
    boot = all_on_two.session()["boot"]
    assert boot["clock"]["cycles"] == "cycle" and boot["no_cycle"] == []
    assert "ticks of the time counter" not in all_on_two.out


@pytest.mark.parametrize("cells,hz", [("<0x8000>", 32768), ("<0xf4240>", 1_000_000), ("<0x0 0x17d7840>", 25_000_000)])
def test_a_timebase_of_any_rate(bench, tmp_path, cells, hz):
    """The tree says another rate than QEMU's 10 MHz: windows are longer or shorter, and no figure is odd."""
    def change(text):
        return re.sub(r"timebase-frequency = <\w+>", f"timebase-frequency = {cells}", text)

    done = bench(*TWO, "--", "-dtb", device_tree(tmp_path, 2, change))
    assert done.status == 0, done.out
    assert done.session()["boot"]["timebase_hz"] == hz
    window = float(next(r for r in done.rows("samples.csv") if r["strategy"] == "cas")["window_seconds"])
    assert window > 0.039
    assert done.row("cas", 2)["check"] == "pass"


def test_memory_in_pieces(bench, tmp_path):
    """The kernel's memory is in four pieces of two nodes, in no order."""
    def change(text):
        pieces = "0x00 0x84000000 0x00 0x4000000 0x00 0x80000000 0x00 0x1000000 0x00 0x81000000 0x00 0x3000000"
        node = 'memory@88000000 { device_type = "memory"; reg = <0x00 0x88000000 0x00 0x8000000>; };'
        return text.replace("reg = <0x00 0x80000000 0x00 0x10000000>;", f"reg = <{pieces}>;").replace("cpus {", f"{node} cpus {{", 1)

    done = bench(*TWO, "--", "-dtb", device_tree(tmp_path, 2, change))
    assert done.status == 0, done.out
    assert done.row("cas", 2)["check"] == "pass"


def test_an_isa_of_any_characters_does_not_damage_its_record(bench, tmp_path):
    def change(text):
        return re.sub(r'riscv,isa = "\w+"', 'riscv,isa = "rv64imac_zihintpause x=*"', text)

    done = bench(*TWO, "--", "-dtb", device_tree(tmp_path, 2, change))
    assert done.status == 0, done.out
    assert done.session()["boot"]["isa"] == "rv64imac_zihintpause x=*"


def uboot_changes(tmp_path, smp, changes, plan):
    """The kernel's output when U-Boot has changed the tree that OpenSBI read."""
    child = pexpect.spawn("qemu-system-riscv64", [
        "-machine", "virt", "-m", "512M", "-smp", str(smp), "-nographic", "-monitor", "none", "-no-reboot",
        "-kernel", UBOOT, "-device", f"loader,file={FLAT},addr=0x8a000000"], timeout=120, encoding="latin-1")
    uboot_prompt(child)
    for line in ("fdt addr ${fdtcontroladdr}", "fdt move ${fdtcontroladdr} 0x88000000 0x10000", *changes,
                 f"setenv bootargs '{plan}'"):
        child.sendline(line)
        child.expect("=> ")
    child.sendline("booti 0x8a000000 - 0x88000000")
    child.expect(r"@boot n=0")
    child.expect([r"@end n=\d+ records=\d+ status=ok", "@panic[^\n]*"])
    said = child.before + child.after
    child.close(force=True)
    return said


def test_harts_that_are_sparse_disabled_or_refused_by_firmware(tmp_path):
    """One of four harts is disabled in the tree, and one has an id that the firmware does not know."""
    make("flat")
    said = uboot_changes(tmp_path, 6, ["fdt set /cpus/cpu@1 status disabled", "fdt set /cpus/cpu@3 reg <0x33>",
                                       "fdt set /cpus/cpu@4 status fail"],
                         "hartlock: run=cas:3,cas:4 duration_us=5000")
    if re.search(r"boot_hart=[134]", said):
        pytest.skip("OpenSBI chose one of the changed harts to boot on")
    assert re.search(r"harts=4 left_out=2", said)
    states = re.findall(r"@hart n=\d+ id=(\d+) state=(\w+) (?:index=(\d))?(?:sbi_error=(-?\d+) error=(\w+))?", said)
    assert states == [("0", "online", "0", "", ""), ("2", "online", "1", "", ""), ("5", "online", "2", "", ""),
                      ("51", "failed", "", "-3", "invalid_param")]
    assert re.search(r"@trial n=\d+ trial=0 strategy=cas harts=3 status=done", said)
    assert re.search(r"@trial n=\d+ trial=1 strategy=cas harts=4 status=too_few_harts", said)


def test_a_timebase_that_each_hart_says(tmp_path):
    """/cpus does not say it, and one hart says it in 64 bits."""
    make("flat")
    said = uboot_changes(tmp_path, 2, ["fdt rm /cpus timebase-frequency", "fdt set /cpus/cpu@0 timebase-frequency <0x989680>",
                                       "fdt set /cpus/cpu@1 timebase-frequency <0 0x989680>"],
                         "hartlock: run=cas:2 duration_us=5000")
    assert "timebase_hz=10000000" in said and re.search(r"@trial n=\d+ trial=0 strategy=cas harts=2 status=done", said)


def test_a_boot_hart_that_the_tree_leaves_out_is_named_and_used(tmp_path):
    make("flat")
    said = uboot_changes(tmp_path, 1, ["fdt set /cpus/cpu@0 reg <0x7>"], "hartlock: run=cas:1 duration_us=5000")
    assert re.search(r"@hart n=\d+ id=7 state=failed", said) and re.search(r"@hart n=\d+ id=0 state=online index=0", said)
    assert re.search(r"@trial n=\d+ trial=0 strategy=cas harts=1 status=done", said)


@pytest.mark.parametrize("smp,extra", [
    ("2", ["-machine", "virt,aclint=on"]), ("8", ["-smp", "8,sockets=2"]), ("2", ["-m", "160M"]), ("2", ["-m", "4G"])])
def test_other_shapes_of_qemu_s_machine(bench, smp, extra):
    done = bench(*TWO, "--smp", smp, "--", *extra)
    assert done.status == 0, done.out
    assert done.session()["boot"]["online"] == int(smp) and done.row("cas", smp)["check"] == "pass"


def test_sifive_u_whose_hart_0_is_none_and_which_cannot_switch_itself_off(bench):
    done = bench(*TWO, "--smp", "4", "--", "-machine", "sifive_u", "-smp", "5")
    assert done.status == 0, done.out
    assert b"left_out=1" in done.log and re.search(rb"@hart n=\d+ id=4 state=online index=3", done.log)
    assert done.session()["boot"]["timebase_hz"] == 1_000_000 and done.row("cas", 4)["check"] == "pass"


def test_a_panic_there_ends_the_run_too(bench):
    done = bench(*TWO, "--smp", "4", "--inject", "panic", "--", "-machine", "sifive_u", "-smp", "5")
    assert done.status == 1 and "asked to panic" in done.out and "nothing was heard" not in done.out


def test_too_little_memory_for_the_image_is_said(bench):
    done = bench(*TWO, "--", "-m", "96M")
    assert done.status == 1 and "hartlock.elf" in done.out and "overlap" in done.out


@pytest.fixture
def newer():
    """QEMU 10.0 with OpenSBI 1.5."""
    at = TOP / "build/qemu-10.0/usr"
    if not at.exists():
        pytest.skip("build/qemu-10.0 is not there: host/fetch-qemu10 fetches it on Debian 12")
    return {"PATH": f"{at}/bin:{os.environ['PATH']}"}, ["-L", f"{at}/share/qemu"]


@pytest.mark.parametrize("cpu", ["rva22s64", "sifive-u54", "thead-c906", "rv64,zicntr=off"])
def test_other_harts(bench, newer, cpu):
    env, extra = newer
    done = bench(*TWO, "--cpu", cpu, "--", *extra, env=env)
    assert done.status == 0, done.out
    assert done.row("cas", 2)["check"] == "pass" and done.session()["boot"]["sbi"].startswith("OpenSBI 1.5")


def test_a_counter_that_firmware_emulates_is_seen_in_its_step(tmp_path, newer):
    """Without Zicntr each read of a counter is a trap to OpenSBI."""
    env, extra = newer
    step = {}
    for n, cpu in enumerate(("rv64", "rv64,zicntr=off")):
        done = run_bench(tmp_path / str(n), *TWO, "--cpu", cpu, "--", *extra, env=env)
        step[cpu] = int(done.session()["boot"]["clock"]["cycles_step"])
    assert step["rv64,zicntr=off"] > 3 * step["rv64"], step
