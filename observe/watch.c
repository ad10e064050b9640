#include "watch.h"

#include <string.h>

static uint64_t bit(unsigned hart)
{
	return (uint64_t)1 << hart;
}

bool watch_init(struct watch *w, FILE *sections, bool is_automatic)
{
	memset(w, 0, sizeof(*w));
	w->sections = sections;
	w->is_automatic = is_automatic;
	return table_init(&w->words, sizeof(struct word)) &&
	       table_init(&w->pairs, sizeof(struct pair_record)) &&
	       table_init(&w->lines, sizeof(struct line_record));
}

void watch_free(struct watch *w)
{
	table_free(&w->words);
	table_free(&w->pairs);
	table_free(&w->lines);
}

static struct word *word_of(struct watch *w, unsigned hart, const struct access *a)
{
	struct word *word = table_at(&w->words, (uint64_t[TABLE_KEY]){a->physical});

	if (word == NULL)
		w->hart[hart].r.lost++;
	else if (word->r.lock == 0)
		word->r = (struct word_record){.lock = a->physical, .address = a->address};
	return word;
}

static bool has_it(const struct word *word, unsigned hart)
{
	return word->holder == hart + 1;
}

static bool another_has_it(const struct word *word, unsigned hart)
{
	return word->holder != 0 && word->holder != hart + 1;
}

/* Returns the index of the lock that a store to this address lets go; WATCH_HELD: none. The word
 * itself comes before its neighbour in the same 8 bytes. */
static unsigned let_go_by(const struct watched_hart *h, uint64_t address)
{
	for (unsigned i = h->held; i-- > 0;)
		if (address - h->has[i].r.address < sizeof(uint32_t))
			return i;
	for (unsigned i = h->held; i-- > 0;)
		if (address / sizeof(uint64_t) == h->has[i].r.address / sizeof(uint64_t))
			return i;
	return WATCH_HELD;
}

static void note_line(struct held *held, uint64_t line, bool wrote)
{
	unsigned i = 0;

	while (i < held->lines && held->line[i] != line)
		i++;
	if (i == WATCH_LINES)
		return;
	if (i == held->lines)
		held->line[held->lines++] = line;
	held->wrote |= (uint64_t)wrote << i;
}

static void note_pair(struct watch *w, unsigned hart, const struct held *outer,
		      const struct held *inner)
{
	const struct held *around = &w->hart[hart].has[0];
	struct pair_record *pair =
		table_at(&w->pairs,
			 (uint64_t[TABLE_KEY]){outer->r.lock, inner->r.lock, around->r.lock, hart});

	if (pair == NULL) {
		w->hart[hart].r.lost++;
		return;
	}
	if (pair->times++ > 0)
		return;
	pair->outer = outer->r.lock;
	pair->inner = inner->r.lock;
	pair->around = around->r.lock;
	pair->outer_site = outer->r.site;
	pair->inner_site = inner->r.site;
	pair->hart = hart;
}

static void keep_lines(struct watch *w, unsigned hart, const struct held *held)
{
	for (unsigned i = 0; i < held->lines; i++) {
		struct line_record *line =
			table_at(&w->lines, (uint64_t[TABLE_KEY]){held->r.lock, held->line[i]});

		if (line == NULL) {
			w->hart[hart].r.lost++;
			continue;
		}
		line->lock = held->r.lock;
		line->address = held->line[i] * WATCH_LINE_BYTES;
		if (held->wrote >> i & 1)
			line->writers |= bit(hart);
		else
			line->readers |= bit(hart);
	}
}

static void forget(struct watched_hart *h, unsigned i)
{
	h->held--;
	memmove(&h->has[i], &h->has[i + 1], (h->held - i) * sizeof(h->has[0]));
}

/* True for a section whose lines are kept: those of a hart in runs of RUN, one behind the other. Of
 * the first MANY runs it is each; from then on as many of each doubling, so that there are never
 * many, and the last ones are as good as the first. */
