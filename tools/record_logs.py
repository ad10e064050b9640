"""`make record-logs`: records the kernel's output of two short runs, for tests that judge logs.

A test that damages a log, or reads one as a board's, needs no boot of its own: it takes one of
tests/support/logs/. tests/boot/test_recorded_logs.py fails when the kernel's records have other
keys than these, and then they are recorded again.
"""

import subprocess
import tempfile
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
LOGS = TOP / "tests" / "support" / "logs"
RUN = ("--engine", "tcg", "--smp", "2", "--lock", "cas", "--trials", "1", "--duration", "40", "--warmup", "10")
BOARD = ("--smp", "2", "--lock", "ticket,cas", "--trials", "2", "--duration", "15", "--warmup", "3")


def hartlock(*words: str) -> str:
    """The output of ./run-bench.sh."""
    return subprocess.run([str(TOP / "run-bench.sh"), *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          check=True).stdout


def run() -> bytes:
    """The uart.log of a run of hartlock."""
    with tempfile.TemporaryDirectory() as folder:
        hartlock(*RUN, "--out", f"{folder}/run")
        return Path(folder, "run", "uart.log").read_bytes()


def board() -> bytes:
    """The log that a terminal program records of a board that was given the plan, with its firmware's words."""
    plan = hartlock("--engine", "board", "--print-plan", *BOARD).strip()
    return subprocess.run(["qemu-system-riscv64", "-machine", "virt", "-m", "256M", "-smp", "2", "-display", "none", "-monitor", "none",
                           "-no-reboot", "-kernel", str(TOP / "build/hartlock.elf"), "-append", plan, "-serial", "stdio"],
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=True).stdout


def main() -> None:
    LOGS.mkdir(exist_ok=True)
    (LOGS / "run.log").write_bytes(run())
    (LOGS / "board.log").write_bytes(board())


if __name__ == "__main__":
    main()
