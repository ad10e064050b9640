/* strategy.h: the interface of a worker, which is built once for each word of lock/locks.def. */
#ifndef BENCH_STRATEGY_H
#define BENCH_STRATEGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hart_stats.h"
#include "passes.h"
#include "workload.h"

/* The source of the order of a strategy's grants: the numbers that owners take, the
 * addresses of blocks, or none. */
enum grant_order { ORDER_NUMBERS, ORDER_ADDRESSES, ORDER_UNKNOWN };

struct many_place;

/* Memory to look at. */
struct view {
	const void *at;
	size_t bytes;
};

struct strategy {
	const char *name;
	const char *variant; /* plain or full: variant.h */
	/* The forms in which its waiters wait and its holders let go (lock/forms.h);
	 * FORM_NONE if it has no such code. */
	const char *relax, *unlock;
	const char *relax_needs; /* extension that `relax` is made of; NULL: none */
	/* Makes the lock free and the heap empty over [start, end). No worker is running. */
	void (*init)(const struct workload *work, uintptr_t start, uintptr_t end);
	/* Returns the bytes handed out since init, padding included. No worker is running. */
	size_t (*used)(void);
	/* Returns the bytes of those that hart `hart` took and made no block of. */
	size_t (*waste)(unsigned hart);
	/* Return the lock, or a lock-free heap, and the node of hart `hart`, for a hang's report.
	 */
	struct view (*shared)(void);
	struct view (*node)(unsigned hart);
	/* Returns the places of the locks that hart `hart` takes or took last, the outer one and
	 * the inner one; NULL: all take the one that `shared` returns. */
	const struct many_place *(*places)(unsigned hart);
	enum grant_order order;
	/* Each hart calls these before and behind its worker; NULL: there is nothing to do. */
	void (*start)(const struct workload *work, struct hart_stats *me);
	void (*stop)(const struct workload *work, struct hart_stats *me);
	/* Allocates until the window closes; all harts run it at once. PASS_EXHAUST, which
	 * only the full variant has, allocates until nothing fits. */
	void (*worker[WORKERS])(const struct workload *work, struct hart_stats *me);
};

/* The variants that there are of a strategy. Without a lock it has no section, and NULL for those
 * that need one. */
struct variants {
	const struct strategy *plain;            /* NULL: it takes blocks back */
	const struct strategy *full[ALLOCATORS]; /* NULL: it does not go with that allocator */
	const struct strategy *replay;           /* bench/replay.h */
	const struct strategy *duty;             /* harts owe each other answers: duty.h */
	const struct strategy *many;             /* several locks: many.h */
	const size_t *lock_bytes;                /* the size of each of them */
	const bool *tries;                       /* may the waiters of `duty` try? */
	const bool *handled;                     /* may interrupt handlers take the lock? */
	const char *needs; /* the extension whose instructions it has; NULL: none */
};

/* One for each word of lock/locks.def, in its order. */
extern const struct variants strategies[];
extern const unsigned strategy_count;

/* Returns the name of a strategy for people. */
static inline const char *strategy_name(const struct variants *of)
{
	return (of->plain != NULL ? of->plain : of->full[ALLOCATOR_POOL])->name;
}

#define FORM_NONE "not-applicable"

/* The `relax` and `unlock` of this image, for strategies with such code (forms.c). */
extern const char *const forms_relax, *const forms_unlock;

#endif
