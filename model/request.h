/* request.h: a miss on its way to the directory, and how long it takes.
 *
 *   t             the access is issued; the hart's own L1 looks, and misses
 *   t + l1_load   the request leaves for its bank, and waits there: for the bank,
 *                 and until the request before it, to the same line, is over
 *   start         the miss is served as if it had been issued here, alone
 *   ...           the bank asks the line's owner, or those who share it
 *   done          the data has come; the bank hears of it, and the line is free
 *
 * So a request that has to wait has its own L1's look behind it when its turn
 * comes. Nothing else is saved: its way to the bank is as long as that of the
 * message which says that the one before it is over. */
#ifndef MODEL_REQUEST_H
#define MODEL_REQUEST_H

#include <stdint.h>

#include "coherence.h"

struct request {
	struct coherence *c;
	struct line *line;
	unsigned hart, bank;
	uint64_t start;
};

static inline uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* Of a set that is not empty. */
static inline unsigned lowest_hart(uint64_t harts)
{
	return (unsigned)__builtin_ctzll(harts);
}

/* Hart `hart` misses `line` at `now`: its request, which the bank takes. */
struct request request_make(struct coherence *c, unsigned hart, struct line *line, uint64_t now);

/* The same, only to look at: neither the bank nor anyone else hears of it. */
struct request request_expect(struct coherence *c, unsigned hart, struct line *line, uint64_t now);

/* The line's `busy` for a request that keeps it no longer than the bank. */
uint64_t request_over(const struct request *r);

/* When the line's owner is asked for it, and lets it go. */
uint64_t request_at_owner(const struct request *r);

/* When the owner, or those who share the line, lose it, were they all near: what is
 * expected of a request that is only looked at may be of the wrong line, and then
 * the hops would be, too. */
uint64_t request_takes_owners(const struct request *r);
uint64_t request_takes_shared(const struct request *r);

/* From the owner, who has let go of the line, to the hart that asked: ticks. */
uint64_t request_from_owner(const struct request *r);

/* Ticks of hops: to the bank and back; to the bank, on to the farthest of
 * `harts`, and from there to the hart that asked. */
uint64_t request_way_to_bank(const struct request *r);
uint64_t request_longest_way(const struct request *r, uint64_t harts);

#endif
