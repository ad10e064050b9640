/* probe_solo.c: measurements that one hart can make alone. Each part makes its tries in
 * loops whose bodies are repeated PROBE_UNROLL times, or access by access; the costs of
 * the loops and clocks are measurements of their own. */
#include "../lock/port.h"
#include "delay.h"
#include "probe_ops.h"
#include "probe_play.h"

/* Time `body`, once for each of PROBE_TURNS, PROBE_TRIES times. The first try
 * brings its lines in and is forgotten. */
#define LOOP(play, body)                                               \
	for (int try = -1; try < PROBE_TRIES; try++) {                 \
		uint64_t start, cycles;                                \
                                                                       \
		probe_settle();                                        \
		start = port_cycles();                                 \
		for (unsigned turn = PROBE_TURNS; turn != 0; turn--) { \
			__asm__ volatile("");                          \
			body                                           \
		}                                                      \
		probe_done();                                          \
		cycles = port_cycles() - start;                        \
		if (try >= 0)                                          \
			histogram_add((play)->tally, cycles);          \
	}

#define UNROLLED(body)                                                  \
	_Pragma("GCC unroll 16") for (int i = 0; i < PROBE_UNROLL; i++) \
	{                                                               \
		body                                                    \
	}

/* A value that the compiler must have at this point and knows nothing of. */
#define KEEP(value) __asm__ volatile("" : "+r"(value))

static void clock_alone(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	for (int i = 0; i < PROBE_TURNS; i++)
		histogram_add(play->tally, probe_timed_nothing());
}

static void loop_alone(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	LOOP(play, )
}

/* A ring of lines, each of which holds the address of the next. */
static void load_chase(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	const aptr *p = &play->lines[0].word;

	(void)index;
	for (int i = 0; i < PROBE_UNROLL; i++)
		aptr_store_relaxed(&play->lines[i].word,
				   (uintptr_t)&play->lines[(i + 1) % PROBE_UNROLL].word);
	LOOP(play, UNROLLED(p = (const aptr *)aptr_load_depend(p);))
	KEEP(p);
}

static void store_gap(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	LOOP(play, delay(PROBE_GAP);)
}

static void store_spaced(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	aptr *word = &play->lines[0].word;

	(void)index;
	LOOP(play, aptr_store_relaxed(word, turn); delay(PROBE_GAP);)
}

/* Time a chain of AMOs: each adds the value that the one before returned. relaxed, all:
 * nothing is published. */
static void amo_chain(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	aptr *word = &play->lines[0].word;
	uintptr_t value = 1;

	(void)index;
	LOOP(play, UNROLLED(value = aptr_fetch_add_relaxed(word, value);))
}

/* Is the line still here after an AMO? */
static void amo_and_load(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	aptr *word = &play->lines[0].word;
	uintptr_t value = 1;

	(void)index;
	LOOP(play, UNROLLED(value = aptr_fetch_add_relaxed(word, value);
			    value = aptr_load_relaxed(word);))
}

/* Time an AMO to each of many lines: if it is done at the shared cache, banks differ. */
static void amo_lines(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	for (int i = 0; i < PROBE_LINES; i++)
		(void)aptr_fetch_add_relaxed(&play->lines[i].word, 1);
	for (int i = 0; i < PROBE_LINES; i++)
		histogram_add(play->tally, probe_timed_amo(&play->lines[i].word));
}

static void op_chain(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = 1, by = play->ops;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value ^= by; KEEP(value);))
}

static void mul_chain(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = 3, by = play->ops;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value *= by; KEEP(value);))
}

static void div_chain(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = UINT64_MAX, by = 3;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value /= by; KEEP(value);))
}

static void pause_chain(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	LOOP(play, UNROLLED(LOCK_RELAX();))
}

/* Returns another number below n for each i; no prefetcher can follow the order. The caller
 * guarantees: n is a power of two. */
static size_t shuffled(size_t i, size_t n)
{
	return i * 2654435761u & (n - 1);
}

static size_t power_of_two_in(size_t n)
{
	return n == 0 ? 0 : (size_t)1 << (63 - __builtin_clzll(n));
}

/* Time loads of lines far apart that no hart has touched for long. */
static void memory_fill(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	size_t n =
		power_of_two_in(play->heap_lines < PROBE_SPREAD ? play->heap_lines : PROBE_SPREAD);

	(void)index;
	for (size_t i = 0; i < n; i++) {
		size_t at = shuffled(i, n) * (play->heap_lines / n);

		histogram_add(play->tally, probe_timed_load(&play->heap[at].word));
	}
}

/* Time loads of more lines than an L1 holds, over and over: each has been evicted since. */
static void shared_again(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	size_t n =
		power_of_two_in(play->heap_lines < PROBE_CYCLED ? play->heap_lines : PROBE_CYCLED);

	(void)index;
	for (size_t i = 0; i < n; i++)
		(void)aptr_load_relaxed(&play->heap[shuffled(i, n)].word);
	for (size_t i = 0; i < n; i++)
		histogram_add(play->tally, probe_timed_load(&play->heap[shuffled(i, n)].word));
}

const struct probe_kind probe_solo[] = {
	{"clock", 1, clock_alone},
	{"loop", PROBE_TURNS, loop_alone},
	{"load", PROBE_TURNS *PROBE_UNROLL, load_chase},
	{"gap", PROBE_TURNS, store_gap},
	{"store", PROBE_TURNS, store_spaced},
	{"amo", PROBE_TURNS *PROBE_UNROLL, amo_chain},
	{"amo_load", PROBE_TURNS *PROBE_UNROLL, amo_and_load},
	{"amo_lines", 1, amo_lines},
	{"op", PROBE_TURNS *PROBE_UNROLL, op_chain},
	{"mul", PROBE_TURNS *PROBE_UNROLL, mul_chain},
	{"div", PROBE_TURNS *PROBE_UNROLL, div_chain},
	{"pause", PROBE_TURNS *PROBE_UNROLL, pause_chain},
	{"memory", 1, memory_fill},
	{"shared", 1, shared_again},
	{NULL, 0, NULL},
};
