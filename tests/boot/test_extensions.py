"""Extensions that a strategy or a form needs: what harts do not have is left out, or refused by name."""

import pytest

from hartlock.engine.tcg import Tcg
from hartlock.figures.row_types import Forms
from hartlock.figures.rows import Group
from hartlock.plan import plan
from hartlock.records.trials import Boot
from hartlock.figures.proved import Booted
from hartlock.run import remarks
from hartlock.run.boot import single

NONE = "not-applicable"
TCG = Tcg(Tcg.make_windows(1000, 0))


def test_an_image_of_other_forms_is_noticed():
    asked = plan.Plan(1, ("cas",), (1,), plan.Workload(16, 16, 0, 0, 0, 0), 1, 1, unlock="amoswap")
    session = single(asked, TCG, "run", 1, Booted())
    session.collector.forms = ("pause", "amoswap")
    assert not any("forms" in problem for problem in session.judge())
    session.collector.forms = ("pause", "store")
    assert any("built with the forms ('pause', 'store'), not ('pause', 'amoswap')" in problem for problem in session.judge())


# --- extensions ---

def test_all_leaves_out_what_harts_cannot_run_and_says_so_once(all_on_two):
    assert all_on_two.status == 0 and not [r for r in all_on_two.rows() if r["strategy"] == "amocas"]
    assert all_on_two.out.count("left out of --lock all: amocas needs Zacas, which not every hart has.") == 1
    assert b"strategy=amocas harts=2 status=needs_zacas" in all_on_two.log
    assert all_on_two.session()["boot"]["extensions"] == ["zihintpause"]


def test_what_was_named_is_refused_by_name_and_the_rest_is_kept(bench):
    done = bench("--smp", "2", "--lock", "cas,amocas", "--trials", "1")
    assert done.status == 1
    assert "hartlock: --lock amocas was refused: it needs Zacas, which not every hart has" in done.out
    assert done.row("cas", 2)["check"] == "pass" and "left out" not in done.out


def test_a_pause_that_does_nothing_is_said(bench):
    done = bench("--smp", "2", "--lock", "ticket", "--trials", "1", "--cpu", "rv64,Zihintpause=false")
    if "Property" in done.out:
        pytest.skip("this QEMU calls it something else")
    assert done.status == 0 and "relax=pause (tcg): not every hart says that it has Zihintpause" in done.out
    groups = [Group(plan.Combination("ticket", 2), Forms(relax="pause", clusters=1))]
    assert remarks.pauses(Boot(extensions=("zihintpause",)), groups, TCG) == []
    assert remarks.pauses(Boot(), [Group(plan.Combination("cas", 2), Forms(relax=NONE, clusters=1))], TCG) == []
