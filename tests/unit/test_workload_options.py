"""Workloads: what the options and scenarios ask for, and what the host makes of the counts."""

import math
import re

import pytest
from support.run import TOP

from hartlock.base.errors import UsageError
from hartlock.cli import run
from hartlock.engine import choose
from hartlock.engine.model import Model
from hartlock.engine.native import Native
from hartlock.engine.tcg import Tcg
from hartlock.figures import trial_figures
from hartlock.plan import scenarios, workload_options
from hartlock.plan.plan import Workload
from hartlock.records.trials import Pass, Share, Trial


# --- the command line ---


def parsed(*args):
    return workload_options.workload(vars(run.parser().parse_args(args)))


def test_without_options_it_is_the_plain_workload():
    assert parsed() == Workload(16, 16, 0, 100, 100, 4096)


@pytest.mark.parametrize("args,expected", [
    (["--size", "4K"], {"size_bytes": 4096, "sizes": "fixed", "align_bytes": 16}),
    (["--size", "small"], {"size_bytes": 0, "sizes": "small", "align_bytes": 16}),
    (["--size", "pages"], {"sizes": "pages", "align_bytes": 4096}),
    (["--size", "pages", "--align", "64"], {"sizes": "pages", "align_bytes": 64}),
    (["--arrival", "poisson:5000"], {"arrival": "poisson", "arrival_ops_per_second": 5000, "think_instructions": 0}),
    (["--arrival", "closed"], {"arrival": "closed", "arrival_ops_per_second": 0, "think_instructions": 100}),
    (["--interrupt", "100,2000"], {"interrupt_period_us": 100, "interrupt_instructions": 2000, "irq": "on"}),
    (["--allocator", "pool"], {"size_bytes": 4096, "align_bytes": 4096, "live_blocks": 16, "burst_operations": 2, "remote_percent": 0}),
    (["--allocator", "buddy", "--size", "64K", "--align", "16"], {"size_bytes": 65536, "align_bytes": 16}),
    (["--allocator", "cached-pool", "--live", "64", "--remote", "100"], {"allocator": "cached-pool", "live_blocks": 64, "remote_percent": 100}),
    (["--irq", "off", "--touch", "3", "--placement", "random"], {"irq": "off", "touch_lines": 3, "placement": "random"}),
])
def test_options_become_the_workload(args, expected):
    got = vars(parsed(*args))
    assert {key: got[key] for key in expected} == expected


@pytest.mark.parametrize("args,words", [
    (["--size", "huge"], "'huge' is not a number of bytes from 1 on (K and M are understood), not one of small"),
    (["--size", "mixed", "--align", "32"], "sizes of the distribution mixed are multiples of 16"),
    (["--touch", "65"], "from 0 to 64"),
    (["--placement", "here"], "not one of padded, packed, random"),
    (["--arrival", "poisson"], "neither closed nor poisson:RATE"),
    (["--arrival", "poisson:0"], "from 1 to 1000000000"),
    (["--arrival", "uniform:5"], "neither closed nor poisson:RATE"),
    (["--arrival", "poisson:5", "--think", "7"], "the schedule says when a hart asks again"),
    (["--interrupt", "100"], "is not PERIOD,LENGTH"),
    (["--interrupt", "9,100"], "from 10 to 1000000"),
    (["--irq", "maybe"], "not one of on, off"),
    (["--scenario", "sunday"], "there is no scenario 'sunday'. There are boot-alloc"),
    (["--engine", "native", "--irq", "off"], "--irq off: the engine native cannot do that"),
    (["--engine", "native", "--ipi", "100", "--irq", "off"], "--irq off, --ipi: the engine native cannot do that"),
    (["--engine", "native", "--churn", "500"], "--churn: the engine native cannot do that"),
    (["--engine", "native", "--churn", "500", "--interrupt", "100,1"], "--churn: the engine native cannot do that"),
    (["--churn", "9"], "from 10 to 1000000"),
    (["--ipi", "often"], "'often' is not a whole number"),
    (["--exhaust", "0"], "from 1 to 1000000"),
    (["--allocator", "slab"], "not one of bump, pool, buddy, cached-pool"),
    (["--allocator", "pool", "--size", "8K"], "--allocator pool: it hands out at most 4096 bytes at once"),
    (["--allocator", "cached-pool", "--align", "8K"], "it hands out at most 4096 bytes at once, at such an alignment"),
    (["--allocator", "buddy", "--size", "8M"], "it hands out at most 4194304 bytes at once"),
    (["--allocator", "pool", "--size", "pages"], "it hands out at most 4096 bytes at once"),
    (["--allocator", "pool", "--exhaust", "3"], "--exhaust: rounds to the heap's end are of the bump allocator"),
    (["--allocator", "pool", "--lock", "faa"], "--lock faa: it is an allocator itself, and --allocator pool another one"),
    (["--live", "65"], "from 1 to 64"),
    (["--remote", "101"], "from 0 to 100"),
])
def test_what_cannot_be_is_refused(refused, args, words):
    done = refused(*args)
    assert done.status == 2 and done.out == ""
    assert words in re.sub(r"\s+", " ", done.err)
    assert not done.folder.exists()


