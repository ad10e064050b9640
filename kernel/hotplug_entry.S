/* hotplug_entry.S: hotplug_save() puts the registers that a function must keep on the stack
 * of a hart that is about to stop; hotplug_restore() takes them from there (hotplug.c).
 * gp and tp are not among them: bringup sets both anew. The kernel has no floating point. */
	.text
	.globl	hotplug_save
hotplug_save:
	addi	sp, sp, -112
	sd	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	sd	s\n, 8 + 8 * \n(sp)
	.endr
	sd	sp, 0(a0)
	jr	a1

	.globl	hotplug_restore
hotplug_restore:
	mv	sp, a0
	ld	ra, 0(sp)
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11
	ld	s\n, 8 + 8 * \n(sp)
	.endr
	addi	sp, sp, 112
	ret
