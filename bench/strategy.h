/* strategy.h: what a worker, built once for each word of lock/locks.def, offers. */
#ifndef BENCH_STRATEGY_H
#define BENCH_STRATEGY_H

#include <stddef.h>
#include <stdint.h>

#include "hart_stats.h"
#include "plan.h"

/* How the order of a strategy's grants is known: by the numbers that owners take, by
 * the addresses of blocks, or not at all. */
enum grant_order { ORDER_NUMBERS, ORDER_ADDRESSES, ORDER_UNKNOWN };

/* Memory to look at. */
struct view {
	const void *at;
	size_t bytes;
};

struct strategy {
	const char *name;
	const char *variant; /* plain or full: variant.h */
	/* How its waiters wait and its holders let go (lock/forms.h); FORM_NONE where
	 * it has no such code. */
	const char *relax, *unlock;
	const char *relax_needs; /* extension that `relax` is made of; NULL: none */
	/* Lock free, heap empty over [start, end). No worker is running. */
	void (*init)(const struct workload *work, uintptr_t start, uintptr_t end);
	/* Bytes handed out since init, padding included. No worker is running. */
	size_t (*used)(void);
	/* Of those, bytes that hart `hart` took and made no block of. */
	size_t (*waste)(unsigned hart);
	/* The lock, or a lock-free heap; what hart `hart` keeps. For when it hangs. */
	struct view (*shared)(void);
	struct view (*node)(unsigned hart);
	enum grant_order order;
	/* By each hart, before and behind its worker; NULL: nothing to do. */
	void (*start)(const struct workload *work, struct hart_stats *me);
	void (*stop)(const struct workload *work, struct hart_stats *me);
	/* Allocate until the window closes. One hart each, all at once. PASS_EXHAUST:
	 * until nothing fits; only in the full variant. */
	void (*worker[WORKERS])(const struct workload *work, struct hart_stats *me);
};

/* The plain and the full variant of each strategy, in the same order. */
extern const struct strategy *const strategies[], *const full_strategies[];
extern const unsigned strategy_count;

/* The extension that strategies[i] needs, whose instructions it is made of; NULL: none. */
extern const char *const strategy_needs[];

#define FORM_NONE "not-applicable"

/* What `relax` and `unlock` are in this image, where there is such code (forms.c). */
extern const char *const forms_relax, *const forms_unlock;

#endif
