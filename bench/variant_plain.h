/* variant_plain.h: the hooks of the plain variant, which do nothing (variant.h). Their names are
 * those of variant_full.h. */
#ifndef BENCH_VARIANT_HOOKS_H
#define BENCH_VARIANT_HOOKS_H

#include "variant.h"
#include "variant_bare.h"

#define VARIANT_FULL   0
#define VARIANT_STARTS 0
#define VARIANT        plain
#define VARIANT_NAME   "plain"
#define VARIANT_LOOP

struct hooks {
	char unused[0];
};

static inline void hook_ready(const struct workload *work, struct hooks *h)
{
	(void)work;
	(void)h;
}

static inline unsigned long hook_mask(const struct workload *work)
{
	(void)work;
	return 0;
}

static inline void hook_unmask(const struct workload *work, unsigned long was)
{
	(void)work;
	(void)was;
}

static inline void hook_touch(const struct workload *work, struct hooks *h)
{
	(void)work;
	(void)h;
}

static inline uint32_t hook_hold(const struct workload *work, const struct hooks *h)
{
	(void)h;
	return work->hold;
}

#endif
