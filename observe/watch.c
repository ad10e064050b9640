#include "watch.h"

#include <string.h>

static uint64_t bit(unsigned hart)
{
	return (uint64_t)1 << hart;
}

/* Returns the named function that the hart entered last, and has not left; NULL: none. */
static const struct frame *top_frame(const struct watched_hart *h)
{
	return h->frames > 0 ? &h->frame[h->frames - 1] : NULL;
}

static uint64_t somewhere(uint64_t address)
{
	return address != 0 ? address : NOWHERE;
}

/* The frames or the requests of the hart are others. */
static void note_returns(struct watched_hart *h)
{
	const struct frame *f = top_frame(h);

	h->leaves_at = f != NULL ? somewhere(f->call.returns_to) : NOWHERE;
	h->has_memory_at =
		h->requests > 0 ? somewhere(h->request[h->requests - 1].returns_to) : NOWHERE;
}

bool watch_init(struct watch *w, struct output *sections, bool is_automatic)
{
	memset(w, 0, sizeof(*w));
	w->sections = sections;
	w->is_automatic = is_automatic;
	for (unsigned i = 0; i < WATCH_HARTS; i++)
		note_returns(&w->hart[i]);
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
		word->r = (struct word_record){
			.lock = a->physical, .address = a->address, .site = a->pc};
	return word;
}

