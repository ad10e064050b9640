#include "audit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum {
	AUDIT_BYTES = 16 * 1024 * 1024,
	AUDIT_BLOCKS = 64,
	WORD_BITS = 64,
	GRANULE_MAX = 4096, /* a finer map is no more exact */
};

static struct {
	uintptr_t start, end; /* the audited heap */
	uintptr_t first;      /* address of the first bit's bytes: a multiple of granule */
	size_t granule;       /* bytes a bit stands for, a power of two */
	_Atomic uint64_t *word;
	size_t words;
} map;

static size_t granule_of(const struct workload *work)
{
	size_t size = work->sizes != SIZES_FIXED ? sizes_unit(work->sizes) : work->size;
	size_t both = size | work->align | GRANULE_MAX;

	return both & -both;
}

/* Returns the bytes of the largest heap that has room for its map behind it: a bit for
 * each granule, of which the first and the last may be partial, rounded up to a word, which
 * is aligned. */
static size_t room_beside_map(size_t room, size_t granule)
{
	enum { ROUNDED = 3 * sizeof(uint64_t) };
	size_t usable = room > ROUNDED ? room - ROUNDED : 0;

	return usable - usable / (8 * granule + 1);
}

/* Returns the bytes from one block to the next; those of the largest if sizes vary. */
static size_t stride_of(const struct workload *work)
{
	size_t size = work->sizes != SIZES_FIXED ? sizes_largest(work->sizes) : work->size;

	return (size + work->align - 1) & -work->align;
}

/* Returns the bytes of a heap to audit: for large blocks there is room for some of them,
 * and for the alignment of the first. */
static size_t wanted(const struct workload *work, size_t room)
{
	size_t stride = stride_of(work);
	size_t want = AUDIT_BYTES;

	if (stride > AUDIT_BYTES / AUDIT_BLOCKS)
		want = stride > room / AUDIT_BLOCKS ? room : stride * AUDIT_BLOCKS;
	return work->align > want || want > room ? room : want;
}

/* Set the map of `heap` bytes from `start` on up. Returns the end of the heap. */
static uintptr_t prepare(uintptr_t start, size_t heap, size_t granule)
{
	uintptr_t behind = (start + heap + sizeof(uint64_t) - 1) & -sizeof(uint64_t);

	map.start = start;
	map.end = start + heap;
	map.first = start & -granule;
	map.granule = granule;
	map.word = (_Atomic uint64_t *)behind;
	map.words = heap == 0 ? 0 : (map.end - 1 - map.first) / granule / WORD_BITS + 1;
	memset((void *)behind, 0, map.words * sizeof(uint64_t));
	return map.end;
}

uintptr_t audit_prepare(const struct workload *work, uintptr_t start, uintptr_t end)
{
	size_t granule = granule_of(work);

	return prepare(start, wanted(work, room_beside_map(end - start, granule)), granule);
}

uintptr_t audit_prepare_small(const struct workload *work, uintptr_t start, uintptr_t end,
			      uint64_t random)
{
	size_t granule = granule_of(work), stride = stride_of(work);
	size_t room = room_beside_map(end - start, granule);
	size_t blocks = 1 + (random >> 32) % AUDIT_BLOCKS;
	size_t heap = blocks * stride + (uint32_t)random % stride;

	return prepare(start, stride > room / (AUDIT_BLOCKS + 1) ? room : heap, granule);
}

/* Set bits first .. last. Returns true if none was set. */
static bool mark(size_t first, size_t last)
{
	bool fresh = true;

	for (size_t w = first / WORD_BITS; w <= last / WORD_BITS; w++) {
		unsigned low = w == first / WORD_BITS ? first % WORD_BITS : 0;
		unsigned high = w == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1;
		uint64_t bits = ~0ul >> (WORD_BITS - 1 - high) & ~0ul << low;

		/* relaxed: a hart that comes second to a bit sees that; nothing
		 * else is read by it, and port_run() orders the count. */
		if (atomic_fetch_or_explicit(&map.word[w], bits, memory_order_relaxed) & bits)
			fresh = false;
	}
	return fresh;
}

void audit_mark(struct hart_stats *me, const void *block, size_t size, size_t align)
{
	uintptr_t at = (uintptr_t)block;

	me->blocks++;
	if (at % align != 0)
		me->misaligned++;
	if (at < map.start || at > map.end || size > map.end - at) {
		me->outside++;
		return; /* the map has no bits for it */
	}
	at -= map.first;
	if (!mark(at / map.granule, (at + size - 1) / map.granule))
		me->overlapping++;
}

uint64_t audit_marked(void)
{
	uint64_t bits = 0;

	for (size_t w = 0; w < map.words; w++)
		/* relaxed: no hart marks. This is Kernighan's count: a turn for each bit. */
		for (uint64_t left = atomic_load_explicit(&map.word[w], memory_order_relaxed);
		     left != 0; left &= left - 1)
			bits++;
	return bits * map.granule;
}

size_t audit_granule(void)
{
	return map.granule;
}