def test_with_both_engines_the_one_that_cannot_is_left_out_and_said():
    tcg, model, native = (kind(kind.make_windows(1, 1)) for kind in (Tcg, Model, Native))
    assert choose.split_by_ability([tcg, model], ["--irq off", "--interrupt", "--ipi", "--churn"]) == ([tcg, model], [])
    can, said = choose.split_by_ability([tcg, native], ["--ipi"])
    assert can == [tcg] and "--ipi: the engine native cannot" in said[0]
    with pytest.raises(UsageError, match="the engine native cannot"):
        choose.split_by_ability([native], ["--ipi"])


# --- scenarios ---


@pytest.mark.parametrize("name", scenarios.SCENARIOS)
def test_a_scenario_is_its_options(name):
    bundle = scenarios.options_of(name)
    work = {option: value for option, value in bundle.items() if option not in ("duration", "warmup", "model-duration")}
    by_hand = parsed(*(word for option, value in work.items() for word in (f"--{option}", value)))
    assert vars(parsed("--scenario", name)) == {**vars(by_hand), "scenario": name}
    assert all(choice.why for choice in scenarios.SCENARIOS[name].options.values())


def test_an_explicit_option_overrides_the_scenario():
    options = vars(run.parser().parse_args(["--scenario", "page-fault", "--think", "0", "--irq", "on", "--duration", "7"]))
    w = workload_options.workload(options)
    assert (w.think_instructions, w.think_range_instructions, w.irq, w.size_bytes) == (0, 0, "on", 4096)
    assert workload_options.given(options, "duration", 100) == 7
    assert workload_options.given(options, "warmup", 20) == 2
    assert workload_options.given(vars(run.parser().parse_args([])), "warmup", 20) == 20


def test_list_scenarios(refused):
    done = refused("--list-scenarios")
    assert done.status == 0
    assert re.findall(r"^([\w-]+): ", done.out, re.MULTILINE) == list(scenarios.SCENARIOS)
    assert "    --think 5000 " in done.out
    told = (TOP / "docs/use/workloads.md").read_text().split("## Scenarios")[1]
    assert re.findall(r"^\| `([\w-]+)` \|", told, re.MULTILINE) == list(scenarios.SCENARIOS)


# --- tables in C ---


def test_the_logarithms_are_right():
    text = (TOP / "bench/arrival.c").read_text().split("{", 1)[1].split("}")[0]
    table = [int(word) for word in re.findall(r"\d+", text)]
    of = [u - u * math.log(u) if u else 0 for u in (i / 256 for i in range(257))]
    assert len(table) == 256
    assert table[:16] == [round(math.log(16) * 65536)] * 16
    assert table[16:] == [round((of[i + 1] - of[i]) * 256 * 65536) for i in range(16, 256)]
    # E = (16/256) (ln 16 + E) + the rest: that makes it 1
    assert sum(table) / 256 / (1 - 16 / 256) / 65536 == pytest.approx(1, abs=1e-5)


