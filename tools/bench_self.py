"""`make bench-self`: measures how fast hartlock itself is. It prints figures and judges none.

It is no test, because times on a shared machine vary. Each line says the project's own goal.
"""

import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
PARSE_BYTES = 100 * 1024 * 1024


def say(what: str, value: str, asked: str = "") -> None:
    print(f"{what:58} {value:>14}{f'   asked: {asked}' if asked else ''}", flush=True)


def seconds(*command: str) -> float:
    begin = time.monotonic()
    subprocess.run(command, cwd=TOP, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=300)
    return time.monotonic() - begin


def build() -> None:
    with tempfile.TemporaryDirectory() as folder:
        say("clean build, make", f"{seconds('make', '-s', f'BUILD={folder}/build'):.1f} s", "<= 10 s")
        shutil.rmtree(f"{folder}/build")
        say("clean build, make -j2", f"{seconds('make', '-s', '-j2', f'BUILD={folder}/build'):.1f} s")


def whole_command() -> None:
    with tempfile.TemporaryDirectory() as folder:
        took = seconds("./run-bench.sh", "--smp", "8", "--lock", "cas", "--engine", "tcg", "--out", f"{folder}/run")
        say("./run-bench.sh --smp 8 --lock cas --engine tcg, warm", f"{took:.1f} s", "<= 20 s")
        took = seconds("./run-bench.sh", "--smp", "8", "--lock", "cas", "--out", f"{folder}/both")
        say("    with both engines, the default", f"{took:.1f} s", "<= 20 s")
        took = seconds("./run-bench.sh", "--smp", "8", "--lock", "all", "--out", f"{folder}/all")
        say("./run-bench.sh --smp 8 --lock all, warm", f"{took:.1f} s", "<= 90 s")


def modelled(what: str, asked: str, *arguments: str) -> None:
    """Run one command under the model, and print how much it modelled in a second."""
    import csv

    with tempfile.TemporaryDirectory() as folder:
        took = seconds("./run-bench.sh", "--engine", "model", "--out", f"{folder}/run", *arguments)
        with open(f"{folder}/run/samples.csv", newline="", encoding="utf-8") as f:
            rows = [r for r in csv.DictReader(f) if r["ops_total"]]
    # One of each trial's passes is counted here; two are as long, the fairness pass is shorter.
    cycles = sum(3 * float(r["end_seconds"]) * float(r["cycles_per_second"]) for r in rows if r["hart"] == "0")
    ops = sum(3 * int(r["ops_total"]) for r in rows)
    say(what, f"{took:.1f} s", asked)
    say("    modelled cycles a second, all of the command counted", f"{cycles / took / 1e6:.1f} M", "")
    say("    modelled operations a second", f"{ops / took / 1e3:.0f} k")


def model() -> None:
    machine()
    modelled("model: --smp 8 --lock cas", "<= 2 s", "--smp", "8", "--lock", "cas")
    modelled("model: --smp 64 --lock mcs --trials 1", "<= 3 s", "--smp", "64", "--lock", "mcs", "--trials", "1")
    with tempfile.TemporaryDirectory() as folder:
        took = seconds("./run-bench.sh", "sweep", "--smp", "8", "--out", f"{folder}/run")
        say("sweep --smp 8, with its report", f"{took:.1f} s", "<= 45 s on two processors")


def machine() -> None:
    """Measure the cost model's machine alone, in seconds of CPU time."""
    _, executed, took = longer("null", 1)
    say("the machine: instructions a CPU second, uncontended", f"{executed / took / 1e6:.0f} M", ">= 60 M")
    for strategy in ("ticket", "mcs", "cas", "ttas"):
        modelled_cycles, executed, took = longer(strategy, 8)
        say(f"    modelled cycles a CPU second, {strategy} on 8 harts", f"{modelled_cycles / took / 1e6:.0f} M", ">= 40 M")
        say("        instructions a CPU second", f"{executed / took / 1e6:.0f} M")


def longer(strategy: str, harts: int) -> tuple[int, int, float]:
    """The cycles, instructions and CPU seconds by which a long window exceeds a short one, so that no start counts."""
    short, long = 1000, 21000  # microseconds, of 1000 cycles each
    (executed, took), (executed_long, took_long) = (machine_run(strategy, harts, us) for us in (short, long))
    return (long - short) * 1000, executed_long - executed, took_long - took


def machine_run(strategy: str, harts: int, duration_us: int) -> tuple[int, float]:
    """The instructions, and the CPU seconds at the best of three times, of one throughput pass."""
    from tools.simulate import simulate

    plan = f"think=100 think_range=100 passes=t warmup_us=50 fairness_us=50 seed=1 duration_us={duration_us} run={strategy}:{harts}"
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        run = simulate(plan, harts, ["--count"], machine="generic-8")
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    counted = re.search(r"executed (\d+) instructions", run.errors)
    assert counted is not None, run.errors
    return int(counted[1]), min(times)


