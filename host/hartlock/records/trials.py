"""Builds trials from the kernel's records, and checks that the records fit together."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hartlock.plan import schema
from hartlock.records.histogram import Histogram, merge
from hartlock.records.parser import Fields, Record, RecordError

# The keys of @coherence that figures are made of, in the order of their columns.
COHERENCE = ("transfers", "shared", "fills", "upgrades", "invalidations", "queued")


@schema.made_dataclass(dict.fromkeys(schema.counters(), 0))
class Share(schema.Made):
    """The work of one hart in one pass: its operations and times, and a field for each counter of bench/counters.def.

    The counters that this program asks for by name are declared here.
    """

    hart: int
    ops: int
    ops_window: int
    start: int  # ticks
    end: int
    cycles: int  # between start and end, on this hart
    waited: int
    failed: int
    bytes: int
    behind: int
    interrupts: int
    interrupts_inside: int
    blocks: int
    misaligned: int
    outside: int
    overlapping: int
    ipis: int
    ipis_inside: int
    stops: int
    waste: int
    visits: int
    freed: int
    unmarked: int

    def sections(self, frees: bool) -> int:
        """The operations that took the lock. `frees`: blocks come back, and the hart may have some in store."""
        return self.visits if frees else self.ops

    @property
    def misplaced(self) -> int:
        """The blocks that were misaligned or outside the heap."""
        return self.misaligned + self.outside


@dataclass
class Pass:
    ended: str  # time, heap
    open: int  # ticks; 0 when the window never opened
    close: int
    heap_start: int
    heap_end: int
    used: int
    shares: list[Share] = field(default_factory=list)
    coherence: dict[str, int] = field(default_factory=dict)  # under the cost model
    offset: int = 0  # bytes of a random placement
    touched: int = 0  # lines written inside, by all harts
    sections: int = 0  # several locks' owners counted so many; 0: there is one lock
    busiest: int = 0  # the sections of the lock that had most


@dataclass(frozen=True)
class Fair:
    """The figures of @fair on the grants of one fairness pass."""

    order: str  # the source of the order: numbers, addresses, unknown
    clusters: int  # the number of clusters its harts are in
    grants: int
    again: int  # to the hart that had the one before
    near: int  # to another hart of its cluster
    windows: int  # groups of as many grants as there are harts
    distinct: int  # harts with a grant in them, all added up
    breaks: int  # grants that do not follow the one before


@dataclass(frozen=True)
class Exhaust:
    """The figures of @exhaust on rounds to the end of a small heap."""

    rounds: int = 0  # that came to it
    refused: int = 0
    blocks: int = 0
    misaligned: int = 0
    outside: int = 0
    overlapping: int = 0
    astray: int = 0  # bytes
    early: int = 0  # rounds that refused what there was room for


NO_FAIR = Fair("unknown", 0, 0, 0, 0, 0, 0, 0)


@dataclass
class Trial:
    id: int
    strategy: str
    harts: int
    status: str  # done, too_few_harts, needs_EXTENSION
    passes: dict[str, Pass]
    histograms: dict[tuple[int, str], Histogram]  # by hart and kind: docs/reference/records.md, @hist
    marked: int = 0  # audit: bytes that somebody got
    fair: Fair = NO_FAIR
    exhaust: Exhaust | None = None  # None: not asked for, or not arrived
    relax: str = "not-applicable"  # the form in which its waiters wait
    unlock: str = "not-applicable"  # the form in which its holders let go
    variant: str = ""  # the variant of its worker that ran: plain, full; "": the kernel did not say it
    clusters: int = 1  # that its harts are told they are in
    first: int = 0  # number of its first record that came
    records: int = 0  # its records that came and could be used
    lost: int = 0  # its records between the first and the last that did not come, or could not be used

    def merged(self, kind: str) -> Histogram:
        return merge(h for (_, k), h in sorted(self.histograms.items()) if k == kind)


@dataclass
class Boot:
    """The kernel's records of its machine."""

    boot_hart: int = -1
    harts: int = 0
    image: int = 0  # address the kernel was loaded at
    online: int = 0
    timebase_hz: int = 0
    console: str = ""
    sbi: str = ""
    machine: str = ""  # its name in the device tree
    isa: str = ""
    extensions: tuple[str, ...] = ()  # extensions that every hart has, of the ones a strategy or a form may need
    clusters: int = 0  # by the device tree
    clock: dict[str, str] = field(default_factory=dict)  # @clock: what cycles are, and in what steps
    no_cycle: list[int] = field(default_factory=list)  # ids of the harts that cannot read their cycle counter
    native: dict[str, str] = field(default_factory=dict)  # @native, when it is the bench on threads
    preempted: int = 0  # times that the system stopped one of its threads, in the whole run
    failed_harts: list[str] = field(default_factory=list)
    failed_checks: list[str] = field(default_factory=list)
    checks: int = 0


