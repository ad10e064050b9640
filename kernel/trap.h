/* trap.h: what a hart does when it is interrupted, and what it says of a fault.
 *
 * Which function takes which interrupt stands in a table that main.c gives, so this file
 * knows none of them. Every other trap is a fault, and ends in a panic. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "trap_frame.h"

struct trap_handler {
	unsigned long cause; /* an interrupt, SCAUSE_... of csr.h */
	/* Every hart calls it then, with interrupts off; `frame` is where it was. */
	void (*fn)(const struct trap_frame *frame);
};

/* Take interrupts by this table, which ends with an entry whose fn is NULL. Call it once,
 * before the first trap_init(). */
void trap_on(const struct trap_handler *table);

/* Take this hart's traps into `frame` from now on. */
void trap_init(struct trap_frame *frame, uintptr_t stack_top);

/* Is this hart handling a trap? */
bool trap_is_inside(void);

/* Run fn(). Returns false if an instruction in it is illegal on this hart; that one was
 * skipped. It is one of 4 bytes. */
bool trap_survives(void (*fn)(void));

/* Add the 31 registers, by their ABI names, to the open record. */
void trap_say_registers(const struct trap_frame *frame);

#endif
