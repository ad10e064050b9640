/* request.h: a miss on its way to the directory, and how long it takes.
 *
 *   t             the access is issued; the hart's own L1 looks, and misses
 *   t + l1_load   the request leaves for its bank, and waits there: for the bank,
 *                 and until the request before it, to the same line, is over
 *   start         the miss is served as if it had been issued here, alone
 *   ...           the bank asks the line's owner, or those who share it
 *   done          the data has come; the bank hears of it, and the line is free
 *
 * So a request that has to wait has already looked into its own L1 when its turn
 * comes. It saves nothing else: its way to the bank is as long as that of the
 * message which says that the request before it is over. */
#ifndef MODEL_REQUEST_H
#define MODEL_REQUEST_H

#include <stdint.h>

#include "coherence_state.h"
#include "later.h"

struct request {
	struct coherence *c;
	struct line *line;
	unsigned hart, bank;
	uint64_t start;
	bool hot; /* it had to wait for the line */
};

/* Returns the ticks in which the line comes from another hart's L1, or from the shared cache for a
 * load. */
static inline uint64_t request_transfer(const struct request *r)
{
	return r->hot ? r->c->profile->hot_transfer : r->c->profile->transfer;
}

static inline uint64_t request_shared(const struct request *r)
{
	return r->hot ? r->c->profile->hot_shared : r->c->profile->shared;
}

/* Returns the lowest hart of a set that is not empty. */
static inline unsigned lowest_hart(uint64_t harts)
{
	return (unsigned)__builtin_ctzll(harts);
}

/* Returns the request of hart `hart`, which misses `line` at `now`. The bank takes it. */
struct request request_make(struct coherence *c, unsigned hart, struct line *line, uint64_t now);

/* Returns the request that request_make() would, and changes nothing. */
struct request request_expect(struct coherence *c, unsigned hart, struct line *line, uint64_t now);

/* Returns the line's `busy` for a request that keeps it no longer than the bank. */
uint64_t request_over(const struct request *r);

/* Returns when the line's owner is asked for it, and lets it go. */
uint64_t request_at_owner(const struct request *r);

/* Return when the owner, or the harts that share the line, lose it, if all of them were
 * near. The hops are left out, because the line of an expected request may be the wrong
 * one, and the hops would be wrong, too. */
uint64_t request_takes_owners(const struct request *r);
uint64_t request_takes_shared(const struct request *r);

/* Returns the ticks from the owner, which has let go of the line, to the hart that asked. */
uint64_t request_from_owner(const struct request *r);

/* Return the ticks of hops: to the bank and back; and to the bank, on to the farthest of
 * `harts`, and from there to the hart that asked. */
uint64_t request_way_to_bank(const struct request *r);
uint64_t request_longest_way(const struct request *r, uint64_t harts);

#endif
