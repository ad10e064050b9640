"""The machine as a supervisor sees it: small programs look at its traps, CSRs, interrupts and firmware."""

import os
import subprocess

import pytest
from support.run import TOP

CROSS = os.environ.get("CROSS_COMPILE", "riscv64-unknown-elf-")
MACHINE = TOP / "build/model/hartlock-machine"

# A program says numbers, a line each, and ends by `end`. Whoever expects a trap sets stvec itself.
PRELUDE = r"""
.option norvc
.macro end
	j	shutdown
.endm
.macro say reg		# changes t5, t6, a0, a1, a7
	mv	t5, \reg
	jal	t6, say_hex
.endm
.macro firmware ext, fid
	li	a7, \ext
	li	a6, \fid
	ecall
.endm
HSM = 0x48534d
IPI = 0x735049
RFENCE = 0x52464e43
SRST = 0x53525354
TIME = 0x54494d45
SIE = 2
SPIE = 32
SPP = 256
.globl _start
_start:
	la	sp, stack_end
	j	main
shutdown:
	li	a0, 0
	li	a1, 0
	firmware SRST, 0
say_hex:
	li	t4, 60
1:	srl	a0, t5, t4
	andi	a0, a0, 15
	addi	a0, a0, 48
	li	a1, 58
	blt	a0, a1, 2f
	addi	a0, a0, 39
2:	li	a7, 1
	ecall
	addi	t4, t4, -4
	bgez	t4, 1b
	li	a0, 10
	li	a7, 1
	ecall
	jr	t6
.align 6
word:	.dword 0, 0
	.skip 256
stack_end:
.align 2
main:
"""


