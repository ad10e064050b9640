#include "request.h"

#include "topology.h"

static unsigned bank_of(const struct coherence *c, uint64_t number)
{
	return (unsigned)(((number ^ c->placement) * 0x9e3779b97f4a7c15u >> 40) %
			  c->profile->banks);
}

/* Returns the earliest `start` that the line allows. */
static uint64_t line_free(const struct coherence *c, const struct line *line)
{
	uint64_t look = c->profile->l1_load;

	return line->busy > look ? line->busy - look : 0;
}

/* A request that waits for its line does not keep the bank. */
struct request request_make(struct coherence *c, unsigned hart, struct line *line, uint64_t now)
{
	struct request r = {.c = c, .line = line, .hart = hart, .bank = bank_of(c, line->number)};
	uint64_t free = line_free(c, line);

	r.start = later(now, c->bank_free[r.bank]);
	c->bank_free[r.bank] = r.start + c->profile->bank_busy;
	r.hot = free > r.start;
	r.start = later(r.start, free);
	c->count[COUNT_QUEUED] += r.start - now;
	return r;
}

struct request request_expect(struct coherence *c, unsigned hart, struct line *line, uint64_t now)
{
	uint64_t free = line_free(c, line);

	return (struct request){
		.c = c,
		.line = line,
		.hart = hart,
		.bank = bank_of(c, line->number),
		.start = later(now, free),
		.hot = free > now,
	};
}

uint64_t request_over(const struct request *r)
{
	return r->start + r->c->profile->l1_load + r->c->profile->bank_busy;
}

/* Returns two thirds of `of`, for two of three ways: the request goes to the bank, and on
 * to the hart that has the line. The third way is that of the data, or of the message
 * that the copy is gone. */
static uint64_t two_ways(uint64_t of)
{
	return of * 2 / 3;
}

/* Returns the ticks from the request's start until the owner is asked. A lone request is there no
 * sooner than one that had to wait, or two harts could pass a line to and fro before a third that
 * waits for it. */
static uint64_t to_owner(const struct request *r)
{
	const struct profile *p = r->c->profile;
	uint64_t ways = two_ways(request_transfer(r));

	if (r->hot && p->hot_owner != 0)
		ways = p->hot_owner;
	return sooner(later(ways, p->hot_owner), request_transfer(r));
}

static uint64_t steps(const struct request *r, bool back)
{
	const struct profile *p = r->c->profile;
	unsigned me = cluster_of(p, r->hart), bank = cluster_of_bank(p, r->bank);
	unsigned owner = cluster_of(p, (unsigned)r->line->owner);

	return back ? distance(p, owner, me) : distance(p, me, bank) + distance(p, bank, owner);
}

uint64_t request_at_owner(const struct request *r)
{
	uint64_t there = r->start + to_owner(r) + steps(r, false);

	return later(there, r->line->held);
}

uint64_t request_from_owner(const struct request *r)
{
	return request_transfer(r) - to_owner(r) + steps(r, true);
}

uint64_t request_takes_owners(const struct request *r)
{
	return later(r->start + to_owner(r), r->line->held);
}

uint64_t request_takes_shared(const struct request *r)
{
	const struct profile *p = r->c->profile;

	if (p->copies_go == 0)
		return r->start + two_ways(p->upgrade);
	return r->start + sooner(p->copies_go, p->upgrade);
}

uint64_t request_way_to_bank(const struct request *r)
{
	const struct profile *p = r->c->profile;

	return 2 * distance(p, cluster_of(p, r->hart), cluster_of_bank(p, r->bank));
}

static uint64_t way_by(const struct request *r, unsigned other)
{
	const struct profile *p = r->c->profile;
	unsigned me = cluster_of(p, r->hart), bank = cluster_of_bank(p, r->bank);
	unsigned there = cluster_of(p, other);

	return distance(p, me, bank) + distance(p, bank, there) + distance(p, there, me);
}

uint64_t request_longest_way(const struct request *r, uint64_t harts)
{
	uint64_t longest = 0;

	for (; harts != 0; harts &= harts - 1)
		longest = later(longest, way_by(r, lowest_hart(harts)));
	return longest;
}
