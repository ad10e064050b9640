"""docs/reference/footprint.md has the sizes that the compiler makes, and the count can be trusted."""

import subprocess
from random import Random

import pytest
from support.run import TOP

from hartlock.plan import traits
from tools.footprint import footprint, walk
from verify.errors import Unsupported
from verify.ops import MASK, signed


@pytest.fixture(scope="module")
def measured():
    return footprint.measure()


def test_the_document_has_the_tables_of_today(measured):
    said = footprint.documented().split("\n", 1)[0]
    here = f"GCC {footprint.compiler()}, "
    if not said.startswith(here):
        pytest.skip(f"docs/reference/footprint.md is of {said.split(',')[0]}, this compiler is {here.rstrip(', ')}: nothing to compare")
    assert footprint.documented() == footprint.tables(), "make footprint WRITE=1"


def test_our_locks_are_not_longer_than_anybody_elses(measured):
    mine = {f.name: f for f in measured[0]}
    kinds = {t.kind for t in measured[2]}
    assert kinds == {"ticket", "mcs", "ttas", "clh", "anderson", "qspin"}
    assert {t.whose for t in measured[2]} == {"OpenSBI", "Bao", "Linux", "Concurrency Kit"}
    for other in measured[2]:
        assert mine[other.kind].pair <= other.footprint.pair, (other.whose, other.kind)


def test_every_strategy_is_there(measured):
    assert [f.name for f in measured[0]][: len(footprint.strategies.known())] == list(footprint.strategies.known())
    assert all(f.allocation for f in measured[0])


def test_gccs_mapping_orders_more_never_less(measured):
    mine, c11, _ = measured
    assert all(b.ordered >= a.ordered for a, b in zip(mine, c11, strict=True))
    assert {a.name for a, b in zip(mine, c11, strict=True) if b.ordered > a.ordered} >= {"ticket", "mcs", "clh", "qspin"}


def walked(tmp_path, text, *arguments):
    source = tmp_path / "one.c"
    source.write_text(text)
    elf = tmp_path / "one.elf"
    subprocess.run([f"{footprint.CROSS}gcc", *footprint.FLAGS, "-o", str(elf), str(source)], check=True, timeout=60)
    hart = walk.Hart(elf, footprint.CROSS)
    return hart, hart.call("f", *arguments)


def test_the_walk_computes_what_c_computes(tmp_path):
    """The walk of a function that mixes widths and signs gives Python's result."""
    text = """
        static unsigned char bytes[16] = {1, 2, 0xff, 4};
        long f(long a, unsigned b) {
            int narrow = (int)a * 3 - (int)b;
            unsigned long wide = ((unsigned long)a << 7) ^ (b >> 3);
            volatile signed char *at = (volatile signed char *)bytes;
            return narrow < 0 ? (long)wide + at[2] : (long)(wide & 0xffff) - narrow + at[3];
        }"""
    for a, b in ((5, 3), (-7, 9), (1 << 33, 0xFFFFFFFF), (12345, 4000000000)):
        hart, _ = walked(tmp_path, text, a & MASK, signed(b, 32) & MASK)
        narrow = signed(signed(a, 32) * 3 - signed(b, 32), 32)
        wide = (a << 7) ^ (b >> 3)
        assert hart.result == (wide - 1 if narrow < 0 else (wide & 0xFFFF) - narrow + 4) & MASK


def test_the_walk_counts_turns_and_does_atomics(tmp_path):
    hart, path = walked(tmp_path, """
        unsigned word = 40;
        unsigned f(unsigned n) {
            unsigned old;
            __asm__ volatile("1: amoadd.w %0, %2, %1\\naddiw %2, %2, -1\\nbnez %2, 1b"
                             : "=&r"(old), "+A"(word), "+r"(n));
            return old;
        }""", 3)
    assert sum(i.mnemonic == "amoadd.w" for i in path) == 3
    assert hart.load(hart.symbols["word"], 4) == 46 and hart.result == 45


@pytest.mark.parametrize("body,words", [
    ("for (;;) __asm__ volatile(\"\");", "it waits"),
    ("__asm__ volatile(\"csrr a0, cycle\");", "does not know 'rdcycle"),
    ("*(volatile int *)(at + 0x12345) = 1;", "an access of 4 bytes at 0x12345"),
    ("*(volatile int *)(at + 4) = 1;", "an access of 4 bytes at 0x4"),
])
def test_what_the_walk_cannot_follow_is_an_error(tmp_path, body, words):
    with pytest.raises((walk.WalkError, Unsupported), match=words):
        walked(tmp_path, f"long f(long at) {{ {body} return at; }}", 0)


EDGES = [0, 1, 2, 15, 16, 17, 4095, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, 2**64 - 4096, 2**64 - 17, 2**64 - 1]


@pytest.mark.parametrize("word", ["cas", "lrsc"])
def test_a_compiled_allocation_places_blocks_as_plain_arithmetic_does(tmp_path, word):
    """On RISC-V `lrsc` is assembly, which tests on this computer's processor do not see."""
    hart, random = footprint.set_up(tmp_path, word, TOP / f"alloc/{word}.h", True), Random(1)
    for _ in range(1500):
        start, end = sorted((max(1, random.choice(EDGES)), random.choice([*EDGES[1:], 2**64 - 1 - random.getrandbits(13)])))
        size = random.choice([random.choice(EDGES), random.getrandbits(6), end - start - random.getrandbits(2)]) % 2**64
        align = 1 << random.choice([random.randrange(64), 4])
        block = -(-start // align) * align
        hart.call("set_up", start, end)
        hart.call("allocate", hart.symbols["lock"], hart.symbols["node"], size, align)
        fits = block + size <= end
        assert hart.result == (block if fits else 0), (start, end, size, align)
        assert hart.load(hart.symbols["lock"], 8) == (block + size if fits else start)


def test_a_held_lock_is_a_wait_and_an_error(tmp_path):
    header = TOP / "lock/ticket.h"
    hart = footprint.set_up(tmp_path, "ticket", header, False)
    both = hart.symbols["lock"], hart.symbols["node"]
    hart.call("acquire", *both)
    with pytest.raises(walk.WalkError, match="acquire: still running"):
        hart.call("acquire", *both)


def test_make_footprint_shows_a_path():
    out = subprocess.run(["make", "-s", "footprint", "SHOW=ttas"], cwd=TOP, check=True, capture_output=True, text=True,
                         timeout=60).stdout
    assert "amoswap.w.aq" in out and out.startswith("acquire")


@pytest.mark.parametrize("word", footprint.headers())
def test_the_traits_are_what_is_compiled(tmp_path, word):
    """lock/traits.toml: the instructions, and the bytes. A line that is not full may be filled up."""
    header, lockfree = footprint.headers()[word]
    hart = footprint.set_up(tmp_path, word, header, lockfree)
    known = traits.known()[word.replace("_", "-")]
    atomics = {".".join(i.mnemonic.split(".")[:2]) for i, _ in hart.code.values() if i.mnemonic.startswith(("amo", "lr.", "sc."))}
    assert atomics == {*known.instructions, *known.corner_instructions}
    claimed = {"node": known.waiter_bytes + known.hart_bytes}
    if not lockfree:
        slots = 64  # slots of anderson, and harts of qspin
        claimed |= {"lock": known.bytes_per_lock(slots), "space": known.once_bytes + slots * known.once_bytes_per_hart}
    for name, size in claimed.items():
        assert hart.sizes[name] in (size, -(-size // 64) * 64), name
