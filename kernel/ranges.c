#include "ranges.h"

#include <string.h>

/* Returns the last address of a range that is not empty. */
static uint64_t last_of(struct range r)
{
	return r.size - 1 > UINT64_MAX - r.base ? UINT64_MAX : r.base + r.size - 1;
}

/* A range of all addresses has no size of 64 bits: it loses the last one. */
static struct range from_to(uint64_t base, uint64_t last)
{
	return (struct range){base, last - base == UINT64_MAX ? UINT64_MAX : last - base + 1};
}

/* Is there an address between a's end and b's beginning? */
static bool is_apart(struct range a, struct range b)
{
	return last_of(a) < b.base && b.base - last_of(a) > 1;
}

bool ranges_add(struct ranges *set, uint64_t base, uint64_t size)
{
	struct range added = {base, size};
	unsigned from = 0, to;

	if (size == 0)
		return true;
	while (from < set->count && is_apart(set->at[from], added))
		from++;
	for (to = from; to < set->count && !is_apart(added, set->at[to]); to++) {
		uint64_t first = set->at[to].base, last = last_of(set->at[to]);

		added = from_to(first < added.base ? first : added.base,
				last > last_of(added) ? last : last_of(added));
	}
	if (to == from && set->count == MAX_RANGES)
		return false;
	memmove(&set->at[from + 1], &set->at[to], (set->count - to) * sizeof(set->at[0]));
	set->at[from] = from_to(added.base, last_of(added));
	set->count += 1 - (to - from);
	return true;
}

bool ranges_cover(const struct ranges *set, uint64_t base, uint64_t size)
{
	if (size == 0)
		return true;
	for (unsigned i = 0; i < set->count; i++) {
		uint64_t offset = base - set->at[i].base;

		if (base >= set->at[i].base && offset < set->at[i].size &&
		    size <= set->at[i].size - offset)
			return true;
	}
	return false;
}

bool ranges_meet(const struct ranges *set, uint64_t base, uint64_t size)
{
	struct range asked = {base, size};

	for (unsigned i = 0; size != 0 && i < set->count; i++)
		if (set->at[i].base <= last_of(asked) && base <= last_of(set->at[i]))
			return true;
	return false;
}

struct range ranges_largest_gap(const struct ranges *set, uint64_t base, uint64_t size)
{
	uint64_t from = base, end = base + size;
	struct range best = {base, 0};

	for (unsigned i = 0; i < set->count && set->at[i].base < end; i++) {
		struct range r = set->at[i];

		if (last_of(r) < from)
			continue;
		if (r.base > from && r.base - from > best.size)
			best = (struct range){from, r.base - from};
		from = last_of(r) < end ? last_of(r) + 1 : end;
	}
	return end - from > best.size ? (struct range){from, end - from} : best;
}
