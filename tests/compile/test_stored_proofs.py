"""verify/proofs.json is of the image that was built; `make prove` writes it, and proves it again. A row says what the
image that was booted has, whatever lies beside it."""

import json
import subprocess

import pytest
from support.run import TOP
from support.sampling import sampled

from hartlock.base.elf import Elf
from hartlock.base.linked import Linked
from hartlock.figures import proved
from hartlock.figures.proved import FILE, Booted, fingerprint
from hartlock.plan import schema, strategies, traits
from hartlock.plan.plan import Workload
from verify import cache, subjects, tries
from verify.image import Image
from verify.loop import difference

IMAGE = TOP / "build/hartlock.elf"
PROVED = json.loads(FILE.read_text())["strategies"]
CROSS = subjects.cross()


@pytest.fixture(scope="module")
def built():
    return Image(IMAGE, CROSS)


def subject(name):
    """The functions of a lock, compiled out of line as `make prove` does."""
    subprocess.run(["make", "-s", f"build/verify/{name}.o"], cwd=TOP, check=True, capture_output=True, timeout=300)
    return subjects.load(name)


@pytest.mark.parametrize("word", PROVED)
def test_the_built_image_has_the_proved_code_in_it(word):
    """A loop that the compiler cannot be followed in holds none: so one of the two variants is enough."""
    said = [Booted(IMAGE).proof(word, variant) for variant in ("plain", "full")]
    assert {proved.word(proof) for proof in said} & {"holds", "partly"}, "make setup-prove prove"


TRYLOCKS = [name for name in sorted(json.loads(tries.FILE.read_text()))]


def test_every_trylock_is_proved():
    assert TRYLOCKS == sorted(name.replace("-", "_") for name, t in traits.known().items() if "trylock" in t.has)


@sampled("name", TRYLOCKS, quick=lambda name: name in ("ticket", "ttas", "mcs"))
def test_the_built_trylock_is_the_proved_one(name):
    subprocess.run(["make", "-s", f"build/verify/try/{name}.o"], cwd=TOP, check=True, capture_output=True, timeout=300)
    entry, subject = json.loads(tries.FILE.read_text())[name], tries.load(name)
    assert entry["code"] == cache.code_hash(subject)[:12], "make prove-trylocks"
    assert set(entry["tests"]) == {test.name for test in tries.tests(subject)}, "make prove-trylocks"


REPLAYED = [name for name, strategy in strategies.known().items() if not strategy.lockfree and name not in ("null", "indirect")]


@sampled("name", REPLAYED, quick=lambda name: name in ("ticket", "mcs", "qspin"))
def test_a_replay_adds_nothing_to_the_proved_code(built, name):
    """Each atomic, fence and branch between acquire and release of the replay's loops is the lock's own, as in the plain loops."""
    word = name.replace("-", "_")
    assert difference(built, subject(word), "replay") == ""


def test_a_replay_calls_divides_and_orders_nothing_more_than_the_plain_loop(built):
    """A step asks for loads, stores and the delay only. Before the acquire and behind the release interrupts go off and on, if the plan says so."""
    costly = ("div", "rem", "mul", "jal", "call", "csr", "rd", "ecall", "amo", "lr", "sc", "fence")
    kinds = [{insn.mnemonic for insn in built.function(built.worker("ticket", variant)["throughput"]).insns if insn.mnemonic.startswith(costly)}
             for variant in ("plain", "replay")]
    assert kinds[1] - kinds[0] == {"csrrc", "csrs"} and kinds[0] < kinds[1] and "fence" in kinds[1]


OF_LOCKS = ("pool", "buddy", "cached_pool", "replay", "duty", "many")  # variants beside the plain and the full one


def patched(image, address, data, folder):
    """A copy of the image in which other bytes are loaded to an address."""
    whole = bytearray(IMAGE.read_bytes())
    old = Elf(IMAGE).stored(address, len(data))
    segment = next(s for s in Elf(IMAGE)._file.iter_segments() if s["p_vaddr"] <= address < s["p_vaddr"] + s["p_filesz"])
    at = segment["p_offset"] + address - segment["p_vaddr"]
    assert whole[at:at + len(data)] == old != data
    whole[at:at + len(data)] = data
    (folder / "hartlock.elf").write_bytes(whole)
    return Booted(folder / "hartlock.elf")


def insn(image, strategy, function, mnemonic):
    """The first instruction of that name in a function of a strategy's plain worker."""
    symbol = image.worker(strategy, "plain")[function]
    return next(i for i in image.function(symbol).insns if i.mnemonic == mnemonic)


def jal(word, to, here):
    """A call with another target."""
    way = to - here
    return (word & 0xFFF | (way >> 12 & 0xFF) << 12 | (way >> 11 & 1) << 20 | (way >> 1 & 0x3FF) << 21 | (way >> 20 & 1) << 31).to_bytes(4, "little")


@pytest.mark.parametrize("function,mnemonic,mask", [
    ("throughput", "fence", 0x0F000000), ("audit", "amoswap.d.aqrl", 1 << 26), ("latency", "beqz", 1 << 12), ("grants", "auipc", 1 << 12),
    ("init", "auipc", 1 << 12)])
