/* window.h: the stretch of time that counts. All harts run before it opens and
 * until it has closed; operations are counted at both ends. */
#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "hart_stats.h"

enum phase { WARMUP, MEASURE, STOP };
enum ended { ENDED_TIME, ENDED_HEAP, ENDED_LOG };

struct window {
	/* Every worker reads it once an operation; it is written twice a pass. */
	_Alignas(LINE) _Atomic uint32_t phase; /* enum phase */

	_Alignas(LINE) uint64_t open_time,
		close_time; /* ticks; an open_time of 0: it never opened */
	enum ended ended;
	unsigned harts;
	_Atomic uint32_t taken; /* 1: a hart opens it, or has */
};

extern struct window window;

static inline enum phase window_phase(void)
{
	/* relaxed: it says when to stop and orders nothing; port_run() does. */
	return atomic_load_explicit(&window.phase, memory_order_relaxed);
}

/* Have the window opened and closed at those times exactly. Returns false if the port
 * cannot do that. */
bool window_arrange(uint64_t open, uint64_t close);

/* Count the operations so far and start to measure, unless it is closed. The first call does
 * it. Any hart may call it. */
void window_open(void);

/* Returns whether the window has been open for `ticks` at least, and is not closed. */
bool window_is_over(uint64_t ticks);

/* Stop every worker and count again. The first call says why the window ended. Any hart may
 * call it. */
void window_close(enum ended ended);

/* Get ready for a pass. The caller guarantees that no worker is running. */
void window_reset(struct hart_stats *stats, unsigned harts);

#endif
