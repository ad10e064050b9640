/* null: no lock at all, the price of the harness and the control that must lose updates.
 *
 * Fairness     none needed: nobody ever waits.
 * Waiters spin nowhere.
 * Space        0 bytes a lock, 0 bytes a waiter.
 * Bound        correct with one hart only.
 * Relies on    nothing.
 *
 * On one hart it shows what the other strategies cost without their lock. On
 * more it is a bug on purpose: if harts really overlapped, two of them read
 * the same `next` and an update is lost. A run whose `null` lost nothing has
 * not shown that its harts overlapped.
 */
#ifndef LOCK_NULL_H
#define LOCK_NULL_H

#include "port.h"

enum { null_forms = 0 }; /* see forms.h */
enum { null_in_traps = LOCK_TRAPS_ANY_NODE };

struct null_lock {
	char unused[0];
};

LOCK_KEEPS_NOTHING(null)

static inline void null_init(struct null_lock *l)
{
	(void)l;
}

/* Does nothing and returns false: it never waits. The empty statement keeps the
 * compiler, and only the compiler, from carrying the section's data across
 * operations. */
static inline bool null_acquire(struct null_lock *l, struct null_node *node)
{
	(void)l;
	(void)node;
	__asm__ volatile("" ::: "memory");
	return false;
}

static inline void null_release(struct null_lock *l, struct null_node *node)
{
	(void)l;
	(void)node;
	__asm__ volatile("" ::: "memory");
}

#endif
