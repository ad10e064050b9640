/* ck-fas: Concurrency Kit's ck_spinlock_fas. */
#ifndef LOCK_CK_FAS_H
#define LOCK_CK_FAS_H

#include "peer.h"
#include <ck_spinlock.h>

PEER_PLAIN(ck_fas, struct ck_spinlock_fas, ck_spinlock_fas_init, ck_spinlock_fas_lock,
	   ck_spinlock_fas_unlock)

#endif
