/* hart.h: the table of the machine's harts, and which of them runs this.
 *
 * A hart has a slot, its place in the table, whether it comes or not; and an index, its
 * number among the harts that came, which is what the bench knows it by. */
#ifndef KERNEL_HART_H
#define KERNEL_HART_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "machine.h"
#include "trap_frame.h"

enum hart_state {
	HART_ABSENT,   /* nobody has started it yet */
	HART_STARTING, /* firmware took the request */
	HART_ONLINE,
	HART_FAILED, /* firmware refused the request, or the hart did not come in time */
};

/* The hart that brings another up (bringup.c) fills in its slot before it runs; then each field
 * has the one writer that its comment names. */
struct hart {
	uintptr_t stack_top; /* start.S reads it; 0: no such hart. hotplug.c, on this hart */
	unsigned long id;    /* the machine's; start.S reads it */
	unsigned index;      /* 0 .. harts online - 1, in the order of the ids */
	_Atomic int state;   /* enum hart_state; hart_change_state() */
	long start_error;    /* firmware's answer to the request: an SBI error, or 0 */
	bool has_cycle;      /* may this hart read `cycle`? The hart itself, as it comes */
	uintptr_t resume_at; /* where its registers lie while it is stopped, else 0: hotplug.c */
	/* The work given to a parked hart, or NULL: work.c. The hart that gives it writes fn
	 * when it is NULL, the hart that does it when it is not. */
	void (*_Atomic fn)(unsigned index, void *arg);
	void *arg;
	struct trap_frame frame; /* trap_entry.S, on this hart */
	_Alignas(16) char tls[TLS_SIZE];
	_Alignas(16) char trap_stack[TRAP_STACK];
};

/* The hart this runs on. It is valid once the hart has set itself up (bringup.c), and NULL
 * before. */
extern _Thread_local struct hart *this_hart;

/* Give every hart of the machine a slot, by ascending id, and one more to the boot hart if
 * the device tree leaves it out. Returns the boot hart. */
struct hart *hart_fill_table(unsigned long boot_id, const struct machine *m);

/* Returns the number of slots that are taken. */
unsigned hart_slot_count(void);

/* The hart in slot `i` of 0 .. hart_slot_count() - 1, whatever its state. */
struct hart *hart_slot(unsigned i);

/* The hart that booted. */
struct hart *hart_boot(void);

/* Give the harts that are online now their indices; returns how many there are. */
unsigned hart_give_indices(void);

/* The online hart with that index. */
struct hart *hart_by_index(unsigned index);

/* The state of a hart. What the hart did before it took that state is visible. */
enum hart_state hart_state(const struct hart *h);

/* The only way to change a state: from `from` to `to`. False, and nothing is changed: the
 * state was another one. */
bool hart_change_state(struct hart *h, enum hart_state from, enum hart_state to);

#endif
