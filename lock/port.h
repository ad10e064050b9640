/* port.h: the one place where lock/ meets its surroundings.
 *
 * A lock needs the atomics of atomic.h, a way to wait and a way to let go
 * (forms.h), and to be told which hart it serves. Compile with
 *
 *     -DLOCK_PORT='"my_port.h"'
 *
 * to supply your own LOCK_RELAX() or LOCK_POLL(), or another of the macros that a header
 * says can be set; anything you do not define is defined here or there. Nothing else
 * in lock/ depends on where it runs.
 *
 * Every lock NAME of this folder has:
 *
 *   struct NAME_lock    one for each thing that is locked
 *   struct NAME_node    one for each hart and each lock it may hold at once, on a
 *                       line of its own; it belongs to its hart from NAME_join() on
 *   struct NAME_space   one for all locks of the kind; empty for most
 *
 *   NAME_forms          which forms of forms.h its code has: enum lock_form
 *   NAME_in_traps       how an interrupt handler may take one: enum lock_traps
 *
 *   void NAME_init(struct NAME_lock *);
 *   void NAME_join(struct NAME_node *, struct NAME_space *, struct lock_hart);
 *   bool NAME_acquire(struct NAME_lock *, struct NAME_node *);  true: it waited
 *   bool NAME_trylock(struct NAME_lock *, struct NAME_node *);  true: it holds the lock now.
 *                       It never waits, and one that fails leaves nothing behind. clh cannot
 *                       have it; null and indirect, which nobody ships, do without
 *   void NAME_release(struct NAME_lock *, struct NAME_node *);
 *   bool NAME_is_locked(const struct NAME_lock *);  a hint, but always true for a holder
 *
 * Zeroed memory is an initialised space. Locks, nodes and spaces stay where they
 * are while they are in use. A lock is initialised, and its harts joined, before
 * any hart uses it. A lock of zeroed memory is initialised, too, but for clh and anderson,
 * which have an initialiser (CLH_UNLOCKED, ANDERSON_UNLOCKED). traits.toml says which locks
 * a hart may take before it has joined.
 */
#ifndef LOCK_PORT_H
#define LOCK_PORT_H

#include "atomic.h"

#ifdef LOCK_PORT
#include LOCK_PORT
#endif

#include "forms.h"

enum { LOCK_LINE = 64 }; /* bytes of a line; harts that write use different lines */

/* The ways in which an interrupt handler may take a lock, whatever its hart was doing to another
 * one of the kind.
 * A lock that the hart holds or waits for is never free to its handler: keep interrupts off. */
enum lock_traps {
	LOCK_TRAPS_ANY_NODE, /* with the hart's node, or any */
	LOCK_TRAPS_OWN_NODE, /* with a node that the hart has for handlers */
	LOCK_TRAPS_NEVER,    /* not at all */
};

/* The parts of an acquire or a release are declared so that every lock is inlined alike. */
#define LOCK_INLINE static inline __attribute__((always_inline))

/* The hart that joins, as NAME_join() is told. */
struct lock_hart {
	unsigned number;  /* from 0 on, a different one for each node of a space */
	unsigned cluster; /* equal for harts that are near the same lines */
};

/* Defines the node, the space and the join of a lock that keeps nothing for a hart: any
 * node will do, and nobody has to join. */
#define LOCK_KEEPS_NOTHING(name)                                                             \
	struct name##_node {                                                                 \
		char unused[0];                                                              \
	};                                                                                   \
	struct name##_space {                                                                \
		char unused[0];                                                              \
	};                                                                                   \
	static inline void name##_join(struct name##_node *node, struct name##_space *space, \
				       struct lock_hart hart)                                \
	{                                                                                    \
		(void)node;                                                                  \
		(void)space;                                                                 \
		(void)hart;                                                                  \
	}

/* Defines the space and the join of a lock whose acquire sets up the node: any node will
 * do, and nobody has to join. */
#define LOCK_JOINS_NOTHING(name)                                                             \
	struct name##_space {                                                                \
		char unused[0];                                                              \
	};                                                                                   \
	static inline void name##_join(struct name##_node *node, struct name##_space *space, \
				       struct lock_hart hart)                                \
	{                                                                                    \
		(void)node;                                                                  \
		(void)space;                                                                 \
		(void)hart;                                                                  \
	}

#endif