_SBI_IMPLEMENTATIONS = {0: "BBL", 1: "OpenSBI", 2: "Xvisor", 3: "KVM", 4: "RustSBI", 5: "Diosix"}


def _extensions(f: Fields) -> tuple[str, ...] | None:
    """The record's extensions, or None: it has no such key. An older kernel has it in @boot, a newer one in @hart."""
    return tuple(filter(None, f.text("extensions").split(","))) if "extensions" in f.values else None


def _several(f: Fields, key: str) -> int:
    """Returns a number that a pass of several locks has; 0: it has one."""
    return f.number(key) if key in f.values else 0


class TrialBuilder:
    """A builder that is fed records in order, and gives a trial when its last record is in."""

    def __init__(self) -> None:
        self.boot = Boot()
        self.ended = ""  # status of the end record; "" while there is none
        self.forms: tuple[str, str] | None = None  # relax and unlock, of the image
        self.crashes: list[dict[str, str]] = []  # the keys of each @panic; the first is the cause
        self.trap: dict[str, int] = {}  # the first @trap
        self.hang: Fields | None = None  # the keys of @hang; those of each @stuck are in `stuck`
        self.stuck: list[Fields] = []
        self._open: dict[int, Trial] = {}
        self.handlers = {
            "boot": self._boot, "clock": self._clock, "native": self._native, "usage": self._usage,
            "hart": self._hart, "check": self._check, "plan": self._plan, "pass": self._pass,
            "share": self._share, "hist": self._hist, "audit": self._audit,
            "coherence": self._coherence, "fair": self._fair, "exhaust": self._exhaust,
            "stuck": self.stuck.append, "hang": self._hang, "trap": self._trap, "panic": self._panic, "end": self._end,
        }

    def feed(self, record: Record) -> Trial | None:
        """Take a record. Returns the trial that it ends, or None. Raises RecordError for a record that
        cannot be used; other records are not harmed."""
        f = record.fields()
        if record.type == "trial":
            return self._trial(f)
        handler = self.handlers.get(record.type)
        if handler is not None:
            handler(f)
            self._count(f)
        return None

    def _count(self, f: Fields) -> None:
        if "trial" in f.values and f.number("trial") in self._open:
            self._open[f.number("trial")].records += 1

    def _boot(self, f: Fields) -> None:
        b = self.boot
        b.harts, b.timebase_hz = f.number("harts"), f.number("timebase_hz")
        b.console, b.isa = f.text("console"), f.text("isa")
        if b.console == "stdout":
            return  # a program: no firmware
        b.boot_hart, b.clusters = f.number("boot_hart"), f.number("clusters")
        b.extensions = _extensions(f) or ()
        b.image, b.machine = f.number("image"), f.text("machine")
        version, name = f.number("sbi_impl_version"), _SBI_IMPLEMENTATIONS.get(f.number("sbi_impl"), "SBI")
        b.sbi = f"{name} {version >> 16}.{version & 0xffff}"

    def _native(self, f: Fields) -> None:
        self.boot.native = {key: f.text(key) for key in f.values}

    def _usage(self, f: Fields) -> None:
        self.boot.preempted = f.number("preempted")

    def _clock(self, f: Fields) -> None:
        self.boot.clock = {key: f.text(key) for key in f.values if key != "n"}

    def _hart(self, f: Fields) -> None:
        if f.text("state") == "online":
            self._has(_extensions(f))
            self.boot.online += 1
            if f.values.get("cycle") == b"0":
                self.boot.no_cycle.append(f.number("id"))
        else:
            self.boot.failed_harts.append(
                f"hart {f.number('id')}: {f.text('error')} (SBI error {f.number('sbi_error')})")

    def _has(self, extensions: tuple[str, ...] | None) -> None:
        """Keep the extensions that this hart has, too. The harts of an older kernel did not say theirs."""
        if extensions is not None:
            before = extensions if self.boot.online == 0 else self.boot.extensions
            self.boot.extensions = tuple(name for name in before if name in extensions)

    def _check(self, f: Fields) -> None:
        self.boot.checks += 1
        if f.text("result") != "pass":
            self.boot.failed_checks.append(f.text("name"))

    def _get(self, f: Fields, strategy: str = "", harts: int = 0) -> Trial:
        i = f.number("trial")
        if i not in self._open:
            self._open[i] = Trial(i, strategy, harts, "", {}, {}, first=f.record.n)
        return self._open[i]

    def _plan(self, f: Fields) -> None:
        self.forms = f.text("relax"), f.text("unlock")

    def _pass(self, f: Fields) -> None:
        trial = self._get(f, f.text("strategy"), f.number("harts"))
        trial.relax, trial.unlock, trial.clusters = f.text("relax"), f.text("unlock"), f.number("clusters")
        trial.variant = f.text("variant") if "variant" in f.values else ""
        trial.passes[f.text("pass")] = Pass(
            f.text("ended"), f.number("open"), f.number("close"),
            f.number("heap_start"), f.number("heap_end"), f.number("used"),
            offset=f.number("offset"), touched=f.number("touched"), sections=_several(f, "sections"), busiest=_several(f, "busiest"))

    def _pass_of(self, f: Fields) -> Pass:
        into = self._get(f).passes.get(f.text("pass"))
        if into is None:
            raise RecordError(f"line {f.record.line}: @{f.record.type} without its @pass")
        return into

    def _coherence(self, f: Fields) -> None:
        self._pass_of(f).coherence = {name: f.number(name) for name in COHERENCE}

    def _share(self, f: Fields) -> None:
        name, into = f.text("pass"), self._pass_of(f)
        counted = {counter.name: f.number(counter.name) for counter in schema.counters().values() if counter.passes in ("", name)}
        into.shares.append(Share(f.number("hart"), f.number("ops"), f.number("ops_close") - f.number("ops_open"),
                                 f.number("start"), f.number("end"), f.number("cycles"), **counted))

    def _hist(self, f: Fields) -> None:
        self._get(f).histograms[f.number("hart"), f.text("kind")] = Histogram(
            f.number("count"), f.number("sum"), f.number("min"), f.number("max"), f.buckets("buckets"))

    def _audit(self, f: Fields) -> None:
        self._get(f).marked = f.number("marked")

    def _fair(self, f: Fields) -> None:
        counts = (f.number(name) for name in ("clusters", "grants", "again", "near", "windows", "distinct", "breaks"))
        self._get(f).fair = Fair(f.text("order"), *counts)

    def _exhaust(self, f: Fields) -> None:
        self._get(f).exhaust = Exhaust(**{name: f.number(name) for name in vars(Exhaust())})

    def _trial(self, f: Fields) -> Trial:
        trial = self._get(f)
        del self._open[trial.id]
        trial.lost = f.record.n - trial.first - trial.records
        trial.strategy, trial.harts, trial.status = f.text("strategy"), f.number("harts"), f.text("status")
        return trial

    def _hang(self, f: Fields) -> None:
        for key in ("harts", "stuck", "silent", "ms"):
            f.number(key)
        self.hang = f

    def _trap(self, f: Fields) -> None:
        self.trap = self.trap or {key: f.number(key) for key in f.values}

    def _panic(self, f: Fields) -> None:
        self.crashes.append({key: f.text(key) for key in ("hart", "file", "line", "msg")})

    def _end(self, f: Fields) -> None:
        self.ended = f.text("status")
        f.number("records")  # the numbers of the records tell which are missing


def is_complete(trial: Trial, exhaust: bool = False) -> bool:
    """Did every record of the trial arrive? `exhaust`: the trial was to use up heaps, too."""
    if trial.status != "done" or trial.lost:
        return False
    if trial.strategy == "clock":
        return (0, "clock") in trial.histograms
    return (
        set(trial.passes) == set(schema.passes())
        and trial.fair is not NO_FAIR
        and (trial.exhaust is not None or not exhaust)
        and all(_are_all({s.hart for s in p.shares}, trial.harts) for p in trial.passes.values())
        and _are_all({hart for hart, kind in trial.histograms if kind == "wait"}, trial.harts)
    )


def _are_all(found: set[int], harts: int) -> bool:
    """Returns whether these are all harts from 0 on; a machine may claim any number of them."""
    return len(found) == harts and found == set(range(len(found)))


def trials(records: Iterator[Record], builder: TrialBuilder) -> Iterator[Trial]:
    for record in records:
        trial = builder.feed(record)
        if trial is not None:
            yield trial
