#define _GNU_SOURCE
#include "heap.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../bench/port.h"
#include "panic.h"

enum { HEAP_SIZE = 100 * 1024 * 1024, PAGE = 4096 };

static char *heap;

/* Ask for large pages, because a hypervisor's heap has them, and write each page once,
 * because its first use would otherwise cost a page fault. */
void heap_init(void)
{
	heap = mmap(NULL, HEAP_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (heap == MAP_FAILED)
		panic("a heap of %d bytes: %s", HEAP_SIZE, strerror(errno));
	(void)madvise(heap, HEAP_SIZE, MADV_HUGEPAGE); /* small pages will do, too */
	for (size_t at = 0; at < HEAP_SIZE; at += PAGE)
		*(volatile char *)(heap + at) = 0;
}

void port_heap(uintptr_t *start, uintptr_t *end)
{
	*start = (uintptr_t)heap;
	*end = *start + HEAP_SIZE;
}
