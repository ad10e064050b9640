"""The machine's decoder knows what binutils knows of its ISA, and no more."""

import os
import random
import re
import struct
import subprocess

import pytest
from support.run import TOP

HOSTCC = os.environ.get("HOSTCC", "gcc")
CROSS = "riscv64-unknown-elf-"
ISA = "rv64imac_zicsr_zifencei_zihintpause_zawrs"
WORDS = 200000
# One or two bits of these words are turned over, which makes words that nearly are instructions.
EXACT = (0x00000073, 0x00100073, 0x10200073, 0x10500073, 0x0100000f, 0x0000100f, 0x8330000f, 0x0330000f, 0x00d00073, 0x01d00073,
         0x12000073, 0x1005b52f, 0x18a5b52f, 0x00001013, 0x40005013, 0x4000503b, 0x0000501b, 0x4000501b, 0x02000033, 0x0200003b)
OPCODES = (0x03, 0x0f, 0x13, 0x17, 0x1b, 0x23, 0x2f, 0x33, 0x37, 0x3b, 0x63, 0x67, 0x6f, 0x73)


def near(draw):
    word = draw.choice(EXACT)
    for _ in range(draw.randint(0, 2)):
        word ^= 1 << draw.randrange(2, 32)
    return word


def words_of_32_bits():
    """Random words, words with an opcode that there is, and words near an instruction. Those whose lowest five bits are
    ones begin a longer instruction."""
    draw, words = random.Random(1), []
    makers = (lambda: draw.getrandbits(32) | 3, lambda: draw.getrandbits(25) << 7 | draw.choice(OPCODES),
              lambda: draw.choice((0, 1, 0x20)) << 25 | draw.getrandbits(18) << 7 | draw.choice(OPCODES), lambda: near(draw))
    while len(words) < WORDS:
        word = draw.choice(makers)()
        if word & 31 != 31:
            words.append(word)
    return words


def run(*command, **kwargs):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=120, **kwargs).stdout


def disassembled(folder, words, size):
    """For each word the text that objdump makes of it, or None where it knows no instruction."""
    (folder / "words").write_bytes(b"".join(word.to_bytes(size, "little") for word in words))
    (folder / "words.s").write_text(f'.incbin "{folder}/words"\n')
    run(f"{CROSS}as", f"-march={ISA}", "-o", folder / "words.o", folder / "words.s")
    run(f"{CROSS}strip", "-s", folder / "words.o")  # Its symbol $d would say that they are data.
    listing = run(f"{CROSS}objdump", "-d", "-z", "-M", "no-aliases", folder / "words.o").decode()
    said = {int(at, 16): text for at, text in re.findall(r"^ *([0-9a-f]+):\t[0-9a-f ]+\t(.*)", listing, re.M)}
    return [None if re.match(r"\.|c?\.?unimp", said[size * i]) else said[size * i] for i in range(len(words))]


@pytest.fixture(name="known", scope="module")
def machine_knows(tmp_path_factory):
    """A function: for each word, whether the machine's decoder knows the instruction that begins with it."""
    program = tmp_path_factory.mktemp("decodes") / "decodes"
    run(HOSTCC, "-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", program,
        TOP / "tests/c/decodes.c", *(TOP / f"machine/{stem}.c" for stem in ("decode", "expand", "execute")))

    def answers(words):
        packed = struct.pack(f"<{len(words)}I", *words)
        return [answer == ord("y") for answer in run(program, input=packed)]
    return answers


def zacas_or_zabha(word):
    """An AMO that this binutils is too old for: amocas of a word or two, or an AMO of less than a word."""
    width, which = word >> 12 & 7, word >> 27
    return word & 0x7f == 0x2f and which in (0, 1, 4, 5, 8, 12, 16, 20, 24, 28) and (width < 2 or which == 5 and width < 4)


def fence_of_the_future(word):
    """A FENCE or FENCE.I with fields that are reserved: the unprivileged manual says that they shall be ignored."""
    return word & 0x607f == 0x0f


def is_instruction(word, text):
    """Whether the machine has to know the word, of which objdump says `text`."""
    if text in ("mret", "uret", "hret", "dret"):  # They are other modes' than the supervisor's.
        return False
    if text is not None and text.split("\t")[0] == "sfence.vm":  # Privileged manual 1.10 withdrew it.
        return False
    if text == "c.addi16sp\tsp,0":  # The manual reserves it.
        return False
    return text is not None or zacas_or_zabha(word) or fence_of_the_future(word)


def differences(words, texts, known):
    return [f"{word:#010x}: the machine {'knows' if answer else 'refuses'} it, objdump says {text}"
            for word, text, answer in zip(words, texts, known) if answer != is_instruction(word, text)]


def test_words_of_32_bits(known, tmp_path):
    words = words_of_32_bits()
    texts = disassembled(tmp_path, words, 4)
    assert sum(text is not None for text in texts) > WORDS / 4
    found = differences(words, texts, known(words))
    assert not found, f"{len(found)} of {WORDS} words, the first:\n" + "\n".join(found[:60])


def test_every_word_of_16_bits(known, tmp_path):
    words = [word for word in range(1 << 16) if word & 3 != 3]
    found = differences(words, disassembled(tmp_path, words, 2), known(words))
    assert not found, f"{len(found)} of {len(words)} words, the first:\n" + "\n".join(found[:60])
