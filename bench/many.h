/* many.h: several locks of a kind, each with a heap of its own (plan keys `locks` and `choose`).
 *
 * They lie in the memory in front of the heap, one behind the other. A lock begins a line, and so
 * does the next one: no two locks share a line. Behind the lock's words follows what it protects,
 * from a line of its own on, or at once where the workload's placement is packed: its heap's `next`
 * and bounds, its counts, and then the lines of `touch`. The heap is divided evenly among them.
 *
 * Which lock an operation takes is drawn before its call, so that the drawing is no part of what is
 * timed. */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include <stddef.h>
#include <stdint.h>

#include "../alloc/bump.h"
#include "delay.h"
#include "variant.h"
#include "workload.h"

/* The data that a lock protects, but for its lines of `touch`. */
struct many_data {
	struct bump heap;
	uint64_t grants;   /* fairness pass, and only those of the first lock: numbers of owners */
	uint64_t sections; /* owners count them, so that two at once show */
};

/* The place of one of the locks. */
struct many_place {
	void *lock;
	struct many_data *data;
	struct touch_line *lines;
};

/* An entry of the table for `zipf` (A. J. Walker, 1977): a draw that falls on an entry is its own
 * in `own` of 2^32 cases, else that of `other`. */
struct many_law {
	uint32_t own, other;
};

/* The layout of the locks of the pass that runs. */
struct many {
	_Alignas(LINE) uintptr_t at; /* the first lock */
	size_t stride, data, lines;  /* bytes from a lock to the next, to its data, to its lines */
	size_t align;                /* bytes: the workload's */
	uint32_t locks, touch;       /* their number, and the lines of each */
	enum choose choose;
	const struct many_law *law; /* zipf */
};
extern struct many many;

/* Returns the bytes that the workload's locks take in front of the heap, each of `lock_bytes` at
 * an alignment of a line at most. */
size_t many_bytes(const struct workload *work, size_t lock_bytes);

/* Lays the locks out from `at` on, which is a line's start, and gives each its part of the heap
 * [start, end). The caller initialises the locks themselves, and guarantees that no worker is
 * running, here and below. */
void many_init(const struct workload *work, size_t lock_bytes, uintptr_t at, uintptr_t start,
	       uintptr_t end);

/* Returns the bytes of all heaps from their start to `next`, rounded up to the workload's
 * alignment. */
size_t many_used(void);

/* Return the sections of all locks and of the one that had most; the sum of the lines' counters. */
uint64_t many_sections(uint64_t *most);
uint64_t many_touched(void);

/* Returns the place of lock `i`, below the number of locks. */
static inline struct many_place many_place(uint32_t i)
{
	char *lock = (char *)many.at + i * many.stride;

	return (struct many_place){lock, (void *)(lock + many.data), (void *)(lock + many.lines)};
}

/* Draws one of the locks by the law of the table. */
static inline uint32_t many_draw_zipf(uint64_t *random)
{
	uint64_t drawn = random_next(random);
	uint32_t i = draw_below((uint32_t)(drawn >> 32), many.locks);

	/* The lower bits are not used above: a product's upper half hangs on the upper ones. */
	return (uint32_t)drawn < many.law[i].own ? i : many.law[i].other;
}

/* Draws the lock of the operation to come, and the one that it takes inside of that: it comes later
 * in the order of the locks, so that no two harts wait for each other. Without nesting it is the
 * same. */
static inline void many_choose(uint64_t *random, struct many_place *outer, struct many_place *inner)
{
	uint64_t drawn;
	uint32_t a, b;

	if (many.choose == CHOOSE_ZIPF) {
		a = b = many_draw_zipf(random);
	} else {
		drawn = random_next(random);
		a = b = draw_below((uint32_t)(drawn >> 32), many.locks);
		if (many.choose == CHOOSE_NESTED) {
			b = draw_below((uint32_t)drawn, many.locks - 1);
			b += b >= a; /* any but `a` */
		}
	}
	*outer = many_place(a < b ? a : b);
	*inner = many_place(a < b ? b : a);
}

/* Returns the sections so far. The caller holds the lock, and calls many_leave() with them before
 * it lets go: an owner beside it writes the same number. */
static inline uint64_t many_enter(const struct many_place *at)
{
	return *(const volatile uint64_t *)&at->data->sections;
}

static inline void many_leave(struct many_place *at, uint64_t sections)
{
	at->data->sections = sections + 1;
}

/* Writes the lines, and allocates. The caller holds the lock. */
static inline void *many_alloc(struct many_place *at, const struct workload *work, size_t size)
{
	/* relaxed: the lines are the holder's alone. */
	for (uint64_t i = 0; i < work->touch; i++)
		aptr_store_relaxed(&at->lines[i].word, aptr_load_relaxed(&at->lines[i].word) + 1);
	return bump_alloc(&at->data->heap, size, work->align);
}

#endif
