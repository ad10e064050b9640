/* probe_two.c: measurements of harts that answer each other, or of two that fight for one line. */
#include "delay.h"
#include "probe_ops.h"
#include "probe_play.h"

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
	settle();
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

/* The lines that two or more harts share, by what they are for; each hart answers on its own. */
enum { ASKED, FOUGHT, BACK, STOP, ANSWER, WORDS = PROBE_STEP };

/* The values of the word that two harts fight for. */
enum { FREE, TAKEN, OVER };

static aptr *word_of(const struct probe_play *play, unsigned which)
{
	return &play->lines[which].word;
}

/* Hart 0 writes a word that b others watch. One of them, drawn anew in each round, answers on a
 * line of its own, for which hart 0 waits. Drawn, because who is served first hangs on who was
 * before. */
void probe_readers(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	unsigned known = 1 + PROBE_TRIES * play->b;

	/* In the first rounds, which are not counted, the lines come in. */
	for (uintptr_t round = 1; round <= PROBE_ANSWERS + known; round++) {
		unsigned answers = round <= known ? 1 + (unsigned)(round % play->b)
						  : 1 + (unsigned)(random_mix(round) % play->b);
		uint64_t start;

		if (index != 0) {
			await_word(word_of(play, ASKED), round);
			if (index == answers)
				aptr_store_relaxed(word_of(play, ANSWER + index), round);
			continue;
		}
		delay(PROBE_LONGEST + PROBE_GAP * play->b +
		      round % PROBE_UNROLL); /* all watch again */
		settle();
		start = port_cycles();
		aptr_store_relaxed(word_of(play, ASKED), round);
		await_word(word_of(play, ANSWER + answers), round);
		if (round > known)
			histogram_add(play->tally, port_cycles() - start);
	}
}

/* Read the word, and the clock behind it, until the word is no longer `old`. Returns the cycles of
 * the last turn, and sets *usual to those of the turn before. The clock waits for no load, the
 * branch does. */
static uint64_t last_turn(const aptr *word, uintptr_t old, uint64_t *usual)
{
	uint64_t start = port_cycles();

	while (aptr_load_relaxed(word) == old) {
		uint64_t now = port_cycles();

		*usual = now - start;
		start = now;
	}
	return port_cycles() - start;
}

/* Watch a word that hart 0 writes PROBE_WATCHED times. */
static void lose_copies(const struct probe_play *play, aptr *word)
{
	uint64_t longest = 0, usual = 0;

	for (uintptr_t n = 0; n < PROBE_WATCHED; n++) {
		uint64_t turn = last_turn(word, n, &usual);

		if (turn > longest && n != 0) /* at first the line comes in */
			longest = turn;
		aptr_store_relaxed(word_of(play, BACK), n + 1);
	}
	histogram_add(play->tally, longest);
	histogram_add(play->other, usual);
}

/* Hart 0 stores to a word again and again, on one line after the other, and hart 1 watches it. */
void probe_copy_lost(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	for (int i = WORDS; i < PROBE_LINES; i += PROBE_STEP) {
		aptr *word = word_of(play, (unsigned)i);

		if (index != 0) {
			lose_copies(play, word);
			continue;
		}
		for (uint32_t n = 0; n < PROBE_WATCHED; n++) {
			delay(PROBE_GAP + 2 * n); /* hart 1 watches again */
			aptr_store_relaxed(word, n + 1);
			await_word(word_of(play, BACK), n + 1);
		}
	}
}

/* Hart 0 has the word, frees it and swaps it again `gap` instructions later. Returns true if it
 * won the word; otherwise it waits until hart 1 gives it back. */
static bool regain(const struct probe_play *play, uint32_t gap, uintptr_t round)
{
	aptr *word = word_of(play, FOUGHT);
	bool won;

	delay(PROBE_LONGEST); /* hart 1 watches */
	aptr_store_relaxed(word, FREE);
	delay(gap);
	won = aptr_swap_acq_rel(word, TAKEN) == FREE;
	if (!won)
		await_word(word_of(play, BACK), round);
	return won;
}

