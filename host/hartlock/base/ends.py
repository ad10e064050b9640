"""The signals that end a command, and the moments at which they do.

A signal is raised as an exception, so that whatever is open is closed. Within held() it waits, so that what belongs
together is done together. An import is not interrupted either: C code in it may take the exception for another.
"""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
AGAIN_S = 1  # a signal that comes sooner than this after one that was raised does not disturb what that one began
LOOK_S = 0.02  # until the next look whether an import has ended


class Ended(BaseException):
    """Raised when a signal ends the command."""

    def __init__(self, number: int):
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.status = 128 + number
        self.reader_is_gone = number == signal.SIGPIPE  # nobody reads the output any more


class _State:
    def __init__(self) -> None:
        self.due = 0  # a signal that is to be raised
        self.raised_s = float("-inf")  # when one was raised
        self.held = 0  # blocks of held() that are open
        self.settled = False


_state = _State()


def _raise_if_due() -> None:
    if _state.due and not _state.held:
        number, _state.due = _state.due, 0
        _state.raised_s = time.monotonic()
        raise Ended(number)


def _imports(frame: FrameType | None) -> bool:
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    return frame is not None


def arrive(number: int, frame: FrameType | None = None) -> None:
    """Take a signal: raise Ended now, or at the end of held() or of an import."""
    if _state.settled or time.monotonic() < _state.raised_s + AGAIN_S:
        return
    _state.due = _state.due or number
    _look(0, frame)


def _look(_: int, frame: FrameType | None) -> None:
    if _imports(frame):
        signal.setitimer(signal.ITIMER_REAL, LOOK_S)
    else:
        _raise_if_due()


def settle() -> None:
    """Take no more signals: the end has begun."""
    _state.settled, _state.due = True, 0


@contextmanager
def held() -> Iterator[None]:
    """A block that no signal interrupts; one that comes is raised at its end."""
    _state.held += 1
    try:
        yield
    finally:
        _state.held -= 1
        _raise_if_due()


@contextmanager
def released() -> Iterator[None]:
    """A block within held() that is as if it were outside; a signal that waits is raised at its beginning."""
    _state.held -= 1
    try:
        _raise_if_due()
        yield
    finally:
        _state.held += 1


@contextmanager
def heeded() -> Iterator[None]:
    """A block that a signal interrupts, even within held(), and behind settle(): its own end loses nothing."""
    before = _state.held, _state.settled
    _state.held, _state.settled = 0, False
    try:
        _raise_if_due()
        yield
    finally:
        _state.held, _state.settled = before


def listen() -> Callable[[], None]:
    """Take signals from now on; returns the function that undoes this.

    A signal that is ignored stays so (nohup, a shell's background job). Whoever started this program may have blocked
    them until now."""
    global _state
    before, _state = _state, _State()
    taken = [s for s in SIGNALS if signal.getsignal(s) is not signal.SIG_IGN]
    handlers = {s: signal.signal(s, arrive) for s in taken} | {signal.SIGALRM: signal.signal(signal.SIGALRM, _look)}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def undo() -> None:
        global _state
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        _state = before

    return undo


def ignore() -> None:
    """Ignore all signals that end a command: it has ended."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)
