/* ck-ticket-backoff: Concurrency Kit's ck_spinlock_ticket, whose waiters look the less often the
 * more are ahead. */
#ifndef LOCK_CK_TICKET_BACKOFF_H
#define LOCK_CK_TICKET_BACKOFF_H

#include "peer.h"
#include <ck_spinlock.h>

enum { CK_TICKET_BACKOFF_SHIFT = 5 }; /* the number that Concurrency Kit's own benchmark takes */

#define CK_TICKET_BACKOFF_LOCK(l) ck_spinlock_ticket_lock_pb(l, CK_TICKET_BACKOFF_SHIFT)

PEER_PLAIN(ck_ticket_backoff, struct ck_spinlock_ticket, ck_spinlock_ticket_init,
	   CK_TICKET_BACKOFF_LOCK, ck_spinlock_ticket_unlock)

#endif
