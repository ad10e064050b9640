"""Harts that hang are noticed in bounded time and located: by themselves, by QEMU, or at least by name."""

import json
import os
import re
import signal
import subprocess
import zlib

import pytest
from support.documents import record_keys
from support.processes import alive, qemu_of, start, until_a_trial_is_kept
from support.run import QUICK, TOP

from hartlock.base.elf import Elf
from hartlock.diagnose import hang_report, memory_view
from hartlock.plan import strategies
from hartlock.records.trials import TrialBuilder
from hartlock.records.parser import Reader, RecordError

from tools import copied
from tools.mutants import tree

IMAGE = TOP / "build/hartlock.elf"
TWO = ("--smp", "2", "--lock", "cas", "--trials", "1", "--duration", "10", "--warmup", "2", "--time-limit", "4")


def hung(done, words, status=1, name="incomplete"):
    """The output of a run that hung; a trial that was measured before the fault is kept."""
    assert (done.status, done.context["status"]) == (status, name), done.out
    assert re.search(words, done.out), done.out
    assert f"this run is {name.replace('-', ' ')}" in done.out and "3 of 4 trials are kept" in done.out
    assert len(done.rows()) == 3
    return done.session()["harts_at_the_end"]


def test_a_hart_that_can_be_interrupted_says_where_it_is(bench):
    harts = hung(bench(*TWO, "--inject", "hang-irq"), r"no hart got on for 2 s: 1 of 2 harts have not come back")
    assert len(harts) == 1
    assert re.match(r"hart [01]: at 0x\w+ spin_forever \(kernel/inject\.c:\d+\)", harts[0])


@pytest.mark.deep
def test_a_hart_with_interrupts_off_is_located_by_qemu(bench):
    harts = hung(bench(*TWO, "--inject", "hang"), "1 of 2 harts have not come back")
    assert len(harts) == 1
    assert re.match(r"hart [01]: did not answer an IPI; QEMU says: at 0x\w+ spin_forever \(kernel/inject\.c", harts[0])


@pytest.mark.deep
def test_a_hart_that_died_in_a_trap_is_located_by_qemu(bench):
    """The hart's trap handler is gone, so it traps for ever and can say nothing."""
    harts = hung(bench(*TWO, "--inject", "lost"), "1 of 2 harts have not come back")
    assert re.match(r"hart [01]: did not answer an IPI; QEMU says: at 0x\w+ \(not in the kernel\).*"
                    r"its last trap: scause 0x\w+ at 0x", harts[0])


@pytest.mark.deep
def test_where_no_hart_can_look_the_host_does(bench):
    done = bench(*TWO, "--inject", "hang-all")
    harts = hung(done, "gave up: nothing was heard from the kernel for 4 s in which QEMU could work", 3, "given-up")
    assert len(harts) == 2
    assert all(re.match(rf"hart {i}: at 0x\w+ spin_together \(kernel/inject\.c", harts[i]) for i in (0, 1))


@pytest.mark.deep
def test_a_qemu_that_does_not_answer_is_given_up(tmp_path):
    process = start(tmp_path / "run", "--time-limit", "1")
    until_a_trial_is_kept(process)
    pid = qemu_of(process)
    os.kill(pid, signal.SIGSTOP)
    out = process.communicate(timeout=60)[0]
    assert process.returncode == 3
    assert re.search(r"nothing was heard from the kernel for 2\d s by the wall clock, and QEMU could work in no more than 0\.\d s", out)
    assert "QEMU did not answer when asked where its harts were: its process is stopped" in out
    assert not alive(pid)
    assert (tmp_path / "run/summary.csv").read_text().count("\n") > 1


@pytest.fixture(scope="module")
def mutant():
    """The tree of a ticket lock whose release does not let a waiter in."""
    with tree.planted(tree.known()["ticket-stuck"]) as planted:
        yield planted.tree


