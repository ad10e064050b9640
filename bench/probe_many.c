/* probe_many.c: measurements that take several harts. The harts take turns by one word on
 * a line of its own, which is not timed. */
#include "../lock/port.h"
#include "delay.h"
#include "probe_ops.h"
#include "probe_play.h"

static struct {
	_Alignas(LINE) a32 turn;
	_Alignas(LINE) aptr arrived;
	_Alignas(LINE) aptr contended;
	_Alignas(LINE) aptr deadline;
} meet;

struct probe_count probe_counts[PORT_MAX_HARTS];
static struct probe_line done[PORT_MAX_HARTS]; /* operations on a hot line */

void probe_reset(struct probe_play *play)
{
	/* relaxed, all: port_run() publishes the stores. */
	a32_store_relaxed(&meet.turn, 0);
	aptr_store_relaxed(&meet.arrived, 0);
	aptr_store_relaxed(&meet.deadline, 0);
	for (int i = 0; i < PORT_MAX_HARTS; i++)
		aptr_store_relaxed(&done[i].word, 0);
	for (int i = 0; i < PROBE_LINES; i++)
		aptr_store_relaxed(&play->lines[i].word, 0);
}

void probe_await_turn(unsigned turn)
{
	/* acquire (T): pairs with the release in probe_give_turn(). */
	while (a32_load_acquire(&meet.turn) != (a32_value)turn)
		LOCK_RELAX();
}

void probe_give_turn(unsigned turn)
{
	/* release (T): pairs with the acquire in probe_await_turn(). */
	a32_store_release(&meet.turn, (a32_value)turn);
}

/* Gather `harts` harts. relaxed: nothing else is read by the word. */
static void gather(unsigned harts)
{
	(void)aptr_fetch_add_relaxed(&meet.arrived, 1);
	while (aptr_load_relaxed(&meet.arrived) != harts)
		LOCK_RELAX();
}

/* Returns the operations that the harts behind hart 0 have said they did. */
static uintptr_t done_by_others(unsigned harts)
{
	uintptr_t sum = 0;

	for (unsigned i = 1; i < harts; i++)
		sum += aptr_load_relaxed(&done[i].word);
	return sum;
}

/* Defines the part of a kind: all harts do `operation`, whose value is 1 where it was done and else
 * 0, until hart 0 has tried it PROBE_HOT times. The clock is read before the others' counts are, at
 * both ends. */
#define HOT_PART(kind, operation)                                                                \
	static uintptr_t turns_of_##kind(unsigned turns, uint32_t gap)                           \
	{                                                                                        \
		aptr *word = &meet.contended;                                                    \
		uintptr_t count = 0;                                                             \
                                                                                                 \
		(void)gap;                                                                       \
                                                                                                 \
		for (; turns != 0; turns--) {                                                    \
			_Pragma("GCC unroll 16") for (int i = 0; i < PROBE_UNROLL; i++) count += \
				(operation);                                                     \
		}                                                                                \
		return count;                                                                    \
	}                                                                                        \
                                                                                                 \
	void probe_##kind(unsigned index, void *arg)                                             \
	{                                                                                        \
		struct probe_play *play = arg;                                                   \
		uintptr_t before, count = 0;                                                     \
		uint64_t start;                                                                  \
                                                                                                 \
		gather(play->harts);                                                             \
		while (index != 0 && aptr_load_relaxed(&meet.deadline) == 0) {                   \
			count += turns_of_##kind(1, play->gap);                                  \
			aptr_store_relaxed(&done[index].word, count);                            \
		}                                                                                \
		if (index != 0)                                                                  \
			return;                                                                  \
		(void)turns_of_##kind(PROBE_TRIES, play->gap); /* the others have begun */       \
		start = port_cycles();                                                           \
		before = done_by_others(play->harts);                                            \
		count = turns_of_##kind(PROBE_HOT / PROBE_UNROLL, play->gap);                    \
		histogram_add(play->tally, port_cycles() - start);                               \
		play->ops = count + done_by_others(play->harts) - before;                        \
		aptr_store_relaxed(&meet.deadline, 1);                                           \
	}

/* relaxed, both: nothing is published. */
HOT_PART(hot, (aptr_fetch_add_relaxed(word, 1), 1u))
HOT_PART(hot_spaced, (aptr_fetch_add_relaxed(word, 1), delay(gap), 1u))
HOT_PART(hot_lrsc, probe_lrsc(word))

static uint64_t deadline_from_now(void)
{
	uint64_t us = port_in_step() ? PROBE_CONTEND_MODELLED_US : PROBE_CONTEND_US;

	return port_time() + port_ticks(us) + 1;
}

/* Gather all harts, and return the time at which they end. relaxed throughout: that time is
 * one word, and nothing else is read by it. */
static uint64_t meet_all(unsigned harts)
{
	uint64_t deadline;

	if (aptr_fetch_add_relaxed(&meet.arrived, 1) + 1 == harts)
		aptr_store_relaxed(&meet.deadline, deadline_from_now());
	while ((deadline = aptr_load_relaxed(&meet.deadline)) == 0)
		LOCK_RELAX();
	return deadline;
}

/* All harts try LR and SC on one word until the same time. */
void probe_contend(unsigned index, void *arg)
{
	const struct probe_play *play = arg;
	struct probe_count count = {0};
	uint64_t deadline = meet_all(play->harts);

	while (port_time() < deadline) {
		count.attempts++;
		count.successes += probe_lrsc(&meet.contended);
	}
	probe_counts[index] = count;
}
