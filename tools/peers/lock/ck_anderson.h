/* ck-anderson: Concurrency Kit's ck_spinlock_anderson, whose slots lie side by side. */
#ifndef LOCK_CK_ANDERSON_H
#define LOCK_CK_ANDERSON_H

#include "peer.h"
#include <ck_spinlock.h>

enum { ck_anderson_forms = 0, ck_anderson_in_traps = LOCK_TRAPS_NEVER, CK_ANDERSON_SLOTS = 64 };

struct ck_anderson_lock {
	_Alignas(LOCK_LINE) struct ck_spinlock_anderson peer;
	_Alignas(LOCK_LINE) struct ck_spinlock_anderson_thread slot[CK_ANDERSON_SLOTS];
};

struct ck_anderson_node {
	struct ck_spinlock_anderson_thread *slot;
};

LOCK_JOINS_NOTHING(ck_anderson)

static inline void ck_anderson_init(struct ck_anderson_lock *l)
{
	ck_spinlock_anderson_init(&l->peer, l->slot, CK_ANDERSON_SLOTS);
}

static inline bool ck_anderson_acquire(struct ck_anderson_lock *l, struct ck_anderson_node *node)
{
	ck_spinlock_anderson_lock(&l->peer, &node->slot);
	return false;
}

static inline void ck_anderson_release(struct ck_anderson_lock *l, struct ck_anderson_node *node)
{
	ck_spinlock_anderson_unlock(&l->peer, node->slot);
}

#endif
