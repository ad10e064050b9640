"""The last words of firmware are known, and end the wait at once; what firmware says and goes on is not."""

import pytest

from hartlock.base.errors import UsageError
from hartlock.diagnose.firmware import last_words
from hartlock.engine.hearing import listen
from support.logs import recorded

LAST = [  # as they come over a console
    "sbi_trap_error: hart0: trap1: illegal instruction handler failed (error -2)",
    "sbi_trap_error: hart3: ecall handler failed (error -3)",
    "init_coldboot: ipi init failed (error -3)",
    "init_coldboot: PMP configure failed (error -5)",
    "sbi_hsm_hart_change_state: ERR: The hart is in invalid state [2]",
    "Unhandled exception: Illegal instruction",
    "exception code: 2 , Illegal instruction , epc 80200000 , ra 8000a1b2",
    "### ERROR ### Please RESET the board ###",
    "initcall sequence 00000000802d3f60 failed at call 0000000080211f0c (err=-19)",
    "initcall failed at call 000000008021d5f8 (err=-22)",
    "BUG: failure at drivers/core/device.c:99/device_bind_common()!",
    "SPL: failed to boot from all boot devices",
    "[rustsbi-panic] hart 0 panicked at 'index out of bounds', src/main.rs:81:5",
    "machine mode: unhandlable trap 2 @ 0x0000000080001234",
    "ASSERT [SecMain] /edk2/OvmfPkg/RiscVVirt/Sec/SecMain.c(60): !RETURN_ERROR (Status)",
    "common/memtop.c:42: alloc: Assertion `size > 0' failed.",
    'assertion "hart < 64" failed: file "lib/hart.c", line 12, function: hart_of',
]


@pytest.mark.parametrize("said", LAST)
def test_last_words_are_known_wherever_in_a_line_they_stand(said):
    assert last_words(said.encode()) == said
    assert said in last_words(b"[   12.345] " + said.encode() + b"\r")


@pytest.mark.parametrize("line", [
    b"", b"OpenSBI v1.1", b"Domain0 Next Mode         : S-mode", b"SBI error: none", b"Hit any key to stop autoboot:  0",
    b"Loading Environment from nowhere... OK", b"Failed to load '/extlinux/extlinux.conf'", b"Error: no such device",
    b"sbi_ecall_handler: Invalid error 5 for ext=0x10 func=0x3", b"@panic n=12 hart=0 file=kernel/inject.c line=13 msg=asked",
    b"Trap error counters: 0", b"fdt_reset_init: gpio-restart init failed, -8",
])
def test_what_is_said_on_the_way_is_none(line):
    assert last_words(line) == ""


def test_of_a_line_of_megabytes_only_the_beginning_is_searched():
    assert last_words(b"x:1: " * 10**6) == "" and len(last_words(b"sbi_trap_error: " + b"x" * 10**6)) == 200


@pytest.mark.parametrize("said", [LAST[0], LAST[7]])
def test_a_board_whose_firmware_gives_up_is_not_waited_for(said):
    def chunks():
        yield b"\r\nOpenSBI v1.4\r\n" + said[:20].encode()
        yield said[20:].encode() + b"\r\n"
        raise AssertionError("there is nothing to wait for")

    with pytest.raises(UsageError, match="firmware gave up before there was a plan: ") as caught:
        listen(chunks())
    assert said in str(caught.value)


def test_a_board_that_gave_up_and_was_started_again_is_heard():
    assert listen(iter([LAST[7].encode() + b"\n" + recorded("board")])).plan
