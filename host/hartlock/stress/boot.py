"""One boot of a stress run, judged, and the files that a run leaves."""

from contextlib import suppress
from pathlib import Path

from hartlock.figures import columns
from hartlock.folder import writer
from hartlock.plan import traits
from hartlock.records.trials import Trial
from hartlock.plan.plan import Cell
from hartlock.figures.rows import Rows, RunContext, Start, Table
from hartlock.run.boot import Session, failed_checks
from hartlock.stress.draw import Round
from hartlock.stress.tally import COUNTS, Tally

COLUMNS = ["run", "engine", "machine", "smp", "round", "began_seconds", "took_seconds", "check", "seed", "trials", *COUNTS,
           "controls", "controls_lost", "bootargs"]


class Files(writer.Files):
    def __init__(self, path: Path):
        super().__init__(path)
        self.trials = writer.Growing(path / "trials.csv", columns.TRIALS)
        self.rounds = writer.Growing(path / "stress.csv", COLUMNS)

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
        self.tally, self.unfair = tally, list[str]()

    def _rows(self, trial: Trial) -> Rows:
        before = len(self.done)
        rows = super()._rows(trial)
        if len(self.done) > before:
            f = self.table.groups[Cell(trial.strategy, trial.harts)].measured[-1]
            self.tally.add(trial, bool(f.faults))
            self._fair(trial, f.fairness.bypass.max if f.fairness.bypass.count else 0)
        return rows

    def _fair(self, trial: Trial, bypass: int) -> None:
        """Hold a lock to its bound, where the engine never stops a hart that waits."""
        most = traits.known()[trial.strategy].bypass_bound(trial.harts)
        if self.engine.is_deterministic and bypass > most:
            self.unfair.append(f"CHECK FAILED: {trial.strategy} on {trial.harts} hart(s): fairness: {bypass} grants of others "
                               f"went first, at most {most:.0f} may")

    def failed(self) -> list[str]:
        """The checks that failed in the trials there were."""
        return [*failed_checks(self.table), *self.unfair]

    def faults(self) -> list[str]:
        """Everything that went wrong in a boot that has ended."""
        return [*self.judge(), *self.failed()]
