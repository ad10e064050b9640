/* call_on_stack.S: void call_on_stack(void (*fn)(void *), void *arg, uintptr_t stack_top)
 * runs fn(arg) on another stack and comes back (stacks.h). */
	.text
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
