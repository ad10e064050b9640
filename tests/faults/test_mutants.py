"""Locks that are wrong on purpose are caught, and the real ones are not. `make mutants` prints
the whole table; here each mutant meets its hunters one after the other until one sees it."""

import subprocess
from contextlib import closing

import pytest
from support.run import TOP
from support.sampling import sampled
from tools import copied
from tools.footprint import footprint
from tools.mutants import compiled, hunt, tree

from hartlock.figures import proved
from hartlock.plan import strategies, traits
from verify import subjects
from verify.image import Image
from verify.loop import difference

KNOWN = tree.known()
CAUGHT_HERE = [name for name, m in KNOWN.items() if not m.memory_model]
# One for each detector: the audit, the bound of fairness, the schedules, the claims; tests/faults/test_hang.py has a deadlock.
QUICK = ("ttas-early-unlock", "mcs-overtake", "ttas-impatient", "ticket-fence-r-r")
QUICKEST = ("model", "native", "tsan", "tcg")


@sampled("name", CAUGHT_HERE, quick=QUICK.__contains__, rest=pytest.mark.slow)
def test_a_mutant_is_caught(name):
    mutant = KNOWN[name]
    catches = {}
    with closing(hunt.hunted(mutant, (*QUICKEST, *compiled.TABLES), 1)) as asked:
        for hunter, catch in asked:
            if catch.check:
                return
            catches[hunter] = catch
    pytest.fail(f"{name} ({mutant.mistake}) passed: {catches}")


def machine_code(folder, mutant, include):
    strategy = strategies.known()[mutant.strategy]
    name = [f"-DSTRATEGY={strategy.header.stem}",
            f'-DSTRATEGY_HEADER="{strategy.header.parent.name}/{strategy.header.name}"']
    elf = folder / "one.elf"
    flags = [f for f in footprint.FLAGS if not f.startswith("-I")]
    subprocess.run([f"{footprint.CROSS}gcc", *flags, f"-I{include}", *name, *(["-DLOCKFREE"] if strategy.lockfree else []),
                    "-o", str(elf), str(TOP / "tools/footprint/ours.c")], check=True, timeout=60)
    out = subprocess.run([f"{footprint.CROSS}objdump", "-d", "--no-addresses", "--no-show-raw-insn", str(elf)], check=True,
                         capture_output=True, text=True, timeout=60).stdout
    return out.split("\n", 3)[3]


@sampled("name", [name for name, m in KNOWN.items()
                  if not m.changes.startswith("bench/") and not m.detector and "--allocator" not in m.options], quick=QUICK.__contains__)
def test_the_mistake_reaches_the_machine_code(name, tmp_path):
    """The compiler has not undone the mistake. This matters most for those that only a proof can find."""
    with tree.planted(KNOWN[name], objects=False) as mutant:
        assert machine_code(tmp_path, mutant, mutant.tree) != machine_code(tmp_path, mutant, TOP)


@pytest.mark.slow
@pytest.mark.parametrize("name,differs", [
    ("bench-alloc-outside", "outside the section"), ("ttas-early-unlock", "lets go what it does not hold"), ("ttas-no-acquire", "does not stand in it")])
def test_a_mutant_has_no_proof(name, differs):
    """An image with a mutant in it says none, whatever the real image has. The comparison of the real lock with its loops says why."""
    with tree.planted(KNOWN[name]) as mutant:
        subprocess.run(["make", "-s", "all"], cwd=mutant.tree, check=True, env=copied.environment(), timeout=300)
        subprocess.run(["make", "-s", f"build/verify/{mutant.strategy}.o"], cwd=TOP, check=True, timeout=120)
        image = mutant.tree / "build/hartlock.elf"
        assert {proved.Booted(image).proof(mutant.strategy, variant) for variant in ("plain", "full")} == {"none"}
        assert proved.word(proved.Booted(image).proof("mcs", "plain")) == ("none" if mutant.changes.startswith("bench/") else "holds")
        assert differs in difference(Image(image, subjects.cross()), subjects.load(mutant.strategy), "plain")


def test_the_ordinary_image_has_none_of_them():
    """Its debug information names every source it was made of."""
    image = (TOP / "build/hartlock.elf").read_bytes()
    assert b"mcs.h" in image and b"build/mutants/" not in image


@pytest.mark.deep
def test_the_real_locks_pass_what_the_mutants_do_not():
    """One run of all strategies, as a mutant is run, and the fairness check on each."""
    status, problems, rows = hunt.run_rows(TOP, "model", "all", 1)
    assert (status, problems) == (0, [])
    judged = {name: hunt.judge(0, [], [r for r in rows if r["strategy"] == name]) for name in strategies.known()}
    assert {name for name, catch in judged.items() if catch.check} == set()
    assert sum(traits.known()[name].bypass_bound(8) == 7 for name in judged) >= 7 and len({r["strategy"] for r in rows}) >= 15
