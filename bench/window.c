#include "window.h"

#include "port.h"

struct window window;
static struct hart_stats *counted;

void window_reset(struct hart_stats *stats, unsigned harts)
{
	counted = stats;
	window.open_time = window.close_time = 0;
	window.ended = ENDED_TIME;
	window.harts = harts;
	/* relaxed: port_run() publishes the stores. */
	atomic_store_explicit(&window.taken, 0, memory_order_relaxed);
	atomic_store_explicit(&window.phase, WARMUP, memory_order_relaxed);
}

/* Returns the operations of hart `i` so far. relaxed throughout: a counter is one word, and
 * the count is only good to one operation at either end. */
static uint64_t ops_of(unsigned i)
{
	return aptr_load_relaxed(&counted[i].ops);
}

bool window_arrange(uint64_t open, uint64_t close)
{
	struct port_sample sample = {
		.time = open,
		.flag = &window.phase,
		.expect = WARMUP,
		.value = MEASURE,
		.from = &counted[0].ops,
		.to = &counted[0].ops_open,
		.count = window.harts,
		.stride = sizeof(*counted),
		.stamp = &window.open_time,
	};

	if (!port_sample(0, &sample))
		return false;
	sample.time = close;
	sample.expect = MEASURE;
	sample.value = STOP;
	sample.to = &counted[0].ops_close;
	sample.stamp = &window.close_time;
	return port_sample(1, &sample);
}

void window_open(void)
{
	enum { TRIES = 8, SLOW_PART = 20000 }; /* a host may stop this hart half-way */
	uint64_t slow = port_time_hz() / SLOW_PART, before, after;
	uint32_t warmup = WARMUP;
	int tries = 0;

	/* relaxed: the harts only have to agree which one opens it. */
	if (atomic_exchange_explicit(&window.taken, 1, memory_order_relaxed) != 0)
		return;
	do { /* count again if counting took more than 50 us */
		before = port_time();
		for (unsigned i = 0; i < window.harts; i++)
			counted[i].ops_open = ops_of(i);
		after = port_time();
	} while (after - before > slow && ++tries < TRIES);
	window.open_time = after;
	/* release (O): pairs with the acquire in window_close(), and in window_is_over(). */
	if (!atomic_compare_exchange_strong_explicit(&window.phase, &warmup, MEASURE,
						     memory_order_release, memory_order_relaxed))
		window.open_time = 0; /* the heap ended first */
}

bool window_is_over(uint64_t ticks)
{
	/* acquire (O): pairs with the release in window_open(). */
	return atomic_load_explicit(&window.phase, memory_order_acquire) == MEASURE &&
	       port_time() - window.open_time >= ticks;
}

void window_close(enum ended ended)
{
	uint64_t now = port_time();
	/* acquire (O): pairs with the release in window_open(). */
	uint32_t was = atomic_exchange_explicit(&window.phase, STOP, memory_order_acquire);

	if (was == STOP)
		return;
	window.close_time = now;
	window.ended = ended;
	for (unsigned i = 0; i < window.harts; i++)
		counted[i].ops_close = ops_of(i);
}
