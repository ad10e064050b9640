"""The meaning of the unit `cycles`, where it is not cycles of the core."""

from collections.abc import Mapping

from hartlock.records.trials import Boot

_THREADS = {
    "rdtsc": "ticks of the time-stamp counter, {hz}, in steps of {step}: a reference clock of constant rate, not "
             "cycles of the core, whose own clock may run faster or slower",
    "cntvct_el0": "ticks of the virtual counter cntvct_el0, {hz}, in steps of {step}: a reference clock of constant "
                  "rate, not cycles of the core; what takes less than a step cannot be told from nothing",
    "rdcycle": "the core's own (rdcycle), in steps of {step}",
    "rdtime": "ticks of rdtime, {hz}, in steps of {step}: this system does not let programs read the core's cycles "
              "(rdcycle; its administrator allows it with sysctl kernel.perf_user_access=2); what takes less than a "
              "step cannot be told from nothing",
}


def frequency(hz: int) -> str:
    """A frequency in words, in GHz or MHz."""
    return f"{hz / 1e9:.3g} GHz" if hz >= 10**9 else f"{hz / 1e6:.4g} MHz"


def thread_clock(facts: Mapping[str, str], timebase_hz: int) -> str:
    """The clock of threads, from the @native record."""
    said = _THREADS.get(facts.get("cycles", ""), "of an unknown clock")
    is_timebase = facts.get("time") != "clock_gettime"
    hz = frequency(timebase_hz) if is_timebase else "whose rate is not that of the system's clock"
    return "cycles (native) are " + said.format(hz=hz, step=facts.get("cycles_step", "?")) + "."


def kernel_clock(boot: Boot, engine: str) -> list[str]:
    """The kernel's clock, from the @clock record; nothing to say when it is the cycle counter."""
    if boot.clock.get("cycles") != "time":
        return []
    ids = ", ".join(map(str, boot.no_cycle))
    return [f"cycles ({engine}) are ticks of the time counter, {frequency(boot.timebase_hz)}, in steps of "
            f"{boot.clock.get('cycles_step', '?')}: hart {ids} cannot read its cycle counter, so none does. What takes "
            f"less than a step cannot be told from nothing; throughput is not affected."]
