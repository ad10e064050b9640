/* leave_entry.S: the registers that a function must keep, on the stack of a hart that
 * stops, and back from there (leave.c). gp and tp are set anew by whoever starts it;
 * the kernel has no floating point. */
	.text
	.globl	leave_at
leave_at:
	addi	sp, sp, -112
	sd	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 8 + 8 * \n(sp)
	.endr
	sd	sp, 0(a0)
	jr	a1

	.globl	leave_back
leave_back:
	mv	sp, a0
	ld	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 8 + 8 * \n(sp)
	.endr
	addi	sp, sp, 112
	ret
