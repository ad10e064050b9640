/* hart.h: the harts of the machine, started by SBI HSM and parked in WFI. */
#ifndef KERNEL_HART_H
#define KERNEL_HART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "machine.h"
#include "trap.h"

enum hart_state {
	HART_ABSENT,   /* no such hart */
	HART_STARTING, /* HSM took the request */
	HART_ONLINE,
	HART_FAILED, /* HSM refused it, or it never came */
};

struct hart {
	uintptr_t stack_top; /* start.S reads it; 0: no such hart */
	unsigned long id;    /* the machine's; start.S reads it */
	unsigned index;      /* ours: 0 .. online - 1 in the order of the ids */
	_Atomic int state;   /* enum hart_state */
	long start_error;    /* SBI error of hart_start */
	bool has_cycle;      /* online: may this hart read `cycle`? */
	uintptr_t left_at;   /* it has stopped, or will: where it goes on (leave.c); or 0 */
	/* work given to a parked hart; fn is NULL when there is none */
	void (*_Atomic fn)(unsigned index, void *arg);
	void *arg;
	struct trap_frame frame;
	_Alignas(16) char tls[TLS_SIZE];
	_Alignas(16) char trap_stack[TRAP_STACK];
};

/* The hart this runs on. Valid from hart_init_boot() or hart_main() on. */
extern _Thread_local struct hart *this_hart;

/* Set up the boot hart: its struct, thread-local storage, trap vector. */
void hart_init_boot(unsigned long boot_id, const struct machine *m);

/* Start every other hart and wait for them, until none has come for 5 s. Gives the ones that
 * came their index and returns how many are online, the boot hart included. */
unsigned hart_start_all(const struct machine *m);

/* Start one that has stopped again, at start.S; an SBI error, or 0. */
long hart_again(const struct hart *h);

/* How many harts the tree has, and the boot hart if the tree leaves it out. */
unsigned hart_slots(void);

/* Slot `i` of 0 .. hart_slots() - 1: online or not. */
const struct hart *hart_slot(unsigned i);

/* The online hart with that index. */
struct hart *hart_by_index(unsigned index);

/* Run fn(index, arg) on harts 0 .. n - 1 at once; returns when all are done.
 * The other harts, and the caller if it is not among the n, sit in WFI. */
void hart_run(unsigned n, void (*fn)(unsigned index, void *arg), void *arg);

/* WFI until an interrupt is pending; clears a pending IPI. May return early:
 * call it in a loop that looks at a condition. */
void hart_idle(void);

/* Make that hart's hart_idle() return, now or at its next call. */
void hart_wake(unsigned index);

/* Run fn(arg) on another stack, and come back (start.S). */
void call_on_stack(void (*fn)(void *arg), void *arg, uintptr_t stack_top);

/* Panics if any hart's stack has run into its guard words. */
void hart_check_stacks(void);

#endif
