#include "coherence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol.h"
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

/* Returns what the hart wants of the line, in the protocol's words. */
static enum wish wish_of(const struct profile *p, enum access kind)
{
	switch (kind) {
	case ACCESS_LOAD:
		return WISH_READ;
	case ACCESS_LR:
		return p->lr_shares ? WISH_READ : WISH_LINK;
	case ACCESS_LOST_SC:
		return WISH_LINK;
	case ACCESS_AMO:
		return p->amo_far ? WISH_FAR : p->amo_asks ? WISH_ASK : WISH_WRITE;
	default:
		return WISH_WRITE;
	}
}

/* Returns the harts that lose their copy, if others do: at the shared cache, the one that asks,
 * too. */
static uint64_t losers(const struct step *step, const struct line *line, unsigned hart)
{
	if (step->others != OTHERS_LOSE)
		return 0;
	return step->has == HAS_I ? line->sharers : line->sharers & ~bit(hart);
}

/* Returns the ticks until the copies of `harts` are gone, their way not counted: one goes for
 * `first`, each further one for `invalidate`. */
static uint64_t copies_go(const struct profile *p, uint64_t first, uint64_t harts)
{
	return harts == 0 ? first : first + p->invalidate * (count_of(harts) - 1);
}

/* Returns the ticks until the shared cache has given the line, and those of `lost` have not got it.
 */
static uint64_t from_cache(const struct request *r, enum access kind, uint64_t lost)
{
	const struct profile *p = r->c->profile;
	uint64_t data = kind == ACCESS_LOAD ? request_shared(r) : p->shared;

	data += request_way_to_bank(r);
	if (lost == 0)
		return data;
	return copies_go(p, later(data, p->upgrade + request_longest_way(r, lost)), lost);
}

/* Returns the ticks until the copies of `lost` are gone, and the hart knows. */
static uint64_t from_copies(const struct request *r, uint64_t lost)
{
	uint64_t way = later(request_way_to_bank(r), request_longest_way(r, lost));

	return copies_go(r->c->profile, r->c->profile->upgrade + way, lost);
}

/* Returns the ticks until the shared cache has the line to itself, for an AMO there. */
static uint64_t recall(const struct request *r, enum ask asks, uint64_t lost)
{
	const struct profile *p = r->c->profile;
	uint64_t fetch = asks == ASK_MEMORY_FAR ? p->memory : 0;

	if (lost == 0)
		return fetch;
	return fetch + copies_go(p, p->upgrade + request_longest_way(r, lost), lost);
}

/* Let those who are asked answer. Returns when the line, or the AMO's result, has come. */
static uint64_t answered(struct request *r, enum access kind, enum ask asks, uint64_t lost)
{
	const struct profile *p = r->c->profile;

	switch (asks) {
	case ASK_MEMORY:
		return r->start + p->memory + request_way_to_bank(r);
	case ASK_CACHE:
		return r->start + from_cache(r, kind, lost);
	case ASK_OWNER:
		return copies_go(p, request_at_owner(r) + request_from_owner(r), lost);
	case ASK_COPIES:
		return r->start + from_copies(r, lost);
	case ASK_BANK:
		return r->start + p->l1_load + request_way_to_bank(r);
	default:
		r->start += recall(r, asks, lost);
		return r->start + p->far_amo + request_way_to_bank(r);
	}
}

static void take_line(struct line *line, unsigned hart, enum has has)
{
	if (has == HAS_I)
		return;
	line->sharers |= bit(hart);
	if (has == HAS_S)
		return;
	line->owner = (int)hart;
	line->written |= has == HAS_M;
}

/* Change the line's state as the step says. */
static void change(struct coherence *c, unsigned hart, const struct step *step, struct line *line,
		   uint64_t lost)
{
	c->count[COUNT_INVALIDATIONS] += count_of(lost);
	take_copies(c, line, lost);
	if (step->has == HAS_I || (step->others == OTHERS_SHARE && !c->profile->moesi))
		disown(line);
	line->cached = true;
	take_line(line, hart, step->has);
}

