"""Turns the wishes of a command line into an ordered list of trials."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from hartlock.base.errors import UsageError
from hartlock.plan import lock_forms, schema, traits
from hartlock.plan.strategies import BASELINE, BUMP, CLOCK, CONTROL, HANDLER, PROBE, SECTION, TRYLOCK
from hartlock.plan.windows import Windows

FORMAT = 1
TRIALS = 5  # the usual number of trials for each strategy and number of harts
MAX_HARTS, MAX_TRIALS, MAX_TEXT = 64, 4096, 30000
HEAP_BYTES = 100 * 1024 * 1024
MAX_BLOCK = HEAP_BYTES * 8 // 9 - 4096  # bench/audit.c: a byte of map for eight of heap, at the most
PASSES = tuple(schema.passes())


class Combination(NamedTuple):
    """A strategy on a number of harts: a row of summary.csv. Each is measured in several trials."""

    strategy: str
    harts: int


# Named distributions of sizes, what an alignment must divide, and their largest: bench/sizes.c.
SIZES = {"small": 16, "pages": 4096, "mixed": 16}
MOST_BYTES = {"small": 256, "pages": 65536, "mixed": 4096}
FIXED = "fixed"
TRY = "try"  # the word of `waiters` that needs a trylock
MANY = "many"  # the variant of several locks: bench/many.h
NESTED = "nested"  # the word of `choose` with which a hart holds two locks at once
LINE = 64  # bytes of a line
DUTY = "duty"  # the variant whose harts owe each other answers: bench/duty.h
FRAME_BYTES = 4096  # the size of a frame: alloc/pool.h, alloc/buddy.h
LARGEST_BYTES = {"pool": FRAME_BYTES, "buddy": FRAME_BYTES << 10, "cached-pool": FRAME_BYTES}  # the most that an allocator hands out at once


# Columns of bench/plan.def that are not of the workload: a Plan, an engine or the kernel has them.
OF_THE_RUN = ("relax", "unlock", "clusters", "duration_us", "seed")
# The columns of a workload that are no keys of the kernel.
OF_THE_HOST = {"scenario": "", "arrival": "closed", "replay": ""}


def _workload_columns() -> dict[str, int | str]:
    """The columns of a workload with their defaults, in the order of bench/plan.def."""
    return {column: OF_THE_HOST[column] if isinstance(entry, schema.Column) else entry.usual
            for column, entry in schema.columns().items() if column not in OF_THE_RUN}


@schema.made_dataclass(_workload_columns(), frozen=True)
class Workload(schema.Made):
    """The work of a hart, again and again: a field for each column of bench/plan.def that belongs to the workload.

    The columns that this program asks for by name are declared here; bench/plan.def explains all of them.
    """

    size_bytes: int  # 0 where sizes are drawn
    align_bytes: int
    hold_instructions: int
    think_instructions: int
    think_range_instructions: int
    batch_bytes: int
    scenario: str
    replay: str  # the name and the digest of a workload file; "": none
    sizes: str  # a word of the kernel's, or the name and the digest of a workload file
    touch_lines: int
    placement: str
    arrival: str
    arrival_ops_per_second: int
    interrupt_period_us: int
    interrupt_instructions: int
    irq: str
    ipi_period_us: int
    churn_period_us: int
    allocator: str
    live_blocks: int
    burst_operations: int
    remote_percent: int
    shootdown_ops: int
    waiters: str
    locks: int
    choose: str
    handler: str
    exhaust_rounds: int

    def _keys(self) -> Iterator[tuple[schema.Key, int | str]]:
        """The kernel's keys of the workload, each with its value."""
        for column, entry in schema.columns().items():
            if column not in OF_THE_RUN and not isinstance(entry, schema.Column):
                yield entry, getattr(self, column)

    def words(self) -> list[str]:
        """The words of the kernel's plan (docs/reference/records.md).

        A key that needs the full variant is written only where it asks for something, so that a kernel
        that does not know it yet takes the plan.
        """
        return [f"{key.key}={value}" for key, value in self._keys()
                if not (key.full and value == key.usual) and (key.column != "size_bytes" or self.sizes == FIXED)
                and (key.column != "sizes" or value in schema.choice("sizes").words)]

    @property
    def frees(self) -> bool:
        """True if operations give blocks back, as well as take them."""
        return self.allocator != BUMP

    @property
    def queues(self) -> bool:
        """True if harts that find a lock held wait in its order; false if each tries again, so that no lock is fair by construction."""
        return self.waiters != TRY

    @property
    def duty(self) -> str:
        """Returns the thing that a strategy must have for what its harts do (strategies.SECTION, TRYLOCK); "" where any will do."""
        if not self.queues:
            return TRYLOCK
        if self._takes_in_handlers:
            return HANDLER
        return SECTION if self._answers or self.locks > 1 else ""

    @property
    def _answers(self) -> bool:
        """True if harts owe each other answers: the variant `duty`."""
        return self.shootdown_ops > 0 or self.waiters != schema.choice("waiters").usual or self._takes_in_handlers

    @property
    def _takes_in_handlers(self) -> bool:
        """True if interrupt handlers take a lock, too."""
        return self.handler != schema.choice("handler").usual

    @property
    def held_at_once(self) -> int:
        """The locks that an operation holds at once."""
        return 2 if self.choose == NESTED else 1

    @property
    def has_a_proved_worker(self) -> bool:
        """True if proofs are compared with the worker that runs the workload: docs/trust/proof.md."""
        return self.variant in (schema.PLAIN, schema.FULL, schema.REPLAY)

    @property
    def variant(self) -> str:
        """The variant of a worker that runs the workload, as choose_work() of bench/plan_run.c chooses it."""
        if self.replay:
            return schema.REPLAY
        if self._answers:
            return DUTY
        if self.locks > 1:
            return MANY
        if self.frees:
            return self.allocator.replace("-", "_")
        return schema.FULL if any(key.full and value != key.usual for key, value in self._keys()) else schema.PLAIN


