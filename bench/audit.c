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

/* Returns the bytes of a heap to audit: for large blocks there is room for some of them under
 * each lock, and for the alignment of the first. */
static size_t wanted(const struct workload *work, size_t room)
{
	size_t stride = stride_of(work);
	size_t want = AUDIT_BYTES, blocks = AUDIT_BLOCKS * work->locks;

	if (work->allocator != ALLOCATOR_BUMP)
		return room; /* it is not filled, and blocks of all harts must find room */
	if (stride > AUDIT_BYTES / blocks)
		want = stride > room / blocks ? room : stride * blocks;
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

/* Calls change(word, bits) for each word of bits first .. last. It returns the bits that were not
 * as they had to be; so does this: false means that there were some. */
static bool all_bits(size_t first, size_t last,
		     uint64_t (*change)(_Atomic uint64_t *word, uint64_t bits))
{
	bool fine = true;

	for (size_t w = first / WORD_BITS; w <= last / WORD_BITS; w++) {
		unsigned low = w == first / WORD_BITS ? first % WORD_BITS : 0;
		unsigned high = w == last / WORD_BITS ? last % WORD_BITS : WORD_BITS - 1;
		uint64_t bits = ~0ul >> (WORD_BITS - 1 - high) & ~0ul << low;

		if (change(&map.word[w], bits) != 0)
			fine = false;
	}
	return fine;
}

/* relaxed, here and below: a hart that comes second to a bit sees that; nothing else is read by it,
 * and port_run() orders the count. */
static uint64_t set(_Atomic uint64_t *word, uint64_t bits)
{
	return atomic_fetch_or_explicit(word, bits, memory_order_relaxed) & bits;
}

static uint64_t clear(_Atomic uint64_t *word, uint64_t bits)
{
	return ~atomic_fetch_and_explicit(word, ~bits, memory_order_relaxed) & bits;
}

static bool inside(uintptr_t at, size_t size)
{
	return at >= map.start && at <= map.end && size <= map.end - at;
}

/* Changes the bits of a block that lies inside. */
static bool change_block(uintptr_t at, size_t size,
			 uint64_t (*change)(_Atomic uint64_t *word, uint64_t bits))
{
	at -= map.first;
	return all_bits(at / map.granule, (at + size - 1) / map.granule, change);
}

void audit_mark(struct hart_stats *me, const void *block, size_t size, size_t align)
{
	uintptr_t at = (uintptr_t)block;

	me->blocks++;
	if (at % align != 0)
		me->misaligned++;
	if (!inside(at, size)) {
		me->outside++;
		return; /* the map has no bits for it */
	}
	if (!change_block(at, size, set))
		me->overlapping++;
}

void audit_unmark(struct hart_stats *me, const void *block, size_t size)
{
	uintptr_t at = (uintptr_t)block;

	me->freed++;
	if (inside(at, size) && !change_block(at, size, clear))
		me->unmarked++;
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
