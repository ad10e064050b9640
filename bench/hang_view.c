#include "hang_view.h"

#include <stdatomic.h>

#include "bench.h"
#include "many.h"
#include "plan.h"
#include "record.h"
#include "shootdown.h"
#include "window.h"

static const struct pass_run *_Atomic running;
struct hang_view hang_view;

/* Returns the places of a hart's two locks; NULL where all take one. */
static const struct many_place *places_of(const struct pass_run *run, unsigned hart)
{
	return run->strategy->places != NULL ? run->strategy->places(hart) : NULL;
}

static struct hang_view view_of(const struct pass_run *run)
{
	struct view lock = run->strategy->shared(), node = run->strategy->node(0);
	const struct many_place *place = places_of(run, 0);

	return (struct hang_view){
		.harts = run->harts,
		.trial = run->trial,
		.strategy = (uintptr_t)run->strategy->name,
		.pass = (uintptr_t)pass_names[run->pass],
		.lock = (uintptr_t)lock.at,
		.lock_bytes = lock.bytes,
		.node = (uintptr_t)node.at,
		.node_bytes = node.bytes,
		.node_stride = (uintptr_t)run->strategy->node(1).at - (uintptr_t)node.at,
		.ops = (uintptr_t)&run->stats[0].ops,
		.ops_stride = sizeof(run->stats[0]),
		.awaits = (uintptr_t)&shootdown_seats[0].awaits,
		.awaits_stride = sizeof(shootdown_seats[0]),
		.outer = place != NULL ? (uintptr_t)&place[0].lock : 0,
		.inner = place != NULL ? (uintptr_t)&place[1].lock : 0,
		.lock_stride = place != NULL ? many.stride : 0,
	};
}

void hang_view_pass(const struct pass_run *run)
{
	hang_view = run != NULL ? view_of(run) : (struct hang_view){0};
	/* release (R): pairs with the acquire in pass(). */
	atomic_store_explicit(&running, run, memory_order_release);
}

static const struct pass_run *pass(void)
{
	/* acquire (R): pairs with the release in hang_view_pass(). */
	return atomic_load_explicit(&running, memory_order_acquire);
}

uint64_t bench_progress(void)
{
	const struct pass_run *run = pass();
	uint64_t sum = 0;

	for (unsigned i = 0; run != NULL && i < run->harts; i++)
		/* relaxed, both: the sum only has to change while a hart gets on. */
		sum += aptr_load_relaxed(&run->stats[i].ops) +
		       (atomic_load_explicit(&run->stats[i].start_time, memory_order_relaxed) != 0);
	return sum;
}

/* Says OFFSET:VALUE of each 64-bit word that is not 0, as it is now, for harts may write. Half
 * of the last word may be another object's, when the view ends after 4 bytes of it. */
static void say_view(const char *key, const char *at, const char *bytes, struct view v)
{
	const volatile uint64_t *word = v.at;
	bool more = false;

	record_hex(at, (uintptr_t)v.at);
	record_u64(bytes, v.bytes);
	record_key(key);
	for (size_t i = 0; i < (v.bytes + 7) / 8; i++) {
		uint64_t value = word[i];

		if (value == 0)
			continue;
		if (more)
			record_part_char(',');
		record_part_u64(i * 8);
		record_part_char(':');
		record_part_hex(value);
		more = true;
	}
}

void bench_say_pass(void)
{
	static const char *const phases[] = {
		[WARMUP] = "warmup", [MEASURE] = "window", [STOP] = "stopping"};
	const struct pass_run *run = pass();
	struct view lock;

	if (run == NULL)
		return;
	lock = run->strategy->shared();
	record_u64("trial", run->trial);
	record_text("strategy", run->strategy->name);
	record_text("pass", pass_names[run->pass]);
	record_text("phase", phases[window_phase()]);
	say_view("lock", "lock_at", "lock_bytes", lock);
}

/* Says which locks a hart takes or took last, and what stands in them. */
static void say_places(const struct pass_run *run, const struct many_place *place)
{
	size_t bytes = run->strategy->shared().bytes;
	uintptr_t outer = (uintptr_t)place[0].lock, inner = (uintptr_t)place[1].lock;

	record_u64("outer_number", (outer - many.at) / many.stride);
	say_view("outer", "outer_at", "outer_bytes", (struct view){place[0].lock, bytes});
	if (inner == outer)
		return;
	record_u64("inner_number", (inner - many.at) / many.stride);
	say_view("inner", "inner_at", "inner_bytes", (struct view){place[1].lock, bytes});
}

void bench_say_hart(unsigned hart)
{
	const struct pass_run *run = pass();
	struct view node;

	if (run == NULL || hart >= run->harts)
		return;
	node = run->strategy->node(hart);
	record_u64("ops", aptr_load_relaxed(&run->stats[hart].ops));
	if (*(volatile uint64_t *)&shootdown_seats[hart].awaits != 0)
		record_u64("awaits", shootdown_seats[hart].awaits - 1);
	if (places_of(run, hart) != NULL)
		say_places(run, places_of(run, hart));
	if (node.bytes != 0)
		say_view("node", "node_at", "node_bytes", node);
}
