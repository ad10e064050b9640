"""Runs a mutant through the checks of the real locks, and tells which one caught it.

tcg, model, native   ./run-bench.sh in the mutant's tree: many short trials, each checked
tsan                 tests/c/locks.c with its header, under ThreadSanitizer
schedules            its compiled functions, in every order in which harts can go on; for mutants that say so
claims               the memory orders of its compiled functions, against the header's comments; for mutants that say so
"""

import csv
import json
import os
import re
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from hartlock.engine.own_time import LOOK_S, OwnTime
from hartlock.plan import traits
from tools.copied import TOP, environment
from tools.mutants import compiled
from tools.mutants.tree import Mutant, planted
from tools.simulate import simulate

HOSTCC = os.environ.get("HOSTCC", "gcc")
PROCESSORS = len(os.sched_getaffinity(0))
HARTS = max(2, min(4, PROCESSORS))  # harts that really run at once
TSAN_S = 10  # seconds in which a program could work; a real lock is done in one or two
QUIET_S = 4  # seconds without a word after which a run is given up. A trial takes milliseconds

ENGINES = {
    "native": ("--smp", str(HARTS), "--trials", "10", "--duration", "4", "--warmup", "1"),
    "model": ("--smp", "8", "--trials", "4", "--model-duration", "40"),
    "tcg": ("--smp", str(HARTS), "--trials", "10", "--duration", "10", "--warmup", "2"),
}
REFUSED = " was refused: it needs "  # a problem's words: this computer cannot run the strategy
HANG = "hang detector"
HUNTERS = (*ENGINES, "tsan", *compiled.TABLES)

# A pattern of a run's words, and the check that says them. The first that fits counts.
CHECKS = (
    (r"boot self-test", "boot self-test"),
    (r"no hart got on|deadlock: |livelock: ", HANG),
    (r"panicked|trap|killed by signal|ended with status", "trap"),
    (r"CHECK FAILED.*audit:", "audit"),
    (r"CHECK FAILED.*two owners at once", "grant order"),
    (r"CHECK FAILED.*heap's end:", "heap's end"),
    (r"CHECK FAILED.*grants of others went first", "fairness bound"),
    (r"CHECK FAILED.*(than was asked for|outside of their sections|for itself)", "work asked for"),
    (r"CHECK FAILED.* pass: (\d+ operations take|\d+ byte\(s\) did not come back)", "conservation"),
    (r"CHECK FAILED.* pass: \d+ operations touched", "touched lines"),
    (r"CHECK FAILED.* pass: \d+ operations took \d+ lock", "sections counted"),
    (r"CHECK FAILED.* interrupt handlers were not alone", "handlers' lock"),
)
NO_CHECKS = re.compile(r"gave up: |the run has no end record")  # words that say only that nothing was heard any more


def said_by_checks(problems: Sequence[str]) -> list[str]:
    """The problems but for those that no check says."""
    return [problem for problem in problems if not NO_CHECKS.search(problem)]


def check_of(problems: Sequence[str]) -> str:
    """The check that found the problems; of several, the first of CHECKS. "" if no check said anything."""
    said = said_by_checks(problems)
    found = [check for pattern, check in CHECKS if any(re.search(pattern, problem) for problem in said)]
    if said and not found:
        raise SystemExit(f"a run failed in a way that no check is known for: {list(problems)}")
    return found[0] if found else ""


@dataclass(frozen=True)
class Catch:
    check: str  # "" when nothing was noticed
    ops: int | None = None  # operations until then; None: not known
    more: bool = False  # a lower bound: the trial that hung had more
    why: str = ""  # the reason why it was not tried
    given_up: bool = False  # nothing was heard: perhaps it hangs, but no check said so

    def __str__(self) -> str:
        if self.why:
            return f"not run: {self.why}"
        if self.given_up:
            return "nothing heard"
        if not self.check:
            return "–"
        return self.check if self.ops is None else f"{self.check}, {'> ' if self.more else ''}{self.ops}"


Rows = Sequence[dict[str, str]]


def run_rows(where: Path, engine: str, strategy: str, seed: int, options: Sequence[str] = ()) -> tuple[int, list[str], Rows]:
    """Run ./run-bench.sh in a tree. Returns its exit status, its problems, and the candidates' rows of
    samples.csv."""
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "run"
        done = subprocess.run(
            ["./run-bench.sh", "--engine", engine, "--lock", strategy, *ENGINES[engine], "--time-limit", str(QUIET_S),
             "--seed", str(seed), *options, "--out", str(out)], cwd=where, env=environment(), stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=300, check=False)
        if done.returncode == 2:
            return 2, done.stderr.strip().splitlines()[-1:], []
        context = json.loads((out / "run.json").read_text())
        with open(out / "samples.csv", newline="", encoding="utf-8") as f:
            return done.returncode, context["problems"], [r for r in csv.DictReader(f) if r["role"] == "candidate"]


def run_plan(mutant: Mutant) -> Catch:
    """Run the mutant's plan, for which run-bench.sh has no option, and judge its longest bypass."""
    subprocess.run(["make", "-s", "all", "model"], cwd=mutant.tree, check=True, timeout=300)
    run = simulate(mutant.plan, machine="generic-8", image=mutant.tree / "build/hartlock.elf",
                   program=mutant.tree / "build/model/hartlock-machine")
    harts, worst = (max(int(record[key]) for record in run.records(kind) if record.get("kind", want) == want)
                    for kind, key, want in (("pass", "harts", ""), ("hist", "max", "bypass")))
    ops = sum(int(share["ops"]) for share in run.records("share"))
    return Catch("fairness bound", ops) if worst > traits.known()[mutant.strategy].bypass_bound(harts) else Catch("")


