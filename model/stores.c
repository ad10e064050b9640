#include "stores.h"

#include <string.h>

static uint64_t max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void stores_reset(struct stores *s, unsigned room)
{
	memset(s, 0, sizeof(*s));
	s->room = room;
}

uint64_t stores_admit(const struct stores *s, uint64_t now)
{
	return s->room == 0 ? now : max(now, s->done[s->at]);
}

uint64_t stores_request(const struct stores *s, uint64_t now)
{
	return max(now, s->drained);
}

void stores_put(struct stores *s, uint64_t done)
{
	s->drained = done;
	if (s->room == 0)
		return;
	s->done[s->at] = done;
	s->at = (s->at + 1) % s->room;
}
