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
		settle();                                              \
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

/* Defines the part of a kind: `body`, PROBE_UNROLL times in a turn. It may use `word`, which is on
 * an own line, and `value`. */
#define LOOPED_PART(kind, body)                            \
	static void solo_##kind(unsigned index, void *arg) \
	{                                                  \
		struct probe_play *play = arg;             \
		aptr *word = &play->lines[0].word;         \
		uintptr_t value = 1;                       \
                                                           \
		(void)index;                               \
		KEEP(word);                                \
		KEEP(value);                               \
		LOOP(play, UNROLLED(body))                 \
		KEEP(value);                               \
	}

static void solo_clock(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	for (int i = 0; i < PROBE_TURNS; i++)
		histogram_add(play->tally, probe_timed_nothing());
}

static void solo_loop(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	LOOP(play, )
}

/* A ring of lines, each of which holds the address of the next. */
static void solo_load(unsigned index, void *arg)
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

LOOPED_PART(load_free, (void)aptr_load_relaxed(word);)

static void solo_gap(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	(void)index;
	LOOP(play, delay(PROBE_GAP);)
}

static void solo_store(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	aptr *word = &play->lines[0].word;

	(void)index;
	LOOP(play, aptr_store_relaxed(word, turn); delay(PROBE_GAP);)
}

/* relaxed, all: nothing is published. Each AMO adds the value that the one before returned. */
#if defined(__riscv)
LOOPED_PART(amo, PROBE_AMO("amoadd.d", word);)
#else
LOOPED_PART(amo, value = aptr_fetch_add_relaxed(word, value);)
#endif

/* Is the line still here after an AMO? */
LOOPED_PART(amo_load, value = aptr_fetch_add_relaxed(word, value); value = aptr_load_relaxed(word);)

#if defined(__riscv)
LOOPED_PART(amo_free, PROBE_AMO_FREE("amoadd.d", word);)
LOOPED_PART(amo_swap, PROBE_AMO("amoswap.d", word);)
LOOPED_PART(amo_or, PROBE_AMO("amoor.d", word);)
LOOPED_PART(amo_cas, PROBE_AMOCAS(word);)
LOOPED_PART(amo_aq, PROBE_AMO("amoadd.d.aq", word);)
LOOPED_PART(amo_rl, PROBE_AMO("amoadd.d.rl", word);)
LOOPED_PART(amo_aqrl, PROBE_AMO("amoadd.d.aqrl", word);)
LOOPED_PART(lr, (void)probe_lr(word);)
LOOPED_PART(lr_sc, PROBE_LR_SC(word);)
LOOPED_PART(sc_fails, PROBE_AMO("sc.d", word);)
LOOPED_PART(jump, __asm__ volatile("j 1f\n1:");)
LOOPED_PART(fence_r_rw, __asm__ volatile("fence r, rw" ::: "memory");)
LOOPED_PART(fence_rw_w, __asm__ volatile("fence rw, w" ::: "memory");)
LOOPED_PART(fence_r_r, __asm__ volatile("fence r, r" ::: "memory");)
LOOPED_PART(fence_w_w, __asm__ volatile("fence w, w" ::: "memory");)
LOOPED_PART(fence_rw_rw, __asm__ volatile("fence rw, rw" ::: "memory");)
#endif

/* Defines the part of a kind: a call of `timed` for each of many own lines, which it has brought in
 * before. */
#define LINES_PART(kind, timed)                                                    \
	static void solo_##kind(unsigned index, void *arg)                         \
	{                                                                          \
		struct probe_play *play = arg;                                     \
                                                                                   \
		(void)index;                                                       \
		for (int i = 0; i < PROBE_LINES; i++)                              \
			(void)timed(&play->lines[i].word);                         \
		for (int i = 0; i < PROBE_LINES; i++)                              \
			histogram_add((play)->tally, timed(&play->lines[i].word)); \
	}

LINES_PART(amo_lines, probe_timed_amo) /* if it is done at the shared cache, banks differ */
LINES_PART(store_done, probe_timed_store)

static void solo_op(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = 1, by = play->ops;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value ^= by; KEEP(value);))
}

/* Four chains, of which a wide core takes several steps at once. */
static void solo_op_free(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value[4] = {1, 2, 3, 4}, by = play->ops;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value[i % 4] ^= by; KEEP(value[i % 4]);))
}

static void solo_mul(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = 3, by = play->ops;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value *= by; KEEP(value);))
}

static void solo_div(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uint64_t value = UINT64_MAX, by = 3;

	(void)index;
	KEEP(by);
	LOOP(play, UNROLLED(value /= by; KEEP(value);))
}

LOOPED_PART(pause, LOCK_RELAX();)

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
static void solo_memory(unsigned index, void *arg)
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
static void solo_shared(unsigned index, void *arg)
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

#define ON_ANY(kind, ops) {#kind, PROBE_##ops, solo_##kind, NULL},
#if defined(__riscv)
#define ON_RISCV(kind, ops) ON_ANY(kind, ops)
#define ON_zacas(kind, ops) {#kind, PROBE_##ops, solo_##kind, "zacas"},
#else
#define ON_RISCV(kind, ops)
#define ON_zacas(kind, ops)
#endif
#define ALONE(kind, ops, less, needs, ...) ON_##needs(kind, ops)

const struct probe_kind probe_solo[] = {
#include "probes.def"
	{NULL, 0, NULL, NULL},
};
