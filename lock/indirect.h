/* indirect: the ticket lock called through pointers, to show what such calls cost.
 *
 * Fairness     FIFO in the order of the draws: at most n-1 harts go first.
 * Waiters spin on `serving`, which all of them read, as in ticket.h.
 * Space        128 bytes a lock, 0 bytes a waiter: the pointer is read by every call
 *              and has a line to itself, so that the calls are priced and not a
 *              line that waiters keep taking.
 * Bound        at most 2^32 - 1 harts waiting at once; counters wrap safely.
 * Relies on    forward progress of the AMO add (amoadd.w), nothing of LR/SC.
 * Source       ticket.h. Kernels that choose their lock at run time (Linux's
 *              pv_ops, a virtual function in C++) pay this.
 */
#ifndef LOCK_INDIRECT_H
#define LOCK_INDIRECT_H

#include "ticket.h"

enum { indirect_forms = ticket_forms }; /* see forms.h */
enum { indirect_in_traps = LOCK_TRAPS_ANY_NODE };

struct indirect_calls {
	bool (*acquire)(struct ticket_lock *, struct ticket_node *);
	void (*release)(struct ticket_lock *, struct ticket_node *);
};

struct indirect_lock {
	_Alignas(LOCK_LINE) struct ticket_lock ticket;
	/* volatile: the compiler must not replace the calls by direct ones */
	_Alignas(LOCK_LINE) const struct indirect_calls *volatile calls;
};

LOCK_KEEPS_NOTHING(indirect)

static inline void indirect_init(struct indirect_lock *l)
{
	static const struct indirect_calls calls = {ticket_acquire, ticket_release};

	ticket_init(&l->ticket);
	l->calls = &calls;
}

/* Take the lock. Returns true if it was held and the caller had to wait. */
static inline bool indirect_acquire(struct indirect_lock *l, struct indirect_node *node)
{
	return l->calls->acquire(&l->ticket, (struct ticket_node *)node);
}

/* Give the lock up. The caller holds it. */
static inline void indirect_release(struct indirect_lock *l, struct indirect_node *node)
{
	l->calls->release(&l->ticket, (struct ticket_node *)node);
}

#endif
