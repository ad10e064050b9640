"""What has to be said of the machine the kernel ran on."""

from hartlock.records.trials import Boot
from hartlock.engine.choose import Engine
from hartlock.engine.native import frequency


def remarks(boot: Boot, engine: Engine, rows: bool) -> list[str]:
    return [*_evidence(boot, engine, rows), *_clock(boot, engine)]


def _evidence(boot: Boot, engine: Engine, rows: bool) -> list[str]:
    if engine.name != "board" or not rows:
        return []
    where = engine.machine or "a board whose device tree does not name it"
    if engine.foreign:
        return [f"evidence emulated: the board is {where}: its times are those of translated code, not of a RISC-V core."]
    return [f"evidence hardware: {boot.online} hart(s) of {where}, each at one thing, with no system below them but firmware."]


def _clock(boot: Boot, engine: Engine) -> list[str]:
    if boot.clock.get("cycles") != "time":
        return []
    ids = ", ".join(map(str, boot.no_cycle))
    return [f"cycles ({engine.name}) are ticks of the time counter, {frequency(boot.timebase_hz)}, in steps of "
            f"{boot.clock.get('cycles_step', '?')}: hart {ids} cannot read its cycle counter, so none does. What takes less "
            "than a step cannot be told from nothing; throughput is not affected."]