def run_bench(mutant: Mutant, engine: str, seed: int) -> Catch:
    if mutant.plan:
        return run_plan(mutant) if engine == "model" else Catch("", why="its plan is for the model")
    status, problems, rows = run_rows(mutant.tree, engine, mutant.strategy, seed, mutant.options)
    refused = [f"needs {problem.split(REFUSED)[1].split(',')[0]}" for problem in problems if REFUSED in problem]
    return Catch("", why=(refused or problems)[0]) if status == 2 or refused else judge(status, problems, rows)


def judge(status: int, problems: Sequence[str], rows: Rows) -> Catch:
    until, failed = operations(rows)
    if check := check_of(problems):
        return Catch(check, until, more=not failed)
    if status != 0 and not problems:
        raise SystemExit(f"a run ended with {status} and did not say why")
    return Catch("", given_up=bool(problems))


def operations(rows: Rows) -> tuple[int, bool]:
    """The operations of all harts and passes up to the end of the first trial that failed, and whether
    one did."""
    ops, failed = 0, {row["trial"] for row in rows if row["check"] == "fail"}
    for row in rows:
        if failed and int(row["trial"]) > min(map(int, failed)):
            continue
        ops += sum(int(row[key] or 0) for key in ("ops_total", "latency_ops", "audit_ops", "fairness_ops"))
    return ops, bool(failed)


def run_for(limit_s: float, program: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str] | None:
    """Run a program that works for less than `limit_s` seconds of its own time. None: it took longer, and was killed."""
    with subprocess.Popen([str(program)], env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          errors="replace") as process:
        own = OwnTime(process.pid)
        while own.seconds() < limit_s:
            with suppress(subprocess.TimeoutExpired):
                out, err = process.communicate(timeout=LOOK_S)
                return subprocess.CompletedProcess(process.args, process.returncode, out, err)
        process.kill()
    return None


def tsan(mutant: Mutant) -> Catch:
    word = mutant.strategy.replace("-", "_")
    folder = "alloc" if (mutant.tree / "alloc" / f"{word}.h").exists() else "lock"
    program = mutant.tree / "build" / "tsan-locks"
    subprocess.run(
        [HOSTCC, "-std=gnu11", "-O1", "-g", "-fsanitize=thread", "-fno-sanitize-recover=all", f"-I{mutant.tree}", f"-I{TOP}/tests/c",
         f"-I{TOP}/tests/c/fake", f"-DSTRATEGY={word}", f'-DSTRATEGY_HEADER="{folder}/{word}.h"', "-DTHREADS=4",
         '-DLOCK_PORT="relax.h"', *(["-DLOCKFREE"] if folder == "alloc" else []), "-pthread", "-o", str(program),
         str(TOP / "tests/c/locks.c")], check=True, timeout=120)
    done = run_for(TSAN_S, program, {**os.environ, "TSAN_OPTIONS": "halt_on_error=1 symbolize=0"})
    if done is None:
        return Catch("", given_up=True)
    said = re.search(r"^ *(\d+) +operations until then$", done.stderr, re.MULTILINE)
    ops = int(said[1]) if said else None
    if "WARNING: ThreadSanitizer: data race" in done.stderr:
        return Catch("ThreadSanitizer", ops)
    if done.returncode < 0 or "ThreadSanitizer:DEADLYSIGNAL" in done.stderr:
        return Catch("crash", ops)
    return Catch("expectation", ops) if done.returncode != 0 else Catch("")


def hunters_of(mutant: Mutant, hunters: Sequence[str]) -> list[str]:
    """Returns those of `hunters` that are asked about the mutant: the one that must find it, else all that run something."""
    return [h for h in hunters if (h == mutant.detector if mutant.detector else h not in compiled.TABLES)]


def by_table(mutant: Mutant, table: str) -> Catch:
    check, seconds = compiled.found_by(mutant, table)
    return Catch(check if seconds <= mutant.detector_s else "", why="" if seconds <= mutant.detector_s else f"it took {seconds:.0f} s")


def hunt(mutant: Mutant, hunter: str, runs: int) -> Catch:
    """Make several runs. Returns the check that caught the mutant most often, and the median of the
    operations until then."""
    if hunter in compiled.TABLES:
        return by_table(mutant, hunter)
    catches: list[Catch] = []
    for seed in range(1, runs + 1):
        catches.append(tsan(mutant) if hunter == "tsan" else run_bench(mutant, hunter, seed))
        if catches[-1].check == HANG or catches[-1].given_up or catches[-1].why:
            break  # it tells no number of operations, and takes long
    checks = [c.check for c in catches if c.check]
    if not checks:
        return catches[0]
    check = statistics.mode(checks)
    ops = [c.ops for c in catches if c.check == check and c.ops is not None]
    return Catch(check, int(statistics.median(ops)) if ops else None, any(c.more for c in catches if c.check == check))


def hunted(mutant: Mutant, hunters: Sequence[str], runs: int) -> Iterator[tuple[str, Catch]]:
    """Yields those of `hunters` that are asked about the mutant, each with its catch, from a tree that is there as long."""
    asked = hunters_of(mutant, hunters)
    with planted(mutant, objects=mutant.detector not in compiled.TABLES) if asked else nullcontext(mutant) as own:
        for hunter in asked:
            yield hunter, hunt(own, hunter, runs)
