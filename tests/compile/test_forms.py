"""The rows say truly which form of a lock ran, which extensions it needs, and which clusters it
was told of."""

import subprocess

from support.objects import worker
from support.run import TOP
from support.sampling import sampled

from hartlock.plan import strategies

PAUSE, WRS, FENCE_RELEASE, FENCE_FULL = 0x0100000f, 0x01d00073, 0x0310000f, 0x0330000f


# --- what is compiled ---

def has(code, word):
    return any(w == word for w, _ in code)


def test_each_form_is_in_the_code():
    """The ticket lock's code has both forms that were asked for, and no other."""
    usual, plain, wrs = (worker("ticket", relax, "store") for relax in ("pause", "none", "wrs"))
    assert has(usual, PAUSE) and not has(plain, PAUSE) and not has(wrs, PAUSE)
    assert has(wrs, WRS) and not has(plain, WRS) and not has(usual, WRS)
    loads = [[text for _, text in code if text.startswith("lr.")] for code in (usual, plain, wrs)]
    assert loads[0] == loads[1] == [] and loads[2] and all(text.startswith("lr.w.aq") for text in loads[2])
    fence_store, store_fence, swap = (worker("ticket", "pause", u) for u in ("fence-store", "store-fence", "amoswap"))
    assert has(usual, FENCE_RELEASE) and not has(usual, FENCE_FULL)
    assert has(fence_store, FENCE_FULL) and not has(fence_store, FENCE_RELEASE)
    assert has(store_fence, FENCE_FULL) and has(store_fence, FENCE_RELEASE)
    at = next(i for i, (word, _) in enumerate(store_fence) if word == FENCE_FULL)
    assert store_fence[at - 1][1].startswith("sw") and store_fence[at - 2][0] == FENCE_RELEASE
    swaps = [text for _, text in swap if text.startswith("amoswap")]
    assert swaps and all(text.startswith("amoswap.w.rl zero") for text in swaps) and not has(swap, FENCE_RELEASE)


@sampled("strategy", strategies.choose("all"), quick=lambda strategy: strategy == "mcs")
def test_a_wrs_never_stands_without_its_lr(strategy):
    code, other = worker(strategy, "wrs", "store"), worker(strategy, "none", "store")
    assert has(code, WRS) == (code != other)
    if has(code, WRS):
        assert len([1 for _, text in code if text.startswith("lr.")]) > len([1 for _, text in other if text.startswith("lr.")])


def test_make_refuses_forms_that_there_are_not():
    for wrong in ("RELAX=wait", "UNLOCK=swap", "RELAX="):
        done = subprocess.run(["make", "-n", wrong], cwd=TOP, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode != 0 and "it is one of" in done.stderr, wrong
