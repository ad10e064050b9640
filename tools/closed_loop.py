"""`make closed-loop`: does the probe find a machine whose profile it does not see?

Machines are drawn at random (tools/random_machines.py). Each is probed by running the kernel on it, and all
strategies are measured on it and on the profile that the probe wrote. The two tables are compared: how far
off is a cell, and how many pairs of strategies that differ by more than 5 % are in the wrong order?
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
from hartlock.plan import strategies
from hartlock.plan.machine_keys import Value, completed
from tools.random_machines import HARTS, draw, profile_text
from tools.simulate import cycles_an_operation, simulate

Table = Mapping[str, float]  # cycles an operation, by strategy
Place = tuple[int, int]  # think, harts

COUNTS, THINKS, SEEDS = (1, 2, 4, 8), (0, 60), (1, 2, 3)
DIFFER = 1.05  # strategies of a machine that differ by less are not compared
GOAL_WRONG, GOAL_ERROR = 0.01, 0.03
LEFT_OUT = {"null", "baseline", "indirect"}  # no candidates


def compared() -> list[str]:
    return [name for name in strategies.known() if name not in LEFT_OUT]


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


def tables(profile: Path) -> dict[Place, Table]:
    """The cost of each strategy on a machine, in the mean of some boots: where lines lie, and who starts first, is drawn anew.
    What gets nothing done is not tried again on more harts."""
    out: dict[Place, Table] = {}
    for think in THINKS:
        live = compared()
        for harts in COUNTS:
            total = dict.fromkeys(compared(), math.inf)
            total.update(dict.fromkeys(live, 0.0))
            for seed in SEEDS:
                for name, cost in _surviving(profile, think, harts, [n for n in live if math.isfinite(total[n])], seed).items():
                    total[name] += cost / len(SEEDS)
            out[think, harts] = total
            live = [name for name in live if math.isfinite(total[name])]
    return out


def probed(profile: Path, folder: Path) -> Path:
    """The profile that the probe writes of a machine; what it leaves as a range is in the middle of that. Raises AssertionError
    where the probe fails."""
    said, middle = io.StringIO(), folder.with_suffix(".toml")
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = hartlock(["probe", "--engine", "model", "--smp", str(HARTS), "--machine", str(profile), "--out", str(folder)])
    assert status == 0, said.getvalue()
    middle.write_text(profiles.read(folder / "profile.toml").middle(), encoding="utf-8")
    return middle


@dataclass
class Loop:
    """A machine, what the probe found, and the tables of both."""

    seed: int
    truth: dict[str, Value]
    found: dict[str, Value]
    true: dict[Place, Table]
    predicted: dict[Place, Table]
    errors: list[float] = field(init=False)  # the error of each cell, as a share
    wrong: list[str] = field(init=False)  # the pairs in the wrong order
    pairs: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.errors = [min(1.0, abs(self.predicted[at][name] / cost - 1)) for at, costs in self.true.items()
                       for name, cost in costs.items() if math.isfinite(cost)]
        self.wrong = []
        for at, costs in self.true.items():
            for a, b in combinations(costs, 2):
                low, high = (a, b) if costs[a] < costs[b] else (b, a)
                if costs[high] > DIFFER * costs[low]:
                    self.pairs += 1
                    if self.predicted[at][high] < self.predicted[at][low]:
                        self.wrong.append(f"think {at[0]} on {at[1]}: {low} < {high}")


def loop(seed: int, folder: Path) -> Loop:
    truth, profile = draw(seed), folder / f"{seed}.toml"
    profile.write_text(profile_text(truth), encoding="utf-8")
    found = probed(profile, folder / f"probe-{seed}")
    return Loop(seed, truth, completed(tomllib.loads(found.read_text(encoding="utf-8"))), tables(profile), tables(found))


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
    """For each key that is off: the median error of the cells if it alone were right."""
    profile = folder / "blamed.toml"
    for key, value in one.truth.items():
        if off(value, one.found[key]) <= 0.02:
            continue
        profile.write_text(profile_text({**one.found, key: value}), encoding="utf-8")
        mended = Loop(one.seed, one.truth, one.found, one.true, tables(profile))
        yield (f"    {key}: {one.found[key]} for {value}; with it right {len(mended.wrong)} pairs wrong, cells off by "
               f"{statistics.median(mended.errors):.1%}")


def report(loops: Sequence[Loop]) -> bool:
    """Print the figures. Returns whether they meet the goals."""
    wrong, pairs = sum(len(one.wrong) for one in loops), sum(one.pairs for one in loops)
    errors = sorted(e for one in loops for e in one.errors)
    median = statistics.median(errors)
    print(f"{len(loops)} machines, {len(errors)} cells, {pairs} pairs that differ by more than {DIFFER - 1:.0%}")
    print(f"pairs in the wrong order: {wrong / pairs:.2%} ({wrong}; goal {GOAL_WRONG:.0%}), on {sum(1 for one in loops if one.wrong)} "
          "machines")
    print(f"error of a cell: median {median:.2%} (goal {GOAL_ERROR:.0%}), 90 in 100 below {errors[len(errors) * 9 // 10]:.1%}")
    print("keys that are off by more than 5 %:")
    print("\n".join(worst_keys(loops)))
    return wrong <= GOAL_WRONG * pairs and median <= GOAL_ERROR


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tools.closed_loop", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--machines", type=int, default=200)
    parser.add_argument("--first", type=int, default=1, help="the seed of the first machine")
    parser.add_argument("--blame", type=int, default=0, metavar="N", help="say which keys carry the errors of the N worst machines")
    options = parser.parse_args(argv)
    loops: list[Loop] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for seed in range(options.first, options.first + options.machines):
            loops.append(loop(seed, folder))
            one = loops[-1]
            print(f"machine {seed}: {len(one.wrong)} of {one.pairs} pairs wrong, cells off by {statistics.median(one.errors):.1%}, "
                  f"at most {max(one.errors):.0%}", flush=True)
        for one in sorted(loops, key=lambda one: -len(one.wrong))[:options.blame]:
            print(f"  machine {one.seed}: {len(one.wrong)} wrong: {'; '.join(one.wrong[:4])}")
            print("\n".join(blame(one, folder)), flush=True)
    return 0 if report(loops) else 1


if __name__ == "__main__":
    sys.exit(main())
