#include "global.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../lock/ticket.h"
#include "bump.h"

/* Stands in front of each block, so that realloc() knows how much to copy. */
struct header {
	_Alignas(16) size_t size;
};

static struct ticket_lock lock;
static struct bump heap;

void global_alloc_init(uintptr_t start, uintptr_t end)
{
	ticket_init(&lock);
	bump_init(&heap, start, end);
}

void *malloc(size_t size)
{
	struct ticket_node node;
	struct header *h;

	if (size > SIZE_MAX - sizeof(*h))
		return NULL;
	ticket_acquire(&lock, &node);
	h = bump_alloc(&heap, sizeof(*h) + size, _Alignof(struct header));
	ticket_release(&lock, &node);
	if (h == NULL)
		return NULL;
	h->size = size;
	return h + 1;
}

void free(void *block)
{
	(void)block; /* a bump allocator takes nothing back */
}

void *calloc(size_t count, size_t size)
{
	void *block;

	if (size != 0 && count > SIZE_MAX / size)
		return NULL;
	block = malloc(count * size);
	return block ? memset(block, 0, count * size) : NULL;
}

void *realloc(void *old, size_t size)
{
	size_t had = old ? ((struct header *)old - 1)->size : 0;
	void *block;

	if (old != NULL && size <= had)
		return old;
	block = malloc(size);
	return block && old ? memcpy(block, old, had) : block;
}
