"""The plan has a seeded order and all controls, and nonsense is refused before anything runs."""

from collections import Counter

import pytest

from hartlock.engine.tcg import Tcg
from hartlock.plan import plan, strategies
from hartlock.base.errors import UsageError
from hartlock.plan.plan import Combination


def make(**kw):
    given = {"smp": 8, "locks": ("cas",), "harts": (8,), "workload": plan.Workload(16, 16, 0, 100, 100, 4096),
             "trials": 5, "seed": 1, **kw}
    order = plan.order(given["locks"], given["harts"], given["trials"], given["seed"])
    return plan.Plan(**given, order=order)


def test_every_run_has_its_controls():
    counts = Counter(make().order)
    assert counts == {Combination("cas", 8): 5, Combination("null", 8): 5, Combination("null", 1): 5, Combination("clock", 1): 5}


def test_asking_for_the_control_does_not_double_it():
    assert Counter(make(locks=("null", "cas"), harts=(1, 8)).order)[Combination("null", 8)] == 5


def test_the_order_is_shuffled_by_the_seed_alone():
    assert make().order == make().order
    assert make().order != make(seed=2).order
    assert make().order != tuple(sorted(make().order))


def test_roles():
    p = make()
    assert [p.role(Combination(*t)) for t in (("cas", 8), ("null", 8), ("null", 1), ("clock", 1))] == [
        "candidate", "control", "harness", "harness"]


@pytest.mark.parametrize("change,words", [
    ({"harts": (9,)}, "--harts 9"),
    ({"workload": plan.Workload(16, 3, 0, 0, 0, 4096)}, "power of two"),
    ({"workload": plan.Workload(2**27, 16, 0, 0, 0, 4096)}, "--size"),
    ({"workload": plan.Workload(16, 2**27, 0, 0, 0, 4096)}, "--align"),
    ({"workload": plan.Workload(16, 16, 0, 10, 21, 4096)}, "--think-range 21"),
    ({"clusters": 3}, "--clusters 3"),
    ({"trials": 1000, "harts": tuple(range(1, 9))}, "too many"),
])
def test_what_cannot_be_measured_is_refused(change, words):
    with pytest.raises(UsageError, match=words):
        plan.check(make(**change))


def test_an_unknown_strategy_gets_the_nearest_name():
    with pytest.raises(UsageError, match="did you mean 'ticket'"):
        strategies.choose("tiket")
    assert strategies.choose("all") == [name for name, s in strategies.known().items() if not s.frees]
    assert strategies.choose("all", strategies.ANY) == list(strategies.known())
    assert strategies.choose("cas,spin,cas") == ["cas", "ttas"]


def test_a_stack_of_frames_goes_with_the_pool_alone():
    assert "treiber" in strategies.choose("all", "pool") and "cas" not in strategies.choose("all", "pool")
    for allocator in ("bump", "buddy", "cached-pool"):
        assert "treiber" not in strategies.choose("all", allocator)
        with pytest.raises(UsageError, match="--lock treiber: it hands out what --allocator pool does, and nothing else"):
            strategies.choose("treiber", allocator)


def test_what_all_brings_may_be_left_out_and_what_is_named_may_not():
    assert strategies.known()["amocas"].needs == "zacas"
    assert strategies.optional("all") == strategies.optional("cas,all") == ("lrsc", "amocas")
    assert strategies.optional("amocas") == () and strategies.optional("all,amocas") == ("lrsc",)


def test_clusters_are_a_word_of_the_plan_when_asked_for():
    windows = Tcg.make_windows(1000, 0)
    assert "clusters" not in make().bootargs(windows) and " clusters=4 " in make(clusters=4).bootargs(windows)


def test_every_strategy_says_what_it_is():
    for name, strategy in strategies.known().items():
        assert strategy.header.exists()
        assert 20 < len(strategy.summary()) < 100, name
