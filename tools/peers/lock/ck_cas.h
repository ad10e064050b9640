/* ck-cas: Concurrency Kit's ck_spinlock_cas. */
#ifndef LOCK_CK_CAS_H
#define LOCK_CK_CAS_H

#include "peer.h"
#include <ck_spinlock.h>

PEER_PLAIN(ck_cas, struct ck_spinlock_cas, ck_spinlock_cas_init, ck_spinlock_cas_lock,
	   ck_spinlock_cas_unlock)

#endif
