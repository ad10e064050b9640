"""Enumerates the traces of all harts of a test, in rounds.

A hart may load what another one stores, and stores what it computes of its loads. Each round
explores every hart with the values that the rounds before it have stored; the last one finds
no new value.
"""

from collections import Counter

from verify import coherence
from verify.coherence import Access, seen
from verify.errors import TooMany
from verify.explore import Explorer, Run
from verify.memory import Location, Memory
from verify.traces import Hart, Trace, Values

LIMIT = 400_000  # traces, in all rounds


def traces(harts: list[Hart], memory: Memory, turns: int, waits: bool = True) -> list[list[Trace]]:
    """All traces of each hart, on all values that harts may store; `waits`: also those stuck for ever."""
    values, done = Values(memory), 0
    while True:
        runs = [list(Explorer(hart, values, turns, n, waits).runs()) for n, hart in enumerate(harts)]
        done += sum(map(len, runs))
        if done > LIMIT:
            raise TooMany(f"more than {LIMIT} traces, and still new values")
        if not _learn(values, runs, _limits(runs), _possible(runs, memory)):
            return [_traces(mine, waits) for mine in runs]


def _traces(runs: list[Run], waits: bool) -> list[Trace]:
    """The traces of a hart's runs. Where a value is not known, several runs may be one trace."""
    found = [Trace(tuple(run.steps), run.stuck, run.registers) for run in runs if waits or run.stuck is None]
    return list(dict.fromkeys(found)) if any(run.unknown for run in runs) else found


def _limits(runs: list[list[Run]]) -> dict[Location, int]:
    """The number of stores to each location that one execution can have at most."""
    limit: dict[Location, int] = {}
    for mine in runs:
        most: dict[Location, int] = {}
        for run in mine:
            for where, n in Counter(s[0] for s in run.stores).items():
                most[where] = max(most.get(where, 0), n)
        for where, n in most.items():
            limit[where] = limit.get(where, 0) + n
    return limit


def _possible(runs: list[list[Run]], memory: Memory) -> dict[Location, set[tuple[int, int]] | None]:
    """The (hart, value) of the stores that coherence allows at each location; None: all."""
    done: dict[Location, list[set[tuple[Access, ...]]]] = {}
    for n, mine in enumerate(runs):
        for run in mine:
            for where, steps in Trace(tuple(run.steps)).accesses.items():
                done.setdefault(where, [{()} for _ in runs])[n].add(seen(steps))
    return {where: coherence.stored(each, memory.get(where, 0)) for where, each in done.items()}


def _learn(values: Values, runs: list[list[Run]], limit: dict[Location, int],
           possible: dict[Location, set[tuple[int, int]] | None]) -> bool:
    """Add the values that were stored. No value has more stores in its past than there are stores."""
    new = False
    for hart, mine in enumerate(runs):
        for where, value, past, over in (s for run in mine for s in run.stores):
            depth, allowed = past.get(where, 0) + 1, possible[where]
            if depth <= limit[where] and (allowed is None or (hart, value) in allowed):
                new |= values.add(hart, where, value, {**past, where: depth}, over)
    return new
