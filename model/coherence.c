#include "coherence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "request.h"

static uint64_t bit(unsigned hart)
{
	return (uint64_t)1 << hart;
}

static unsigned count_of(uint64_t harts)
{
	return (unsigned)__builtin_popcountll(harts);
}

bool coherence_init(struct coherence *c, const struct profile *profile, uint64_t placement)
{
	bool ok;

	memset(c, 0, sizeof(*c));
	c->profile = profile;
	c->placement = placement;
	ok = directory_init(&c->directory);
	for (unsigned h = 0; ok && h < profile->harts; h++)
		ok = l1_init(&c->l1[h], (unsigned)profile->l1_sets, (unsigned)profile->l1_ways);
	return ok;
}

void coherence_reset(struct coherence *c)
{
	directory_clear(&c->directory);
	for (unsigned h = 0; h < c->profile->harts; h++)
		l1_clear(&c->l1[h]);
	memset(c->hold, 0, sizeof(c->hold));
	memset(c->bank_free, 0, sizeof(c->bank_free));
	memset(c->count, 0, sizeof(c->count));
}

void coherence_free(struct coherence *c)
{
	directory_free(&c->directory);
	for (unsigned h = 0; h < c->profile->harts; h++)
		l1_free(&c->l1[h]);
}

static struct line *line_of(struct coherence *c, uint64_t number)
{
	struct line *line = directory_find(&c->directory, number);

	if (line == NULL) {
		fprintf(stderr, "hartlock-model: no memory for the directory\n");
		exit(2);
	}
	return line;
}

/* Leave the line without an owner: whoever has it shares it. */
static void disown(struct line *line)
{
	line->owner = NOBODY;
	line->written = false;
}

/* Returns the ticks of a request for a line that no hart's L1 has. */
static uint64_t from_below(struct request *r)
{
	struct coherence *c = r->c;
	bool cached = r->line->cached;

	r->line->cached = true;
	c->count[cached ? COUNT_SHARED : COUNT_FILLS]++;
	return (cached ? c->profile->shared : c->profile->memory) + request_way_to_bank(r);
}

static uint64_t from_owner(struct request *r)
{
	r->c->count[COUNT_TRANSFERS]++;
	return request_at_owner(r) + request_from_owner(r) - r->start;
}

/* Put a line that the hart did not have into its L1, which may push another one out. */
static void bring_in(struct coherence *c, unsigned hart, uint64_t number)
{
	uint64_t gone = l1_insert(&c->l1[hart], number);
	struct line *line;

	if (gone == L1_NONE)
		return;
	line = line_of(c, gone);
	line->sharers &= ~bit(hart);
	if (line->owner == (int)hart)
		disown(line);
	c->count[COUNT_EVICTIONS]++;
}

static void take_copies(struct coherence *c, struct line *line, uint64_t harts)
{
	line->sharers &= ~harts;
	for (; harts != 0; harts &= harts - 1)
		l1_remove(&c->l1[lowest_hart(harts)], line->number);
}

/* Returns the ticks from the arrival of its data to the end of an access; a load's are 0. */
static uint64_t extra(const struct profile *p, enum access kind)
{
	uint64_t own = kind == ACCESS_STORE ? p->l1_store
		     : kind == ACCESS_LOAD  ? p->l1_load
					    : p->l1_amo;

	return own > p->l1_load ? own - p->l1_load : 0;
}

/* An LR takes its line like a write, and leaves it as it was. */
static bool writes(enum access kind)
{
	return kind != ACCESS_LOAD && kind != ACCESS_LR;
}

static uint64_t load_miss(struct coherence *c, unsigned hart, struct line *line, uint64_t now)
{
	const struct profile *p = c->profile;
	struct request r = request_make(c, hart, line, now);
	uint64_t done;

	if (line->owner != NOBODY) {
		bool owned = line->sharers & (line->sharers - 1); /* earlier reads made it so */

		done = r.start + from_owner(&r);
		line->busy = owned ? request_over(&r) : done;
		line->cached = true;
		if (!p->moesi)
			disown(line); /* the owner wrote the line back and shares it now */
	} else {
		bool alone = line->sharers == 0, filled = !line->cached;

		done = r.start + from_below(&r);
		line->busy = filled ? done : request_over(&r);
		if (alone)
			line->owner = (int)hart; /* Exclusive */
	}
	line->sharers |= bit(hart);
	return done;
}

/* Returns the ticks until the hart has the line to itself. */
static uint64_t take_line(struct request *r, uint64_t others)
{
	const struct profile *p = r->c->profile;
	struct line *line = r->line;
	uint64_t further = p->invalidate * (others != 0 ? count_of(others) - 1 : 0);

	if (line->owner != NOBODY && line->owner != (int)r->hart)
		return from_owner(r) + further;
	if (line->sharers & bit(r->hart)) {
		r->c->count[COUNT_UPGRADES]++;
		return p->upgrade + further +
		       later(request_way_to_bank(r), request_longest_way(r, others));
	}
	if (others == 0)
		return from_below(r);
	return later(from_below(r), p->upgrade + request_longest_way(r, others)) + further;
}

static uint64_t write_miss(struct coherence *c, unsigned hart, enum access kind, struct line *line,
			   uint64_t now, uint64_t *lost)
{
	struct request r = request_make(c, hart, line, now);
	uint64_t come = r.start + take_line(&r, line->sharers & ~bit(hart));

	*lost = line->sharers & ~bit(hart);
	c->count[COUNT_INVALIDATIONS] += count_of(*lost);
	take_copies(c, line, *lost);
	line->sharers |= bit(hart);
	line->owner = (int)hart;
	line->written |= writes(kind);
	line->busy = come;
	return come + extra(c->profile, kind);
}

