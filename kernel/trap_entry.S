/* trap_entry.S: saves every register into this hart's struct trap_frame, runs
 * trap_handle() on the hart's own trap stack, and goes back.
 *
 * sscratch holds the frame's address outside the handler and 0 inside it, so
 * that a trap inside the handler is noticed instead of looping. */
#include "layout.h"

	.text
	.globl	trap_entry
	.align	2
trap_entry:
	csrrw	a0, sscratch, a0
	beqz	a0, trap_in_trap
	.irp	n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	sd	x\n, FRAME_X(\n)(a0)
	.endr
	csrr	t0, sepc
	sd	t0, FRAME_SEPC(a0)
	csrr	t0, scause
	sd	t0, FRAME_SCAUSE(a0)
	csrr	t0, stval
	sd	t0, FRAME_STVAL(a0)
	csrrw	t0, sscratch, zero	/* a0 as it was; now inside */
	sd	t0, FRAME_X(10)(a0)
	mv	s0, a0
	ld	sp, FRAME_STACK_TOP(a0)
	call	trap_handle

	mv	a0, s0
	csrw	sscratch, a0
	ld	t0, FRAME_SEPC(a0)
	csrw	sepc, t0
	.irp	n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	ld	x\n, FRAME_X(\n)(a0)
	.endr
	ld	a0, FRAME_X(10)(a0)
	sret

/* A trap while handling one: nothing can be trusted but firmware. */
trap_in_trap:
	la	sp, __stacks_end
	call	trap_nested
