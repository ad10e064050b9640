"""One folder a run: results/<UTC time>-<locks>-smp<N>-<engine>/, and results/latest."""

import csv
import json
import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from io import FileIO
from pathlib import Path
from typing import Any, Generic, Iterator, TypeVar

from hartlock.base.errors import RunError, UsageError
from hartlock.base.text import printable
from hartlock.figures import columns
from hartlock.figures.row_types import SampleRow, SummaryRow, TrialRow, WaitRow
from hartlock.figures.rows import Rows
from hartlock.folder.members import FILE, MemberRow

WORKLOADS = "workloads"  # the folder of workload files, inside a results folder

RowT = TypeVar("RowT")


def short(path: Path) -> str:
    """The path as a user here would write it: relative, if it is below this folder."""
    with suppress(ValueError):
        return printable(str(path.resolve().relative_to(Path.cwd())))
    return printable(str(path))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Within it, a write that fails ends the run with a sentence. Rows that are written stay."""
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
        raise UsageError(f"cannot make a results folder in {parent}: {e.strerror}; --out DIR puts one elsewhere") from e
    raise UsageError(f"cannot make a results folder in {parent}: {stem} is taken a thousand times")


def use_folder(path: Path) -> Path:
    """The folder of --out: new, or there and empty, so that nothing is overwritten."""
    if str(path) != str(path).encode(errors="replace").decode():
        raise UsageError(f"--out {path}: the name is not UTF-8, and the files in it name it")
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
    """use_folder() for a run: create run.json exclusively, so that of two runs started at once exactly one
    owns the folder."""
    use_folder(path)
    try:
        open(path / "run.json", "x", encoding="utf-8").close()
    except FileExistsError:
        return use_folder(path)  # it says that the folder is not empty
    except OSError as e:
        raise UsageError(f"--out {path}: {e.strerror}") from e
    return path


def point_latest(folder: Path) -> None:
    """Point results/latest to the folder, in one step, so that a run at the same time cannot break it. A folder of that
    name is left alone."""
    latest = folder.parent / "latest"
    if latest.is_dir() and not latest.is_symlink():
        print(f"hartlock: {short(latest)} is a folder and no link; it is left as it is", file=sys.stderr)
        return
    temporary = folder.parent / f".latest.{os.getpid()}"
    with writing(latest):
        temporary.symlink_to(folder.name)
        temporary.replace(latest)


def cell(value: object) -> object:
    """Returns a number as short as it can be without losing meaning: six digits; "" for what is not known."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        return int(value) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    return value


def write_csv(path: Path, names: Sequence[str], rows: Iterable[Iterable[object]]) -> Path:
    """Writes a whole file, or none; returns its path."""
    with writing(path):
        temporary = path.with_suffix(".part")
        with open(temporary, "w", newline="", encoding="utf-8") as f:
            writer = csv.writer(f)
            writer.writerow(names)
            writer.writerows(map(cell, row) for row in rows)
        temporary.replace(path)
    return path


def write_rows(path: Path, of: type[Any], rows: Iterable[object]) -> Path:
    """Writes rows of one class as a whole file, or none; returns its path."""
    return write_csv(path, columns.header(of), map(columns.values, rows))


class Growing(Generic[RowT]):
    """A CSV file of rows of one class that is written while a run goes on."""

    def __init__(self, path: Path, of: type[RowT]):
        self._path = path
        with writing(path):
            self._file = open(path, "w", newline="", encoding="utf-8")
            self._writer = csv.writer(self._file)
            self._writer.writerow(columns.header(of))
            self._file.flush()

    def add(self, rows: Iterable[RowT]) -> None:
        """Writes the rows at once, so that a run cut short keeps them. Raises RunError."""
        with writing(self._path):
            self._writer.writerows(map(cell, columns.values(row)) for row in rows)
            self._file.flush()

    def close(self) -> None:
        with suppress(OSError):  # said when it was written, if it matters
            self._file.close()


class Files:
    """The files that every run leaves: logs and run.json."""

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
        self._samples = Growing(path / "samples.csv", SampleRow)
        self._trials = Growing(path / "trials.csv", TrialRow)

    def add(self, rows: Rows) -> None:
        self._samples.add(rows.samples)
        self._trials.add(rows.trials)

    def write_workloads(self, files: Mapping[str, bytes]) -> None:
        """Write the workload files into workloads/, where `observe` has them, too: results/latest has them whichever came last."""
        for name, text in files.items():
            path = self.path / WORKLOADS / name
            with writing(path):
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(text)

    def write_members(self, rows: Iterable[MemberRow]) -> None:
        """Writes members.csv, if there are rows. Raises RunError."""
        if known := list(rows):
            write_rows(self.path / FILE, MemberRow, known)

    def write_summary(self, rows: Iterable[SummaryRow], waits: Iterable[WaitRow]) -> Path:
        """Writes waits.csv and summary.csv; returns the latter's path. Raises RunError."""
        write_rows(self.path / "waits.csv", WaitRow, waits)
        return write_rows(self.path / "summary.csv", SummaryRow, rows)

    def close(self) -> None:
        super().close()
        self._samples.close()
        self._trials.close()
