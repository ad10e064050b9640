#include "audit.h"

#include <string.h>

enum { AUDIT_BYTES = 16 * 1024 * 1024, AUDIT_BLOCKS = 64 };

static struct lattice lattice;

uintptr_t audit_prepare(const struct workload *work, uintptr_t start, uintptr_t end)
{
	size_t room = end - start, stride = (work->size + work->align - 1) & -work->align;
	size_t want = AUDIT_BYTES;

	/* Large blocks: room for some of them, and for the alignment of the first. */
	if (stride > AUDIT_BYTES / AUDIT_BLOCKS)
		want = stride > room / AUDIT_BLOCKS ? room : stride * AUDIT_BLOCKS;
	if (work->align > want || want > room)
		want = room;
	lattice = (struct lattice){
		.start = start,
		.end = start + want,
		.first = (start + work->align - 1) & -work->align,
		.stride = stride,
	};
	memset((void *)start, 0, want);
	return lattice.end;
}

static uint8_t tag_of(unsigned index)
{
	return (uint8_t)(index + 1); /* 0 is what nobody tagged */
}

void audit_tag(const struct workload *work, struct slot *me, void *block)
{
	uintptr_t at = (uintptr_t)block;
	volatile uint8_t *bytes = block;

	if (at % work->align != 0)
		me->misaligned++;
	if (at < lattice.start || at > lattice.end || work->size > lattice.end - at) {
		me->outside++;
		return; /* not ours to write */
	}
	if ((at - lattice.first) % lattice.stride != 0)
		me->off_lattice++;
	bytes[0] = bytes[work->size - 1] = tag_of(me->index);
}

struct audit audit_walk(const struct workload *work, struct slot *slots, unsigned harts,
			size_t used)
{
	struct audit sum = {0};
	uintptr_t limit = lattice.start + used;

	if (used > lattice.end - lattice.start)
		limit = lattice.end;
	for (uintptr_t at = lattice.first; at < limit && work->size <= limit - at;
	     at += lattice.stride) {
		const uint8_t *bytes = (const uint8_t *)at;
		uint8_t tag = bytes[0];

		sum.blocks++;
		if (tag == 0 || tag > harts)
			sum.untagged++;
		else if (bytes[work->size - 1] != tag)
			sum.torn++;
		else
			slots[tag - 1].found++;
	}
	return sum;
}
