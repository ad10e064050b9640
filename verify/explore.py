"""Enumerates a hart's traces.

A load of shared memory gives one trace for every value that any hart of the test may have put
there (traces.Values). When all values are known, so are the branches, the addresses and the
stores. coherence.py finds cheaply which traces may fit together; herd7 decides.

A backward branch of a loop that looks at shared memory is taken `turns` times at most. A hart
that would take it once more is stuck, if it waits as long as the words it last read stay as
they are; if it does not wait, the trace is one attempt too long and is dropped. Loops that look
at nothing shared (delays) run to their end, or are left after LIMIT_DELAY turns.

Some values are not known: what a hart draws from a generator of random numbers (Hart.drawn), what a loop that waits counts in
the turns that are left out, what a long delay counted. A branch that depends on one goes both ways. An address, or a value that
others may read, must not depend on one."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from verify.code import Function
from verify.errors import TooMany, Unsupported
from verify.flow import ways
from verify.memory import STACK, Location, Memory, location
from verify.ops import ALU, CONDITIONS, MASK, SP, Op, decode, loaded, stored
from verify.traces import Hart, Past, Step, Values, join
from verify.turns import AT_END, counted, live, marked

Stop = Callable[[Location], bool]  # is a hart about to touch that location?

LIMIT_STEPS, LIMIT_TRACES = 5_000, 60_000
LIMIT_DELAY = 40  # turns of a loop that only counts


@dataclass
class Run:
    """A trace in the making."""

    registers: dict[str, int]
    item: int = 0  # index in the hart's program
    pc: int = 0  # index in the function it is in
    steps: list[Step] = field(default_factory=list)
    pasts: dict[str, Past] = field(default_factory=dict)  # the registers' pasts
    control: Past = field(default_factory=dict)  # the past of the branches so far
    memory: dict[Location, tuple[int, Past]] = field(default_factory=dict)  # words as this hart last saw them
    seen: dict[int, int] = field(default_factory=dict)  # in this call: address -> steps before it
    at_head: dict[int, dict[str, int]] = field(default_factory=dict)  # in this call: address of a loop -> registers when its turn began
    turns: dict[int, int] = field(default_factory=dict)  # in this call: backward branch -> times taken
    delays: dict[int, int] = field(default_factory=dict)  # in this call: the same for loops that only count
    turned: dict[int, object] = field(default_factory=dict)  # in this call: backward branch -> what was known when it was taken last
    unknown: set[str | Location] = field(default_factory=set)  # registers and words whose value is not known
    stores: list[tuple[Location, int, Past, int | None]] = field(default_factory=list)  # ..., value before
    reserved: Location | None = None
    stuck: tuple[tuple[Location, int], ...] | None = None

    def fork(self) -> "Run":
        return replace(self, registers=dict(self.registers), steps=list(self.steps), pasts=dict(self.pasts),
                       control=dict(self.control), memory=dict(self.memory), seen=dict(self.seen),
                       at_head=dict(self.at_head), turns=dict(self.turns), delays=dict(self.delays), turned=dict(self.turned), unknown=set(self.unknown),
                       stores=list(self.stores))

    def get(self, source: str | int) -> int:
        """The value of a register or constant. One that is not known has some value that fits."""
        return source & MASK if isinstance(source, int) else self.registers.get(source, 0)

    def is_known(self, *sources: str | int | Location) -> bool:
        return self.unknown.isdisjoint(sources)

    def set(self, op: Op, value: int, past: Past, known: bool = True) -> int:
        if op.rd != "x0":
            self.mark(op.rd, known)
            self.registers[op.rd] = value & MASK
            self.pasts[op.rd] = past
        return value & MASK

    def mark(self, what: str | Location, known: bool) -> None:
        """Note whether the value of a register or word is known."""
        (self.unknown.discard if known or what == "x0" else self.unknown.add)(what)

    def facts(self) -> object:
        """All that is known of the registers."""
        return frozenset(self.unknown), frozenset(each for each in self.registers.items() if each[0] not in self.unknown)

    def past(self, op: Op) -> Past:
        return join(*(self.pasts.get(r, {}) for r in (*op.sources, op.base) if isinstance(r, str)))


def _check_only_reads(run: Run, begins: int, drawn: Collection[Location]) -> None:
    """Check that a loop's turn, which began at that step, stored nothing but what was there, for it is left out."""
    held: dict[Location, int | None] = {}
    for at, s in enumerate(run.steps):
        if s.location and s.shared and s.location not in drawn:
            before = held.get(s.location) if s.read is None else s.read
            if at >= begins and s.wrote is not None and s.wrote != before:
                raise Unsupported(f"{s.op.insn}: a turn of a loop that waits stores something new")
            held[s.location] = before if s.wrote is None else s.wrote