def deadlock(mutant, folder, *args):
    """The report of the deadlock, which always shows the lock with more numbers drawn than served."""
    done = subprocess.run(
        [mutant / "run-bench.sh", "--engine", "tcg", "--smp", "2", "--lock", "ticket", *QUICK, "--trials", "8", "--hold", "20000",
         "--think", "0", "--time-limit", "4", *args, "--out", folder], env=copied.environment(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (1, 3)
    waiting = re.search(r"hart (\d): at 0x\w+ .*ticket_acquire .*in section in \w+, after \d+ operation\(s\)", done.stdout)
    assert waiting, done.stdout
    drawn, serving = map(int, re.search(r"lock at 0x\w+: next=(\d+) serving=(\d+)", done.stdout).groups())
    assert drawn > serving
    return done.stdout


def test_a_deadlocked_lock_is_shown(mutant, tmp_path):
    out = deadlock(mutant, tmp_path / "run")
    hung = json.loads((tmp_path / "run/run.json").read_text())["sessions"][0].get("hung")
    assert hung == {"strategy": "ticket", "harts": 2, "member": 0, "boot": 1}
    assert re.search(r"[12] of 2 harts have not come back; trial \d+, ticket, \w+ pass, (warmup|window|stopping)", out), out


@pytest.mark.deep
def test_a_deadlock_with_interrupts_off_is_read_from_memory(mutant, tmp_path):
    """No hart can be interrupted and the boot hart cannot look, so the host reads guest memory itself."""
    out = deadlock(mutant, tmp_path / "run", "--irq", "off", "--hold", "200000")
    assert re.search(r"nothing was heard from the kernel for 4 s|did not answer an IPI; QEMU says", out), out
    assert re.search(r"(in trial|trial) \d+, ticket, \w+ pass", out)


def test_the_host_knows_where_the_kernel_keeps_what():
    """Every member of struct hang_view is a 64-bit word, and has the name that the host asks for."""
    members = Elf(IMAGE).layouts([memory_view.VIEW])[memory_view.VIEW]
    assert [m.offset for m in members] == [8 * i for i in range(len(members))]
    words = {Elf(IMAGE).symbol(memory_view.VIEW): range(100, 100 + len(members))}
    seen = memory_view.view(lambda at, count: words[at][:count], IMAGE)
    assert seen["harts"] == 100 and {"trial", "strategy", "pass", "lock", "lock_bytes", "node", "node_bytes", "node_stride", "ops",
                                     "ops_stride", "awaits", "awaits_stride", "outer", "inner", "lock_stride"} <= set(seen)


def test_the_host_reads_a_harts_own_locks_out_of_memory():
    seen = {"outer": 0x1000, "inner": 0x1018, "node_stride": 0x100, "lock": 0x8000, "lock_bytes": 8, "lock_stride": 0x40}
    there = {0x1000: 0x8000, 0x1018: 0x8000, 0x1100: 0x8080, 0x1118: 0x80C0, 0x8000: 7, 0x8080: 5, 0x80C0: 0}

    def told(index, **other):
        return memory_view._own_locks({**seen, **other}, lambda at, count: [there[at + 8 * i] for i in range(count)], index)

    second = told(1)
    assert (second["outer_number"], second["outer"], second["inner_number"], second["inner"]) == (2, b"0:0x5", 3, b"")
    assert told(0) == {"outer_number": 0, "outer_at": 0x8000, "outer_bytes": 8, "outer": b"0:0x7"}  # no inner one
    assert told(1, lock_stride=0) == {}


def test_memory_that_makes_no_sense_is_not_shown():
    registers = {0: {"pc": 0x80200000}, 1: {"pc": 0x80200000}}
    assert memory_view.look(registers, lambda at, count: [], IMAGE) == []
    assert memory_view.look(registers, lambda at, count: [0] * count, IMAGE) == []  # no pass runs
    assert memory_view.look(registers, lambda at, count: [2**63] * count, IMAGE) == []
    assert memory_view.look(registers, lambda at, count: [1] * count, TOP / "Makefile") == []


def kernel_says(bootargs, smp):
    """The kernel's records under QEMU, as the host collects them, and the trials that they make."""
    out = subprocess.run(
        ["qemu-system-riscv64", "-machine", "virt", "-m", "256M", "-smp", str(smp), "-bios", "default", "-kernel", str(IMAGE),
         "-append", bootargs, "-display", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False).stdout
    reader, builder = Reader(), TrialBuilder()
    records = [record for raw in out.split(b"\n") if (record := reader.feed(raw)) is not None]
    trials = [trial for record in records if (trial := builder.feed(record)) is not None]
    assert reader.counts == {}
    return builder, trials


@pytest.fixture(scope="module")
def queue():
    """The records of four harts at an MCS lock whose owner takes minutes."""
    said, _ = kernel_says("hartlock: hang_ms=1000 duration_us=10000 passes=t hold=4000000000 think=0 run=mcs:4", 4)
    assert len(said.stuck) == 4 and said.crashes[0]["msg"].startswith("hang: 4 of 4 harts")
    return said


def test_the_queue_of_waiters_is_read_from_their_nodes(queue):
    lines = hang_report.lines(queue.hang, queue.stuck, {}, IMAGE, queue.boot.image)
    assert sum(bool(re.search(r"delay \(bench/delay\.h:\d+\) .*in section in throughput", line)) for line in lines) == 1
    behind = dict(re.match(r"hart (\d): .*; its node: next=(\S+)", line).groups() for line in lines[:4])
    last = re.fullmatch(r"lock at 0x\w+: tail=hart (\d)'s node", lines[4])[1]
    assert behind.pop(last) == "0"
    assert all(re.fullmatch("hart", word) for word in behind.values())
    assert sorted(re.findall(r"next=hart (\d)'s node", " ".join(lines)) + [str(owner(lines))]) == ["0", "1", "2", "3"]


def test_with_several_locks_each_hart_says_which_are_its_own():
    """Owners of two of three locks take minutes. Some hart waits for a lock that another one holds."""
    said, _ = kernel_says("hartlock: hang_ms=1000 duration_us=10000 passes=t hold=4000000000 think=0 locks=3 choose=nested run=ticket:4", 4)
    lines = hang_report.lines(said.hang, said.stuck, {}, IMAGE, said.boot.image)
    told = [re.search(r"; it takes or took last lock (\d) at (0x\w+): next=(\d+) serving=(\d+); and inside of that lock (\d) at (0x\w+): next=", line)
            for line in lines]
    assert len(lines) == 4 and all(told)
    pairs = [(int(m[1]), int(m[5])) for m in told]
    assert all(0 <= outer < inner < 3 for outer, inner in pairs)
    at = {(int(m[n]), m[n + 1]) for m in told for n in (1, 5)}
    assert len(at) == len({number for number, _ in at}) == len({place for _, place in at})
    assert any(int(m[3]) > int(m[4]) for m in told)  # somebody has drawn a number that is not served


def test_the_window_closes_while_hart_0_waits_with_its_interrupts_off():
    """CNA passes hart 0's cluster over for up to 256 grants, of a millisecond each. A pass of 22 ms has a few dozen; it had more than
    256 when nobody else opened and closed the window, which was in one of four."""
    _, trials = kernel_says(f"hartlock: duration_us=20000 warmup_us=2000 passes=t clusters=2 irq=off hold=1000000 think=0 "
                            f"run={','.join(['cna:4'] * 12)}", 4)
    grants = [sum(share.ops for share in trial.passes["throughput"].shares) for trial in trials]
    assert len(grants) == 12 and max(grants) < 150, grants


def owner(lines):
    return next(re.match(r"hart (\d)", line)[1] for line in lines if "delay (bench" in line)


def test_the_records_are_documented(queue):
    """docs/reference/records.md has every key of @stuck and @hang, and no other."""
    documented = record_keys()
    registers = {"ra", "sp", "gp", "tp"} | {f"{c}{i}" for c, n in (("t", 7), ("a", 8), ("s", 12)) for i in range(n)}
    assert set(queue.hang.values) == documented["hang"]
    own = {f"{which}{part}" for which in hang_report.LOCKS for part in ("_number", "_at", "_bytes", "")}  # only of several locks
    assert {key for f in queue.stuck for key in f.values} - registers == documented["stuck"] - own - {"awaits"}  # only of a shootdown
    assert own < documented["stuck"]
    assert registers <= set(queue.stuck[0].values)


@pytest.mark.parametrize("name", strategies.known())
def test_the_words_of_a_lock_have_names(name, layouts):
    strategy = strategies.known()[name]
    stem = strategy.header.stem
    names = [m.name for m in layouts[f"{stem}_heap" if strategy.lockfree else f"{stem}_lock"]]
    wanted = {"null": [], "indirect": ["ticket.next", "ticket.serving", "calls"], "magazine": ["from.next", "from.start", "from.end"],
              "clh": ["tail", "first"], "twa": ["next", "serving"], "mcs": ["tail"]}
    if name == "anderson":
        assert names[:3] == ["next", "slot[0]", "slot[1]"] and len(names) == 65
    else:
        assert names == wanted[name] if name in wanted else names
    assert f"{stem}_node" in layouts


@pytest.fixture(scope="module")
def layouts():
    stems = [s.header.stem for s in strategies.known().values()]
    return Elf(IMAGE).layouts([f"{stem}_{of}" for stem in stems for of in ("lock", "heap", "node")])


def test_words_that_are_none_are_a_record_error():
    reader, builder = Reader(), TrialBuilder()
    raw = b"@hang n=0 harts=1 stuck=1 silent=0 ms=1 lock=0:zz"
    record = reader.feed(raw + b" *%08x" % zlib.crc32(raw))
    builder.feed(record)
    with pytest.raises(RecordError, match="lock of @hang cannot be read"):
        hang_report.words(builder.hang, "lock")
