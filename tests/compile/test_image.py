"""The compiled image, and its timed loops."""

import re
import subprocess

import pytest
from support.run import TOP

from hartlock.plan import strategies

CROSS = "riscv64-unknown-elf-"
MALLOC = {"malloc", "calloc", "realloc", "free"}


def make(*args):
    subprocess.run(["make", "-s", *args], cwd=TOP, check=True, timeout=300, capture_output=True)


def symbols(image):
    out = subprocess.run([f"{CROSS}nm", str(image)], check=True, capture_output=True, text=True, timeout=30).stdout
    return {line.split()[-1]: line.split() for line in out.splitlines()}


def test_global_alloc_is_in_the_image():
    assert MALLOC <= set(symbols(TOP / "build/hartlock.elf"))


@pytest.mark.slow
def test_without_global_alloc_it_is_not(tmp_path):
    make("GLOBAL_ALLOC=0", f"BUILD={tmp_path}/build")
    assert not MALLOC & set(symbols(tmp_path / "build/hartlock.elf"))


def test_the_heap_is_100_mib():
    s = symbols(TOP / "build/hartlock.elf")
    assert int(s["__heap_end"][0], 16) - int(s["__heap"][0], 16) == 100 * 1024 * 1024
    assert s["_start"][0] == s["__image_start"][0] == "0000000080200000"


OF_WORKERS, OF_ALL = {"own", "shared", "space", "memory"}, {"stats", "window", "fairness", "touch_lines", "churn_seats", "replay_lines", "replay_own"}


def test_the_places_of_timed_data_do_not_depend_on_other_data():
    """The cost model's figures hang on which lines share a set or a bank, so these places are fixed (linker/kernel.ld)."""
    span = 256 * 1024
    out = subprocess.run([f"{CROSS}nm", str(TOP / "build/hartlock.elf")], check=True, capture_output=True, text=True, timeout=30).stdout
    at = [(int(address, 16), name) for address, name in re.findall(r"^(\w+) [bB] (\S+)$", out, re.MULTILINE)]
    first, last = min(a for a, name in at if name in OF_WORKERS), max(a for a, name in at if name in OF_ALL)
    inside = [name for a, name in at if first <= a <= last]
    assert first % span == 0 and set(inside) == OF_WORKERS | OF_ALL
    locks, frames = (sum(which) for which in zip(*((not s.lockfree, bool(s.frees)) for s in strategies.known().values()), strict=True))
    assert inside.count("own") == 2 * (len(strategies.known()) - frames) + locks
    assert all(int(symbols(TOP / "build/hartlock.elf")[name][0], 16) % span == 0 for name in ("__heap", "__stacks_start"))


def loop(strategy, function="throughput"):
    out = subprocess.run([f"{CROSS}objdump", "-d", "--no-show-raw-insn", f"--disassemble={function}",
                          str(TOP / f"build/bench/plain-{strategy.replace('-', '_')}.o")],
                         check=True, capture_output=True, text=True, timeout=30).stdout
    return re.findall(r"^\s+[0-9a-f]+:\s+(\S+)\s*(.*)$", out, re.MULTILINE)


@pytest.mark.parametrize("strategy", strategies.choose("all"))
def test_nothing_but_the_operation_is_in_the_throughput_loop(strategy):
    code = loop(strategy)
    assert len(code) > 30
    for mnemonic, operands in code:
        assert mnemonic not in {"ecall", "rdcycle", "rdtime", "csrr"}, (mnemonic, operands)
        assert strategy == "indirect" or mnemonic not in {"jal", "jalr", "call"}, (mnemonic, operands)
        assert not mnemonic.startswith(("div", "rem")), mnemonic
        assert not re.match(r"amoswap\S+\s+zero", f"{mnemonic} {operands}"), "a store that became an AMO"
        assert "(sp)" not in operands or mnemonic in {"ld", "sd"}


@pytest.mark.parametrize("strategy,atomics", [
    ("null", []), ("ttas", ["amoswap.w.aq"]), ("tas", ["amoswap.w.aq"]), ("ticket", ["amoadd.w"]),
    ("ttas-backoff", ["amoswap.w.aq"]), ("ticket-backoff", ["amoadd.w"]), ("anderson", ["amoadd.w"]),
    ("twa", ["amoadd.w", "amoadd.w.rl"]), ("clh", ["amoswap.d.rl"]), ("indirect", []), ("baseline", []),
    ("hemlock", ["amoswap.d.aqrl", "lr.d", "sc.d.rl"]), ("cna", ["amoswap.d.aqrl", "lr.d", "sc.d.rl"]),
    ("qspin", ["lr.w.aq", "sc.w", "amoor.w", "amoadd.w", "amoand.w", "lr.w", "sc.w.rl", "amoadd.w.rl"]),
    ("mcs", ["amoswap.d.aqrl", "lr.d", "sc.d.rl"]), ("cas", ["lr.d", "sc.d"]),
    ("lrsc", ["lr.d", "sc.d"]),
    ("faa", ["amoadd.d", "lr.d", "sc.d"]),
    ("magazine", ["amoadd.d", "lr.d", "sc.d"])])
def test_each_strategy_is_made_of_the_atomics_it_names(strategy, atomics):
    assert {m for m, _ in loop(strategy) if re.match(r"amo|lr\.|sc\.", m)} == set(atomics)


def test_amocas_is_one_amocas_and_nothing_else_atomic():
    """The test looks for the word itself (funct5 5, an AMO of doublewords), because older tools print it
    as `.4byte`."""
    words = [int(operands, 16) for mnemonic, operands in loop("amocas") if mnemonic in (".4byte", ".insn")]
    assert [(w >> 25, w >> 12 & 7, w & 0x7f) for w in words] == [(0b0010100, 3, 0x2f)]
    assert not [m for m, _ in loop("amocas") if re.match(r"amo|lr\.|sc\.", m)]


def test_the_latency_loop_divides_nothing():
    for strategy in strategies.choose("all"):
        assert not [m for m, _ in loop(strategy, "latency") if m.startswith(("div", "rem", "ecall"))]


def test_make_asm_shows_the_loop():
    out = subprocess.run(["make", "-s", "asm", "LOCK=cas"], cwd=TOP, check=True, capture_output=True, text=True,
                         timeout=120).stdout
    assert "lr.d" in out and "<throughput>" in out and "<latency>" in out