@cache
def _decoded(function: Function) -> list[Op]:
    return [decode(i, function.name) for i in function.insns]


@cache
def _live(function: Function) -> list[set[str]]:
    """For each instruction, the registers that are read before they are written from there on."""
    ops = _decoded(function)
    return live(ops, ways(function, ops), AT_END)


class Explorer:
    def __init__(self, hart: Hart, values: Values, turns: int, number: int = 0, waits: bool = True):
        """`waits`: find out whether a stuck hart waits for ever. Its accesses until then count anyway."""
        self.hart, self.values, self.turns, self.number, self.waits = hart, values, turns, number, waits
        self.drawn = hart.drawn
        functions = {id(item): item for item in hart.program if isinstance(item, Function)}
        self.code = {at: _decoded(f) for at, f in functions.items()}
        self.live = {at: _live(f) for at, f in functions.items()}
        self.heads = {op.insn.target for code in self.code.values() for op in code if op.kind in ("jump", "branch") and op.insn.target <= op.insn.address}

    def runs(self) -> Iterator[Run]:
        """Every complete or stuck run."""
        stack: dict[Location, tuple[int, Past]] = {where: (value, {}) for where, value in self.hart.stack}
        todo, done = [Run({SP: STACK + 0x8000, **self.hart.registers}, pc=self.hart.pc, memory=stack)], 0
        while todo:
            run = todo.pop()
            while True:
                if run.item == len(self.hart.program) or run.stuck is not None:
                    yield run
                    done += 1
                    break
                if len(run.steps) > LIMIT_STEPS or done + len(todo) > LIMIT_TRACES:
                    raise TooMany(f"more than {LIMIT_STEPS} steps or {LIMIT_TRACES} traces")
                after = self._step(run)
                if not after:
                    break
                run, *more = after
                todo += more

    def _step(self, run: Run) -> list[Run]:
        """Execute one instruction. Returns the runs that can come of it."""
        item = self.hart.program[run.item]
        if isinstance(item, Op):
            run.item += 1
            return self._execute(run, item, "")
        code = self.code[id(item)]
        if run.pc >= len(code):
            raise Unsupported(f"{item.name}: runs off its end")
        op = code[run.pc]
        run.seen[op.insn.address] = len(run.steps)
        if op.insn.address in self.heads:
            run.at_head[op.insn.address] = dict(run.registers)
        if op.kind == "ret":
            run.item, run.pc, run.seen, run.turns, run.delays, run.turned = run.item + 1, 0, {}, {}, {}, {}
            return [run]
        if op.kind in ("jump", "branch"):
            return self._branch(run, op, item)
        run.pc += 1
        return self._execute(run, op, item.name)

    def _branch(self, run: Run, op: Op, function: Function) -> list[Run]:
        if op.kind == "jump":
            return self._taken(run, op, function)
        a, b = (run.get(s) for s in op.sources)
        run.control = join(run.control, run.past(op))
        run.steps.append(Step(op, function.name, (a, b)))
        taken, known = CONDITIONS[op.name](a, b), run.is_known(*op.sources)
        other = run if known else run.fork()
        after = self._taken(run, op, function) if taken or not known else []
        if not taken or not known:
            other.pc += 1
            after.append(other)
        return after

    def _taken(self, run: Run, op: Op, function: Function) -> list[Run]:
        target = op.insn.target
        run.pc = function.at(target)
        return [run] if target > op.insn.address or target not in run.seen else self._again(run, op, function)

    def _again(self, run: Run, op: Op, function: Function) -> list[Run]:
        """The runs of a loop's next turn, if it may have one."""
        turn = [s for s in run.steps[run.seen[op.insn.target]:] if s.shared and s.location not in self.drawn]
        if not turn:
            return self._delay(run, op)
        run.turns[op.insn.address] = run.turns.get(op.insn.address, 0) + 1
        if run.turns[op.insn.address] <= self.turns:
            return [run]
        later = self._later(run, op, function)
        if self.turns == 0:
            _check_only_reads(run, run.seen[op.insn.target], self.drawn)
        if any(s.op.kind == "sc" and s.wrote is None for s in turn):
            return later  # an SC does not fail for ever
        run.stuck = Rest(self.hart, self.values.initial).words(run.fork()) if self.waits else ()
        return later if run.stuck is None else [*later, run]

    def _later(self, run: Run, op: Op, function: Function) -> list[Run]:
        """The run as it is behind turns that are left out, if that differs from its first look in a register that is used: what it
        counts in has any value, and what each turn sets has been set."""
        begins, head = run.seen[op.insn.target], function.at(op.insn.target)
        used, before, turn = self.live[id(function)][head], run.at_head[op.insn.target], run.steps[run.seen[op.insn.target]:]
        counts = {register for register in counted(turn) & used if run.is_known(register)}
        if not counts and all(before.get(r, 0) == run.get(r) for r in marked(turn) & used):
            return []
        later = run.fork()
        later.unknown |= counts
        later.steps = later.steps[:begins]
        later.turns[op.insn.address] = 0
        later.delays[op.insn.address] = run.delays.get(op.insn.address, 0) + 1
        if later.delays[op.insn.address] > LIMIT_DELAY:
            raise TooMany(f"{op.insn}: the loop counts in more than one way")
        return [later]

    def _delay(self, run: Run, op: Op) -> list[Run]:
        """The next turn of a loop that looks at nothing shared, and so ends. Where its end is not known, or far, what it counts in is
        not known behind it."""
        address, turn = op.insn.address, run.steps[run.seen[op.insn.target]:]
        if any(s.op.kind == "branch" and not run.is_known(*s.op.sources) for s in turn):
            run.unknown |= counted(turn)
            facts, before = run.facts(), run.turned.get(address)
            run.turned[address] = facts
            run.steps = run.steps[:run.seen[op.insn.target]]
            return [] if facts == before else [run]
        run.delays[address] = run.delays.get(address, 0) + 1
        if run.delays[address] > LIMIT_DELAY and op.kind == "branch":
            function = self.hart.program[run.item]
            assert isinstance(function, Function)
            run.pc = function.at(address) + 1
            run.unknown |= {s.op.rd for s in turn} - {"x0"}
        return [run]

    def _execute(self, run: Run, op: Op, call: str) -> list[Run]:
        inputs = tuple(run.get(s) for s in op.sources)
        step = Step(op, call, inputs)
        if op.kind == "alu":
            result = run.set(op, ALU[op.name](*inputs), run.past(op), run.is_known(*op.sources))
            run.steps.append(step._replace(result=result))
        elif op.kind == "fence":
            run.steps.append(step)
        elif op.kind != "hint":
            if not run.is_known(op.base):
                raise Unsupported(f"{op.insn}: its address depends on a random number, or on a count")
            return self._memory(run, step._replace(location=location(op, run.get(op.base))))
        return [run]

    def _memory(self, run: Run, step: Step) -> list[Run]:
        if not step.shared:
            return self._private(run, step)
        op = step.op
        if op.kind == "store" or (op.kind == "amo" and op.name == "swap" and op.rd == "x0"):
            self._store(run, step, step.inputs[0], run.past(op))  # nothing uses the value it read
            return [run]
        if op.kind == "sc":
            return self._conditional(run, step)
        return [self._read(run.fork(), step, value, past) for value, past in self._readable(run, step)]

    def _readable(self, run: Run, step: Step) -> list[tuple[int, Past]]:
        assert step.location
        return self.values.readable(step.location, self.number, run.memory.get(step.location))

    def _read(self, run: Run, step: Step, value: int, past: Past) -> Run:
        op, old = step.op, loaded(step.op, value)
        past = join(past, run.past(op))
        step = step._replace(read=value, result=run.set(op, old, past))
        assert step.location
        run.memory[step.location] = value, past
        run.mark(op.rd, run.is_known(step.location) and step.location not in self.drawn)
        new = stored(op, old, step.inputs)
        if new is not None:
            self._store(run, step, new, past)
        else:
            run.reserved = step.location if op.kind == "lr" else run.reserved
            run.steps.append(step)
        return run

    def _store(self, run: Run, step: Step, value: int, past: Past) -> None:
        assert step.location
        value &= (1 << 8 * step.op.width) - 1
        if step.shared:
            if not run.is_known(*step.op.sources) and step.location not in self.drawn:
                raise Unsupported(f"{step.op.insn}: others may read a random number, or a count")
            over = run.memory[step.location][0] if step.op.kind == "sc" else step.read
            run.stores.append((step.location, value, join(past, run.control), over))
        run.memory[step.location] = value, past
        run.mark(step.location, run.is_known(*step.op.sources))
        run.steps.append(step._replace(wrote=value))

    def _conditional(self, run: Run, step: Step) -> list[Run]:
        after = []
        if run.reserved == step.location:
            succeeds = run.fork()
            self._store(succeeds, step._replace(result=succeeds.set(step.op, 0, {})), step.inputs[0], run.past(step.op))
            after.append(succeeds)
        run.set(step.op, 1, {})
        run.steps.append(step._replace(result=1))
        after.append(run)
        for each in after:
            each.reserved = None
        return after

    def _private(self, run: Run, step: Step) -> list[Run]:
        """Access the hart's own stack, which no other hart sees."""
        if step.op.kind == "store":
            self._store(run, step, step.inputs[0], run.past(step.op))
            return [run]
        if step.op.kind != "load" or step.location not in run.memory:
            raise Unsupported(f"{step.op.insn}: reads a stack slot that was not written")
        value, past = run.memory[step.location]
        result = run.set(step.op, loaded(step.op, value), past, run.is_known(step.location))
        run.steps.append(step._replace(read=value, result=result))
        return [run]


