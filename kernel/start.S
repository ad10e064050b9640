/* start.S: the two ways into the kernel, both from OpenSBI in S-mode, with
 * interrupts off and translation off (SBI specification, chapter "Hart State
 * Management Extension", table of the register state at hart start). */
#include "layout.h"

	.section .text.start, "ax"

/* The boot hart. a0 = hart id, a1 = physical address of the device tree. */
	.globl	_start
_start:
	csrw	sie, zero
	.option	push
	.option	norelax
	la	gp, __global_pointer$
	.option	pop
	la	t0, __bss_start
	la	t1, __bss_end
1:	bgeu	t0, t1, 2f
	sd	zero, 0(t0)
	addi	t0, t0, 8
	j	1b
2:	la	sp, __stacks_end
	la	tp, early_tls		/* until hart_init_boot() */
	la	t0, trap_entry
	csrw	sscratch, zero
	csrw	stvec, t0
	tail	kernel_main

/* A hart started by HSM hart_start. a0 = hart id, a1 = its struct hart. */
	.globl	hart_entry
hart_entry:
	csrw	sie, zero
	.option	push
	.option	norelax
	la	gp, __global_pointer$
	.option	pop
	ld	sp, HART_STACK_TOP(a1)
	mv	a0, a1
	tail	hart_main

	.text
/* void call_on_stack(void (*fn)(void *), void *arg, void *stack_top)
 * Run fn(arg) on another stack and come back. */
	.globl	call_on_stack
call_on_stack:
	addi	sp, sp, -16
	sd	ra, 8(sp)
	sd	s0, 0(sp)
	mv	s0, sp
	mv	sp, a2
	mv	t0, a0
	mv	a0, a1
	jalr	t0
	mv	sp, s0
	ld	ra, 8(sp)
	ld	s0, 0(sp)
	addi	sp, sp, 16
	ret

	.bss
	.align	4
early_tls:
	.space	TLS_SIZE