def test_an_image_that_was_patched_after_the_build_is_not_proved(built, tmp_path, function, mnemonic, mask):
    """The objects beside it are those that are proved; once that was enough."""
    found = insn(built, "mcs", function, mnemonic)
    word = int.from_bytes(Elf(IMAGE).stored(found.address, found.size), "little") ^ (mask if found.size == 4 else 1 << 13)
    booted = patched(built, found.address, word.to_bytes(found.size, "little"), tmp_path)
    assert proved.word(Booted(IMAGE).proof("mcs", "plain")) == "holds"
    assert booted.proof("mcs", "plain") == "none"
    assert proved.word(booted.proof("clh", "plain")) == "holds"


def test_a_call_that_goes_elsewhere_is_noticed(built, tmp_path):
    """A loop of mcs calls a function of the same name and length that is another strategy's."""
    call = insn(built, "mcs", "audit", "jal")
    word = int.from_bytes(Elf(IMAGE).stored(call.address, 4), "little")
    for symbol in (built.worker("clh", "plain")["audit"], built.linked.named("churn_leave")):
        booted = patched(built, call.address, jal(word, symbol.address, call.address), tmp_path)
        assert booted.proof("mcs", "plain") == "none"
    assert jal(word, built.linked.named("audit_mark").address, call.address) == word.to_bytes(4, "little")


def test_a_pass_that_runs_another_loop_is_noticed(built, tmp_path):
    table = built.linked.named("plain_mcs")
    words = built.linked.bytes_of(table)
    own, other = (built.worker(name, "plain")["throughput"].address.to_bytes(8, "little") for name in ("mcs", "clh"))
    booted = patched(built, table.address + words.index(own), other, tmp_path)
    assert booted.proof("mcs", "plain") == "none" and proved.word(booted.proof("mcs", "full")) == "holds"


def test_what_no_strategy_reaches_may_differ(built, tmp_path):
    other = built.linked.named("memcpy")
    booted = patched(built, other.address, bytes([built.linked.bytes_of(other)[0] ^ 0x80]), tmp_path)
    assert booted.proof("mcs", "plain") == Booted(IMAGE).proof("mcs", "plain") != "none"


def test_the_code_is_told_without_its_addresses(built, tmp_path):
    """An image of the same objects, linked in the reverse order, has everything elsewhere, and the same code."""
    sources = [p for folder in ("kernel", "bench", "alloc") for p in (TOP / folder).glob("*.[cS]") if p.name not in ("worker.c", "forms.c")]
    objects = [*(TOP / "build" / p.parent.name / f"{p.name}.o" for p in sources), TOP / "build/bench/forms.o",
               *(TOP / f"build/bench/{variant}-{s.header.stem}.o" for s in strategies.known().values()
                 for variant in (("pool",) if s.frees else ("plain", "full", *(() if s.lockfree else OF_LOCKS))))]
    other = tmp_path / "reversed.elf"
    subprocess.run([f"{CROSS}gcc", "-march=rv64gc", "-mabi=lp64d", "-mcmodel=medany", "--specs=picolibc.specs", "-nostartfiles", "-static",
                    "-Wl,--gc-sections", "-Wl,--no-warn-rwx-segments", "-Wl,--defsym=vfprintf=__i_vfprintf", "-T", "build/kernel.ld", "-o", str(other),
                    *map(str, sorted(objects, reverse=True)), "build/hartlock.relocs.o"], cwd=TOP, check=True, capture_output=True, timeout=120)
    moved = Linked(Elf(other))
    for variant in ("plain", "full"):
        root = f"{variant}_mcs"
        assert moved.named(root).address != built.linked.named(root).address
        assert moved.text(root) == built.linked.text(root) != ""


def test_without_an_image_nothing_is_proved(tmp_path):
    (tmp_path / "cut.elf").write_bytes(IMAGE.read_bytes()[:1000])
    for path in (None, tmp_path / "none.elf", tmp_path / "cut.elf"):
        assert Booted(path).proof("mcs", "plain") == "none"
    assert fingerprint(Linked(Elf(IMAGE)), "nosuch", "plain") == ""


def test_the_proof_is_that_of_the_variant_that_runs():
    """Each key of the plan that needs the full variant, or one of those beside it, is one that chooses it."""
    for key in schema.keys().values():
        if key.column in vars(Workload()):
            other = key.words[-1] if isinstance(key, schema.Choice) else key.most
            assert Workload(**{key.column: other}).variant in ({"full", *OF_LOCKS} if key.full else {"plain"}), key.key


@pytest.mark.parametrize("variant", ["plain", "full"])
@pytest.mark.parametrize("name", ["mcs", "ticket"])
def test_the_loops_are_the_proved_functions_around_the_section(built, name, variant):
    assert difference(built, subject(name), variant) == ""


def test_a_worker_of_another_strategy_differs(built):
    other = subject("ticket")
    assert "does not stand in it" in difference(built, type(other)("clh", other.functions, other.sizes), "plain")