static bool is_kept(uint32_t section)
{
	enum { RUN = 32, MANY = 16 };
	uint32_t run = section / RUN, every = 1;

	while (run / every >= MANY)
		every *= 2;
	return run % every == 0;
}

static void write_touches(struct watch *w, unsigned hart, const struct held *held)
{
	for (unsigned i = 0; i < held->lines; i++) {
		struct touch_record r = {w->written, held->line[i] * WATCH_LINE_BYTES,
					 held->wrote >> i & 1};

		if (fwrite(&r, sizeof(r), 1, w->touches) != 1)
			w->hart[hart].r.lost++;
	}
}

static void write_section(struct watch *w, unsigned hart, struct held *held, uint64_t now)
{
	const struct watched_hart *h = &w->hart[hart];
	struct section_record *r = &held->r;

	r->freed = now;
	r->waited = h->waited - r->waited;
	r->firmware = h->firmware - r->firmware;
	r->written = (u16)__builtin_popcountll(held->wrote);
	r->read = (u16)(held->lines - r->written);
	if (is_kept(held->word->ended[hart]++) && w->touches != NULL)
		write_touches(w, hart, held);
	if (fwrite(r, sizeof(*r), 1, w->sections) != 1)
		w->hart[hart].r.lost++;
	w->written++;
}

/* The hart lets its lock number `i` go. */
static void let_go(struct watch *w, unsigned hart, unsigned i, uint64_t pc, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	struct held *held = &h->has[i];
	struct word *word = held->word;

	held->r.let_go_at = pc;
	write_section(w, hart, held, now);
	keep_lines(w, hart, held);
	word->r.freed++;
	word->sleeps[hart] = (uint32_t)h->r.sleeps;
	if (has_it(word, hart))
		word->holder = 0;
	h->freed++;
	forget(h, i);
}

/* Drop a lock of the hart without a word: it turned out to be a counter, or too many are held. */
static void drop(struct watched_hart *h, unsigned hart, unsigned i)
{
	if (has_it(h->has[i].word, hart))
		h->has[i].word->holder = 0;
	forget(h, i);
}

static void take(struct watch *w, unsigned hart, const struct held *start, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	struct held *held;

	if (h->held == WATCH_HELD)
		drop(h, hart, 0);
	h->waited += now - start->r.asked;
	held = &h->has[h->held++];
	*held = *start;
	held->r.lock = held->word->r.lock;
	held->r.taken = now;
	held->r.hart = (u16)hart;
	held->r.waited = h->waited;
	held->r.firmware = h->firmware;
	held->r.sleeps = held->word->had & bit(hart) ? h->r.sleeps - held->word->sleeps[hart] : 0;
	held->word->had |= bit(hart);
	held->word->r.taken++;
	if (held->is_disputed)
		return;
	held->word->holder = hart + 1;
	for (unsigned i = 0; i + 1 < h->held; i++)
		note_pair(w, hart, &h->has[i], held);
}

static unsigned index_of(const struct watched_hart *h, const struct word *word)
{
	unsigned i = 0;

	while (i < h->held && h->has[i].word != word)
		i++;
	return i < h->held ? i : WATCH_HELD;
}

static bool is_in_line(uint64_t address, uint64_t other)
{
	return address / WATCH_LINE_BYTES == other / WATCH_LINE_BYTES;
}

/* True for a load of the word of the wait that was lost, by an instruction not far from the one
 * that asked for it. */
static bool is_near(const struct watched_hart *h, const struct access *a)
{
	enum { NEAR = 128 }; /* bytes of code */

	return !a->is_store && is_in_line(h->lost.address, a->address) &&
	       a->pc - h->lost.site + NEAR < 2 * NEAR;
}

