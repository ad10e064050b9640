/* order.h: which of the harts is first, and what the others' first is: a winner tree, in which a
 * hart that has another time changes one path.
 *
 * A time is a pair, so that harts of the same clock go in the order in which they asked. Of equal
 * times, the hart with the smaller number is first. */
#ifndef MACHINE_ORDER_H
#define MACHINE_ORDER_H

#include <stdint.h>

enum { ORDER_MOST = 64 };

__extension__ typedef unsigned __int128 order_time;

#define ORDER_NEVER (~(order_time)0)

static inline order_time order_time_of(uint64_t clock, uint64_t since)
{
	return (order_time)clock << 64 | since;
}

static inline uint64_t order_clock(order_time time)
{
	return (uint64_t)(time >> 64);
}

struct order {
	unsigned leaves; /* a power of two */
	order_time at[ORDER_MOST];
	/* The first hart below each inner node: node 1 is the root, 2n and 2n + 1 are below node n.
	 */
	uint8_t winner[ORDER_MOST];
};

/* Set it up for that many harts, at most ORDER_MOST; the times of all are ORDER_NEVER. */
void order_init(struct order *o, unsigned harts);

/* Give the hart a time. */
void order_put(struct order *o, unsigned hart, order_time time);

/* Returns the hart that is first. All are at ORDER_NEVER when it is. */
static inline unsigned order_first(const struct order *o)
{
	return o->winner[1];
}

/* Returns the hart that would be first without `hart`. It is at ORDER_NEVER where no other is
 * earlier. */
unsigned order_first_other(const struct order *o, unsigned hart);

#endif
