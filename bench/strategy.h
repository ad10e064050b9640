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
	enum grant_order order;
	/* Each hart calls these before and behind its worker; NULL: there is nothing to do. */
	void (*start)(const struct workload *work, struct hart_stats *me);
	void (*stop)(const struct workload *work, struct hart_stats *me);
	/* Allocates until the window closes; all harts run it at once. PASS_EXHAUST, which
	 * only the full variant has, allocates until nothing fits. */
	void (*worker[WORKERS])(const struct workload *work, struct hart_stats *me);
};

/* The plain variant of each strategy. */
extern const struct strategy *const strategies[];
/* The replay variant; NULL for a strategy without a lock, which has no section to replay. */
extern const struct strategy *const replay_strategies[];
extern const unsigned strategy_count;

/* Returns the variant of strategies[i] that does the work of a plan that needs more than the plain
 * one does; NULL: it does not go with the plan's allocator. */
const struct strategy *strategy_full(unsigned i, enum allocator allocator);

/* Returns the variant of strategies[i] whose harts owe each other answers (duty.h); NULL: it has no
 * section. */
const struct strategy *strategy_duty(unsigned i);

/* May the waiters of that variant try, or has it none? */
bool strategy_tries(unsigned i);

/* The extension that strategies[i] needs, because it has its instructions; NULL: none. */
extern const char *const strategy_needs[];

#define FORM_NONE "not-applicable"

/* The `relax` and `unlock` of this image, for strategies with such code (forms.c). */
extern const char *const forms_relax, *const forms_unlock;

#endif
