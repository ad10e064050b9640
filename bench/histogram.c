#include "histogram.h"

#include <string.h>

#include "record.h"

void histogram_clear(struct histogram *h)
{
	/* A histogram that has counted nothing since is clear: most passes fill none, and
	 * to empty those of 64 harts takes millions of stores. */
	if (h->count == 0 && h->min == UINT64_MAX)
		return;
	memset(h, 0, sizeof(*h));
	h->min = UINT64_MAX;
}

void histogram_record(const struct histogram *h)
{
	unsigned last = 0;

	record_u64("count", h->count);
	record_u64("min", h->count ? h->min : 0);
	record_u64("max", h->max);
	record_u64("sum", h->sum);
	record_key("buckets");
	for (unsigned b = 0, first = 1; b < HISTOGRAM_BUCKETS; b++) {
		if (h->bucket[b] == 0)
			continue;
		if (!first)
			record_part_char(',');
		if (first || b - last != 1) {
			record_part_u64(b - last);
			record_part_char(':');
		}
		record_part_u64(h->bucket[b]);
		last = b;
		first = 0;
	}
}
