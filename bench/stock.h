/* stock.h: the blocks that a hart has, where the allocator takes blocks back (section_freeing.h).
 *
 * An operation allocates a block or frees one. A hart goes on with what it did before, and turns by
 * chance once in as many operations as plan key `burst` says. It must allocate when it has no
 * block, and free when it has as many as `live` allows; it frees any of its blocks. As many
 * of a hundred as `remote` says go to another hart first: the hart leaves its block at a
 * place that all of them share, and frees the block that lay there. */
#ifndef BENCH_STOCK_H
#define BENCH_STOCK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../alloc/frame_cache.h"
#include "audit.h"
#include "delay.h"
#include "hart_stats.h"
#include "plan.h"
#include "port.h"
#include "window.h"

struct stock {
	_Alignas(LINE) unsigned count;
	bool freeing;               /* the hart frees, until it turns */
	void *leaving;              /* the block that the operation frees; NULL: it allocates */
	struct hart_stats *audited; /* its hart, if the audit pass runs; else NULL */
	struct {
		void *block;
		size_t size;
	} at[MOST_live];
	struct frame_cache cache; /* where the allocator has one */
};

extern struct stock stocks[PORT_MAX_HARTS];

/* A place where a hart leaves a block for another. */
struct stock_place {
	_Alignas(LINE) void *_Atomic block; /* NULL: none */
};

extern struct stock_place stock_places[PORT_MAX_HARTS];

/* Empties all of them. The caller guarantees that no worker is running. */
void stocks_clear(void);

/* Calls free(heap, block) for each block that some hart has. The caller guarantees that no worker
 * is running. */
void stocks_settle(void *heap, void (*free)(void *heap, void *block));

/* Takes block `i` out of the stock. */
static inline void *stock_take(struct stock *s, unsigned i)
{
	void *block = s->at[i].block;

	if (s->audited != NULL)
		audit_unmark(s->audited, block, s->at[i].size);
	s->at[i] = s->at[--s->count];
	return block;
}

/* Leaves the block for another hart. Returns the one that was left there; NULL: none. */
static inline void *stock_exchange(void *block, uint64_t *random)
{
	unsigned place = draw_below((uint32_t)(random_next(random) >> 32), window.harts);

	/* acq_rel (X): pairs with itself: who frees the block sees what its owner wrote. */
	return atomic_exchange_explicit(&stock_places[place].block, block, memory_order_acq_rel);
}

/* Chooses the operation that is to come. */
static inline void stock_choose(struct stock *s, const struct workload *work, uint64_t *random)
{
	uint64_t drawn = random_next(random);

	if (draw_below((uint32_t)(drawn >> 32), (unsigned)work->burst) == 0)
		s->freeing = !s->freeing;
	if (s->count == 0 || s->count >= work->live)
		s->freeing = s->count != 0;
	s->leaving = NULL;
	if (!s->freeing)
		return;
	s->leaving = stock_take(s, draw_below((uint32_t)drawn, s->count));
	if (work->remote != 0 &&
	    draw_below((uint32_t)(random_next(random) >> 32), 100) < work->remote)
		s->leaving = stock_exchange(s->leaving, random);
}

/* Puts a block into the stock. The caller guarantees: the operation allocated it. */
static inline void stock_put(struct stock *s, void *block, size_t size)
{
	s->at[s->count].block = block;
	s->at[s->count++].size = size;
}

#endif
