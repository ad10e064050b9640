/* recursive.h: an owner and a depth beside a lock, so that its holder may take it again.
 *
 * LOCK_RECURSIVE(mcs) defines struct mcs_recursive and
 *
 *   void mcs_recursive_init(struct mcs_recursive *);
 *   bool mcs_recursive_acquire(struct mcs_recursive *, struct mcs_node *, unsigned hart);
 *                              true: it waited
 *   void mcs_recursive_release(struct mcs_recursive *, struct mcs_node *);
 *   long mcs_recursive_holder(const struct mcs_recursive *);
 *                              the holder's number, a hint; -1: nobody
 *
 * LOCK_RECURSIVE_TRY(mcs) behind it defines, for a lock with a trylock,
 *
 *   bool mcs_recursive_trylock(struct mcs_recursive *, struct mcs_node *, unsigned hart);
 *                              true: the hart holds it now
 *
 * Zeroed memory is initialised where a lock of zeroed memory is. The caller guarantees that each
 * hart has a number of its own, below 2^31 - 1, and that a hart gives all its calls the node of
 * its first one. The lock is free after as many releases as there were acquires. A handler that
 * takes what its hart was about to take waits for ever: interrupts are masked where there is one.
 */
#ifndef LOCK_RECURSIVE_H
#define LOCK_RECURSIVE_H

#include "port.h"

/* The part that does not depend on the lock. */
struct lock_owner {
	a32 owner;      /* the holder's number and 1; 0: nobody */
	uint32_t depth; /* acquires that are not released yet; the holder's */
};

/* Returns true, one level deeper, if the hart holds the lock already. */
static inline bool lock_owner_enters(struct lock_owner *o, unsigned hart)
{
	/* relaxed: only the hart itself writes its own number there, so that it finds that number
	 * if and only if it holds the lock. */
	if (a32_load_relaxed(&o->owner) != (a32_value)hart + 1)
		return false;
	o->depth++;
	return true;
}

/* Called by the hart that has just taken the lock. */
static inline void lock_owner_begins(struct lock_owner *o, unsigned hart)
{
	/* relaxed: other harts only look whether it is their own number. */
	a32_store_relaxed(&o->owner, (a32_value)hart + 1);
	o->depth = 1;
}

/* Returns true, with no owner left, if the holder has to let go of the lock. */
static inline bool lock_owner_leaves(struct lock_owner *o)
{
	if (--o->depth != 0)
		return false;
	/* relaxed: as above; the lock's own release comes after it. */
	a32_store_relaxed(&o->owner, 0);
	return true;
}

#define LOCK_RECURSIVE(name)                                                                 \
	struct name##_recursive {                                                            \
		struct name##_lock lock;                                                     \
		struct lock_owner owner;                                                     \
	};                                                                                   \
	static inline void name##_recursive_init(struct name##_recursive *r)                 \
	{                                                                                    \
		name##_init(&r->lock);                                                       \
		r->owner.depth = 0;                                                          \
		/* relaxed: the caller publishes the lock, not this store. */                \
		a32_store_relaxed(&r->owner.owner, 0);                                       \
	}                                                                                    \
	static inline bool name##_recursive_acquire(struct name##_recursive *r,              \
						    struct name##_node *node, unsigned hart) \
	{                                                                                    \
		bool waited;                                                                 \
                                                                                             \
		if (lock_owner_enters(&r->owner, hart))                                      \
			return false;                                                        \
		waited = name##_acquire(&r->lock, node);                                     \
		lock_owner_begins(&r->owner, hart);                                          \
		return waited;                                                               \
	}                                                                                    \
	static inline void name##_recursive_release(struct name##_recursive *r,              \
						    struct name##_node *node)                \
	{                                                                                    \
		if (lock_owner_leaves(&r->owner))                                            \
			name##_release(&r->lock, node);                                      \
	}                                                                                    \
	static inline long name##_recursive_holder(const struct name##_recursive *r)         \
	{                                                                                    \
		/* relaxed: the answer orders nothing. */                                    \
		return (long)a32_load_relaxed(&r->owner.owner) - 1;                          \
	}

#define LOCK_RECURSIVE_TRY(name)                                                             \
	static inline bool name##_recursive_trylock(struct name##_recursive *r,              \
						    struct name##_node *node, unsigned hart) \
	{                                                                                    \
		if (lock_owner_enters(&r->owner, hart))                                      \
			return true;                                                         \
		if (!name##_trylock(&r->lock, node))                                         \
			return false;                                                        \
		lock_owner_begins(&r->owner, hart);                                          \
		return true;                                                                 \
	}

#endif