class Alone(Explorer):
    """An explorer of a hart that is alone: it has one run, on memory as it is."""

    def __init__(self, hart: Hart, memory: Memory, stop: Stop | None = None, waits: bool = False):
        """The hart stops when it is about to touch what `stop` says, or, with `waits`, when it waits."""
        super().__init__(hart, Values({}), LIMIT_STEPS, waits=waits)
        self.before, self.stop, self.drawn = memory, stop, frozenset()  # it draws what its generator gives

    def _readable(self, run: Run, step: Step) -> list[tuple[int, Past]]:
        assert step.location
        return [run.memory.get(step.location, (self.before.get(step.location, 0), {}))]

    def _conditional(self, run: Run, step: Step) -> list[Run]:
        return super()._conditional(run, step)[:1]

    def _memory(self, run: Run, step: Step) -> list[Run]:
        if self.stop and step.location and self.stop(step.location):
            run.pc, run.stuck = run.pc - 1, ()
            return [run]
        return super()._memory(run, step)

    def _again(self, run: Run, op: Op, function: Function) -> list[Run]:
        """Stop a loop that would go on for ever: a turn leaves memory and registers as the last did, but for what it counts."""
        steps = run.steps[run.seen[op.insn.target]:]
        turn = [s for s in steps if s.location and s.location not in self.drawn]
        if not any(s.shared for s in turn):
            return super()._again(run, op, function)
        run.unknown |= self._counts(steps)
        same = run.turned.get(op.insn.address) == run.facts() and all(s.wrote in (None, s.read) for s in turn)
        run.turned[op.insn.address] = run.facts()
        if same and self.waits:
            run.stuck = tuple((s.location, s.read) for s in turn
                              if s.location and s.shared and s.read is not None and s.op.rd != "x0")
            return [run]
        return super()._again(run, op, function)

    def _counts(self, turn: Sequence[Step]) -> set[str]:
        return set()


class Rest(Alone):
    """An explorer of a hart that went round in a loop that waits. It draws any number, and has waited for any time: so it has many runs."""

    def __init__(self, hart: Hart, memory: Memory):
        super().__init__(hart, memory, waits=True)
        self.drawn = hart.drawn

    def _counts(self, turn: Sequence[Step]) -> set[str]:
        return counted(turn)

    def words(self, run: Run) -> tuple[tuple[Location, int], ...] | None:
        """The words that the hart looks at for ever while they stay; None: it may leave, or store something new."""
        item, todo, found = run.item, [run], dict[tuple[Location, int], None]()
        while todo:
            run = todo.pop()
            while run.stuck is None:
                if len(run.steps) > LIMIT_STEPS:
                    raise TooMany(f"more than {LIMIT_STEPS} steps of a hart that waits")
                after = self._step(run)
                if not after:
                    break
                run, *more = after
                todo += more
                last = run.steps[-1]
                if run.item != item or (last.op.kind in ("amo", "sc", "cas") and last.wrote not in (None, last.read)):
                    return None
            found |= dict.fromkeys(run.stuck or ())
        return tuple(found)
