"""One boot of a stress run, judged, and the files that a run leaves."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hartlock.figures.columns import Column, count, number, part, text
from hartlock.figures.row_types import TrialRow
from hartlock.folder import writer
from hartlock.records.trials import Trial
from hartlock.plan.plan import Combination
from hartlock.figures.rows import Rows, RunContext, Start, Table
from hartlock.run.boot import Session, failed_checks
from hartlock.stress.draw import Round
from hartlock.stress.tally import Tally

# The columns of a round's tally, by field.
COUNTS = {column.name: column for column in (
    Column("trials", int, "", "of candidates, that ended"),
    Column("ops", int, "operations", "of all harts in all their passes"),
    Column("blocks_audited", int, "blocks", "in audit passes and to the heap's end"),
    Column("stops", int, "", "harts stopped, and started again"),
    Column("ipis", int, "", "that reached a hart; of those, that found it in its section"),
    Column("ipis_inside", int, "", ""),
    Column("interrupts", int, "", "the same of timer interrupts"),
    Column("interrupts_inside", int, "", ""),
    Column("exhaustions", int, "", "heaps used up; requests that were refused in them"),
    Column("refusals", int, "", ""),
    Column("controls", int, "", "trials of the control on several harts; of those, that lost an update"),
    Column("controls_lost", int, "", ""),
)}


@dataclass(frozen=True, kw_only=True)
class RoundRow:
    """A row of stress.csv: one round. docs/trust/stress.md's table is made of these columns."""

    run: str = text("as in [columns.md](../reference/columns.md)", needed=True)
    engine: str = text()
    machine: str = text()
    smp: int = count()
    round: int = count("from 1", "the round's number", least=1)
    began_seconds: float = number("s", "since the run began, and how long it took")
    took_seconds: float = number()
    check: str = text(words=("pass", "fail", "given-up", ""), unit="`pass`, `fail`, `given-up`, empty",
                      doc="given-up: nothing was heard for too long, and no check had failed. empty: it was not finished, for "
                          "the time was up; what it had done is counted")
    seed: int = count("", "of the boot's plan, drawn from `--seed` and the round")
    tally: Tally = part(Tally, COUNTS, needed=True)
    bootargs: str = text("the kernel's command line: `make qemu PLAN=...` runs it by hand")


class Files(writer.Files):
    def __init__(self, path: Path):
        super().__init__(path)
        self.trials = writer.Growing(path / "trials.csv", TrialRow)
        self.rounds = writer.Growing(path / "stress.csv", RoundRow)

    def forget(self, name: str) -> None:
        """Remove a log: its round passed, and nobody will need it."""
        if (log := self._logs.pop(name, None)) is not None:
            with suppress(OSError):
                log.close()
        with writer.writing(self.path / name):
            (self.path / name).unlink(missing_ok=True)

    def close(self) -> None:
        super().close()
        self.trials.close()
        self.rounds.close()


class Boot(Session):
    """One boot of a round."""

    def __init__(self, drawn: Round, run: str, processors: int, tally: Tally):
        super().__init__(drawn.plan, drawn.engine, Table(RunContext(run, drawn.engine, drawn.plan, processors)),
                         Start(drawn.number, drawn.plan.seed))
        self.tally = tally

    def _rows(self, trial: Trial) -> Rows:
        before = len(self.done)
        rows = super()._rows(trial)
        if len(self.done) > before:
            f = self.table.groups[Combination(trial.strategy, trial.harts)].measured[-1]
            self.tally.add(trial, bool(f.faults))
        return rows

    def failed(self) -> list[str]:
        """The checks that failed in the trials there were."""
        return failed_checks(self.table)

    def faults(self) -> list[str]:
        """Everything that went wrong in a boot that has ended."""
        return [*self.judge(), *self.failed()]
