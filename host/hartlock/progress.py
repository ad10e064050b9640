"""What is seen while a run goes on: a bar on a terminal, plain lines elsewhere."""

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn


class Plain:
    def __init__(self, console: Console, total: int):
        self._console, self._total, self._done = console, total, 0

    def __enter__(self) -> "Plain":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def step(self, what: str) -> None:
        self._done += 1
        self._console.print(f"[{self._done}/{self._total}] {what}", markup=False)


class Bar:
    def __init__(self, console: Console, total: int):
        self._progress = Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
            TextColumn("left"), TimeRemainingColumn(), console=console, transient=True)
        self._task = self._progress.add_task("booting", total=total)

    def __enter__(self) -> "Bar":
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self._progress.stop()

    def step(self, what: str) -> None:
        self._progress.update(self._task, advance=1, description=what)


def progress(console: Console, total: int) -> Plain | Bar:
    return Bar(console, total) if console.is_terminal else Plain(console, total)
