/* ck-clh: Concurrency Kit's ck_spinlock_clh, with a line for each of its cells. */
#ifndef LOCK_CK_CLH_H
#define LOCK_CK_CLH_H

#include "peer.h"
#include <ck_spinlock.h>

enum { ck_clh_forms = 0, ck_clh_in_traps = LOCK_TRAPS_NEVER };

struct ck_clh_cell {
	_Alignas(LOCK_LINE) struct ck_spinlock_clh peer;
};

struct ck_clh_lock {
	struct ck_spinlock_clh *queue;
	struct ck_clh_cell first;
};

struct ck_clh_node {
	struct ck_spinlock_clh *mine;
	struct ck_clh_cell first;
};

struct ck_clh_space {
	char unused[0];
};

static inline void ck_clh_init(struct ck_clh_lock *l)
{
	ck_spinlock_clh_init(&l->queue, &l->first.peer);
}

static inline void ck_clh_join(struct ck_clh_node *node, struct ck_clh_space *space,
			       struct lock_hart hart)
{
	(void)space;
	(void)hart;
	node->mine = &node->first.peer;
}

static inline bool ck_clh_acquire(struct ck_clh_lock *l, struct ck_clh_node *node)
{
	ck_spinlock_clh_lock(&l->queue, node->mine);
	return false;
}

static inline void ck_clh_release(struct ck_clh_lock *l, struct ck_clh_node *node)
{
	(void)l;
	ck_spinlock_clh_unlock(&node->mine);
}

#endif
