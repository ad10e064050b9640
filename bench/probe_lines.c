/* probe_lines.c: measurements of single accesses by one hart to lines that others have written or
 * read before. */
#include "probe_ops.h"
#include "probe_play.h"

/* relaxed, both: which hart's turn it is orders them. */
static void write_lines(const struct probe_play *play)
{
	for (int i = 0; i < PROBE_LINES; i++)
		aptr_store_relaxed(&play->lines[i].word, 1);
}

static void read_lines(const struct probe_play *play)
{
	for (int i = 0; i < PROBE_LINES; i++)
		(void)aptr_load_relaxed(&play->lines[i].word);
}

/* Returns the i-th of all lines, in an order that a prefetcher cannot predict. It is a
 * permutation, because both steps can be undone. */
static int shuffled(int i)
{
	_Static_assert(PROBE_LINES == 128, "seven bits");
	unsigned n = (unsigned)i * 77 + 31;

	n &= PROBE_LINES - 1;
	n ^= n >> 3;
	return (int)(n * 45 & (PROBE_LINES - 1));
}

/* Time an access, a call of `timed`, to each line. */
#define TIME_LINES(play, timed)               \
	for (int i = 0; i < PROBE_LINES; i++) \
		histogram_add((play)->tally, timed(&(play)->lines[shuffled(i)].word));

/* Returns true to the hart whose turn it is to time, after hart `writer` has written the lines. */
static bool after_writer(const struct probe_play *play, unsigned index, unsigned writer,
			 unsigned timer)
{
	if (index == writer) {
		write_lines(play);
		probe_give_turn(1);
	} else if (index == timer) {
		probe_await_turn(1);
	}
	return index == timer;
}

/* Hart a writes the lines, then hart b loads each. */
void probe_dirty(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (after_writer(play, index, play->a, play->b))
		TIME_LINES(play, probe_timed_load)
}

/* Define the measurement `name`: hart 1 writes the lines, then hart 0 times an access to each. */
#define AFTER_WRITER(name, timed)                    \
	void name(unsigned index, void *arg)         \
	{                                            \
		struct probe_play *play = arg;       \
                                                     \
		if (after_writer(play, index, 1, 0)) \
			TIME_LINES(play, timed)      \
	}

/* Time a store, and behind it an AMO to a line that hart 0 alone uses, until its result is there.
 * No fence stands behind them: it could wait for the store. */
static uint64_t timed_store_amo(aptr *a)
{
	static struct probe_line own[PROBE_LINES];
	static unsigned next;
	aptr *mine = &own[next++ % PROBE_LINES].word;
	uint64_t start;

	(void)aptr_fetch_add_relaxed(mine, 1);
	settle();
	start = port_cycles();
	aptr_store_relaxed(a, 1);
	if (aptr_fetch_add_relaxed(mine, 1) == 0)
		probe_fence(); /* never: it was 1 at least */
	return port_cycles() - start;
}

AFTER_WRITER(probe_dirty_amo, probe_timed_amo)
AFTER_WRITER(probe_dirty_swap, probe_timed_swap)
AFTER_WRITER(probe_dirty_lr, probe_timed_lr)
AFTER_WRITER(probe_dirty_amo_on, probe_timed_amo_on) /* nobody waits for its result */
AFTER_WRITER(probe_dirty_store, probe_timed_store)
AFTER_WRITER(probe_store_release, probe_timed_release)
AFTER_WRITER(probe_store_pause, probe_timed_pause)
AFTER_WRITER(probe_store_amo, timed_store_amo)

/* Hart 1 writes them, then hart 0 loads two at a time; */
void probe_dirty_two(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (after_writer(play, index, 1, 0))
		for (int i = 0; i < PROBE_LINES; i += 2)
			histogram_add(play->tally,
				      probe_timed_two(&play->lines[shuffled(i)].word,
						      &play->lines[shuffled(i + 1)].word));
}

enum { PROBE_STRIDE = 45 }; /* lines from one store to the next: no prefetcher guesses them */

/* Time `count` stores from line `from` on, each PROBE_STRIDE lines behind the one before. */
static uint64_t time_stores(const struct probe_play *play, unsigned from, unsigned count)
{
	uint64_t start;

	settle();
	start = port_cycles();
	for (unsigned n = count; n != 0; n--) {
		aptr_store_relaxed(&play->lines[from].word, n);
		from = (from + PROBE_STRIDE) & (PROBE_LINES - 1);
	}
	if (play->fenced)
		probe_fence();
	return port_cycles() - start;
}

/* Time stores to b lines in a row, and to the next b, until all are used. */
static void time_all(const struct probe_play *play, struct histogram *tally)
{
	for (unsigned i = 0; i + play->b <= PROBE_LINES; i += play->b)
		histogram_add(tally,
			      time_stores(play, i * PROBE_STRIDE & (PROBE_LINES - 1), play->b));
}

/* or stores to them, and then again, when they are its own. */
void probe_stores(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (!after_writer(play, index, 1, 0))
		return;
	time_all(play, play->tally);
	probe_fence();
	time_all(play, play->other);
}

/* Hart 1 writes the lines, hart 0 loads them, then it stores to each. */
void probe_copy_store(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (!after_writer(play, index, 1, 0))
		return;
	read_lines(play);
	TIME_LINES(play, probe_timed_store)
}

/* Hart a writes the lines, hart b loads them, then hart 2 loads each. */
void probe_copy(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (index == play->a) {
		write_lines(play);
		probe_give_turn(1);
	} else if (index == play->b) {
		probe_await_turn(1);
		read_lines(play);
		probe_give_turn(2);
	} else {
		probe_await_turn(2);
		TIME_LINES(play, probe_timed_load)
	}
}

/* Hart 0 loads the lines, then each of b others. Returns true to hart 0 behind that. */
static bool after_readers(const struct probe_play *play, unsigned index)
{
	probe_await_turn(index);
	read_lines(play);
	probe_give_turn(index + 1);
	if (index == 0)
		probe_await_turn(play->b + 1);
	return index == 0;
}

/* They do, then hart 0 makes an AMO to each; */
void probe_upgrade(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (after_readers(play, index))
		TIME_LINES(play, probe_timed_amo)
}

/* or a store; */
void probe_upgrade_store(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (after_readers(play, index))
		TIME_LINES(play, probe_timed_store)
}

/* or an LR, and hart 1 loads each again. */
void probe_lr_leaves(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (after_readers(play, index)) {
		for (int i = 0; i < PROBE_LINES; i++)
			(void)probe_lr(&play->lines[i].word);
		probe_give_turn(3);
	} else {
		probe_await_turn(3);
		TIME_LINES(play, probe_timed_load)
	}
}
