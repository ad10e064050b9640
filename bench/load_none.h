/* load_none.h: no load: load.h. The names are those of load_full.h. */
#ifndef BENCH_LOAD_HOOKS_H
#define BENCH_LOAD_HOOKS_H

#include "load.h"

#define LOAD_FULL  0
#define LOAD_TABLE strategy
#define LOAD_LOOP

struct load {
	char unused[0];
};

static inline void load_ready(const struct workload *work, struct load *l)
{
	(void)work;
	(void)l;
}

static inline size_t load_size(const struct workload *work, const struct load *l)
{
	(void)l;
	return work->size;
}

static inline unsigned long load_mask(const struct workload *work)
{
	(void)work;
	return 0;
}

static inline void load_unmask(const struct workload *work, unsigned long was)
{
	(void)work;
	(void)was;
}

static inline void load_inside(const struct workload *work, struct load *l, bool inside)
{
	(void)work;
	(void)l;
	(void)inside;
}

static inline void load_touch(const struct workload *work)
{
	(void)work;
}

static inline void load_done(const struct workload *work, struct load *l, const void *block)
{
	(void)work;
	(void)l;
	(void)block;
}

static inline void load_record(const struct workload *work, const struct load *l,
			       struct latency *to)
{
	(void)work;
	(void)l;
	(void)to;
}

#endif
