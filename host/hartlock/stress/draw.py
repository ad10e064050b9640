"""Draws a round of a stress run: one boot, whose workload and trials follow from the run's
seed and the round's number, and from nothing else."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from hartlock.plan import plan as plans
from hartlock.engine.base import Engine
from hartlock.plan import schema, strategies
from hartlock.plan.plan import FIXED, MAX_HARTS, SIZES, Combination, Plan, Workload
from hartlock.plan.strategies import BASELINE, BUMP, CONTROL, POOL

TRIALS = 6  # in a round, and the control: so that workloads change often
USUAL_BYTES = 16  # a block's size and alignment in every third round, so that passes have many operations
MOST_BYTES, MOST_ALIGN = 1 << 16, 1 << 20  # the largest block or batch, and the largest alignment
FREED_BYTES = (1, 16, 64, 4096, 4096)  # sizes that every allocator hands out
FREEING = [word for word in schema.choice("allocator").words if word != BUMP]
MOST_LOCKS = 64  # the most locks of a round that has several
MORE = (9, MAX_HARTS)  # harts of some rounds, where a run does not say how many there are
MANY_SHARE = 0.2  # so many rounds are such
MANY_DIVISOR = 4  # their windows are shorter by this: there are that many more harts to simulate
LEAST_PERIOD_US = 10  # the least time between interrupts, IPIs or stops of harts


@dataclass(frozen=True)
class Asked:
    """The run's choices, which all rounds have in common."""

    smp: int
    locks: tuple[str, ...]
    optional: tuple[str, ...]  # locks that are left out without complaint where an extension is missing
    seed: int
    engine: Engine
    relax: tuple[str, ...]  # forms of waiting, of which a round has one,
    unlock: tuple[str, ...]  # and of letting go
    many: Engine | None = None  # executes rounds of more harts, MORE of them; None: there are no such rounds


@dataclass(frozen=True)
class Round:
    number: int  # from 1
    engine: Engine  # with this round's windows
    plan: Plan


class Dice:
    """Random numbers that depend on the seed and the round alone."""

    def __init__(self, seed: int, number: int):
        self.random = random.Random(f"hartlock {seed} {number}")  # a text seeds alike on every machine

    def happens(self, share: float) -> bool:
        return self.random.random() < share

    def about(self, low: int, high: int) -> int:
        """A number from `low` to `high`; each order of magnitude is as likely as another."""
        return round(math.exp(self.random.uniform(math.log(low), math.log(high))))

    def perhaps(self, share: float, low: int, high: int) -> int:
        """about() with probability `share`, else 0. The numbers that follow do not depend on which."""
        happens, value = self.happens(share), self.about(low, high)
        return value if happens else 0

    def one(self, of: Sequence[int]) -> int:
        return self.random.choice(of)

    def word(self, *of: str) -> str:
        return self.random.choice(of)


def _bytes(dice: Dice) -> int:
    """Draw a number of bytes: any, or one next to a power of two."""
    any_number, power, beside = dice.about(1, MOST_BYTES), 1 << dice.random.randrange(MOST_BYTES.bit_length()), dice.one((-1, 0, 1))
    return max(1, power + beside) if dice.happens(0.4) else any_number


def _block(dice: Dice) -> dict[str, object]:
    """Draw sizes and alignment. Large alignments are rarer, for a heap has room for few such blocks."""
    kind = dice.word(FIXED, FIXED, FIXED, *SIZES)
    usual, size = dice.happens(1 / 3), _bytes(dice)
    align = 1 << int((MOST_ALIGN.bit_length() - 0.01) * dice.random.random() ** 2)
    if usual:
        size = align = USUAL_BYTES
    if kind == FIXED:
        return {"sizes": kind, "size_bytes": size, "align_bytes": align}
    return {"sizes": kind, "size_bytes": 0, "align_bytes": min(align, SIZES[kind])}


