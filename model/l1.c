#include "l1.h"

#include <stdlib.h>
#include <string.h>

bool l1_init(struct l1 *cache, unsigned sets, unsigned ways)
{
	*cache = (struct l1){sets, ways, malloc(sizeof(uint64_t) * sets * ways)};
	if (cache->line == NULL)
		return false;
	l1_clear(cache);
	return true;
}

void l1_clear(struct l1 *cache)
{
	for (size_t i = 0; i < (size_t)cache->sets * cache->ways; i++)
		cache->line[i] = L1_NONE;
}

void l1_free(struct l1 *cache)
{
	free(cache->line);
	cache->line = NULL;
}

static uint64_t *set_of(struct l1 *cache, uint64_t line)
{
	return cache->line + line % cache->sets * cache->ways;
}

/* Returns the way that `line` is in, or cache->ways when it is in none. */
static unsigned way_of(const struct l1 *cache, const uint64_t *set, uint64_t line)
{
	unsigned way = 0;

	while (way < cache->ways && set[way] != line)
		way++;
	return way;
}

void l1_touch(struct l1 *cache, uint64_t line)
{
	uint64_t *set = set_of(cache, line);
	unsigned way = way_of(cache, set, line);

	if (way == 0 || way == cache->ways)
		return;
	memmove(set + 1, set, sizeof(*set) * way);
	set[0] = line;
}

uint64_t l1_insert(struct l1 *cache, uint64_t line)
{
	uint64_t *set = set_of(cache, line);
	uint64_t victim = set[cache->ways - 1];

	memmove(set + 1, set, sizeof(*set) * (cache->ways - 1));
	set[0] = line;
	return victim;
}

void l1_remove(struct l1 *cache, uint64_t line)
{
	uint64_t *set = set_of(cache, line);
	unsigned way = way_of(cache, set, line);

	if (way == cache->ways)
		return;
	memmove(set + way, set + way + 1, sizeof(*set) * (cache->ways - way - 1));
	set[cache->ways - 1] = L1_NONE;
}
