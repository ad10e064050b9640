/* start.S: the way into the kernel, from OpenSBI in S-mode, with interrupts off
 * and translation off. a0 = hart id (SBI specification, chapter "Hart State
 * Management Extension", register state at hart start).
 *
 * Every hart comes in here: the first is the boot hart, the others were started
 * by HSM hart_start. They have one entry because older OpenSBI (1.1; its
 * sbi_hsm_hart_start()) marks a hart START_PENDING before it writes where to: a
 * hart that looks in between jumps to the boot address. (Seen: one boot in some
 * hundred on a loaded host had two boot harts.) So a hart that comes later
 * trusts nothing but its id.
 *
 * The image is linked to run at KERNEL_BASE and may be loaded at any multiple of
 * KERNEL_ALIGN: code finds everything relative to its pc, and the boot hart moves
 * the words in data that hold addresses, which relocs.S lists. */
#include "layout.h"

	.section .text.start, "ax"
	.globl	_start
_start:
	/* The header by which U-Boot's booti knows an image (Linux,
	 * Documentation/arch/riscv/boot-image-header.rst). */
	.option	push
	.option	norvc
	j	enter
	nop
	.option	pop
	.dword	0x200000		/* where to load it: from the start of RAM on */
	.dword	__image_end - __image_start	/* memory it needs, heap and all */
	.dword	0			/* flags: little-endian */
	.word	2, 0			/* version 0.2 of the header; reserved */
	.dword	0
	.ascii	"RISCV\0\0\0"
	.ascii	"RSC\x05"
	.word	0			/* no EFI header */

enter:
	csrw	sie, zero
	.option	push
	.option	norelax
	la	gp, __global_pointer$
	.option	pop
	la	t0, someone_boots
	li	t1, 1
	amoswap.w.aq t1, t1, (t0)
	bnez	t1, later

	/* The boot hart. a1 = physical address of the device tree. */
	la	t0, linked_at
	ld	t1, 0(t0)
	la	t0, _start
	sub	t1, t0, t1		/* the distance it was moved by */
	beqz	t1, 2f
	la	t2, __relocs
	la	t3, __relocs_end
1:	bgeu	t2, t3, 2f
	lwu	t4, 0(t2)
	add	t4, t4, t0
	ld	t5, 0(t4)
	add	t5, t5, t1
	sd	t5, 0(t4)
	addi	t2, t2, 4
	j	1b
2:	la	t0, __bss_start
	la	t1, __bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
2:	la	sp, __stacks_end
	la	tp, early_tls		/* until bringup_boot_hart() */
	la	t0, trap_entry
	csrw	sscratch, zero
	csrw	stvec, t0
	tail	kernel_main

	/* The boot hart has started this one, and so has filled in its slot; or it had stopped
	 * itself (hotplug.c). Its id finds its slot. */
later:
	la	t0, harts
	li	t1, MAX_HARTS
	li	t2, HART_SIZE
1:	ld	sp, HART_STACK_TOP(t0)
	ld	t3, HART_ID(t0)
	beqz	sp, 2f
	beq	t3, a0, 3f
2:	add	t0, t0, t2
	addi	t1, t1, -1
	bnez	t1, 1b
stray:	wfi				/* nobody asked for it */
	j	stray
3:	mv	a0, t0
	tail	bringup_hart

	.data				/* not .bss: the boot hart clears that */
	.align	2
someone_boots:
	.word	0
	.align	3
linked_at:				/* is in the table, too: once moved, it says so */
	.dword	_start

	.bss
	.align	4
early_tls:
	.space	TLS_SIZE