/* The hart goes on: it has the word that it waited for, unless another one has it. */
static void end_wait(struct watch *w, unsigned hart, uint64_t now)
{
	enum { READS_OF_WINNER = 2 }; /* as a ticket lock's, who compares once */
	struct watched_hart *h = &w->hart[hart];
	struct wait *wait = &h->wait;
	bool has_waited = wait->is_contended || wait->reads > READS_OF_WINNER;
	struct held start = {.word = wait->word,
			     .is_disputed = another_has_it(wait->word, hart),
			     .r = {.address = wait->address,
				   .site = wait->site,
				   .asked = wait->asked,
				   .contended = has_waited}};

	h->lost = *wait;
	h->has_returned = false;
	wait->word = NULL;
	take(w, hart, &start, has_waited ? now : start.r.asked);
}

/* A hart that is back from a trap and reads the word near where it asked for it waits still. */
static void resume_wait(struct watched_hart *h, unsigned hart, const struct access *a)
{
	unsigned own;

	if (!h->has_returned || h->lost.word == NULL || h->wait.word != NULL || !is_near(h, a))
		return;
	own = index_of(h, h->lost.word);
	if (own == WATCH_HELD)
		return;
	h->lost.word->r.taken--;
	drop(h, hart, own);
	h->wait = h->lost;
	h->lost.word = NULL;
}

/* True for a word that turned out to be a counter or a flag. */
static bool is_no_lock(const struct word *word)
{
	enum { ENOUGH = 16 };

	return word->r.again > ENOUGH && word->r.again > word->r.freed;
}

/* The hart wrote again, by an atomic instruction, the word that it has. Returns true if it has let
 * it go. */
static bool write_own(struct watch *w, unsigned hart, unsigned own, const struct access *a)
{
	struct held *held = &w->hart[hart].has[own];

	if (a->lets_go || held->function != NULL) {
		let_go(w, hart, own, a->pc, a->now);
		return true;
	}
	if (held->is_disputed) {
		held->word->r.given_up++;
		held->word->r.taken--;
	} else {
		held->word->r.again++;
	}
	drop(&w->hart[hart], hart, own);
	return false;
}

/* An atomic instruction outside the named functions wrote a word. */
static void atomic_write(struct watch *w, unsigned hart, const struct access *a)
{
	struct watched_hart *h = &w->hart[hart];
	struct word *word = word_of(w, hart, a);
	bool is_same = h->wait.word == word;
	unsigned own;

	if (word == NULL)
		return;
	if (h->wait.word != NULL && !is_same)
		end_wait(w, hart, a->now);
	own = index_of(h, word);
	if (own != WATCH_HELD && write_own(w, hart, own, a))
		return;
	if (a->lets_go || !w->is_automatic || is_no_lock(word))
		return;
	h->wait.is_contended = another_has_it(word, hart) || (is_same && h->wait.is_contended);
	h->wait.asked = is_same ? h->wait.asked : a->now;
	h->wait.reads = is_same ? h->wait.reads : 0;
	h->wait.site = a->pc;
	h->wait.address = a->address;
	h->wait.word = word;
}

static struct frame *frame_of(struct watched_hart *h, uint64_t pc)
{
	struct frame *f = h->frames > 0 ? &h->frame[h->frames - 1] : NULL;

	return f != NULL && pc >= f->function->begin && pc < f->function->end ? f : NULL;
}

/* An atomic instruction inside a named function that takes: the first one's word is the lock. */
static void atomic_in_frame(struct watch *w, unsigned hart, struct frame *f, const struct access *a)
{
	if (f->word == NULL) {
		f->word = word_of(w, hart, a);
		f->address = a->address;
		f->is_contended = f->word != NULL && another_has_it(f->word, hart);
	}
	f->wrote |= a->is_store;
}

bool watch_is_private(const struct watch *w, unsigned hart, const struct access *a)
{
	const struct watched_hart *h = &w->hart[hart];

	return !a->is_atomic && h->wait.word == NULL && !h->has_returned &&
	       !(a->is_store && let_go_by(h, a->address) != WATCH_HELD);
}

