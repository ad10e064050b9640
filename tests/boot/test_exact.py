"""The machine executes as QEMU does: random programs leave the same in registers and memory (tools/exact/)."""

import re
import shutil

import pytest
from support.sampling import DEEP

from tools.exact import differ, program

# A round runs 250 units, each an instruction on random operands or a few: ten million units are 40,000 rounds.
SEEDS, ROUNDS = (range(1, 25), 10000) if DEEP else (range(1, 3), 2000)

needs_qemu = pytest.mark.skipif(not shutil.which(differ.QEMU), reason=f"no {differ.QEMU} here: Debian's qemu-user has it")


@needs_qemu
@pytest.mark.repeated
@pytest.mark.parametrize("seed", SEEDS)
def test_the_machine_computes_what_qemu_does(seed, tmp_path):
    wrong = differ.difference(seed, ROUNDS, tmp_path)
    assert wrong == "", f"the machine and QEMU differ:\n{wrong}\n`make exact SEEDS=1 FIRST={seed}` says it again"


def test_every_instruction_is_in_the_programs(tmp_path):
    seen = set()
    for seed in range(1, 3):
        elf = differ.build(program.Program(seed).text(1, 1), tmp_path)
        listing = differ.run(f"{differ.CROSS}objdump", "-d", "-M", "no-aliases", elf)
        seen |= set(re.findall(r"^ *[0-9a-f]+:\t[0-9a-f]+ +\t(\S+)", listing, re.M))
    atomic = [word for word in program.MNEMONICS if re.match(r"amo|lr|sc", word)]
    ordered = {word + order for word in atomic for order in program.ORDER}
    others = {*program.MNEMONICS, *(f"c.{word}" for word in program.COMPRESSED)} - set(atomic)
    assert others - seen == set()
    assert len(ordered & seen) > 0.95 * len(ordered), sorted(ordered - seen)


@needs_qemu
def test_a_difference_is_told_by_its_instruction(tmp_path, monkeypatch):
    """QEMU is made wrong: it runs a program with remu where the machine has remuw."""
    results = differ.results

    def wrong(text, folder):
        machine, _ = results(text, folder)
        return machine, results(re.sub(r"^remuw ", "remu ", text, flags=re.M), folder)[1]
    monkeypatch.setattr(differ, "results", wrong)
    monkeypatch.setattr(program, "BLOCKS", 4)
    monkeypatch.setattr(program, "UNITS", 60)
    said = differ.difference(1, 50, tmp_path)
    assert re.match(r"seed 1, round \d+, unit \d+:\n(.*\n)*.*\bremuw x\d+", said), said
    assert re.search(r"x\d+: machine [0-9a-f]{16}, qemu [0-9a-f]{16}", said), said