static void note_write(struct word *word, unsigned hart)
{
	word->r.harts |= bit(hart);
	word->r.writes++;
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

static void keep_line(struct watch *w, unsigned hart, uint64_t lock, uint64_t slot)
{
	struct line_record *line =
		table_at(&w->lines, (uint64_t[TABLE_KEY]){lock, line_number(slot)});

	if (line == NULL) {
		w->hart[hart].r.lost++;
		return;
	}
	line->lock = lock;
	line->address = line_number(slot) * LINE_BYTES;
	if (line_was_written(slot))
		line->writers |= bit(hart);
	else
		line->readers |= bit(hart);
}

static void keep_lines(struct watch *w, unsigned hart, const struct held *held)
{
	for (unsigned i = 0; i < LINES_SLOTS; i++)
		if (line_is_kept(held->lines.slot[i]))
			keep_line(w, hart, held->r.lock, held->lines.slot[i]);
}

/* The wait that the hart ended last will not be resumed. */
static void give_wait_up(struct watched_hart *h)
{
	h->lost.word = NULL;
	h->has_returned = false;
}

static void forget(struct watched_hart *h, unsigned i)
{
	if (h->has[i].word == h->lost.word)
		give_wait_up(h);
	h->held--;
	memmove(&h->has[i], &h->has[i + 1], (h->held - i) * sizeof(h->has[0]));
	h->notes_lines &= h->held != 0;
	h->near = 0;
	for (i = 0; i < h->held; i++)
		h->near |= near_bit(h->has[i].r.address);
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

static void write_touches(const struct watch *w, const struct held *held)
{
	for (unsigned i = 0; i < LINES_SLOTS; i++) {
		uint64_t slot = held->lines.slot[i];
		struct touch_record r = {w->sections->handed, line_number(slot) * LINE_BYTES,
					 line_was_written(slot)};

		if (line_is_kept(slot))
			output_put(w->touches, &r);
	}
}

static void write_section(const struct watch *w, unsigned hart, struct held *held, uint64_t now)
{
	const struct watched_hart *h = &w->hart[hart];
	struct section_record *r = &held->r;

	r->freed = now;
	r->waited = h->waited - r->waited;
	r->firmware = h->firmware - r->firmware;
	r->written = held->lines.written;
	r->read = held->lines.kept - held->lines.written;
	if (is_kept(held->word->ended[hart]++) && w->touches != NULL)
		write_touches(w, held);
	output_put(w->sections, r);
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

static unsigned index_of(const struct watched_hart *h, const struct word *word)
{
	unsigned i = 0;

	while (i < h->held && h->has[i].word != word)
		i++;
	return i < h->held ? i : WATCH_HELD;
}

/* The cause of the handler that the hart is in. */
static enum cause handler(const struct watched_hart *h)
{
	enum cause s = h->handler[LEVEL_SUPERVISOR], m = h->handler[LEVEL_MACHINE];

	return s > m ? s : m;
}

/* Returns the bytes that the hart has asked a function that allocates for, which has not come back
 * yet; 0: none. A handler that came meanwhile asks for nothing. */
static uint64_t bytes_asked(const struct watched_hart *h)
{
	const struct request *r = h->request + h->requests;

	return h->requests > 0 && r[-1].handler == handler(h) ? r[-1].bytes : 0;
}

static void take(struct watch *w, unsigned hart, const struct held *start, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	struct held *held;
	unsigned own = index_of(h, start->word);

	if (own != WATCH_HELD) /* how it let it go was not seen */
		drop(h, hart, own);
	if (h->held == WATCH_HELD)
		drop(h, hart, 0);
	h->waited += now - start->r.asked;
	held = &h->has[h->held++];
	h->notes_lines = true;
	h->near |= near_bit(start->r.address);
	*held = *start;
	held->r.lock = held->word->r.lock;
	held->r.taken = now;
	held->r.hart = (u16)hart;
	held->r.waited = h->waited;
	held->r.firmware = h->firmware;
	held->r.sleeps = held->word->ended[hart] != 0 ? h->r.sleeps - held->word->sleeps[hart] : 0;
	held->r.handler = (u16)handler(h);
	held->r.bytes = bytes_asked(h);
	held->is_of_firmware = h->handler[LEVEL_MACHINE] != CAUSE_NONE;
	held->word->r.taken++;
	if (held->is_disputed)
		return;
	held->word->holder = hart + 1;
	for (unsigned i = 0; i + 1 < h->held; i++)
		note_pair(w, hart, &h->has[i], held);
}

static bool is_in_line(uint64_t address, uint64_t other)
{
	return address / LINE_BYTES == other / LINE_BYTES;
}

/* True for a load of the word of the wait that was lost, by an instruction of its loop: not far
 * from the one that asked for it, and not behind those that read it before. (A release reads it,
 * too.) */
static bool waits_on(const struct wait *lost, const struct access *a)
{
	enum { NEAR = 128 }; /* bytes of code */

	return !a->is_store && is_in_line(lost->address, a->address) &&
	       a->pc - lost->site + NEAR < 2 * NEAR &&
	       (lost->read_to == 0 || a->pc <= lost->read_to);
}

/* The hart goes on: it has the word that it waited for, unless another one has it. */
static void end_wait(struct watch *w, unsigned hart, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	const struct wait ended = h->wait, *wait = &ended;
	bool has_waited = wait->is_contended || wait->has_looped;
	struct held start = {.word = wait->word,
			     .is_disputed = another_has_it(wait->word, hart),
			     .r = {.address = wait->address,
				   .site = wait->site,
				   .asked = wait->asked,
				   .interrupts = (u16)wait->interrupts,
				   .contended = has_waited}};

	h->wait.word = NULL;
	take(w, hart, &start, has_waited ? now : start.r.asked);
	h->lost = ended;
	h->has_returned = false;
}

/* True if a hart that is back from a trap reads the word near where it asked for it: it waits
 * still. */
static bool resumes_wait(const struct watched_hart *h, const struct access *a)
{
	return h->has_returned && h->wait.word == NULL && waits_on(&h->lost, a);
}

static void resume_wait(struct watched_hart *h, unsigned hart)
{
	struct wait wait = h->lost;

	wait.word->r.taken--;
	drop(h, hart, index_of(h, wait.word));
	h->wait = wait;
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

	if (held->function != NULL) {
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
	uint64_t had_site = is_same ? h->wait.had_site : 0;
	unsigned own;

	if (word == NULL)
		return;
	note_write(word, hart);
	if (h->wait.word != NULL && !is_same)
		end_wait(w, hart, a->now);
	own = index_of(h, word);
	if (own != WATCH_HELD) {
		had_site = h->has[own].is_disputed ? 0 : h->has[own].r.site;
		if (write_own(w, hart, own, a))
			return;
	}
	if (!w->is_automatic || is_no_lock(word))
		return;
	h->wait.is_contended = another_has_it(word, hart) || (is_same && h->wait.is_contended);
	h->wait.asked = is_same ? h->wait.asked : a->now;
	h->wait.has_looped = is_same && h->wait.has_looped;
	h->wait.read_at = 0;
	h->wait.read_to = is_same ? h->wait.read_to : 0;
	h->wait.had_site = had_site;
	h->wait.interrupts = a->interrupts;
	h->wait.site = a->pc;
	h->wait.address = a->address;
	h->wait.word = word;
}

static struct frame *frame_of(struct watched_hart *h, uint64_t pc)
{
	const struct frame *f = top_frame(h);
	bool is_inside = f != NULL && pc >= f->function->begin && pc < f->function->end;

	return is_inside ? &h->frame[h->frames - 1] : NULL;
}

/* True for a word of what the function was given. */
static bool is_of_argument(const struct frame *f, uint64_t address)
{
	return f->call.argument != 0 && address - f->call.argument < LINE_BYTES;
}

/* An atomic instruction of a named function that takes: the first one's word is the lock. It may
 * count something before; where its argument is known, the lock is the first word of that. The last
 * one says whether it was written: after an SC that failed, an LR reads it again. */
static void atomic_in_frame(struct watch *w, unsigned hart, struct frame *f, const struct access *a)
{
	bool is_first = f->word == NULL ||
			(!is_of_argument(f, f->address) && is_of_argument(f, a->address));

	if (is_first) {
		f->wrote = false;
		f->word = word_of(w, hart, a);
		f->address = a->address;
		f->is_contended = f->word != NULL && another_has_it(f->word, hart);
	}
	if (f->word == NULL)
		return;
	if (f->word->r.lock == a->physical)
		f->wrote = a->is_store;
	if (a->is_store)
		note_write(f->word, hart);
}

/* True for a word that a named function asks for, in another function that it called. */
static bool is_asked_for(const struct watched_hart *h, const struct access *a)
{
	const struct frame *f = top_frame(h);

	return f != NULL && f->word != NULL && f->function->kind != FUNCTION_LETS_GO &&
	       f->word->r.lock == a->physical;
}

enum interest watch_interest(const struct watch *w, unsigned hart, const struct access *a)
{
	const struct watched_hart *h = &w->hart[hart];
	bool waits = h->wait.word != NULL;
	bool goes_on = waits && (a->is_store || !is_in_line(h->wait.address, a->address));

	if (a->is_atomic || goes_on || resumes_wait(h, a) ||
	    (a->is_store && let_go_by(h, a->address) != WATCH_HELD))
		return ACCESS_IS_SHARED;
	return waits || h->notes_lines ? ACCESS_IS_PRIVATE : ACCESS_SAYS_NOTHING;
}

/* A load of the word's line, by a hart that may wait for it. Who reads an instruction's word again
 * goes round a loop; who has the lock goes on through its code. */
static void note_read(struct wait *wait, uint64_t pc)
{
	wait->has_looped |= pc <= wait->read_at;
	wait->read_at = pc;
	if (pc > wait->read_to)
		wait->read_to = pc;
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
	if (a->is_atomic && is_asked_for(h, a))
		return;
	if (a->is_atomic && !a->drops_result && a->is_store)
		atomic_write(w, hart, a);
	if (a->is_atomic && !(a->drops_result && a->is_store))
		return;
	if (resumes_wait(h, a))
		resume_wait(h, hart);
	if (!a->is_store && is_in_line(h->wait.address, a->address))
		note_read(&h->wait, a->pc);
	else if (h->wait.word != NULL)
		end_wait(w, hart, a->now);
	own = a->is_store ? let_go_by(h, a->address) : WATCH_HELD;
	if (own != WATCH_HELD) {
		let_go(w, hart, own, a->pc, a->now);
		return;
	}
	h->notes_lines = false;
	for (unsigned i = 0; i < h->held; i++)
		h->notes_lines |=
			lines_note(&h->has[i].lines, a->address / LINE_BYTES, a->is_store);
}

void watch_enter(struct watch *w, unsigned hart, const struct function *f, const struct call *c)
{
	struct watched_hart *h = &w->hart[hart];

	if (c->site >= f->begin && c->site < f->end) /* a loop to its first instruction */
		return;
	if (h->wait.word != NULL) /* it goes on */
		end_wait(w, hart, c->now);
	if (h->frames == WATCH_FRAMES) /* none of them came back: they are of no use */
		h->frames = 0;
	h->frame[h->frames++] = (struct frame){.function = f, .call = *c, .freed = h->freed};
	note_returns(h);
}

static bool has_failed(const struct frame *f, enum result result)
{
	return result == RESULT_UNKNOWN ? !f->wrote || f->is_contended : result == RESULT_FAILED;
}

static void leave_taken(struct watch *w, unsigned hart, const struct frame *f, enum result result,
			enum interrupts interrupts, uint64_t now)
{
	struct held start = {.word = f->word,
			     .function = f->function,
			     .r = {.address = f->address,
				   .site = f->call.site,
				   .asked = f->call.now,
				   .contended = f->is_contended,
				   .tried = f->function->kind == FUNCTION_TRIES,
				   .interrupts = (u16)interrupts}};

	if (f->word == NULL)
		return;
	f->word->r.by_function = 1;
	if (f->function->kind == FUNCTION_TRIES) {
		f->word->r.tries++;
		if (has_failed(f, result)) {
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

void watch_leave(struct watch *w, unsigned hart, const struct function *f, enum result result,
		 enum interrupts interrupts, uint64_t pc, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	while (h->frames > 0) {
		const struct frame *top = &h->frame[--h->frames];

		note_returns(h);
		if (top->function != f)
			continue;
		if (f->kind == FUNCTION_LETS_GO)
			leave_freed(w, hart, top, pc, now);
		else
			leave_taken(w, hart, top, result, interrupts, now);
		return;
	}
}

void watch_request(struct watch *w, unsigned hart, uint64_t bytes, uint64_t returns_to)
{
	struct watched_hart *h = &w->hart[hart];
	bool is_jump = h->requests > 0 && h->request[h->requests - 1].returns_to == returns_to;

	if (is_jump) /* from another such function, at its end: that one is over */
		h->requests--;
	if (h->requests == WATCH_REQUESTS) /* none of them came back */
		h->requests = 0;
	h->request[h->requests++] = (struct request){bytes, returns_to, handler(h)};
	note_returns(h);
}

void watch_goes_on(struct watch *w, unsigned hart, uint64_t pc, uint64_t last, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	if (pc == h->leaves_at)
		watch_leave(w, hart, top_frame(h)->function, RESULT_UNKNOWN, INTERRUPTS_UNKNOWN,
			    last, now);
	if (pc == h->has_memory_at)
		h->requests--;
	note_returns(h);
}

/* False in a trap's handler, if the lock was taken before the trap came. */
static bool is_of_section(const struct watched_hart *h, unsigned i)
{
	return h->handler[LEVEL_SUPERVISOR] == CAUSE_NONE || h->has[i].r.handler != CAUSE_NONE;
}

void watch_sleep(struct watch *w, unsigned hart)
{
	struct watched_hart *h = &w->hart[hart];

	h->r.sleeps++;
	for (unsigned i = 0; i < h->held; i++)
		h->has[i].r.slept += is_of_section(h, i);
}

void watch_call(struct watch *w, unsigned hart, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	h->firmware_since = now;
	for (unsigned i = 0; i < h->held; i++)
		h->has[i].r.called += is_of_section(h, i);
}

/* True for a trap that the firmware handles below code of S-mode, which does not see it. */
static bool is_below(const struct watched_hart *h, const struct held *held, enum level level)
{
	return level == LEVEL_MACHINE && h->has_supervisor && !held->is_of_firmware;
}

static void note_trap(struct watched_hart *h, enum level level, enum cause cause)
{
	for (unsigned i = 0; i < h->held; i++) {
		if (is_below(h, &h->has[i], level))
			continue;
		h->has[i].r.trapped += h->has[i].r.trapped != UINT16_MAX;
		h->has[i].r.interrupted += cause == CAUSE_INTERRUPT;
	}
}

/* An ECALL that S-mode handles came from a user or a guest, to whom no kernel goes with a lock:
 * the words that the hart has by instructions are counters of references, or flags. */
static void drop_what_is_no_lock(struct watched_hart *h, unsigned hart)
{
	for (unsigned i = h->held; i-- > 0;) {
		if (h->has[i].function != NULL)
			continue;
		h->has[i].word->r.again++;
		drop(h, hart, i);
	}
}

void watch_cause(struct watch *w, unsigned hart, enum level level, enum cause cause, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	bool has_called = h->firmware_since != 0;

	h->has_supervisor |= level == LEVEL_SUPERVISOR;
	if (cause == CAUSE_UNKNOWN && has_called)
		cause = CAUSE_CALL;
	if (level == LEVEL_SUPERVISOR) {
		h->firmware_since = 0;
		if (cause == CAUSE_CALL)
			drop_what_is_no_lock(h, hart);
	}
	if (h->handler[level] != CAUSE_NONE) /* it reads it again */
		return;
	h->handler[level] = cause;
	if (cause != CAUSE_CALL)
		note_trap(h, level, cause);
	if (level == LEVEL_MACHINE && !has_called)
		h->firmware_since = now;
}

void watch_return(struct watch *w, unsigned hart, enum level level, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];
	enum cause cause = h->handler[level];

	h->has_supervisor |= level == LEVEL_SUPERVISOR;
	if (cause == CAUSE_NONE && h->firmware_since != 0)
		cause = CAUSE_CALL;
	if (level == LEVEL_MACHINE && h->firmware_since != 0)
		h->firmware += now - h->firmware_since;
	h->firmware_since = 0;
	h->handler[level] = CAUSE_NONE;
	if (cause == CAUSE_NONE) /* its handler did not look */
		note_trap(h, level, CAUSE_UNKNOWN);
	h->has_returned = cause != CAUSE_CALL && h->lost.word != NULL;
}

/* The lock that the hart waits for, and where it had taken the very same one before. */
static void note_wants(struct watched_hart *h)
{
	const struct frame *f = top_frame(h);
	unsigned own;

	if (f == NULL || f->word == NULL) {
		if (h->wait.word == NULL)
			return;
		h->r.wants = h->wait.word->r.lock;
		h->r.wants_site = h->wait.site;
		h->r.had_site = h->wait.had_site;
		return;
	}
	own = index_of(h, f->word);
	h->r.wants = f->word->r.lock;
	h->r.wants_site = f->call.site;
	h->r.had_site = own != WATCH_HELD ? h->has[own].r.site : 0;
}

void watch_end(struct watch *w, unsigned hart, uint64_t now)
{
	struct watched_hart *h = &w->hart[hart];

	h->r.hart = hart;
	h->r.instructions = now;
	note_wants(h);
	for (unsigned i = 0; i < h->held; i++) {
		h->has[i].r.is_held = 1;
		write_section(w, hart, &h->has[i], now);
		keep_lines(w, hart, &h->has[i]);
	}
}