/* Do an AMO at the shared cache: every copy goes, the asking hart's too. */
static uint64_t far_amo(struct coherence *c, unsigned hart, struct line *line, uint64_t now,
			uint64_t *lost)
{
	const struct profile *p = c->profile;
	struct request r = request_make(c, hart, line, now);
	uint64_t recall = 0;

	*lost = line->sharers;
	if (*lost != 0)
		recall = p->upgrade + p->invalidate * (count_of(*lost) - 1) +
			 request_longest_way(&r, *lost);
	if (!line->cached)
		recall += p->memory;
	c->count[line->cached ? COUNT_SHARED : COUNT_FILLS]++;
	c->count[COUNT_INVALIDATIONS] += count_of(*lost);
	take_copies(c, line, *lost);
	disown(line);
	line->cached = true;
	line->busy = request_over(&r) + recall;
	return r.start + recall + p->far_amo + request_way_to_bank(&r);
}

static bool hits(const struct line *line, unsigned hart, enum access kind)
{
	if (kind == ACCESS_LOAD)
		return line->sharers & bit(hart);
	return line->owner == (int)hart && line->sharers == bit(hart);
}

static uint64_t hit_done(struct coherence *c, unsigned hart, enum access kind, struct line *line,
			 uint64_t now)
{
	l1_touch(&c->l1[hart], line->number);
	line->written |= writes(kind);
	return now + c->profile->l1_load + extra(c->profile, kind);
}

/* Let the hart's LR keep its line from now on. A second LR to the same line does not
 * lengthen the time, so that nobody waits for ever. */
static void keep(struct coherence *c, unsigned hart, uint64_t number, uint64_t done)
{
	struct hold *hold = &c->hold[hart];

	if (hold->active && hold->line == number)
		return;
	coherence_let_go(c, hart, done);
	*hold = (struct hold){true, number, done + c->profile->lr_hold};
}

static void miss(struct coherence *c, unsigned hart, enum access kind, struct line *line,
		 uint64_t now, struct outcome *o)
{
	uint64_t number = line->number;
	bool had = line->sharers & bit(hart);
	bool has;

	if (kind == ACCESS_LOAD)
		o->done = load_miss(c, hart, line, now);
	else if (kind == ACCESS_AMO && c->profile->amo_far)
		o->done = far_amo(c, hart, line, now, &o->lost);
	else
		o->done = write_miss(c, hart, kind, line, now, &o->lost);
	has = line->sharers & bit(hart);
	if (has && had)
		l1_touch(&c->l1[hart], number);
	else if (has)
		bring_in(c, hart, number);
}

struct outcome coherence_access(struct coherence *c, unsigned hart, enum access kind,
				uint64_t address, uint64_t now)
{
	uint64_t number = address / LINE_BYTES;
	struct line *line = line_of(c, number);
	struct outcome o = {.hit = hits(line, hart, kind)};

	if (kind == ACCESS_AMO && c->profile->amo_far)
		o.hit = false;
	if (kind >= ACCESS_AMO)
		c->count[COUNT_AMOS]++;
	if (o.hit)
		o.done = hit_done(c, hart, kind, line, now);
	else
		miss(c, hart, kind, line, now, &o);
	if (kind == ACCESS_LR)
		keep(c, hart, number, o.done);
	else if (kind == ACCESS_SC)
		coherence_let_go(c, hart, o.done);
	return o;
}

uint64_t coherence_effect(struct coherence *c, unsigned hart, enum access kind, uint64_t number,
			  uint64_t now)
{
	struct line *line = line_of(c, number);
	struct request r = request_expect(c, hart, line, now);

	if (hits(line, hart, kind))
		return now;
	if (line->owner != NOBODY && line->owner != (int)hart)
		return request_takes_owners(&r);
	if (kind != ACCESS_LOAD && (line->sharers & ~bit(hart)) != 0)
		return request_takes_shared(&r);
	return r.start;
}

uint64_t coherence_sc_failed(struct coherence *c, unsigned hart, uint64_t now)
{
	c->count[COUNT_AMOS]++;
	c->count[COUNT_SC_FAILED]++;
	coherence_let_go(c, hart, now);
	return now + c->profile->l1_store;
}

bool coherence_holds(const struct coherence *c, unsigned hart, uint64_t now)
{
	return c->hold[hart].active && now <= c->hold[hart].until;
}

void coherence_let_go(struct coherence *c, unsigned hart, uint64_t now)
{
	struct hold *hold = &c->hold[hart];
	uint64_t end = now < hold->until ? now : hold->until;
	struct line *line;

	if (!hold->active)
		return;
	hold->active = false;
	line = line_of(c, hold->line);
	line->held = end;
}

uint64_t coherence_device_write(struct coherence *c, uint64_t address)
{
	struct line *line = line_of(c, address / LINE_BYTES);
	uint64_t lost = line->sharers;

	take_copies(c, line, lost);
	disown(line);
	line->cached = true;
	return lost;
}

struct line coherence_line(struct coherence *c, uint64_t number)
{
	return *line_of(c, number);
}

bool coherence_has(struct coherence *c, unsigned hart, uint64_t number)
{
	return line_of(c, number)->sharers & bit(hart);
}
