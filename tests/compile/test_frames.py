"""The allocators that take frames back under the memory model (verify/frames.py), and mistakes that must be found there."""

import subprocess
from dataclasses import replace

import pytest
from support.freed import build_wrong
from support.herd7 import needs_herd
from support.run import TOP
from support.sampling import sampled

from verify import frames, freeing
from verify.prove import prove

FREED = ("pool", "cached_pool", "buddy", "treiber")

pytestmark = needs_herd


@pytest.fixture(scope="module", autouse=True)
def built():
    subprocess.run(["make", "-s", *(f"build/verify/freeing/{name}.o" for name in FREED)], cwd=TOP, check=True, capture_output=True, timeout=120)


def verdict(subject, name, folder):
    return prove(next(t for t in frames.suite(subject) if t.name == name), folder, set()).verdict


@pytest.mark.parametrize("name,test", [("treiber", "pass2"), ("treiber", "gives2"), ("pool", "takes2"), ("cached_pool", "spill2")])
def test_takes_and_gives_are_right_in_the_memory_model(name, test, tmp_path):
    assert verdict(frames.load(name), test, tmp_path) == "HOLDS"


def weaker(subject, function, old, new):
    """The allocator with one instruction of a function changed."""
    f = subject.functions[function]
    changed = tuple(replace(i, mnemonic=new[0], operands=new[1] or i.operands) if str(i).startswith(old) else i for i in f.insns)
    assert changed != f.insns
    return replace(subject, functions={**subject.functions, function: replace(f, insns=changed)})


@sampled("name,function,old,new,test", [
    ("treiber", "give", "sc.d.rl", ("sc.d", ()), "pass2"),  # the taker finds the link of before
    ("cached_pool", "give", "fence rw,w", ("nop", ()), "spill2"),  # the ticket that is let go is not a release
    ("pool", "give", "fence rw,w", ("nop", ()), "pass2"),
    ("pool", "take", "fence r,rw", ("nop", ()), "takes2"),
], quick=lambda *case: case[0] != "pool")
def test_an_order_that_is_left_out_is_found(name, function, old, new, test, tmp_path):
    assert verdict(weaker(frames.load(name), function, old, new), test, tmp_path) == "VIOLATED"


@sampled("name,changed,old,new,test", [
    ("treiber", "alloc/treiber.h", "(seen.head >> 32) + 1;", "(seen.head >> 32);", "late2"),  # the head does not count
    ("treiber", "alloc/treiber.h", "(seen.head & ~(uintptr_t)UINT32_MAX) | below);", "(seen.head & ~(uintptr_t)UINT32_MAX) | below) || true;", "takes2"),
    ("pool", "verify/freeing.c", "LOCKED(frame = BEHIND(alloc)(", "(frame = BEHIND(alloc)(", "takes2"),  # a frame is taken without the lock
], quick=lambda *case: case[-1] == "late2")
def test_an_allocator_that_is_wrong_is_found(name, changed, old, new, test, tmp_path, monkeypatch):
    build_wrong(tmp_path, name, changed, old, new)
    monkeypatch.setattr(freeing, "FOLDER", tmp_path)
    assert verdict(frames.load(name), test, tmp_path / "litmus") == "VIOLATED"