@pytest.fixture
def play(tmp_path):
    """Assembles `text` behind the prelude and runs it. Returns the numbers that it said."""
    def play_it(text, smp=1, status=0):
        (tmp_path / "p.S").write_text(PRELUDE + text)
        subprocess.run([f"{CROSS}gcc", "-nostdlib", "-march=rv64ima_zicsr_zifencei", "-mabi=lp64", "-Wl,-Ttext=0x80200000",
                        "-Wl,-N,--no-warn-rwx-segments", "-o", tmp_path / "p", tmp_path / "p.S"], check=True, timeout=60)
        done = subprocess.run([MACHINE, "--machine", TOP / "model/machines/generic-8.toml", "--smp", str(smp), tmp_path / "p"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == status, done.stderr
        return [int(line, 16) for line in done.stdout.split()] if status == 0 else done.stderr
    return play_it


HANDLER = """
	la	t0, 1f
	csrw	stvec, t0
	{cause}
	j	2f
.align 2
1:	csrr	s0, scause
	csrr	s1, stval
	csrr	s2, sepc
	csrr	s3, sstatus
	say	s0
	say	s1
	say	s2
	say	s3
2:	end
"""
UXL = 2 << 32


@pytest.mark.parametrize("cause, scause, stval", [
    ("li a3, 0x80200001; lr.w a4, (a3)", 4, 0x80200001), ("li a3, 0x80200004; amoadd.d a4, a4, (a3)", 6, 0x80200004),
    ("li a3, 0x80200002; sc.w a4, a4, (a3)", 6, 0x80200002), ("li a3, 0x1000; lw a4, (a3)", 5, 0x1000),
    ("li a3, 0x1000; sw a4, (a3)", 7, 0x1000), ("li a3, 0x1000; lr.w a4, (a3)", 5, 0x1000),
    ("li a3, 0x1000; amoswap.w a4, a4, (a3)", 7, 0x1000), ("li a3, 0x1000; jr a3", 1, 0x1000),
    (".word 0xffffffff", 2, 0xffffffff), ("csrw time, a3", 2, 0xc0169073), ("csrr a3, mstatus", 2, 0x300026f3)])
def test_an_exception_says_what_it_was_and_where(play, cause, scause, stval):
    said = play(HANDLER.format(cause=cause))
    assert said[:2] == [scause, stval]
    assert said[2] == 0x1000 if scause == 1 else 0x80200000 < said[2] < 0x80201000
    assert said[3] == UXL | 0x100  # SPP: it came from S-mode, with SIE off


def test_a_breakpoint_has_its_own_address_in_stval(play):
    said = play(HANDLER.format(cause="ebreak"))
    assert said[0] == 3 and said[1] == said[2]


def test_loads_and_stores_need_not_be_aligned(play):
    assert play("""
	la a3, word
	li a4, 0x11223344
	sw a4, 1(a3)
	lw a5, 1(a3)
	say a5
	end""") == [0x11223344]


def test_what_a_supervisor_can_write_of_its_csrs(play):
    assert play("""
	li	s0, -1
	csrw	stvec, s0
	csrr	s1, stvec
	csrw	sepc, s0
	csrr	s2, sepc
	csrw	sie, s0
	csrr	s3, sie
	csrw	satp, s0
	csrr	s4, satp
	csrw	sip, s0
	csrr	s5, sip
	csrw	sip, x0
	csrr	s6, sip
	li	s0, -1-SIE
	csrw	sstatus, s0
	csrr	s7, sstatus
	csrw	sstatus, x0
	csrr	s8, sstatus
	say	s1
	say	s2
	say	s3
	say	s4
	say	s5
	say	s6
	say	s7
	say	s8
	end""") == [2**64 - 3, 2**64 - 2, 0x22, 0, 2, 0, UXL | 0x120, UXL]


def test_sret_goes_to_sepc_and_gives_interrupts_back(play):
    assert play("""
	la	t0, 1f
	csrw	sepc, t0
	li	t0, SPIE|SPP
	csrw	sstatus, t0
	sret
1:	csrr	s0, sstatus
	say	s0
	end""") == [UXL | 0x22]  # SIE is SPIE, SPIE is 1, SPP is user mode


def test_a_return_to_user_mode_is_refused(play):
    said = play("csrw sstatus, x0; la t0, main; csrw sepc, t0; sret", status=5)
    assert said.startswith("hartlock-machine: lost: a hart returns to user mode")


def test_a_handler_whose_first_instruction_traps_is_refused(play):
    said = play("la t0, 1f; csrw stvec, t0; ebreak; .align 2; 1: ebreak", status=5)
    assert said.startswith("hartlock-machine: lost: a hart traps for ever")


# The timer interrupt of a time long past is pending at once.
EXPIRED = "li a0, 1; firmware TIME, 0\n"


def test_wfi_ends_when_an_enabled_interrupt_is_pending_though_none_may_be_taken(play):
    assert play("""
	rdtime	a0
	li	a1, 5000
	add	s0, a0, a1
	mv	a0, s0
	firmware TIME, 0
	li	t0, 32
	csrw	sie, t0
	wfi
	rdtime	s1
	sltu	s2, s1, s0
	csrr	s3, sip
	say	s2
	say	s3
	end""") == [0, 0x20]


def test_a_wfi_for_an_interrupt_that_is_not_enabled_is_a_deadlock(play):
    assert "deadlock" in play(EXPIRED + "li t0, 2; csrw sie, t0; wfi", status=3)


def test_the_software_interrupt_goes_first_and_the_handler_is_vectored(play):
    assert play(EXPIRED + """
	la	t0, 1f
	ori	t0, t0, 1
	csrw	stvec, t0
	li	t0, 34
	csrw	sie, t0
	csrwi	sip, 2
	csrsi	sstatus, 2
	end
.align 2
1:	end			# exceptions
	j	2f		# 1: software
	end
	end
	end
	j	3f		# 5: timer
2:	csrwi	sip, 0
	csrr	s0, scause
	csrr	s1, sip
	csrr	s2, sstatus
	say	s0
	say	s1
	say	s2
	sret
3:	csrr	s0, scause
	say	s0
	end""") == [1 << 63 | 1, 0x20, UXL | 0x120, 1 << 63 | 5]


def test_a_timer_set_anew_is_no_longer_pending(play):
    assert play(EXPIRED + """
	csrr	s0, sip
	li	a0, -1
	firmware TIME, 0
	csrr	s1, sip
	say	s0
	say	s1
	end""") == [0x20, 0]


# Hart 1 says what it has at its start, changes all of it, and stops; hart 0 starts it again.
AGAIN = EXPIRED + """
	li	s5, 2			# times
1:	la	a1, other
	li	a0, 1
	li	a2, 0x1234
	firmware HSM, 0
2:	li	a0, 1
	firmware HSM, 2
	li	t0, 1
	bne	a1, t0, 2b
	addi	s5, s5, -1
	bnez	s5, 1b
	end
other:	mv	s0, a0
	mv	s1, a1
	csrr	s2, sstatus
	csrr	s3, satp
	csrr	s4, sip
	csrr	s6, sie
	say	s0
	say	s1
	say	s2
	say	s3
	say	s4
	say	s6
	li	a0, 1
	firmware TIME, 0
	csrwi	sip, 2
	li	t0, 34
	csrw	sie, t0
	li	t0, SPP|SPIE
	csrw	sstatus, t0
	firmware HSM, 1
"""


def test_a_hart_begins_anew_with_nothing_pending(play):
    begun = [1, 0x1234, UXL, 0, 0, 0]
    assert play(AGAIN, smp=2) == begun * 2


@pytest.mark.parametrize("mask, first, error", [
    (1, 0, 0), (3, 0, 0), (1, 1, 0), (0, -1, 0), (0, 99, 0),
    (4, 0, -3), (1, 2, -3), (1, 8, -3), (1, 64, -3), (2, 63, -3), (5, 0, -3), (1, 2**63, -3)])
def test_an_ipi_goes_to_all_that_were_named_or_to_nobody(play, mask, first, error):
    said = play(f"""
	la	a1, other
	li	a0, 1
	firmware HSM, 0
	li	a0, {mask}
	li	a1, {first}
	firmware IPI, 0
	mv	s0, a0
	csrr	s1, sip
	say	s0
	say	s1
	end
other:	wfi
	j	other""", smp=3)  # hart 2 is stopped
    to_me = first == -1 or (first == 0 and mask & 1)
    assert said == [error % 2**64, 2 if error == 0 and to_me else 0]


@pytest.mark.parametrize("call, error", [
    ("li a0, 3; firmware HSM, 0", -3), ("li a0, 0; firmware HSM, 0", -6), ("li a0, 1; li a1, 0x1000; firmware HSM, 0", -5),
    ("li a0, 1; la a1, main; addi a1, a1, 1; firmware HSM, 0", -5), ("li a0, 9; firmware HSM, 2", -3), ("firmware HSM, 77", -2),
    ("firmware 0x999, 0", -2), ("firmware TIME, 1", -2), ("firmware RFENCE, 3", -2), ("li a0, 1; firmware SRST, 0", -2),
    ("li a0, 3; firmware SRST, 0", -3), ("li a0, 1; li a1, 0; firmware RFENCE, 1", 0)])
def test_firmware_says_what_it_does_not_do(play, call, error):
    assert play(f"{call}\nmv s0, a0\nsay s0\nend", smp=2) == [error % 2**64]


def test_code_that_was_written_runs_after_a_fence(play):
    assert play("""
	li	s1, 2
1:	li	s0, 7			# becomes li s0, 9
	say	s0
	la	t0, 1b
	li	t1, 0x00900413
	sw	t1, 0(t0)
	fence.i
	addi	s1, s1, -1
	bnez	s1, 1b
	end""") == [7, 9]


def test_an_exception_does_not_retire(play):
    assert play("""
	la	t0, 1f
	csrw	stvec, t0
	rdinstret s0
	ebreak
.align 2
1:	rdinstret s1
	sub	s1, s1, s0
	say	s1
	end""") == [1]  # the first rdinstret


def test_a_fence_of_one_hart_leaves_the_accesses_of_others_alone(play):
    """Hart 1 waits for its turn with most of its loads while hart 0 has code decoded anew: each is done once."""
    assert play("""
	la	a1, other
	li	a0, 1
	firmware HSM, 0
	slti	x0, x0, 0x400		# kernel/mailbox.h: the next store is to the mailbox
	la	t0, mailbox
	sd	x0, (t0)
	li	t1, 2
	sd	t1, 24(t0)		# harts
	slti	x0, x0, 0x401		# join
	li	t1, 500
1:	fence.i
	addi	t1, t1, -1
	bnez	t1, 1b
	slti	x0, x0, 0x402		# leave
	wfi
other:	la	t0, mailbox
1:	ld	t1, 24(t0)
	beqz	t1, 1b
	slti	x0, x0, 0x401
	li	t1, 200
	li	t2, 0x80300000
	rdinstret s0
1:	ld	t3, (t2)
	addi	t2, t2, 64
	addi	t1, t1, -1
	bnez	t1, 1b
	rdinstret s1
	slti	x0, x0, 0x402
	sub	s1, s1, s0
	say	s1
	end
.align 6
mailbox: .skip 1024
""", smp=2) == [1 + 4 * 200]


# In a region of two harts, hart 1 writes the word while hart 0 is between its LR and its SC. (slti: kernel/mailbox.h)
RESERVATION = """
	la	s0, box
	slti	x0, x0, 0x400
	sd	zero, 0(s0)
	li	t0, 2
	sd	t0, 24(s0)
	li	a0, 1
	la	a1, other
	firmware HSM, 0
	slti	x0, x0, 0x401
	la	t0, word
	lr.d	t1, (t0)
	li	t2, {pause}
1:	addi	t2, t2, -1
	bnez	t2, 1b
	sc.d	s1, t0, (t0)
	slti	x0, x0, 0x402
	say	s1
	end
other:
	slti	x0, x0, 0x401
	la	t0, word
	li	t2, 2000
1:	sd	t2, 0(t0)
	addi	t2, t2, -1
	bnez	t2, 1b
	slti	x0, x0, 0x402
	wfi
.align 12
box:	.skip 4096
"""


@pytest.mark.parametrize("pause, failed", [(1, 0), (1000, 1)])
def test_an_sc_fails_when_another_hart_has_had_the_line_since_its_lr(play, pause, failed):
    assert play(RESERVATION.format(pause=pause), smp=2) == [failed]
