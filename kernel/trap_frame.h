/* trap_frame.h: the registers of a hart at the moment a trap interrupted it. */
#ifndef KERNEL_TRAP_FRAME_H
#define KERNEL_TRAP_FRAME_H

#include <stdint.h>

/* trap_entry.S writes it; layout.h has the offsets. */
struct trap_frame {
	uint64_t x[32]; /* x[0] is not used */
	uint64_t sepc, scause, stval;
	uint64_t stack_top; /* the stack that traps are handled on */
};

#endif