/* Take the word as soon as it is free, until hart 0 says that it ends. The word goes back to
 * hart 0 by the number of the round. */
static void watch(const struct probe_play *play)
{
	aptr *word = word_of(play, FOUGHT);
	uintptr_t seen;

	do {
		while ((seen = aptr_load_relaxed(word)) == TAKEN)
			;
		if (seen == FREE && aptr_swap_acq_rel(word, TAKEN) == FREE)
			aptr_store_relaxed(word_of(play, BACK),
					   aptr_load_relaxed(word_of(play, ASKED)));
	} while (seen != OVER);
}

/* Hart 0 frees the word and swaps it again, with every gap; hart 1 watches. */
void probe_regain(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	uintptr_t round = 0;

	if (index != 0) {
		watch(play);
		return;
	}
	aptr_store_relaxed(word_of(play, FOUGHT), TAKEN);
	for (unsigned i = 0; i < PROBE_TWICE; i++) {
		for (uint32_t gap = 0; gap < PROBE_LONGEST; gap += 2) {
			aptr_store_relaxed(word_of(play, ASKED), ++round);
			if (regain(play, gap, round))
				histogram_add(play->tally, gap);
		}
	}
	aptr_store_relaxed(word_of(play, FOUGHT), OVER);
}

/* Returns true if an SC that comes `turns` turns of a delay behind its LR stores. */
static bool keeps(const struct probe_play *play, uint64_t turns)
{
	aptr *word = word_of(play, FOUGHT);
	uintptr_t value = probe_lr(word);

	delay_turns(turns);
	return probe_sc(word, value + 1);
}

/* Store to hart 0's line until it has ended, and time each store. */
static void disturb(const struct probe_play *play)
{
	while (aptr_load_relaxed(word_of(play, STOP)) == 0)
		histogram_add(play->other, probe_timed_store(word_of(play, FOUGHT)));
}

/* Hart 0 makes an LR and an SC b instructions later, again and again; hart 1 stores to the
 * line. */
void probe_lr_kept(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	if (index != 0) {
		disturb(play);
		return;
	}
	for (unsigned i = 0; i < PROBE_KEPT; i++)
		histogram_add(play->tally, keeps(play, play->b / 2));
	aptr_store_relaxed(word_of(play, STOP), 1);
}

/* Returns a value that no other hart writes, with the number of the try. */
static uintptr_t own_value(uint64_t turns)
{
	return (uintptr_t)(turns + 1) << 32;
}

/* Returns true if the word that hart 0 has swapped is the same `turns` turns of a delay later,
 * which needs the result. */
static bool loads_same(const struct probe_play *play, uint64_t turns)
{
	aptr *word = word_of(play, FOUGHT);
	uintptr_t own = own_value(turns);

	delay_turns(turns + (probe_swap(word, own) >> 63));
	return aptr_load_relaxed(word) == own;
}

static bool swaps_same(const struct probe_play *play, uint64_t turns)
{
	aptr *word = word_of(play, FOUGHT);
	uintptr_t own = own_value(turns);

	delay_turns(turns + (probe_swap(word, own) >> 63));
	return probe_swap(word, 0) == own;
}

/* Returns the same of a word that hart 0 has stored to: the delay begins when its line has come. */
static bool stays_same(const struct probe_play *play, uint64_t turns)
{
	aptr *word = word_of(play, FOUGHT);
	uintptr_t own = own_value(turns);

	aptr_store_relaxed(word, own);
	probe_fence();
	delay_turns(turns);
	return aptr_load_relaxed(word) == own;
}

/* Add 1 to a word, and wait for the result. A core that goes on behind AMOs could keep the line. */
static void add_one(aptr *word)
{
	uintptr_t seen = aptr_fetch_add_relaxed(word, 1) + 1;

	__asm__ volatile("" : "+r"(seen));
}