static void count(struct coherence *c, enum ask asks)
{
	static const enum mailbox_count of[] = {
		[ASK_MEMORY] = COUNT_FILLS,     [ASK_CACHE] = COUNT_SHARED,
		[ASK_OWNER] = COUNT_TRANSFERS,  [ASK_COPIES] = COUNT_UPGRADES,
		[ASK_MEMORY_FAR] = COUNT_FILLS, [ASK_CACHE_FAR] = COUNT_SHARED,
	};

	if (asks != ASK_BANK)
		c->count[of[asks]]++;
}

/* Put the line of a miss into the hart's L1, or to the front there. */
static void place_line(struct coherence *c, unsigned hart, uint64_t number, bool had, bool has)
{
	if (has && had)
		l1_touch(&c->l1[hart], number);
	else if (has)
		bring_in(c, hart, number);
}

/* Returns when an access is done whose line came at `come`, for a request served from `start` on,
 * and which takes `own` ticks where the line is there. */
static uint64_t worked(const struct profile *p, enum access kind, uint64_t own, uint64_t start,
		       uint64_t come)
{
	if (kind == ACCESS_AMO && p->amo_overlaps)
		return later(come, start + own);
	return come + own - p->l1_load;
}

/* Make a request to the directory. Returns when the access is done, and in *lost who lost the line.
 */
static uint64_t ask(struct coherence *c, unsigned hart, enum access kind, const struct step *step,
		    struct line *line, uint64_t own, uint64_t now, uint64_t *lost)
{
	bool had = line->sharers & bit(hart);
	struct request r = request_make(c, hart, line, now);
	uint64_t come;

	*lost = losers(step, line, hart);
	come = answered(&r, kind, step->asks, *lost);
	count(c, step->asks);
	change(c, hart, step, line, *lost);
	line->busy = step->busy == BUSY_DATA ? come : request_over(&r);
	place_line(c, hart, line->number, had, step->has != HAS_I);
	return step->has == HAS_I ? come : worked(c->profile, kind, own, r.start, come);
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

void coherence_keep_longer(struct coherence *c, unsigned hart, uint64_t done, uint64_t ticks)
{
	struct hold *hold = &c->hold[hart];

	if (hold->active && hold->until == done + c->profile->lr_hold)
		hold->until += ticks;
}

struct outcome coherence_access(struct coherence *c, unsigned hart, enum access kind,
				uint64_t address, uint64_t own, uint64_t now)
{
	const struct profile *p = c->profile;
	uint64_t number = address / LINE_BYTES;
	struct line *line = line_of(c, number);
	const struct step *step = &protocol[wish_of(p, kind)][protocol_place(line, hart)];
	struct outcome o = {.hit = step->asks == ASK_OWN};

	own = later(own, p->l1_load);
	c->count[COUNT_AMOS] += kind >= ACCESS_AMO;
	c->count[COUNT_SC_FAILED] += kind == ACCESS_LOST_SC;
	if (o.hit) {
		l1_touch(&c->l1[hart], number);
		line->written |= step->has == HAS_M;
		o.done = now + own;
	} else {
		o.done = ask(c, hart, kind, step, line, own, now, &o.lost);
	}
	if (kind == ACCESS_LR && !p->lr_shares)
		keep(c, hart, number, o.done);
	else if (kind >= ACCESS_SC)
		coherence_let_go(c, hart, o.done);
	return o;
}

uint64_t coherence_effect(struct coherence *c, unsigned hart, enum access kind, uint64_t number,
			  uint64_t now)
{
	struct line *line = line_of(c, number);
	const struct step *step = &protocol[wish_of(c->profile, kind)][protocol_place(line, hart)];
	struct request r;

	if (step->asks == ASK_OWN)
		return now;
	r = request_expect(c, hart, line, now);
	/* An owner's AMO that asks takes its turn behind those who wait, or it would have the line
	 * for ever. */
	if (step->asks == ASK_OWNER || step->asks == ASK_BANK)
		return request_takes_owners(&r);
	return losers(step, line, hart) != 0 ? request_takes_shared(&r) : r.start;
}

uint64_t coherence_sc_failed(struct coherence *c, unsigned hart, uint64_t now)
{
	c->count[COUNT_AMOS]++;
	c->count[COUNT_SC_FAILED]++;
	coherence_let_go(c, hart, now);
	return now + c->profile->l1_store + c->profile->sc_backoff;
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
