/* ck-ticket: Concurrency Kit's ck_spinlock_ticket. */
#ifndef LOCK_CK_TICKET_H
#define LOCK_CK_TICKET_H

#include "peer.h"
#include <ck_spinlock.h>

PEER_PLAIN(ck_ticket, struct ck_spinlock_ticket, ck_spinlock_ticket_init, ck_spinlock_ticket_lock,
	   ck_spinlock_ticket_unlock)

#endif
