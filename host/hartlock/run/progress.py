"""Progress of a run: a bar on a terminal, plain lines elsewhere."""

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


BRIEF = 40  # lines, at the most, of a long run that is not watched


class Plain:
    def __init__(self, console: Console, total: int, done: int, brief: bool):
        self._console, self._total, self._done = console, total, done
        self._every = -(-total // BRIEF) if brief else 1
        self._first, self._begin = done, time.monotonic()

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def step(self, what: str) -> None:
        self._done += 1
        if self._done % self._every == 0 or self._done == self._total:
            self._console.print(f"[{self._done}/{self._total}] {what}{self._left()}", markup=False)

    def _left(self) -> str:
        if self._every == 1:
            return ""
        seconds = (time.monotonic() - self._begin) / (self._done - self._first) * (self._total - self._done)
        return f", about {int(seconds) // 60}:{int(seconds) % 60:02} left"


class Bar:
    def __init__(self, console: Console, total: int, done: int):
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), console=console, transient=True)
        self._task = self._progress.add_task("booting", total=total, completed=done)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._progress.stop()

    def step(self, what: str) -> None:
        self._progress.update(self._task, advance=1, description=what)


def progress(console: Console, total: int, done: int = 0, brief: bool = False) -> Plain | Bar:
    return Bar(console, total, done) if console.is_terminal else Plain(console, total, done, brief)
