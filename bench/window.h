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
	/* Read by every worker once an operation, written twice a pass. */
	_Alignas(LINE) _Atomic uint32_t phase; /* enum phase */

	_Alignas(LINE) uint64_t open_time, close_time; /* ticks; open 0: never opened */
	enum ended ended;
	unsigned harts;
};

extern struct window window;

static inline enum phase window_phase(void)
{
	/* relaxed: says when to stop, orders nothing; port_run() does. */
	return atomic_load_explicit(&window.phase, memory_order_relaxed);
}

/* Have the window opened and closed at those times exactly, if the place can do
 * that; false if not. */
bool window_arrange(uint64_t open, uint64_t close);

/* Count the operations so far and start to measure, unless it is closed. */
void window_open(void);

/* Stop every worker and count again. The first call says why it ended. Any hart. */
void window_close(enum ended ended);

/* Before a pass. No worker is running. */
void window_reset(struct hart_stats *stats, unsigned harts);

#endif