@dataclass(frozen=True)
class Plan:
    smp: int
    locks: tuple[str, ...]  # asked for, in that order
    harts: tuple[int, ...]  # counts to measure, ascending
    workload: Workload
    trials: int  # trials of each strategy and number of harts
    seed: int
    inject: str = ""
    relax: str = lock_forms.RELAX
    unlock: str = lock_forms.UNLOCK
    clusters: int = 0  # equal ones, that the harts are told they form; 0: what the machine says
    replay: str = ""  # the value of the kernel's key: the steps of the workload file; "": none
    observed: str = ""  # the value of the kernel's key: the sizes of the workload file that --size names; "": none
    facts: Mapping[str, object] = field(default_factory=dict)  # the fields of replay.Facts: what an answer tells of its lock
    optional: tuple[str, ...] = ()  # locks that are left out without complaint where an extension is missing
    order: tuple[Combination, ...] = field(default=())

    def role(self, cell: Combination) -> str:
        """A cell's role: `candidate` was asked for, `control` must lose updates, `harness` prices the measuring."""
        if cell.strategy in (CLOCK, BASELINE) or cell == Combination(CONTROL, 1):
            return "harness"
        return "control" if cell.strategy == CONTROL else "candidate"

    @property
    def probes(self) -> bool:
        """True if a trial is the probe, whose records are no strategy's."""
        return any(t.strategy == PROBE for t in self.order)

    def bootargs(self, windows: Windows) -> str:
        """The kernel's command line."""
        words = [
            "hartlock:", f"format={FORMAT}", *self.workload.words(),
            f"duration_us={windows.duration_us}", f"warmup_us={windows.warmup_us}",
            f"fairness_us={windows.fairness_us}", f"seed={self.seed}",
        ]
        words += [f"{key}={value}" for key, value in (("replay", self.replay), ("observed", self.observed)) if value]
        if self.clusters:
            words.append(f"clusters={self.clusters}")
        if windows.hang_ms:
            words.append(f"hang_ms={windows.hang_ms}")
        if self.inject:
            words.append(f"inject={self.inject}")
        words.append("run=" + ",".join(f"{t.strategy}:{t.harts}" for t in self.order))
        return " ".join(words)

    @property
    def largest(self) -> int:
        """The bytes of the largest block that is asked for."""
        observed = [int(entry.partition("x")[0]) for entry in self.observed.rpartition("/")[2].split(",") if entry]
        return max(self.workload.size_bytes, MOST_BYTES.get(self.workload.sizes, 0), *observed)

    def passes(self) -> int:
        """The number of windows that are measured."""
        return (len(PASSES) + (self.workload.exhaust_rounds > 0)) * sum(1 for t in self.order if t.strategy not in (CLOCK, PROBE))


def order(locks: tuple[str, ...], harts: tuple[int, ...], trials: int, seed: int) -> tuple[Combination, ...]:
    """Every trial of a run, in seeded random order.

    Besides the strategies that were asked for, each number of harts has the control
    that must lose updates, and the run has the harness once: `null` on one hart, and
    the clock read itself. `baseline` is always on one hart.
    """
    wanted = {Combination(lock, 1 if lock == BASELINE else n): None for n in harts for lock in locks}
    wanted.update({Combination(CONTROL, n): None for n in harts if n > 1})
    wanted.update({Combination(CONTROL, 1): None, Combination(CLOCK, 1): None})
    once = [cell for cell in wanted for _ in range(trials)]
    random.Random(seed).shuffle(once)
    return tuple(once)


def renewed(plan: Plan, seed: int) -> Plan:
    """The plan with one trial of each cell, in the order of another seed."""
    return replace(plan, trials=1, seed=seed, order=order(plan.locks, plan.harts, 1, seed))


def probe(smp: int, seed: int) -> Plan:
    """The plan whose one trial is the probe, on all `smp` harts."""
    return Plan(smp=smp, locks=(), harts=(smp,), workload=Workload(16, 16, 0, 0, 0, 0), trials=1, seed=seed,
                order=(Combination(PROBE, smp),))


