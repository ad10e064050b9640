"""`make closed-loop`: does the probe find a machine whose profile it does not see?

Machines are drawn at random (tools/random_machines.py). Each is probed by running the kernel on it, and all
strategies are measured on it. They are measured, too, on members of the profile that the probe wrote, one boot each, as a sweep
on that profile would: where the probe left a range, the members are machines within it. A pair of strategies that differ by more than 5 %
on the machine is ordered wrongly if every member has it the other way round, and undecided if the members do not agree.
"""

import argparse
import contextlib
import io
import math
import statistics
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from hartlock.cli.main import main as hartlock
from hartlock.plan import profile as profiles
from hartlock.plan.profile import Profile
from hartlock.plan import strategies
from hartlock.plan.machine_keys import Value, completed
from tools.random_machines import HARTS, draw, profile_text
from tools.simulate import cycles_an_operation, simulate

Table = Mapping[str, float]  # cycles an operation, by strategy
Place = tuple[int, int]  # think, harts

COUNTS, THINKS, SEEDS = (1, 2, 4, 8), (0, 60), (1, 2, 3)
MEMBERS = 4  # machines that fit a profile, each a boot
DIFFER = 1.05  # strategies of a machine that differ by less are not compared
GOAL_WRONG, GOAL_ERROR = 0.01, 0.03
LEFT_OUT = {"null", "baseline", "indirect"}  # no candidates


def compared() -> list[str]:
    return [name for name in strategies.choose("all") if name not in LEFT_OUT]


def _costs(profile: Path, think: int, harts: int, names: Sequence[str], seed: int) -> Table:
    plan = f"passes=t duration_us=40 warmup_us=10 think={think} think_range={think} seed={seed} run=" + ",".join(
        f"{name}:{harts}" for name in names)
    arguments = ["--livelock", "1000000", "--seed", str(seed)]
    out = {}
    for (p, shares, _), name in zip(simulate(plan, HARTS, arguments, profile).trials(), names, strict=True):
        try:
            out[name] = cycles_an_operation(p, shares)
        except ZeroDivisionError:
            out[name] = math.inf
    return out


def _surviving(profile: Path, think: int, harts: int, names: Sequence[str], seed: int) -> Table:
    """The costs of a boot; infinity where nothing got done, or two LR/SC loops ended each other's reservation for ever."""
    try:
        return _costs(profile, think, harts, names, seed) if names else {}
    except AssertionError:
        if len(names) == 1:
            return {names[0]: math.inf}
        half = len(names) // 2
        return {**_surviving(profile, think, harts, names[:half], seed), **_surviving(profile, think, harts, names[half:], seed)}


def tables(boots: Sequence[tuple[Path, int]]) -> dict[Place, list[Table]]:
    """The costs of each strategy, a table a boot: its profile, and the seed that draws where lines lie, and who starts first. What
    gets nothing done is not tried again on more harts."""
    out: dict[Place, list[Table]] = {}
    for think in THINKS:
        live = [compared()] * len(boots)
        for harts in COUNTS:
            costs = [_surviving(path, think, harts, names, seed) for (path, seed), names in zip(boots, live, strict=True)]
            out[think, harts] = [{name: cost.get(name, math.inf) for name in compared()} for cost in costs]
            live = [[name for name in compared() if math.isfinite(table[name])] for table in out[think, harts]]
    return out


def mean(boots: Sequence[Table]) -> Table:
    """The mean cost of each strategy over the boots of a machine; infinity where it got nothing done in one."""
    return {name: sum(boot[name] for boot in boots) / len(boots) for name in boots[0]}


class NotProbed(Exception):
    """The probe ended without a profile: on this machine a hart starves another of a word for ever."""


