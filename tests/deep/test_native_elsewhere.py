"""The bench on threads under sanitizers, and for other processors under qemu-user."""

import os
import re
import shlex
import shutil
import subprocess

import pytest
from support.run import TOP
from support.sampling import sampled
from support.threads import LOCKED, PROCESSORS, PROGRAM, SHARED, TWO, make, program, records

from hartlock.base import toolchain
from hartlock.engine import clocks
from hartlock.plan import strategies


@pytest.fixture(scope="module")
def built():
    make()


# Sanitizers run every strategy. `null` excludes nobody on purpose, so it is left out by
# name, and shows that ThreadSanitizer would see a lock that does not exclude.

@pytest.fixture(scope="module", params=["thread", pytest.param("address,undefined", marks=pytest.mark.slow)])
def sanitized(request):
    make(f"SANITIZE={request.param}")
    return request.param, (str(TOP / f"build/native-{request.param}/hartlock"),)


def short_run(name):
    run = f"run={name}:1" + (f",{name}:2,{name}:4" if name != strategies.BASELINE else "")
    return ("smp=4", "hartlock:", "duration_us=20000", "warmup_us=2000", "think=20", run)


@pytest.mark.parametrize("name", LOCKED)
def test_sanitizers_find_nothing(sanitized, name):
    done = program(*short_run(name), command=sanitized[1], timeout=120)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    said = records(done.stdout)
    assert said["native"][0]["sanitizer"] == sanitized[0]
    assert {t["status"] for t in said["trial"]} == {"done"} and said["end"][0]["status"] == "ok"


def test_thread_sanitizer_would_see_a_lock_that_excludes_nobody():
    make("SANITIZE=thread")
    done = program(*short_run("null"), command=(str(TOP / "build/native-thread/hartlock"),), timeout=120)
    assert done.returncode != 0 and "data race" in done.stderr and "bump_alloc" in done.stderr


# Other processors, under qemu-user.

RISCV = "riscv64"
CROSS = {RISCV: ("rdtime", "rdcycle"), "aarch64": ("cntvct_el0", "cntvct_el0")}


def foreign(target):
    return {"HOSTCC": f"{target}-linux-gnu-gcc", "HARTLOCK_NATIVE_RUNNER": f"qemu-{target} -L /usr/{target}-linux-gnu"}


@sampled("target", CROSS, quick=RISCV.__eq__, rest=pytest.mark.slow)
def test_other_processors_linux(bench, target):
    done = bench(*TWO, "--lock", "all", "--trials", "1", env=foreign(target))
    assert done.status == 0, done.out + done.err
    run = SHARED + ["lrsc"] * target.startswith("riscv64")
    assert {done.row(name, 2, "native")["check"] for name in run} == {"pass"}
    assert {row["strategy"] for row in done.rows() if row["role"] == "candidate"} == set(run)
    for row in done.rows():
        assert row["evidence"] == ("emulated" if int(row["harts"]) <= PROCESSORS else "emulated-oversubscribed")
    said = done.session("native")["boot"]["native"]
    assert (said["time"], said["cycles"]) == CROSS[target]
    assert "translated code" in done.out


@sampled("target", CROSS, quick=RISCV.__eq__, rest=pytest.mark.slow)
def test_a_program_for_other_processors_is_known_by_its_header(built, target):
    assert toolchain.is_for_here(PROGRAM)
    if os.uname().machine != target:
        make(f"BUILD=build/{target}-linux-gnu-gcc", f"HOSTCC={target}-linux-gnu-gcc")
        assert not toolchain.is_for_here(TOP / f"build/{target}-linux-gnu-gcc/native/hartlock")


@pytest.mark.slow
def test_where_rdcycle_is_refused_rdtime_is_read_and_said(tmp_path):
    """Linux refuses rdcycle as an illegal instruction, which this copy has in its place."""
    copy = tmp_path / "copy"
    shutil.copytree(TOP, copy, ignore=shutil.ignore_patterns(".git", "build", "results", "__pycache__"))
    clock = copy / "native/port_clock.h"
    assert clock.read_text().count('"rdcycle %0"') == 1
    clock.write_text(clock.read_text().replace('"rdcycle %0"', '"unimp"'))
    env = foreign("riscv64")
    subprocess.run(["make", "-s", "native", f"HOSTCC={env['HOSTCC']}"], cwd=copy, check=True, timeout=300, capture_output=True)
    done = program("smp=1", "hartlock:", "duration_us=5000", "warmup_us=1000", "run=ticket:1",
                   command=(*shlex.split(env["HARTLOCK_NATIVE_RUNNER"]), str(copy / "build/native/hartlock")))
    assert done.returncode == 0, done.stderr
    assert records(done.stdout)["native"][0]["cycles"] == "rdtime"
    assert "perf_user_access" in clocks.thread_clock({"cycles": "rdtime", "cycles_step": "1"}, 10**7)


def loop(folder, objdump, strategy):
    out = subprocess.run([objdump, "-d", "--no-show-raw-insn", "--disassemble=throughput",
                          str(TOP / folder / f"native/bench/plain-{strategy.replace('-', '_')}.o")],
                         check=True, capture_output=True, text=True, timeout=30).stdout
    return re.findall(r"^\s+[0-9a-f]+:\s+(\S+)\s*(.*)$", out, re.MULTILINE)


@sampled("target", [*CROSS, ""], quick=("", RISCV).__contains__, rest=pytest.mark.slow)
def test_nothing_but_the_operation_is_in_the_throughput_loop(target):
    """The loop has no call, not even to a helper that picks an atomic's instruction, and no clock."""
    folder, prefix = (f"build/{target}-linux-gnu-gcc", f"{target}-linux-gnu-") if target else ("build", "")
    make(f"BUILD={folder}", *([f"HOSTCC={prefix}gcc"] if target else []))
    for strategy in strategies.choose("all"):
        code = loop(folder, f"{prefix}objdump", strategy)
        assert len(code) > 20
        calls = set() if strategy == "indirect" else {"call", "bl", "blr", "jal", "jalr"}
        for mnemonic, operands in code:
            assert mnemonic not in calls | {"syscall", "svc", "ecall", "rdtsc", "rdtime", "rdcycle"}, (strategy, mnemonic, operands)