def _times(dice: Dice) -> dict[str, object]:
    """Draw the work inside, and when a hart asks again."""
    hold, think = dice.perhaps(0.5, 2, 5000), dice.perhaps(0.6, 10, 5000)
    rate, spread = dice.perhaps(0.1, 1000, 10**6), dice.one((0, 1, 2))
    if rate:
        think = 0
    return {"hold_instructions": hold, "think_instructions": think, "think_range_instructions": think * spread,
            "arrival": "poisson" if rate else "closed", "arrival_ops_per_second": rate}


def _disturbances(dice: Dice, engine: Engine, calm: bool) -> dict[str, object]:
    """Draw disturbances. All are drawn, so that what follows depends on no engine; those it cannot do are left out, and in a calm
    round all."""
    period, length = dice.perhaps(0.4, 100, 3000), dice.about(10, 5000)
    masked = dice.happens(0.2)
    ipi, churn = dice.perhaps(0.5, 100, 3000), dice.perhaps(0.5, 200, 5000)
    period, ipi, churn = (time and max(LEAST_PERIOD_US, time // engine.stress_divisor) for time in (period, ipi, churn))
    interrupts, disturbs = engine.abilities.interrupts and not calm, engine.abilities.disturbs and not calm
    return {"interrupt_period_us": period if interrupts else 0,
            "interrupt_instructions": length if period and interrupts else 0,
            "irq": "off" if masked and engine.abilities.masks else "on",
            "ipi_period_us": ipi if disturbs else 0,
            "churn_period_us": churn if disturbs else 0}


def workload(dice: Dice, engine: Engine, calm: bool) -> Workload:
    drawn: dict[str, object] = {**_block(dice), **_times(dice), **_disturbances(dice, engine, calm)}
    touch, batch = dice.perhaps(0.5, 1, 8), _bytes(dice) if dice.happens(0.8) else 0
    rounds = dice.perhaps(0.6, 1, 20)
    return Workload(**drawn, batch_bytes=batch, touch_lines=touch,
                    placement=dice.word("padded", "packed", "random"), exhaust_rounds=rounds)


def trials(dice: Dice, asked: Asked) -> tuple[Combination, ...]:
    """Draw some of the strategies, each on all harts or, as likely, on any number of them. The
    control is added: it shows whether harts overlap at all."""
    some = dice.random.sample(asked.locks, min(TRIALS, len(asked.locks)))
    locks = [some[i % len(some)] for i in range(TRIALS)]
    harts = [asked.smp if dice.happens(0.5) else dice.random.randint(1, asked.smp) for _ in locks]
    order = [Combination(lock, 1 if lock == BASELINE else n) for lock, n in zip(locks, harts, strict=True)]
    if asked.smp > 1:
        order.append(Combination(CONTROL, asked.smp))
    dice.random.shuffle(order)
    return tuple(order)


def windows(dice: Dice, engine: Engine, smp: int) -> Engine:
    """Draw the windows of a pass. They are short, because faults show most when a pass begins and ends."""
    divisor = MANY_DIVISOR if smp >= MORE[0] else 1
    return engine.shortened(dice.about(1000, 30_000) // divisor, dice.perhaps(0.7, 100, 5000) // divisor)


def clusters(dice: Dice, smp: int) -> int:
    return dice.one([0, *(n for n in range(1, smp + 1) if smp % n == 0)])


def _freeing(dice: Dice, plan: Plan, frames: Sequence[str]) -> Plan:
    """Draw an allocator that takes blocks back, for one round of four; for all, where there are none but such strategies. A
    strategy that is another allocator gives its place to one of `frames`, which take blocks back without a lock, or else to a
    lock. This is drawn behind the rest, so that the other rounds are what they were."""
    name, happens = dice.word(*FREEING), dice.happens(0.25)
    if set(plan.locks) <= set(frames):
        name, happens = POOL, True
    sizes, size = dice.word(FIXED, "pages"), dice.one(FREED_BYTES)
    live, burst, remote = dice.about(1, 64), dice.about(1, 64), dice.perhaps(0.5, 1, 100)
    if not happens:
        return plan
    paged = sizes != FIXED and name == "buddy"
    return _fitting(plan, replace(
        plan.workload, allocator=name, sizes=sizes if paged else FIXED, size_bytes=0 if paged else size,
        align_bytes=min(plan.workload.align_bytes, SIZES["pages"]), live_blocks=live,
        burst_operations=burst, remote_percent=remote, exhaust_rounds=0),
        [frame for frame in frames if not strategies.known()[frame].why_not(name, "")])


def _several(dice: Dice, plan: Plan) -> Plan:
    """Draw several locks, for one round of four that has the bump allocator. This is drawn behind all else, too."""
    locks, choose, happens = dice.about(2, MOST_LOCKS), dice.word(*schema.choice("choose").words), dice.happens(0.25)
    work = plan.workload
    if not happens or work.frees:
        return plan
    largest = max(work.size_bytes, work.align_bytes, plans.MOST_BYTES.get(work.sizes, 0))
    return _fitting(plan, replace(
        work, locks=min(locks, plans.MAX_BLOCK // 2 // largest), choose=choose, exhaust_rounds=0,
        placement="packed" if work.placement == "random" else work.placement))


def _handlers(dice: Dice, plan: Plan) -> Plan:
    """Draw that interrupt handlers take a lock, in every other round that has interrupts, one lock and the bump allocator. This is drawn behind all
    else, too."""
    happens, work = dice.happens(0.5), plan.workload
    if not happens or not work.interrupt_period_us or work.frees or work.locks > 1:
        return plan
    return _fitting(plan, replace(work, handler="lock", exhaust_rounds=0))


def _fitting(plan: Plan, work: Workload, frames: Sequence[str] = ()) -> Plan:
    """Returns the plan with work that not every strategy can do: one that cannot gives its place to one of `frames`, or else to a lock. It is the
    plan as it was where there is none."""
    can = {name: not strategy.why_not(work.allocator, work.duty) for name, strategy in strategies.known().items()}
    locks = [lock for lock in plan.locks if can[lock] and lock != CONTROL]
    instead = frames or locks
    if not instead:
        return plan
    order = tuple(of if can[of.strategy] else Combination(instead[i % len(instead)], of.harts)
                  for i, of in enumerate(plan.order))
    return replace(plan, workload=work, order=order, locks=tuple(dict.fromkeys([*locks, *instead])))


def _harts(dice: Dice, asked: Asked) -> Asked:
    """Draw how many harts the round has, and the engine that executes as many."""
    many, smp = dice.happens(MANY_SHARE), dice.about(*MORE)
    if not many or asked.many is None:
        return asked
    return replace(asked, smp=smp, engine=asked.many)


def draw(asked: Asked, number: int, log: str) -> Round:
    """Draw round `number`, whose console goes to the file `log`."""
    dice = Dice(asked.seed, number)
    asked = _harts(dice, asked)
    frames = [name for name in asked.locks if strategies.known()[name].frees]
    order = trials(dice, replace(asked, locks=tuple(name for name in asked.locks if name not in frames) or asked.locks))
    engine = replace(windows(dice, asked.engine, asked.smp), log=log)
    # A lock is held to its fairness where nothing disturbs it.
    calm = engine.is_deterministic and number % 2 == 0
    plan = Plan(
        smp=asked.smp, locks=tuple(name for name in asked.locks if any(t.strategy == name for t in order)),
        harts=tuple(sorted({t.harts for t in order})), workload=workload(dice, engine, calm), trials=1,
        seed=dice.random.getrandbits(64), clusters=clusters(dice, asked.smp), optional=asked.optional, order=order,
        relax=dice.word(*asked.relax), unlock=dice.word(*asked.unlock))
    plan = _handlers(dice, _several(dice, _freeing(dice, plan, frames)))
    plans.check(plan)
    return Round(number, engine, plan)
