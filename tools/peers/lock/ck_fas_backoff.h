/* ck-fas-backoff: Concurrency Kit's ck_spinlock_fas, whose waiters stay away for a growing time. */
#ifndef LOCK_CK_FAS_BACKOFF_H
#define LOCK_CK_FAS_BACKOFF_H

#include "peer.h"
#include <ck_spinlock.h>

PEER_PLAIN(ck_fas_backoff, struct ck_spinlock_fas, ck_spinlock_fas_init, ck_spinlock_fas_lock_eb,
	   ck_spinlock_fas_unlock)

#endif
