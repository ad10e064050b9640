/* debug.h: checks of how a lock is used, in a debug build.
 *
 * LOCK_CHECKED(mcs) defines struct mcs_checked and
 *
 *   void mcs_checked_init(struct mcs_checked *);
 *   bool mcs_checked_acquire(struct mcs_checked *, struct mcs_node *);  true: it waited
 *   void mcs_checked_release(struct mcs_checked *, struct mcs_node *);
 *
 * and LOCK_CHECKED_TRY(mcs) behind it, for a lock with a trylock, mcs_checked_trylock().
 *
 * Without -DLOCK_DEBUG these are the lock and its functions, and nothing else: the object code is
 * the same. With it, each call that is wrong is told by LOCK_DEBUG_FAIL() before it is made, and
 *
 *   long mcs_checked_holder(const struct mcs_checked *);  the holder's number, a hint; -1: nobody
 *
 * LOCK_PORT then defines
 *
 *   LOCK_DEBUG_HART()             the hart's number, below 2^31 - 1
 *   LOCK_DEBUG_IN_TRAP()          is the hart in a trap handler?
 *   LOCK_DEBUG_INTERRUPTS()       can the hart be interrupted?
 *   LOCK_DEBUG_FAIL(lock, fault)  says so, and may return; `fault` is an enum lock_fault
 *
 * Zeroed memory is initialised where a lock of zeroed memory is.
 */
#ifndef LOCK_DEBUG_H
#define LOCK_DEBUG_H

#include "port.h"

enum lock_fault {
	LOCK_TAKEN_TWICE,         /* the hart holds it, and would wait for itself */
	LOCK_TAKEN_IN_ITS_TRAP,   /* the hart's trap interrupted the section that holds it */
	LOCK_RELEASED_BY_ANOTHER, /* the hart does not hold it */
	LOCK_UNSAFE_IN_TRAPS,     /* a trap takes it, and elsewhere interrupts are on: a trap
				   * there would wait for what it has interrupted */
	LOCK_KIND_NOT_FOR_TRAPS,  /* a trap takes it, and NAME_in_traps says that none may */
};

#ifdef LOCK_DEBUG

/* The uses that lock_watch.uses has seen. */
enum { LOCK_USED_IN_TRAP = 1, LOCK_USED_INTERRUPTIBLE = 2, LOCK_USED_IN_BOTH = 3 };

struct lock_watch {
	a32 owner; /* the holder's number and 1; 0: nobody */
	a32 uses;  /* the ways in which it was taken */
};

static inline bool lock_watch_is_mine(const struct lock_watch *w)
{
	/* relaxed: only the hart itself writes its own number there, so that it finds that number
	 * if and only if it holds the lock. */
	return a32_load_relaxed(&w->owner) == (a32_value)LOCK_DEBUG_HART() + 1;
}

/* Called before an acquire, or a try. `in_traps` is the lock's. */
static inline void lock_watch_kind(const void *lock, enum lock_traps in_traps)
{
	if (in_traps == LOCK_TRAPS_NEVER && LOCK_DEBUG_IN_TRAP())
		LOCK_DEBUG_FAIL(lock, LOCK_KIND_NOT_FOR_TRAPS);
}

/* Called before an acquire. */
static inline void lock_watch_before(struct lock_watch *w, const void *lock)
{
	a32_value use = LOCK_DEBUG_IN_TRAP()    ? LOCK_USED_IN_TRAP
		      : LOCK_DEBUG_INTERRUPTS() ? LOCK_USED_INTERRUPTIBLE
						: 0;
	a32_value uses;

	if (lock_watch_is_mine(w))
		LOCK_DEBUG_FAIL(lock,
				LOCK_DEBUG_IN_TRAP() ? LOCK_TAKEN_IN_ITS_TRAP : LOCK_TAKEN_TWICE);
	/* relaxed: the flags order nothing. Whoever completes them says so, once. */
	uses = a32_fetch_or_relaxed(&w->uses, use);
	if (uses != LOCK_USED_IN_BOTH && (uses | use) == LOCK_USED_IN_BOTH)
		LOCK_DEBUG_FAIL(lock, LOCK_UNSAFE_IN_TRAPS);
}

/* Called by the hart that has just taken the lock. */
static inline void lock_watch_begin(struct lock_watch *w)
{
	/* relaxed: other harts only look whether it is their own number. */
	a32_store_relaxed(&w->owner, (a32_value)LOCK_DEBUG_HART() + 1);
}

/* Called before a release. */
static inline void lock_watch_end(struct lock_watch *w, const void *lock)
{
	if (!lock_watch_is_mine(w))
		LOCK_DEBUG_FAIL(lock, LOCK_RELEASED_BY_ANOTHER);
	/* relaxed: as above; the lock's own release comes after it. */
	a32_store_relaxed(&w->owner, 0);
}

/* relaxed, twice: the caller publishes the lock, not these stores. */
static inline void lock_watch_init(struct lock_watch *w)
{
	a32_store_relaxed(&w->owner, 0);
	a32_store_relaxed(&w->uses, 0);
}

/* relaxed: the answer orders nothing. */
#define LOCK_CHECKED_HOLDER(name)                                              \
	LOCK_INLINE long name##_checked_holder(const struct name##_checked *l) \
	{                                                                      \
		return (long)a32_load_relaxed(&l->watch.owner) - 1;            \
	}
#define LOCK_WATCH         struct lock_watch watch;
#define LOCK_WATCHED(call) (call)

#else

#define LOCK_CHECKED_HOLDER(name)
#define LOCK_WATCH
#define LOCK_WATCHED(call) ((void)0)

#endif

#define LOCK_CHECKED(name)                                                          \
	struct name##_checked {                                                     \
		struct name##_lock lock;                                            \
		LOCK_WATCH                                                          \
	};                                                                          \
	LOCK_INLINE void name##_checked_init(struct name##_checked *l)              \
	{                                                                           \
		name##_init(&l->lock);                                              \
		LOCK_WATCHED(lock_watch_init(&l->watch));                           \
	}                                                                           \
	LOCK_INLINE bool name##_checked_acquire(struct name##_checked *l,           \
						struct name##_node *node)           \
	{                                                                           \
		bool waited;                                                        \
                                                                                    \
		LOCK_WATCHED(lock_watch_kind(l, (enum lock_traps)name##_in_traps)); \
		LOCK_WATCHED(lock_watch_before(&l->watch, l));                      \
		waited = name##_acquire(&l->lock, node);                            \
		LOCK_WATCHED(lock_watch_begin(&l->watch));                          \
		return waited;                                                      \
	}                                                                           \
	LOCK_INLINE void name##_checked_release(struct name##_checked *l,           \
						struct name##_node *node)           \
	{                                                                           \
		LOCK_WATCHED(lock_watch_end(&l->watch, l));                         \
		name##_release(&l->lock, node);                                     \
	}                                                                           \
	LOCK_CHECKED_HOLDER(name)

#define LOCK_CHECKED_TRY(name)                                                      \
	LOCK_INLINE bool name##_checked_trylock(struct name##_checked *l,           \
						struct name##_node *node)           \
	{                                                                           \
		LOCK_WATCHED(lock_watch_kind(l, (enum lock_traps)name##_in_traps)); \
		if (!name##_trylock(&l->lock, node))                                \
			return false;                                               \
		LOCK_WATCHED(lock_watch_begin(&l->watch));                          \
		return true;                                                        \
	}

#endif
