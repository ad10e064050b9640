/* ck-mcs: Concurrency Kit's ck_spinlock_mcs. */
#ifndef LOCK_CK_MCS_H
#define LOCK_CK_MCS_H

#include "peer.h"
#include <ck_spinlock.h>

enum { ck_mcs_forms = 0, ck_mcs_in_traps = LOCK_TRAPS_NEVER };

struct ck_mcs_lock {
	struct ck_spinlock_mcs *queue;
};

struct ck_mcs_node {
	struct ck_spinlock_mcs context;
};

LOCK_JOINS_NOTHING(ck_mcs)

static inline void ck_mcs_init(struct ck_mcs_lock *l)
{
	ck_spinlock_mcs_init(&l->queue);
}

static inline bool ck_mcs_acquire(struct ck_mcs_lock *l, struct ck_mcs_node *node)
{
	ck_spinlock_mcs_lock(&l->queue, &node->context);
	return false;
}

static inline void ck_mcs_release(struct ck_mcs_lock *l, struct ck_mcs_node *node)
{
	ck_spinlock_mcs_unlock(&l->queue, &node->context);
}

#endif
