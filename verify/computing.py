"""Counts and limits what a part of the proof costs, whatever else the computer does meanwhile."""

import resource
import signal
from collections.abc import Callable
from typing import TypeVar

Done = TypeVar("Done")


def computed_s() -> float:
    """Returns the seconds of computing of this process and of those that it began and that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


OVER_LIMIT = (-signal.SIGKILL, -signal.SIGXCPU)  # the exit status of a process that limited() has ended


def limited(limit_s: int) -> Callable[[], None]:
    """Returns a function that limits its process: one that computes for longer is killed. It is for programs that wait for
    nothing, so that they come to that limit however busy the computer is."""
    return lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit_s, limit_s))


def told(part: str, run: Callable[[], Done]) -> Done:
    """Run a part of the proof, and print how long it computed. Returns what it returns."""
    began = computed_s()
    done = run()
    print(f"{part}: {computed_s() - began:.0f} s of computing\n", flush=True)
    return done
