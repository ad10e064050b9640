/* Tests that the winner tree names the harts that a search of all would. */
#include <stdlib.h>

#include "../../machine/order.h"
#include "check.h"

/* Returns the hart that a search finds, without `but`; of equal times the first. */
static unsigned searched(const struct order *o, unsigned harts, unsigned but)
{
	unsigned best = but == 0 ? 1 : 0;

	for (unsigned h = 0; h < harts; h++)
		if (h != but && o->at[h] < o->at[best])
			best = h;
	return best;
}

static void as_a_search(unsigned harts)
{
	struct order o;

	order_init(&o, harts);
	for (int i = 0; i < 3000; i++) {
		/* few clocks and few waits, so that many are equal */
		order_time time = order_time_of((uint64_t)rand() % 8, (uint64_t)rand() % 3);

		order_put(&o, (unsigned)rand() % harts, rand() % 10 == 0 ? ORDER_NEVER : time);
		EXPECT(o.at[order_first(&o)] == o.at[searched(&o, harts, harts)]);
		EXPECT(o.at[order_first(&o)] == ORDER_NEVER ||
		       order_first(&o) == searched(&o, harts, harts));
		for (unsigned h = 0; h < harts && harts > 1; h++) {
			unsigned other = order_first_other(&o, h);

			EXPECT(o.at[other] == o.at[searched(&o, harts, h)]);
			EXPECT(o.at[other] == ORDER_NEVER || other == searched(&o, harts, h));
		}
	}
}

static void alone(void)
{
	struct order o;

	order_init(&o, 1);
	EXPECT(order_first(&o) == 0 && o.at[0] == ORDER_NEVER);
	order_put(&o, 0, order_time_of(5, 3));
	EXPECT(order_first(&o) == 0 && order_clock(o.at[0]) == 5);
	EXPECT(o.at[order_first_other(&o, 0)] == ORDER_NEVER);
}

int main(void)
{
	alone();
	for (unsigned harts = 1; harts <= ORDER_MOST; harts += harts < 9 ? 1 : 11)
		as_a_search(harts);
	return check_status();
}