void watch_access(struct watch *w, unsigned hart, const struct access *a)
{
	struct watched_hart *h = &w->hart[hart];
	struct frame *f = frame_of(h, a->pc);
	unsigned own;

	if (f != NULL && f->function->kind != FUNCTION_LETS_GO) {
		if (a->is_atomic)
			atomic_in_frame(w, hart, f, a);
		return;
	}
	if (a->is_atomic) {
		if (a->is_store)
			atomic_write(w, hart, a);
		return;
	}
	resume_wait(h, hart, a);
	h->wait.reads++;
	if (h->wait.word != NULL && (a->is_store || !is_in_line(h->wait.address, a->address)))
		end_wait(w, hart, a->now);
	own = a->is_store ? let_go_by(h, a->address) : WATCH_HELD;
	if (own != WATCH_HELD) {
		let_go(w, hart, own, a->pc, a->now);
		return;
	}
	for (unsigned i = 0; i < h->held; i++)
		note_line(&h->has[i], a->address / WATCH_LINE_BYTES, a->is_store);
}

void watch_enter(struct watch *w, unsigned hart, const struct function *f, uint64_t site,
		 uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	if (h->frames == WATCH_FRAMES) /* none of them came back: they are of no use */
		h->frames = 0;
	h->frame[h->frames++] =
		(struct frame){.function = f, .site = site, .asked = now, .freed = h->freed};
}

static void leave_taken(struct watch *w, unsigned hart, const struct frame *f, uint64_t now)
{
	struct held start = {.word = f->word,
			     .function = f->function,
			     .r = {.address = f->address,
				   .site = f->site,
				   .asked = f->asked,
				   .contended = f->is_contended}};

	if (f->word == NULL)
		return;
	f->word->r.by_function = 1;
	if (f->function->kind == FUNCTION_TRIES) {
		f->word->r.tries++;
		if (!f->wrote || f->is_contended) {
			f->word->r.failed++;
			return;
		}
	}
	take(w, hart, &start, now);
}

/* A function that lets go came back. Its stores may have said so already; else it was the lock that
 * the hart took last in a named function before the call. */
static void leave_freed(struct watch *w, unsigned hart, const struct frame *f, uint64_t pc,
			uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	if (h->freed != f->freed)
		return;
	for (unsigned i = h->held; i-- > 0;) {
		if (h->has[i].function != NULL) {
			let_go(w, hart, i, pc, now);
			return;
		}
	}
}

void watch_leave(struct watch *w, unsigned hart, const struct function *f, uint64_t pc,
		 uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	while (h->frames > 0) {
		const struct frame *top = &h->frame[--h->frames];

		if (top->function != f)
			continue;
		if (f->kind == FUNCTION_LETS_GO)
			leave_freed(w, hart, top, pc, now);
		else
			leave_taken(w, hart, top, now);
		return;
	}
}

void watch_sleep(struct watch *w, unsigned hart)
{
	struct watched_hart *h = &w->hart[hart];

	h->r.sleeps++;
	for (unsigned i = 0; i < h->held; i++)
		h->has[i].r.slept++;
}

void watch_call(struct watch *w, unsigned hart, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	h->firmware_since = now;
	for (unsigned i = 0; i < h->held; i++)
		h->has[i].r.called++;
}

void watch_return(struct watch *w, unsigned hart, bool from_firmware, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	if (h->firmware_since != 0) {
		if (from_firmware)
			h->firmware += now - h->firmware_since;
		h->firmware_since = 0;
		return;
	}
	h->has_returned = h->lost.word != NULL;
	for (unsigned i = 0; i < h->held; i++)
		h->has[i].r.trapped++;
}

void watch_end(struct watch *w, unsigned hart, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	h->r.hart = hart;
	h->r.instructions = now;
	if (h->frames > 0 && h->frame[h->frames - 1].word != NULL) {
		h->r.wants = h->frame[h->frames - 1].word->r.lock;
		h->r.wants_site = h->frame[h->frames - 1].site;
	} else if (h->wait.word != NULL) {
		h->r.wants = h->wait.word->r.lock;
		h->r.wants_site = h->wait.site;
	}
	for (unsigned i = 0; i < h->held; i++) {
		h->has[i].r.is_held = 1;
		write_section(w, hart, &h->has[i], now);
		keep_lines(w, hart, &h->has[i]);
	}
}
