/* ck-dec: Concurrency Kit's ck_spinlock_dec. */
#ifndef LOCK_CK_DEC_H
#define LOCK_CK_DEC_H

#include "peer.h"
#include <ck_spinlock.h>

PEER_PLAIN(ck_dec, struct ck_spinlock_dec, ck_spinlock_dec_init, ck_spinlock_dec_lock,
	   ck_spinlock_dec_unlock)

#endif