def first_record() -> None:
    from hartlock.base.paths import IMAGE
    from hartlock.engine.source import Limits
    from hartlock.engine.qemu import Machine

    times = []
    for _ in range(5):
        heard = b""
        with Machine(IMAGE, 8, "hartlock: run=clock:1", "rv64", []) as machine:
            for data in machine.chunks(Limits(30, 30)):
                heard += data
                if b"\n@boot" in heard:
                    times.append(time.monotonic() - machine.started)
                    break
    say("power-on to first record, 8 harts, median of 5", f"{sorted(times)[2]:.2f} s", "<= 1.5 s")


def make_log(path: Path) -> None:
    """Write a real run's log again and again, renumbered, up to 100 MB."""
    from hartlock.records.parser import read

    with tempfile.TemporaryDirectory() as folder:
        seconds("./run-bench.sh", "--smp", "8", "--lock", "all", "--trials", "1", "--out", f"{folder}/run")
        log = Path(folder, "run/uart.log").read_bytes()
    bodies = [r.body for r in read(log.split(b"\n")) if r.type in ("pass", "share", "hist", "audit", "trial")]
    n = size = 0
    with open(path, "wb") as f:
        f.write(log[: log.index(b"@plan")])
        n = log[: log.index(b"@plan")].count(b"\n@")
        while size < PARSE_BYTES:
            for body in bodies:
                kind, _, rest = body.split(b" ", 2)
                raw = b"%s n=%d %s" % (kind, n, rest)
                size += f.write(b"%s *%08x\n" % (raw, zlib.crc32(raw)))
                n += 1


def parse(path: Path) -> None:
    """Parse the log in a process of its own, so that its memory is known."""
    from hartlock.records.trials import TrialBuilder
    from hartlock.records.parser import Reader

    reader, builder, trials = Reader(), TrialBuilder(), 0
    begin = time.monotonic()
    with open(path, "rb") as log:
        for raw in log:
            record = reader.feed(raw)
            if record is not None and builder.feed(record) is not None:
                trials += 1
    took = time.monotonic() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    assert reader.counts == {}, reader.counts
    say(f"parsing a {path.stat().st_size >> 20} MiB log ({reader.good} records, {trials} trials)",
        f"{took:.1f} s", "<= 10 s")
    say("    its memory at the most", f"{peak:.0f} MiB", "<= 300 MiB")


def parse_apart() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "uart.log")
        make_log(path)
        subprocess.run([sys.executable, __file__, "--parse", str(path)], check=True, timeout=300)


def instructions() -> None:
    """Count the instructions of each strategy: with -icount a cycle is exactly one."""
    import csv

    with tempfile.TemporaryDirectory() as folder:
        seconds("./run-bench.sh", "--smp", "1", "--lock", "all", "--think", "0", "--trials", "1", "--duration", "5",
                "--warmup", "1", "--engine", "tcg", "--out", f"{folder}/run", "--", "-icount", "shift=0")
        with open(f"{folder}/run/summary.csv", newline="", encoding="utf-8") as f:
            rows = [r for r in csv.DictReader(f) if r["throughput_ops_per_second_median"]]
    null = next(float(r["cycles_per_op_median"]) for r in rows if r["strategy"] == "null")
    say("the harness: a turn of `null` with its bump", f"{null:.2f} instr.")
    say("    above an empty loop (2: addi, bnez)", f"{null - 2:.2f} instr.")
    for row in rows:
        if row["strategy"] != "null":
            each = float(row["cycles_per_op_median"])
            say(f"    {row['strategy']}, uncontended", f"{each:.2f} instr.", "")
            say("        above null", f"{each - null:.2f} instr.")


def observing() -> None:
    """Compare QEMU's processor time with and without the watcher of `observe`, on a Linux that is booted."""
    from tools.linux import build as linux
    from tools.linux import cost

    what = "observe, QEMU's processor time to that of a plain run"
    if not linux.IMAGE.is_file():
        say(what, "not measured: Debian's Linux for riscv64 is not there (make setup-deep)")
        return
    linux.build()
    plain_s, observed_s = cost.pair()
    say(what, f"{observed_s / plain_s:.1f}", "<= 3 times")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--parse"]:
        parse(Path(sys.argv[2]))
    else:
        print(f"{len(os.sched_getaffinity(0))} processors, load {os.getloadavg()[0]:.1f}")
        for part in (build, whole_command, model, first_record, parse_apart, instructions, observing):
            part()
