#include "many.h"

struct many many;

/* Returns n rounded up to a multiple of `to`, a power of two. */
static size_t up(size_t n, size_t to)
{
	return (n + to - 1) & -to;
}

static size_t law_bytes(const struct workload *work)
{
	return work->choose == CHOOSE_ZIPF ? up(work->locks * sizeof(struct many_law), LINE) : 0;
}

/* Set the distances within a lock's memory, and to the next. */
static void lay_out(struct many *m, const struct workload *work, size_t lock_bytes)
{
	m->data = up(lock_bytes,
		     work->placement == PLACEMENT_PACKED ? _Alignof(struct many_data) : LINE);
	m->lines = up(m->data + sizeof(struct many_data), LINE);
	m->stride = m->lines + work->touch * sizeof(struct touch_line);
	m->locks = (uint32_t)work->locks;
	m->touch = (uint32_t)work->touch;
	m->choose = work->choose;
	m->align = work->align;
}

size_t many_bytes(const struct workload *work, size_t lock_bytes)
{
	struct many m;

	lay_out(&m, work, lock_bytes);
	return law_bytes(work) + m.locks * m.stride;
}

/* Returns part / whole in units of 1/2^32. */
static uint32_t share(uint64_t part, uint64_t whole)
{
	return part < whole ? (uint32_t)((part << 32) / whole) : UINT32_MAX;
}

/* Fills in the law by which lock i is drawn 1/(i+1) times as often as lock 0. What a lock lacks of
 * the mean, an earlier one gives, whose weight is more: so each entry has two locks at the most. */
static void fill_zipf(struct many_law *law, uint32_t locks)
{
	enum { FIRST = 1 << 24 }; /* the first one's weight */
	uint32_t giver = 0, poor = locks - 1;
	uint64_t mean = 0, left; /* times `locks`; what the giver has */

	for (uint32_t i = 0; i < locks; i++)
		mean += FIRST / (i + 1);
	left = (uint64_t)FIRST * locks;
	while (giver < poor) {
		uint64_t has = left, weight = (uint64_t)(FIRST / (poor + 1)) * locks;

		if (has >= mean) { /* it fills the entry of the last one that is poor */
			law[poor--] = (struct many_law){share(weight, mean), giver};
			left -= mean - weight;
		} else { /* it is poor itself now: the next one fills its entry */
			law[giver] = (struct many_law){share(has, mean), giver + 1};
			giver++;
			left = (uint64_t)(FIRST / (giver + 1)) * locks - (mean - has);
		}
	}
	law[giver] = (struct many_law){UINT32_MAX, giver};
}

void many_init(const struct workload *work, size_t lock_bytes, uintptr_t at, uintptr_t start,
	       uintptr_t end)
{
	size_t part = (end - start) / work->locks & -work->align;

	lay_out(&many, work, lock_bytes);
	many.law = (const struct many_law *)at;
	many.at = at + law_bytes(work);
	if (work->choose == CHOOSE_ZIPF)
		fill_zipf((struct many_law *)at, many.locks);
	for (uint32_t i = 0; i < many.locks; i++) {
		struct many_place place = many_place(i);

		bump_init(&place.data->heap, start + i * part, start + (i + 1) * part);
		place.data->grants = place.data->sections = 0;
		for (uint32_t k = 0; k < many.touch; k++)
			aptr_store_relaxed(&place.lines[k].word,
					   0); /* relaxed: port_run() publishes the store */
	}
}

size_t many_used(void)
{
	size_t sum = 0;

	for (uint32_t i = 0; i < many.locks; i++)
		sum += up(bump_used(&many_place(i).data->heap), many.align);
	return sum;
}

uint64_t many_sections(uint64_t *most)
{
	uint64_t sum = 0;

	*most = 0;
	for (uint32_t i = 0; i < many.locks; i++) {
		uint64_t sections = many_place(i).data->sections;

		sum += sections;
		if (sections > *most)
			*most = sections;
	}
	return sum;
}

uint64_t many_touched(void)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < many.locks; i++)
		for (uint32_t k = 0; k < many.touch; k++)
			sum += aptr_load_relaxed(
				&many_place(i).lines[k].word); /* relaxed: no hart writes */
	return sum;
}
