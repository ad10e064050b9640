"""Tests that begin in the middle, for queues that harts reach only one after the other.

If all harts start at the beginning, qspin, twa and cna have too many ways through. In these
tests some harts have already run by themselves, to where they wait or are about to queue.
This is one of the possible executions, and all harts see its stores. The rest, which the
orders are there for, goes on at once. Harts with numbers behind those of the test have done
everything before it.
"""

import itertools
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from verify.alone import alone, begun
from verify.explore import Stop
from verify.memory import Memory
from verify.scenario import Condition, Test
from verify.strategy import INCREMENT, Subject
from verify.traces import Hart

ONE = ("acquire", INCREMENT, "release")
LAST = (INCREMENT, "release")  # the rest of a hart that holds the lock


@dataclass
class Start:
    """The way to the middle: harts that act one after the other."""

    subject: Subject
    harts: int  # harts, with those that are done before the test
    memory: Memory
    begun: dict[int, Hart] = field(default_factory=dict)

    @staticmethod
    def of(subject: Subject, harts: int, far: Collection[int] = ()) -> "Start":
        return Start(subject, harts, subject.begin(harts, far=far))

    def does(self, number: int, *parts: str) -> None:
        self.memory = alone(self.subject.hart(number, self.harts, *parts), self.memory)

    def waits(self, number: int, *parts: str) -> None:
        """Hart `number` executes `parts` until it waits for another hart."""
        self._begins(number, parts, None)

    def reaches(self, number: int, name: str, *parts: str, after: int = 0) -> None:
        """Hart `number` executes `parts` until it is about to touch an object, after touching it `after` times."""
        layout, touched = self.subject.layout(self.harts), itertools.count()
        low = layout.address(name)
        self._begins(number, parts, lambda w: low <= w[0] < low + layout.sizes[name] and next(touched) == after)

    def goes_on(self, number: int) -> None:
        """Hart `number` goes on with what it has begun, until it waits again."""
        self.begun[number], self.memory = begun(self.begun[number], self.memory)

    def _begins(self, number: int, parts: tuple[str, ...], stop: Stop | None) -> None:
        hart = self.subject.hart(number, self.harts, *parts)
        self.begun[number], self.memory = begun(hart, self.memory, stop)

    def ends(self, number: int) -> None:
        """Hart `number` goes on to its end."""
        self.memory = alone(self.begun.pop(number), self.memory)

    def counts(self, name: str, about: str, *harts: tuple[str, ...] | None, waits: bool = False) -> Test:
        """The test of what the harts have yet to do (None: what they have begun). Each increments a counter."""
        rest = [self.begun[n] if parts is None else self.subject.hart(n, self.harts, *parts)
                for n, parts in enumerate(harts)]
        layout = self.subject.layout(self.harts)
        total = sum(1 if parts is None else parts.count(INCREMENT) for parts in harts)
        good = Condition() if waits else Condition(locations=((layout.address("x"), 4),), good=frozenset({(total,)}))
        return Test(name, about, layout, rest, self.memory, good, waits, middle=True)


def _qspin_queue(s: Subject) -> Start:
    """Two harts are about to queue: they found the lock held, and a hart waiting."""
    start = Start.of(s, 4)
    start.does(2, "acquire")
    start.waits(3, "acquire")
    for n in range(2):
        start.reaches(n, f"node{n}", *ONE)
    start.does(2, "release")
    start.ends(3)
    start.does(3, "release")
    return start


def _qspin_head(s: Subject, *behind: int) -> Start:
    """Hart 0 holds, hart 1 is the queue's head, the harts of `behind` are behind it."""
    start = Start.of(s, 4)
    start.does(3, "acquire")
    start.waits(0, "acquire")
    for n in (1, *behind):
        start.waits(n, *ONE)
    start.does(3, "release")
    start.ends(0)
    return start


def _qspin_pending(s: Subject, head: bool) -> Start:
    """Hart 0 holds, hart 1 waits at the word; hart 2 is the head of the queue."""
    start = Start.of(s, 3)
    start.does(0, "acquire")
    for n in (1, 2) if head else (1,):
        start.waits(n, *ONE)
    return start


def _qspin_lead(s: Subject) -> Start:
    """No hart holds; hart 0 leads the queue and is about to see that, hart 1 is behind it."""
    start = Start.of(s, 4)
    start.does(3, "acquire")
    start.waits(2, "acquire")
    for n in range(2):
        start.waits(n, *ONE)
    start.does(3, "release")
    start.ends(2)
    start.does(2, "release")
    return start


def _qspin_link(s: Subject) -> Start:
    """Hart 0 leads the queue and holds the lock; hart 1 has queued behind it, but not yet linked itself."""
    start = Start.of(s, 4)
    start.does(3, "acquire")
    start.waits(2, "acquire")
    start.waits(0, *ONE)
    start.reaches(1, "node0", *ONE)
    start.does(3, "release")
    start.ends(2)
    start.does(2, "release")
    start.goes_on(0)
    return start


def _qspin_mistake(s: Subject) -> Start:
    """Hart 0 leads the queue; hart 1 saw no hart wait, and is about to wait at the word."""
    start = Start.of(s, 4)
    start.does(3, "acquire")
    start.reaches(1, "lock", *ONE, after=2)
    start.waits(2, "acquire")
    start.waits(0, *ONE)
    start.does(3, "release")
    start.ends(2)
    start.does(2, "release")
    return start


