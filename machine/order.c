#include "order.h"

/* Returns the hart that wins node n, an inner one or a leaf. */
static unsigned winner_of(const struct order *o, unsigned n)
{
	return n < o->leaves ? o->winner[n] : n - o->leaves;
}

/* Returns which of two harts is first: of equal times, the one on the left. */
static unsigned first_of(const struct order *o, unsigned left, unsigned right)
{
	return o->at[right] < o->at[left] ? right : left;
}

void order_init(struct order *o, unsigned harts)
{
	o->leaves = 2;
	while (o->leaves < harts)
		o->leaves *= 2;
	for (unsigned i = 0; i < ORDER_MOST; i++)
		o->at[i] = ORDER_NEVER;
	for (unsigned n = o->leaves - 1; n > 0; n--)
		o->winner[n] = (uint8_t)winner_of(o, 2 * n);
}

void order_put(struct order *o, unsigned hart, order_time time)
{
	unsigned n = (o->leaves + hart) / 2;
	unsigned winner;

	o->at[hart] = time;
	winner = first_of(o, hart & ~1u, hart | 1);
	for (;;) {
		unsigned beside = n ^ 1;

		o->winner[n] = (uint8_t)winner;
		if (n == 1)
			return;
		winner = n < beside ? first_of(o, winner, o->winner[beside])
				    : first_of(o, o->winner[beside], winner);
		n /= 2;
	}
}

unsigned order_first_other(const struct order *o, unsigned hart)
{
	unsigned best = hart ^ 1;

	for (unsigned n = (o->leaves + hart) / 2; n > 1; n /= 2) {
		unsigned other = o->winner[n ^ 1];

		best = best < other ? first_of(o, best, other) : first_of(o, other, best);
	}
	return best;
}
