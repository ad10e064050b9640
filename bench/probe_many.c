/* probe_many.c: measurements that take several harts. The harts take turns by one word on
 * a line of its own, which is not timed. */
#include "../lock/port.h"
#include "probe_ops.h"
#include "probe_play.h"

static struct {
	_Alignas(LINE) a32 turn;
	_Alignas(LINE) aptr arrived;
	_Alignas(LINE) aptr contended;
	_Alignas(LINE) aptr deadline;
} meet;

struct probe_count probe_counts[PORT_MAX_HARTS];

void probe_reset(struct probe_play *play)
{
	/* relaxed, all: port_run() publishes the stores. */
	a32_store_relaxed(&meet.turn, 0);
	aptr_store_relaxed(&meet.arrived, 0);
	aptr_store_relaxed(&meet.deadline, 0);
	for (int i = 0; i < PROBE_LINES; i++)
		aptr_store_relaxed(&play->lines[i].word, 0);
}

static void await_turn(unsigned turn)
{
	/* acquire (T): pairs with the release in give_turn(). */
	while (a32_load_acquire(&meet.turn) != (a32_value)turn)
		LOCK_RELAX();
}

static void give_turn(unsigned turn)
{
	/* release (T): pairs with the acquire in await_turn(). */
	a32_store_release(&meet.turn, (a32_value)turn);
}

/* relaxed, all three: which hart's turn it is orders them. */
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

static void time_loads(const struct probe_play *play)
{
	for (int i = 0; i < PROBE_LINES; i++)
		histogram_add(play->tally, probe_timed_load(&play->lines[shuffled(i)].word));
}

/* Hart a writes the lines, then hart b loads each. */
void probe_dirty(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (index == play->a) {
		write_lines(play);
		give_turn(1);
	} else if (index == play->b) {
		await_turn(1);
		time_loads(play);
	}
}

/* Hart a writes the lines, hart b loads them, then hart 2 loads each. */
void probe_copy(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (index == play->a) {
		write_lines(play);
		give_turn(1);
	} else if (index == play->b) {
		await_turn(1);
		read_lines(play);
		give_turn(2);
	} else {
		await_turn(2);
		time_loads(play);
	}
}

/* Hart 0 loads the lines, then each of b others, then hart 0 writes each. */
void probe_upgrade(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	await_turn(index);
	read_lines(play);
	give_turn(index + 1);
	if (index != 0)
		return;
	await_turn(play->b + 1);
	for (int i = 0; i < PROBE_LINES; i++)
		histogram_add(play->tally, probe_timed_amo(&play->lines[shuffled(i)].word));
}

/* relaxed, both: only the word itself is handed over. There is no pause, because its length
 * would be part of the time. */
static void await_word(const aptr *word, uintptr_t value)
{
	while (aptr_load_relaxed(word) != value)
		;
}

static void there_and_back(struct probe_line *line, uintptr_t from)
{
	aptr_store_relaxed(&line->word, from);
	await_word(&line->word, from + 1);
}

static void lead(const struct probe_play *play, struct probe_line *line)
{
	uint64_t start;

	there_and_back(line, 1); /* this brings the line in */
	probe_settle();
	start = port_cycles();
	for (uintptr_t round = 1; round <= PROBE_ROUNDS; round++)
		there_and_back(line, 2 * round + 1);
	probe_done();
	histogram_add(play->tally, port_cycles() - start);
}

static void follow(struct probe_line *line)
{
	for (uintptr_t round = 0; round <= PROBE_ROUNDS; round++) {
		await_word(&line->word, 2 * round + 1);
		aptr_store_relaxed(&line->word, 2 * round + 2);
	}
}

/* Harts a and b pass every step-th line to and fro; a has the clock. */
void probe_handoff(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	for (int i = 0; i < PROBE_LINES; i += play->step) {
		if (index == play->a)
			lead(play, &play->lines[i]);
		else if (index == play->b)
			follow(&play->lines[i]);
	}
}

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