def _qspin_late(s: Subject) -> Start:
    """Nobody holds any more. Hart 0 found a holder alone, and is about to set itself to wait at the word."""
    start = Start.of(s, 3)
    start.does(2, "acquire")
    start.reaches(0, "lock", *ONE, after=2)
    start.does(2, "release")
    return start


def _qspin_met(s: Subject) -> Iterator[Test]:
    """Tests of two harts that meets.py found to be lacking."""
    yield _qspin_late(s).counts("late2", "one sets itself to wait at the word, one begins", None, ONE)
    yield _qspin_head(s).counts("overtake2", "the holder releases and takes it again while the queue's head looks", LAST + ONE, None)


def _qspin(s: Subject) -> Iterator[Test]:
    yield _qspin_queue(s).counts("queue2", "2 harts queue at once", None, None)
    yield _qspin_queue(s).counts("queue2ends", "neither waits for ever", None, None, waits=True)
    yield _qspin_head(s).counts("head2", "the queue's head takes the lock from its holder", LAST, None)
    yield _qspin_pending(s, False).counts("again", "the holder takes it again while another waits", LAST + ONE, None)
    yield _qspin_lead(s).counts("lead2", "the queue's head takes the lock and hands over the lead", None, None)
    yield _qspin_lead(s).counts("lead2ends", "neither waits for ever", None, None, waits=True)
    yield _qspin_link(s).counts("link2", "the queue's head hands over to one that is about to tell it", None, None)
    yield _qspin_mistake(s).counts("mistake2", "one sets itself to wait at the word while another queues", None, None)
    yield _qspin_head(s, 2).counts("queue3", "the holder, the queue's head and the one behind it", LAST, None, None)
    yield _qspin_pending(s, True).counts("pending3", "the holder, who waits at the word, the queue's head", LAST, None, None)


def _cna_tell(s: Subject) -> Start:
    """Hart 0 holds, hart 1, which is far, waits; hart 2 has queued behind it, but not yet linked itself."""
    start = _cna_queue(s, (1,), 1)
    start.reaches(2, "node1", *ONE)
    return start


def _twa_far(s: Subject, waits: bool) -> Start:
    """Hart 0 holds, hart 1 is next, hart 2 waits at its word, or has drawn its number and is about
    to look there."""
    start = Start.of(s, 3)
    start.does(0, "acquire")
    start.waits(1, *ONE)
    if waits:
        start.waits(2, *ONE)
    else:
        start.reaches(2, "node2", *ONE)
    return start


def _twa(s: Subject) -> Iterator[Test]:
    near = Start.of(s, 2)
    near.does(0, "acquire")
    near.waits(1, *ONE)
    yield near.counts("again", "the holder takes it again while another waits", LAST + ONE, None)
    yield _twa_far(s, True).counts("far3", "the holder, the next and a far waiter", LAST, None, None)
    yield _twa_far(s, False).counts("far3ends", "none of them waits for ever", LAST, None, None, waits=True)


def _cna_queue(s: Subject, far: Collection[int], *waiting: int) -> Start:
    """Hart 0 holds, the harts of `waiting` wait in that order; those of `far` are of another cluster."""
    start = Start.of(s, 5, far)
    start.does(0, "acquire")
    for n in waiting:
        start.waits(n, *ONE)
    return start


def _cna_passed(s: Subject, far: Collection[int], *behind: int) -> Start:
    """Hart 0 holds, hart 1, which is far, was passed over, and the harts of `behind` wait."""
    start = Start.of(s, 5, far)
    start.does(4, "acquire")
    start.waits(1, *ONE)
    start.waits(0, "acquire")
    start.does(4, "release")
    start.ends(0)
    for n in behind:
        start.waits(n, *ONE)
    return start


def _cna(s: Subject) -> Iterator[Test]:
    yield _cna_queue(s, (), 1).counts("again", "the holder takes it again while another waits", LAST + ONE, None)
    yield _cna_queue(s, (1,), 1).counts("far2", "the next is far, and nobody is near", LAST, None)
    yield _cna_queue(s, (1,), 1, 2).counts("near3", "the next is far: the one behind it goes first", LAST, None, None)
    yield _cna_passed(s, (1,)).counts("passed2", "who was passed over, and nobody else", LAST, None)
    yield _cna_passed(s, (1, 2), 2).counts("passed3", "who was passed over, and a far one behind", LAST, None, None)
    yield _cna_passed(s, (1, 3), 3, 2).counts("append3", "another is passed over", LAST, None, None)
    yield _cna_queue(s, (1,), 1, 2).counts("near3ends", "none of them waits for ever", LAST, None, None, waits=True)


def _met(s: Subject) -> Iterator[Test]:
    """Tests that meets.py found to be lacking."""
    lock = s.name.partition(".")[0]
    if lock == "qspin":
        yield from _qspin_met(s)
    elif lock == "cna":
        yield _cna_tell(s).counts("tell3", "the holder looks for a near one, who is about to link itself", LAST, None, None)


_MIDDLE: dict[str, Callable[[Subject], Iterator[Test]]] = {"qspin": _qspin, "twa": _twa, "cna": _cna}
# Tests of suite.py that have too many ways through, and that these tests replace.
_REPLACED = {"qspin": {"again", "handover3", "count3"}, "twa": {"again", "handover3", "count3"}, "cna": {"again", "count3"}}


def middle(subject: Subject) -> Iterator[Test]:
    """The tests of a strategy that begin in the middle."""
    if (tests := _MIDDLE.get(subject.name.split(".")[0])):
        yield from tests(subject)
    yield from _met(subject)


def replaced(subject: Subject) -> Collection[str]:
    return _REPLACED.get(subject.name.split(".")[0], ())
