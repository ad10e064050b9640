"""One folder a run: results/<UTC time>-<locks>-smp<N>-<engine>/, and results/latest."""

import csv
import json
import math
import os
from collections.abc import Iterable, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path
from typing import Iterator

from hartlock.figures import columns
from hartlock.base.errors import RunError, UsageError
from hartlock.figures.rows import Row, Rows


def short(path: Path) -> str:
    """From here, if it is below here."""
    with suppress(ValueError):
        return str(path.resolve().relative_to(Path.cwd()))
    return str(path)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """A write that fails ends the run with a sentence; what was written stays."""
    try:
        yield
    except OSError as e:
        raise RunError(f"cannot write {path}: {e.strerror or e}") from e


def stamp() -> str:
    return datetime.now(timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def name(locks: str, smp: int, engine: str) -> str:
    return f"{stamp()}-{locks}-smp{smp}-{engine}"


def make_folder(parent: Path, stem: str) -> Path:
    """A new folder in `parent`; two runs of the same second get one each."""
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for n in range(1, 1000):
            path = parent / (stem if n == 1 else f"{stem}-{n}")
            with suppress(FileExistsError):
                path.mkdir()
                return path
    except OSError as e:
        raise UsageError(f"cannot make a results folder in {parent}: {e.strerror}") from e
    raise UsageError(f"cannot make a results folder in {parent}: {stem} is taken a thousand times")


def use_folder(path: Path) -> Path:
    """The folder of --out: new, or there and empty, so that nothing is overwritten."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            raise FileExistsError
    except FileExistsError:
        why = "the folder is not empty; nothing in it is overwritten" if path.is_dir() else "there is a file of that name"
        raise UsageError(f"--out {path}: {why}") from None
    except OSError as e:
        raise UsageError(f"--out {path}: {e.strerror}") from e
    return path


def take_folder(path: Path) -> Path:
    """The same for a run, whose folder it is from now on: of two at once, one gets it."""
    use_folder(path)
    try:
        open(path / "run.json", "x", encoding="utf-8").close()
    except FileExistsError:
        return use_folder(path)  # which says that it is not empty
    except OSError as e:
        raise UsageError(f"--out {path}: {e.strerror}") from e
    return path


def point_latest(folder: Path) -> None:
    """results/latest -> the folder, in one step whoever else does the same."""
    latest = folder.parent / "latest"
    temporary = folder.parent / f".latest.{os.getpid()}"
    with writing(latest):
        temporary.symlink_to(folder.name)
        temporary.replace(latest)


def cell(value: object) -> object:
    """Numbers as short as they can be without losing meaning; not known is empty."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return int(value) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return value


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Row]) -> Path:
    """A whole file, or none."""
    with writing(path):
        temporary = path.with_suffix(".part")
        with open(temporary, "w", newline="", encoding="utf-8") as f:
            writer = csv.DictWriter(f, names)
            writer.writeheader()
            writer.writerows({k: cell(v) for k, v in row.items()} for row in rows)
        temporary.replace(path)
    return path


class Growing:
    """A CSV file that is written while a run goes on."""

    def __init__(self, path: Path, names: Sequence[str]):
        self._path = path
        with writing(path):
            self._file = open(path, "w", newline="", encoding="utf-8")
            self._writer = csv.DictWriter(self._file, names)
            self._writer.writeheader()
            self._file.flush()

    def add(self, rows: Sequence[Row]) -> None:
        with writing(self._path):
            self._writer.writerows({k: cell(v) for k, v in row.items()} for row in rows)
            self._file.flush()

    def close(self) -> None:
        with suppress(OSError):  # said when it was written, if it matters
            self._file.close()


class Files:
    """What every run leaves: logs and run.json."""

    def __init__(self, path: Path):
        self.path = path
        self._logs: dict[str, FileIO] = {}

    def log(self, name: str, data: bytes) -> None:
        """Add to a log, verbatim."""
        with writing(self.path / name):
            if name not in self._logs:
                self._logs[name] = open(self.path / name, "wb", buffering=0)
            while data:
                data = data[self._logs[name].write(data):]

    def write_context(self, context: dict[str, object]) -> None:
        path = self.path / "run.json"
        with writing(path):
            temporary = path.with_suffix(".part")
            temporary.write_text(json.dumps(context, indent=2) + "\n", encoding="utf-8")
            temporary.replace(path)

    def close(self) -> None:
        for f in self._logs.values():
            with suppress(OSError):  # said when it was written, if it matters
                f.close()


class Folder(Files):
    """The open files of a run that measures strategies."""

    def __init__(self, path: Path):
        super().__init__(path)
        self._samples = Growing(path / "samples.csv", columns.SAMPLES)
        self._trials = Growing(path / "trials.csv", columns.TRIALS)

    def add(self, rows: Rows) -> None:
        self._samples.add(rows.samples)
        self._trials.add(rows.trials)

    def write_summary(self, rows: Sequence[Row], waits: Iterable[Row]) -> Path:
        write_csv(self.path / "waits.csv", columns.WAITS, waits)
        return write_csv(self.path / "summary.csv", columns.SUMMARY, rows)

    def close(self) -> None:
        super().close()
        self._samples.close()
        self._trials.close()
