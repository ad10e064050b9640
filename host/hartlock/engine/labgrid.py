"""A board of a labgrid farm: labgrid gives its console, and switches it on."""

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

from hartlock.base.errors import UsageError
from hartlock.engine.serial import Line

SLICE_S = 1.0  # that labgrid's console waits at a time


class Lab(Line):
    """The target `main` of an environment file. labgrid has no types: Any."""

    name = "labgrid"

    def __init__(self, path: Path):
        super().__init__(["labgrid", str(path)])
        try:
            self._labgrid: Any = importlib.import_module("labgrid")
        except ImportError as e:
            raise UsageError("--labgrid: this Python has no labgrid (Debian package labgrid)") from e
        if not path.is_file():
            raise UsageError(f"--labgrid {path}: there is no such environment file")
        try:
            self._target = self._labgrid.Environment(str(path)).get_target("main")
            if self._target is None:
                raise UsageError(f"--labgrid {path}: it has no target called main")
            self._console = self._target.get_driver("ConsoleProtocol")
        except UsageError:
            raise
        except Exception as e:  # one of its many drivers may raise anything
            raise UsageError(f"--labgrid {path}: {e or type(e).__name__}") from e

    def switch_on(self) -> bool:
        """Switch the board off and on again. False if the target has no driver that can."""
        try:
            power = self._target.get_driver("PowerProtocol")
        except self._labgrid.exceptions.NoDriverFoundError:
            return False
        try:
            power.cycle()
        except Exception as e:
            raise UsageError(f"--labgrid: the board cannot be switched on: {e}") from e
        return True

    def read(self, patience_s: float) -> bytes | None:
        try:
            return bytes(self._console.read(65536, min(patience_s, SLICE_S)))
        except Exception as e:
            if type(e).__name__ == "TIMEOUT":
                return None
            self._error = f"{self.command[1]}: {e}"
            return b""

    def close(self) -> None:
        with suppress(Exception):  # a machine that has switched itself off cannot be switched off
            self._target.cleanup()
