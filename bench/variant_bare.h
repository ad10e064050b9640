/* variant_bare.h: the hooks that do nothing in the plain variant and in that of replays alike. */
#ifndef BENCH_VARIANT_BARE_H
#define BENCH_VARIANT_BARE_H

#include "hart_stats.h"
#include "workload.h"

struct hooks;

static inline size_t hook_size(const struct workload *work, const struct hooks *h)
{
	(void)h;
	return work->size;
}

static inline void hook_inside(const struct workload *work, struct hooks *h, bool inside)
{
	(void)work;
	(void)h;
	(void)inside;
}

static inline void hook_done(const struct workload *work, struct hooks *h, const void *block)
{
	(void)work;
	(void)h;
	(void)block;
}

static inline void hook_record(const struct workload *work, const struct hooks *h,
			       struct latency *to)
{
	(void)work;
	(void)h;
	(void)to;
}

#endif