def test_the_documented_distributions_are_those_of_the_kernel():
    told = dict(re.findall(r"\| `(small|pages|mixed)` \| ([\d×, ]+) \|", (TOP / "docs/use/workloads.md").read_text()))
    source = (TOP / "bench/sizes.c").read_text()
    for name, entries in told.items():
        block = source.split(f"[SIZES_{name.upper()}] =")[1].split("},")[0]
        ranges = re.findall(r"\[(\d+)(?: \.\.\. (\d+))?\] = (\d+)", block)
        assert entries == ", ".join(f"{size}×{int(last or first) - int(first) + 1}" for first, last, size in ranges)
    assert set(told) == {"small", "pages", "mixed"}


# --- what the host makes of it ---


def a_pass(*shares, used=0, touched=0):
    return Pass("time", 1, 2, 0x1000, 0x100000, used, touched=touched, shares=list(shares))


MIXED = Workload(0, 16, 0, 0, 0, 4096, sizes="mixed")
TOUCH = Workload(16, 16, 0, 0, 0, 4096, touch_lines=3)


def test_conservation_of_sizes_that_vary_is_exact():
    two = [Share(0, 3, 3, 0, 1, 1, waste=32, bytes=4144), Share(1, 2, 2, 0, 1, 1, bytes=64)]
    assert trial_figures.conservation("throughput", a_pass(*two, used=4240), MIXED) == []
    for used in (4224, 4256):
        assert "take 4208 bytes and 32 are in no block" in trial_figures.conservation(
            "throughput", a_pass(*two, used=used), MIXED)[0]
    assert trial_figures.lost_share([a_pass(*two, used=4240)], MIXED) == 0
    assert trial_figures.lost_share([a_pass(*two, used=4240 - 1052)], MIXED) == 0.25


@pytest.mark.parametrize("touched,faulty", [(30, False), (29, True), (33, False), (34, True)])
def test_lines_touched_under_a_lock_are_counted(touched, faulty):
    """The lines are counted once for each operation, and once for a hart that found the heap used up."""
    p = a_pass(Share(0, 10, 10, 0, 1, 1), touched=touched)
    assert bool(trial_figures.touched("latency", p, TOUCH)) is faulty


POOL = Workload(4096, 4096, 0, 0, 0, 4096, allocator="pool", touch_lines=3)


def test_where_blocks_come_back_nothing_may_be_missing():
    p = a_pass(Share(0, 10, 10, 0, 1, 1, visits=4))
    assert trial_figures.conservation("latency", p, POOL) == []
    p.used = 8192
    assert trial_figures.conservation("latency", p, POOL) == ["latency pass: 8192 byte(s) did not come back, or came twice"]
    p.touched = 12  # the other operations were served by the hart's own store
    assert trial_figures.touched("latency", p, POOL) == []


@pytest.mark.parametrize("counts,marked,words", [
    ({}, 0, ""), ({"freed": 6}, 0, "1 operation(s) without their block"), ({}, 4096, "byte(s) astray"),
    ({"unmarked": 2}, 0, "2 freed block(s) with bytes that nobody had"), ({"overlapping": 3}, 0, "3 block(s) with bytes that another")])
def test_the_audit_of_blocks_that_come_back(counts, marked, words):
    trial = Trial(0, "ticket", 1, "done", {}, {}, marked=marked)
    said = trial_figures.audit(trial, a_pass(Share(0, 14, 14, 0, 1, 1, **{"blocks": 7, "freed": 7, **counts})), POOL)
    assert len(said) == bool(words) and words in "".join(said)
    shares = [a_pass(Share(0, 8, 8, 0, 1, 1, blocks=8, overlapping=counts.get("overlapping", 0)))]
    assert trial_figures.lost_share(shares, POOL) == counts.get("overlapping", 0) / 8


def test_backlog():
    w = Workload(16, 16, 0, 0, 0, 4096, arrival="poisson", arrival_ops_per_second=1000)
    assert trial_figures.backlog(Share(0, 1, 1, 0, 1, 1, behind=50_000), w, 10_000_000) == 5