/* Try every gap, and count those for which `holds` is true. */
static void try_gaps(const struct probe_play *play,
		     bool (*holds)(const struct probe_play *play, uint64_t turns))
{
	for (uint32_t i = 0; i < PROBE_OFTEN; i++)
		for (uint32_t gap = 0; gap < PROBE_LONGEST; gap += 2) {
			delay(PROBE_LONGEST + 2 * i); /* hart 1 has the line */
			if (holds(play, gap / 2))
				histogram_add(play->tally, gap);
		}
	aptr_store_relaxed(word_of(play, STOP), 1);
}

/* Until hart 0 has ended, do it again and again, so that a request is always under way. */
#define UNTIL_OVER(play, ...)                                                   \
	while (aptr_load_relaxed(word_of(play, STOP)) == 0)                     \
		_Pragma("GCC unroll 16") for (int i = 0; i < PROBE_UNROLL; i++) \
		{                                                               \
			__VA_ARGS__                                             \
		}

/* Defines a window: hart 0 tries every gap, while hart 1 disturbs it. */
#define WINDOW_PART(kind, holds, disturbs)           \
	void probe_##kind(unsigned index, void *arg) \
	{                                            \
		struct probe_play *play = arg;       \
		aptr *word = word_of(play, FOUGHT);  \
                                                     \
		if (index == 0)                      \
			try_gaps(play, holds);       \
		else                                 \
			UNTIL_OVER(play, disturbs;)  \
	}

/* relaxed: nothing is published. */
WINDOW_PART(lr_window, keeps, (void)probe_lr(word))
WINDOW_PART(load_window, loads_same, add_one(word))
WINDOW_PART(swap_window, swaps_same, add_one(word))
WINDOW_PART(store_window, stays_same, add_one(word))
WINDOW_PART(stores_window, stays_same, aptr_store_relaxed(word, 1)) /* where AMOs are far */

/* Hart 0 makes LR and SC, and times a load where the SC failed; hart 1 makes LR and SC, too. */
void probe_sc_lost(unsigned index, void *arg)
{
	struct probe_play *play = arg;
	aptr *word = word_of(play, FOUGHT);

	if (index != 0) {
		UNTIL_OVER(play, (void)probe_lrsc(word);)
		return;
	}
	for (uint32_t i = 0; i < PROBE_LONGEST; i++) {
		delay(i % PROBE_KEPT);
		if (!probe_lrsc(word))
			histogram_add(play->tally, probe_timed_load(word));
	}
	aptr_store_relaxed(word_of(play, STOP), 1);
}

/* Make PROBE_PAIRED AMOs to a word, with `gap` instructions behind each, which need its result.
 * Returns when that ended. */
static uint64_t make_paired(aptr *word, uint32_t gap)
{
	for (unsigned i = 0; i < PROBE_PAIRED; i++)
		delay(gap + (uint32_t)(aptr_fetch_add_relaxed(word, 1) >> 63));
	probe_done();
	return port_cycles();
}

/* Make AMOs to line `i` until hart 0 is through with it. */
static void fight_for(const struct probe_play *play, uintptr_t i)
{
	aptr *word = word_of(play, (unsigned)i);

	aptr_store_relaxed(word_of(play, ASKED), i);
	while (aptr_load_relaxed(word_of(play, BACK)) != i)
		_Pragma("GCC unroll 16") for (int j = 0; j < PROBE_UNROLL; j++)(void)
			aptr_fetch_add_relaxed(word, 1);
}

/* Hart 0 makes AMOs to one line after the other, with `gap` instructions behind each. If there is a
 * hart 1, each line begins when that has come to it, and it makes AMOs without a gap. */
void probe_hot_pair(unsigned index, void *arg)
{
	struct probe_play *play = arg;

	for (uintptr_t i = PROBE_UNROLL / 2; i < PROBE_LINES; i += PROBE_UNROLL / 2) {
		aptr *word = word_of(play, (unsigned)i);
		uint64_t start;

		if (index != 0) {
			fight_for(play, i);
			continue;
		}
		if (play->a > 1)
			await_word(word_of(play, ASKED), i);
		start = make_paired(word, play->gap);
		histogram_add(play->tally, make_paired(word, play->gap) - start);
		aptr_store_relaxed(word_of(play, BACK), i);
	}
}