def probed(profile: Path, folder: Path) -> Profile:
    """The profile that the probe writes of a machine. Raises NotProbed where harts starve, and AssertionError where it fails otherwise."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = hartlock(["probe", "--engine", "model", "--smp", str(HARTS), "--machine", str(profile), "--out", str(folder)])
    if status != 0 and "livelock" in said.getvalue():
        raise NotProbed
    assert status == 0, said.getvalue()
    return profiles.read(folder / "profile.toml")


def members(found: Profile, folder: Path, count: int, seed: int) -> list[tuple[Path, int]]:
    """The boots of that many members of a profile: a file and a seed each."""
    out = []
    for number in range(1, count + 1):
        path = folder / f"member-{number}.toml"
        path.write_text(found.with_values(found.member(number, seed)) if found.is_ensemble else found.text, encoding="utf-8")
        out.append((path, number))
    return out


@dataclass
class Loop:
    """A machine, what the probe found, and the tables of both: of each place the mean of the machine's, and the members' own."""

    seed: int
    truth: dict[str, Value]
    found: dict[str, Value]  # in the middle of what the probe leaves as a range
    true: dict[Place, Table]
    predicted: dict[Place, list[Table]]
    errors: list[float] = field(init=False)  # the error of each cell, of the median over members, as a share
    wrong: list[str] = field(init=False)  # the pairs that every member has in the wrong order
    undecided: int = field(init=False, default=0)  # the pairs of which the members say different things
    held: int = field(init=False, default=0)  # the pairs whose ratio is within that of the members
    pairs: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.errors = [min(1.0, abs(statistics.median(t[name] for t in self.predicted[at]) / cost - 1))
                       for at, costs in self.true.items() for name, cost in costs.items() if math.isfinite(cost)]
        self.wrong = []
        for at, costs in self.true.items():
            for a, b in combinations(costs, 2):
                low, high = (a, b) if costs[a] < costs[b] else (b, a)
                if costs[high] > DIFFER * costs[low]:
                    self._judge(at, low, high)

    def _judge(self, at: Place, low: str, high: str) -> None:
        ratios = [_ratio(table[high], table[low]) for table in self.predicted[at]]
        self.pairs += 1
        self.held += min(ratios) <= _ratio(self.true[at][high], self.true[at][low]) <= max(ratios)
        if max(ratios) < 1:
            self.wrong.append(f"think {at[0]} on {at[1]}: {low} < {high}")
        elif min(ratios) <= 1:
            self.undecided += 1


def _ratio(a: float, b: float) -> float:
    """a / b, also where one of them, or both, are infinite."""
    return 1.0 if a == b else math.inf if math.isinf(a) else a / b


def loop(seed: int, folder: Path, count: int = MEMBERS) -> Loop:
    truth, profile = draw(seed), folder / f"{seed}.toml"
    profile.write_text(profile_text(truth), encoding="utf-8")
    found = probed(profile, folder / f"probe-{seed}")
    true = {at: mean(boots) for at, boots in tables([(profile, boot) for boot in SEEDS]).items()}
    return Loop(seed, truth, completed(tomllib.loads(found.middle())), true, tables(members(found, folder, count, seed)))


def off(truth: Value, found: Value) -> float:
    """Returns the error of a key as a share, of at least a cycle."""
    return abs(float(found) - float(truth)) / max(1.0, float(truth), float(found))


def worst_keys(loops: Sequence[Loop]) -> Iterator[str]:
    """The keys that are further off than 5 %, in how many machines, and by how much in the median of these."""
    for key in loops[0].truth:
        offs = [off(one.truth[key], one.found[key]) for one in loops if key in one.found]
        bad = [o for o in offs if o > 0.05]
        if bad:
            yield f"  {key:14} {len(bad):4} of {len(offs)}, by {statistics.median(bad):.0%}"


def blame(one: Loop, folder: Path) -> Iterator[str]:
    """For each key that is off: the wrong pairs and the median error of the cells if it alone were right, on the machine in the
    middle of what the probe left as a range."""
    profile = folder / "blamed.toml"
    for key, value in one.truth.items():
        if off(value, one.found[key]) <= 0.02:
            continue
        profile.write_text(profile_text({**one.found, key: value}), encoding="utf-8")
        mended = Loop(one.seed, one.truth, one.found, one.true, tables([(profile, seed) for seed in SEEDS]))
        yield (f"    {key}: {one.found[key]} for {value}; with it right {len(mended.wrong)} pairs wrong, cells off by "
               f"{statistics.median(mended.errors):.1%}")


@dataclass
class Figures:
    """The figures over some machines."""

    machines: int
    pairs: int
    wrong: int
    undecided: int
    held: int
    errors: list[float]  # the error of each cell, as a share; ascending

    @classmethod
    def of(cls, loops: Sequence[Loop]) -> "Figures":
        return cls(len(loops), sum(one.pairs for one in loops), sum(len(one.wrong) for one in loops), sum(one.undecided for one in loops),
                   sum(one.held for one in loops), sorted(e for one in loops for e in one.errors))

    @property
    def median(self) -> float:
        return statistics.median(self.errors)

    @property
    def meets_goals(self) -> bool:
        return self.wrong <= GOAL_WRONG * self.pairs and self.median <= GOAL_ERROR

    def so_far(self) -> str:
        return (f"{self.machines} machines: {self.wrong / self.pairs:.2%} of {self.pairs} pairs wrong, {self.undecided / self.pairs:.1%} undecided, "
                f"cells off by {self.median:.2%}")


def report(loops: Sequence[Loop]) -> bool:
    """Print the figures. Returns whether they meet the goals."""
    all_of = Figures.of(loops)
    pairs, errors = all_of.pairs, all_of.errors
    print(f"{all_of.machines} machines, {len(errors)} cells, {pairs} pairs that differ by more than {DIFFER - 1:.0%}")
    print(f"pairs in the wrong order on all members: {all_of.wrong / pairs:.2%} ({all_of.wrong}; goal {GOAL_WRONG:.0%}), on "
          f"{sum(1 for one in loops if one.wrong)} machines")
    print(f"pairs undecided: {all_of.undecided / pairs:.2%}; of those decided {all_of.wrong / max(1, pairs - all_of.undecided):.2%} are wrong")
    print(f"pairs whose ratio lies within that of the members: {all_of.held / pairs:.1%}")
    print(f"error of a cell: median {all_of.median:.2%} (goal {GOAL_ERROR:.0%}), 90 in 100 below {errors[len(errors) * 9 // 10]:.1%}")
    print("keys that are off by more than 5 %, in the middle of their range:")
    print("\n".join(worst_keys(loops)))
    return all_of.meets_goals


def _said(one: Loop, loops: Sequence[Loop]) -> str:
    """The line of a machine, with the figures of all up to it: a run that is cut off has said them."""
    return (f"machine {one.seed}: {len(one.wrong)} of {one.pairs} pairs wrong, {one.undecided} undecided, cells off by "
            f"{statistics.median(one.errors):.1%}, at most {max(one.errors):.0%} | {Figures.of(loops).so_far()}")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.closed_loop", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="the seed of the first machine")
    parser.add_argument("--members", type=int, default=MEMBERS, help=f"machines that fit what the probe found (default {MEMBERS})")
    parser.add_argument("--blame", type=int, default=0, metavar="N", help="say which keys carry the errors of the N worst machines")
    options = parser.parse_args(argv)
    loops: list[Loop] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(options.first, options.first + options.machines):
            try:
                one = loop(seed, folder, options.members)
            except NotProbed:
                print(f"machine {seed}: the probe ended without a profile, because a hart starved", flush=True)
                continue
            loops.append(one)
            print(_said(one, loops), flush=True)
        for one in sorted(loops, key=lambda one: -len(one.wrong))[:options.blame]:
            print(f"  machine {one.seed}: {len(one.wrong)} wrong: {'; '.join(one.wrong[:4])}")
            print("\n".join(blame(one, folder)), flush=True)
    return 0 if report(loops) else 1


if __name__ == "__main__":
    sys.exit(main())
