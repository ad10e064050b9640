"""What has to be said of the machine the kernel ran on."""

from hartlock.collect import Boot
from hartlock.native import frequency


def remarks(boot: Boot, engine: str) -> list[str]:
    if boot.clock.get("cycles") != "time":
        return []
    ids = ", ".join(map(str, boot.no_cycle))
    return [f"cycles ({engine}) are ticks of the time counter, {frequency(boot.timebase_hz)}, in steps of "
            f"{boot.clock.get('cycles_step', '?')}: hart {ids} cannot read its cycle counter, so none does. What takes less "
            "than a step cannot be told from nothing; throughput is not affected."]
