"""`observe` on OpenSBI with symbols, and hartlock's kernel above it: two images at once, one of them moved."""

import pytest
from support.run import TOP, command, rows_of
from tools import opensbi

KERNEL = TOP / "build/hartlock.elf"

pytestmark = pytest.mark.skipif(not opensbi.SOURCE.is_dir(), reason="OpenSBI's source is not there: make setup-deep")


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    firmware = opensbi.build(opensbi.OWN)
    out = tmp_path_factory.mktemp("firmware") / "out"
    done = command("observe", "--elf", firmware, "--elf", KERNEL, "--for", "60", "--out", out,
                   "--", "-M", "virt", "-smp", "8", "-m", "256M", "-bios", firmware.with_suffix(".bin"), "-kernel", KERNEL, "-append",
                   "hartlock: format=1 think=50 think_range=50 duration_us=300 warmup_us=100 fairness_us=100 seed=1 run=ticket:8")
    assert done.returncode == 0, done.stdout + done.stderr
    return {row["lock"]: row for row in rows_of(out, "locks.csv")}, rows_of(out, "sites.csv")


def test_the_firmware_s_locks_have_their_names_by_symbol_and_by_member(watched):
    locks, _ = watched
    assert {"console_out_lock", "global_hpctrl", "root.assigned_harts_lock", "extra_lock"} <= set(locks)
    assert all(locks[name]["found_by"] == "function" for name in ("console_out_lock", "global_hpctrl"))
    assert int(locks["global_hpctrl"]["harts"]) == 8 and int(locks["global_hpctrl"]["taken"]) > 20


def test_the_kernel_s_lock_is_found_beside_them(watched):
    locks, _ = watched
    assert locks["shared"]["found_by"] == "instruction" and int(locks["shared"]["harts"]) == 8


def test_sites_are_functions_with_file_and_line(watched):
    _, sites = watched
    heap = [site for site in sites if site["lock"] == "global_hpctrl"]
    assert heap and all("lib/sbi/sbi_heap.c:" in site["place"] for site in heap)
    assert all(site["function"].startswith(("sbi_", "alloc_")) for site in heap)