def _check_duties(w: Workload) -> None:
    """Refuse what goes with neither a shootdown, nor waiters with a duty, nor handlers that take a lock."""
    if w._answers and w.frees:
        raise UsageError(f"--shootdown, --waiters and --handler are of the bump allocator; with --allocator {w.allocator} there are none")
    if w._takes_in_handlers and not w.interrupt_period_us:
        raise UsageError("--handler lock: no interrupt comes whose handler could take a lock; give --interrupt PERIOD,LENGTH")
    if w._takes_in_handlers and (w.shootdown_ops or w.waiters != schema.choice("waiters").usual):
        raise UsageError("--handler lock goes with neither --shootdown nor --waiters")
    if w.shootdown_ops and w.churn_period_us:
        raise UsageError("--shootdown: a hart that --churn has stopped acknowledges nothing")


def _check_allocator(plan: Plan) -> None:
    """Refuse what the allocator cannot hand out, and options that only another one has."""
    w = plan.workload
    if not w.frees:
        return
    largest = LARGEST_BYTES[w.allocator]
    if w.exhaust_rounds:
        raise UsageError(f"--exhaust: rounds to the heap's end are of the bump allocator; with --allocator {w.allocator} blocks come back")
    if max(plan.largest, w.align_bytes) > largest:
        raise UsageError(f"--allocator {w.allocator}: it hands out at most {largest} bytes at once, at such an alignment "
                         "(--size, --align)")


def _check_locks(w: Workload) -> None:
    """Refuse what does not go with several locks, and what several locks are needed for."""
    if w.locks == 1:
        if w.choose != schema.choice("choose").usual:
            raise UsageError(f"--choose {w.choose}: there is one lock to choose; say how many with --locks")
        return
    alone = {"--allocator": w.frees, "--shootdown": w.shootdown_ops, "--handler": w._takes_in_handlers, "--waiters": w.waiters != schema.choice("waiters").usual,
             "--exhaust": w.exhaust_rounds, "--placement random": w.placement == "random"}
    if asked := [option for option, value in alone.items() if value]:
        raise UsageError(f"{asked[0]}: it is of one lock and its bump allocator, and --locks {w.locks} asks for several")
    block = max(w.size_bytes, w.align_bytes, MOST_BYTES.get(w.sizes, 0))
    if w.locks * block > MAX_BLOCK // 2:
        raise UsageError(f"--locks {w.locks}: each lock has its part of half the heap, {MAX_BLOCK // 2 // w.locks} bytes, and a block takes {block} "
                         "(--size, --align)")


def check_workload(w: Workload) -> None:
    """Refuse a workload whose parts do not go with each other. The message names the options that asked for it."""
    _check_duties(w)
    _check_locks(w)


def _check_words(plan: Plan) -> None:
    """Refuse more locks than there is memory for: each has lines of its own, and so has its data."""
    w = plan.workload
    for name in plan.locks if w.locks > 1 else ():
        each = -(-traits.known()[name].bytes_per_lock(MAX_HARTS) // LINE) * LINE + LINE * (1 + w.touch_lines)
        if w.locks * each > HEAP_BYTES // 2 - LINE * w.locks:
            raise UsageError(f"--locks {w.locks}: {name} takes {each} bytes for each, with the lines of its data, and half of the heap has "
                             f"{HEAP_BYTES // 2}")


def check(plan: Plan) -> None:
    """Refuse a plan that cannot be measured. The message names the options that asked for it."""
    w = plan.workload
    if max(plan.harts) > plan.smp:
        raise UsageError(f"--harts {max(plan.harts)}: only {plan.smp} hart(s) are started (--smp {plan.smp})")
    if w.align_bytes & (w.align_bytes - 1):
        raise UsageError(f"--align {w.align_bytes}: an alignment is a power of two (1, 2, 4, ...)")
    if w.think_range_instructions > 2 * w.think_instructions:
        raise UsageError(f"--think-range {w.think_range_instructions}: from the least to the most of --think "
                         f"{w.think_instructions} it can be twice that at the most")
    if w.sizes in SIZES and w.align_bytes > SIZES[w.sizes]:
        raise UsageError(f"--align {w.align_bytes}: sizes of the distribution {w.sizes} are multiples of "
                         f"{SIZES[w.sizes]}, and no more")
    if plan.largest > MAX_BLOCK:
        raise UsageError(f"--size {plan.largest}: the heap has {HEAP_BYTES} bytes (100 MiB), "
                         "and the audit's map may need a ninth of them")
    _check_allocator(plan)
    check_workload(w)
    _check_words(plan)
    if plan.clusters and plan.smp % plan.clusters:
        raise UsageError(f"--clusters {plan.clusters}: {plan.smp} harts (--smp) do not make {plan.clusters} equal clusters")
    if w.align_bytes > HEAP_BYTES:
        raise UsageError(f"--align {w.align_bytes}: the heap has only {HEAP_BYTES} bytes (100 MiB)")
    if len(plan.order) > MAX_TRIALS or sum(len(t.strategy) + 4 for t in plan.order) > MAX_TEXT:
        raise UsageError(f"{len(plan.order)} trials are too many for one boot: "
                         "ask for fewer --trials, --lock or --harts")
