"""Enumerates a hart's traces.

A load of shared memory gives one trace for every value that any hart of the test may have put
there (traces.Values). When all values are known, so are the branches, the addresses and the
stores. coherence.py finds cheaply which traces may fit together; herd7 decides.

A backward branch of a loop that looks at shared memory is taken `turns` times at most. A hart
that would take it once more is stuck, if it waits as long as the words it last read stay as
they are; if it does not wait, the trace is one attempt too long and is dropped. Loops that look
at nothing shared (delays) run to their end, or are left after LIMIT_DELAY turns."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from verify.code import Function
from verify.errors import TooMany, Unsupported
from verify.memory import STACK, Location, Memory, location
from verify.ops import ALU, CONDITIONS, MASK, SP, Op, decode, loaded, stored
from verify.traces import Hart, Past, Step, Values, join

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
    turns: dict[int, int] = field(default_factory=dict)  # in this call: backward branch -> times taken
    delays: dict[int, int] = field(default_factory=dict)  # in this call: the same for loops that only count
    lost: set[str] = field(default_factory=set)  # registers whose value is not known
    stores: list[tuple[Location, int, Past, int | None]] = field(default_factory=list)  # ..., value before
    reserved: Location | None = None
    stuck: tuple[tuple[Location, int], ...] | None = None

    def fork(self) -> "Run":
        return replace(self, registers=dict(self.registers), steps=list(self.steps), pasts=dict(self.pasts),
                       control=dict(self.control), memory=dict(self.memory), seen=dict(self.seen),
                       turns=dict(self.turns), delays=dict(self.delays), lost=set(self.lost), stores=list(self.stores))

    def get(self, source: str | int) -> int:
        if source in self.lost:
            raise Unsupported(f"{source} is used after a long delay that counted in it")
        return source & MASK if isinstance(source, int) else self.registers.get(source, 0)

    def set(self, op: Op, value: int, past: Past) -> int:
        if op.rd != "x0":
            self.lost.discard(op.rd)
            self.registers[op.rd] = value & MASK
            self.pasts[op.rd] = past
        return value & MASK

    def past(self, op: Op) -> Past:
        return join(*(self.pasts.get(r, {}) for r in (*op.sources, op.base) if isinstance(r, str)))


class Explorer:
    def __init__(self, hart: Hart, values: Values, turns: int, number: int = 0, waits: bool = True):
        """`waits`: find out whether a stuck hart waits for ever. Its accesses until then count anyway."""
        self.hart, self.values, self.turns, self.number, self.waits = hart, values, turns, number, waits
        self.code = {id(item): [decode(i, item.name) for i in item.insns] for item in hart.program if isinstance(item, Function)}

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
        if op.kind == "ret":
            run.item, run.pc, run.seen, run.turns, run.delays = run.item + 1, 0, {}, {}, {}
            return [run]
        if op.kind in ("jump", "branch"):
            return self._branch(run, op, item)
        run.pc += 1
        return self._execute(run, op, item.name)

    def _branch(self, run: Run, op: Op, function: Function) -> list[Run]:
        taken = True
        if op.kind == "branch":
            a, b = (run.get(s) for s in op.sources)
            taken = CONDITIONS[op.name](a, b)
            run.control = join(run.control, run.past(op))
            run.steps.append(Step(op, function.name, (a, b)))
        if not taken:
            run.pc += 1
            return [run]
        target = op.insn.target
        run.pc = function.at(target)
        return [run] if target > op.insn.address or target not in run.seen else self._again(run, op)

    def _again(self, run: Run, op: Op) -> list[Run]:
        """The runs of a loop's next turn, if it may have one."""
        turn = [s for s in run.steps[run.seen[op.insn.target]:] if s.shared]
        if not turn:
            return self._delay(run, op)
        run.turns[op.insn.address] = run.turns.get(op.insn.address, 0) + 1
        if run.turns[op.insn.address] <= self.turns:
            return [run]
        if any(s.op.kind == "sc" and s.wrote is None for s in turn):
            return []  # an SC does not fail for ever
        run.stuck = Alone(self.hart, self.values.initial, waits=True).rests(run.fork()) if self.waits else ()
        return [] if run.stuck is None else [run]

    def _delay(self, run: Run, op: Op) -> list[Run]:
        """Leave a loop that only counts, which ends however long it is. Its counter's value is lost."""
        address = op.insn.address
        run.delays[address] = run.delays.get(address, 0) + 1
        if run.delays[address] > LIMIT_DELAY and op.kind == "branch":
            function = self.hart.program[run.item]
            assert isinstance(function, Function)
            run.pc = function.at(address) + 1
            run.lost |= {s.op.rd for s in run.steps[run.seen[op.insn.target]:]} - {"x0"}
        return [run]

    def _execute(self, run: Run, op: Op, call: str) -> list[Run]:
        inputs = tuple(run.get(s) for s in op.sources)
        step = Step(op, call, inputs)
        if op.kind == "alu":
            result = run.set(op, ALU[op.name](*inputs), run.past(op))
            run.steps.append(replace(step, result=result))
        elif op.kind == "fence":
            run.steps.append(step)
        elif op.kind != "hint":
            return self._memory(run, replace(step, location=location(op, run.get(op.base))))
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
        step = replace(step, read=value, result=run.set(op, old, past))
        assert step.location
        run.memory[step.location] = value, past
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
            over = run.memory[step.location][0] if step.op.kind == "sc" else step.read
            run.stores.append((step.location, value, join(past, run.control), over))
        run.memory[step.location] = value, past
        run.steps.append(replace(step, wrote=value))

    def _conditional(self, run: Run, step: Step) -> list[Run]:
        after = []
        if run.reserved == step.location:
            succeeds = run.fork()
            self._store(succeeds, replace(step, result=succeeds.set(step.op, 0, {})), step.inputs[0], run.past(step.op))
            after.append(succeeds)
        run.set(step.op, 1, {})
        run.steps.append(replace(step, result=1))
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
        run.steps.append(replace(step, read=value, result=run.set(step.op, loaded(step.op, value), past)))
        return [run]


class Alone(Explorer):
    """An explorer of a hart that is alone: it has one run, on memory as it is."""

    def __init__(self, hart: Hart, memory: Memory, stop: Stop | None = None, waits: bool = False):
        """The hart stops when it is about to touch what `stop` says, or, with `waits`, when it waits."""
        super().__init__(hart, Values({}), LIMIT_STEPS, waits=waits)
        self.before, self.stop = memory, stop
        self.turned: dict[int, dict[str, int]] = {}  # backward branch -> registers, when it was taken last

    def rests(self, run: Run) -> tuple[tuple[Location, int], ...] | None:
        """The words that the hart looks at for ever while they stay; None: it leaves or stores something new."""
        item = run.item
        while run.item == item and run.stuck is None:
            run, = self._step(run)
            last = run.steps[-1]
            if last.op.kind in ("amo", "sc", "cas") and last.wrote not in (None, last.read):
                return None
        return run.stuck

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

    def _again(self, run: Run, op: Op) -> list[Run]:
        """Stop a loop that would go on for ever: a turn leaves memory and registers as the last did."""
        turn = [s for s in run.steps[run.seen[op.insn.target]:] if s.location]
        same = self.turned.get(op.insn.address) == run.registers and all(s.wrote in (None, s.read) for s in turn)
        self.turned[op.insn.address] = dict(run.registers)
        if same and self.waits:
            run.stuck = tuple((s.location, s.read) for s in turn
                              if s.location and s.shared and s.read is not None and s.op.rd != "x0")
            return [run]
        return super()._again(run, op)
