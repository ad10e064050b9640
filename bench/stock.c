#include "stock.h"

struct stock stocks[PORT_MAX_HARTS];
struct stock_place stock_places[PORT_MAX_HARTS];

void stocks_clear(void)
{
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++) {
		stocks[i].count = 0;
		stocks[i].freeing = false;
		stocks[i].leaving = NULL;
		stocks[i].audited = NULL;
		stocks[i].cache.count = 0;
		/* relaxed: port_run() publishes. */
		atomic_store_explicit(&stock_places[i].block, NULL, memory_order_relaxed);
	}
}

void stocks_settle(void *heap, void (*free)(void *heap, void *block))
{
	for (unsigned i = 0; i < PORT_MAX_HARTS; i++) {
		struct stock *s = &stocks[i];
		/* relaxed: no hart works. */
		void *left = atomic_exchange_explicit(&stock_places[i].block, NULL,
						      memory_order_relaxed);

		if (left != NULL)
			free(heap, left);
		while (s->count != 0)
			free(heap, stock_take(s, s->count - 1));
	}
}
